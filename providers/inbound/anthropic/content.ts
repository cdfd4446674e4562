import type { TextPart, ToolResultPart, UserPart } from '../../../src/types/messages.js'
import { type Fields, fieldsIn, isFields, textIn } from '../../fields.js'
import type { InboundReport } from '../report.js'
import type { Block } from './wire.js'

/** The blocks of a content, which may be a string. @throws {BadRequestError} if it is neither */
export function blocksOf(content: unknown, where: string, report: InboundReport): Block[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw report.invalid(where, 'must be a string or an array of content blocks', content)
  return content.map((block: unknown, index) => {
    if (isFields(block) && typeof block.type === 'string') return block as Block
    throw report.invalid(`${where}[${index}]`, "must be a content block with a 'type'", block)
  })
}

/** Content of a user message, a system prompt or a tool result: a string if it is one text without marks. */
export function contentOf<Part extends UserPart | ToolResultPart>(parts: readonly Part[]): string | Part[] {
  const [only] = parts
  if (!only) return ''
  return parts.length === 1 && only.type === 'text' && only.cache_control === undefined ? only.text : [...parts]
}

export function textPart({ text, cache_control: mark }: Block): TextPart {
  const part: TextPart = { type: 'text', text: typeof text === 'string' ? text : '' }
  if (mark) part.cache_control = mark as NonNullable<TextPart['cache_control']>
  return part
}

/** A block of a user message or a tool result as parts. https://platform.claude.com/docs/en/api/messages/create (messages) */
export function partsOf(
  block: Block,
  where: string,
  report: InboundReport,
): Exclude<UserPart, { type: 'input_audio' }>[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [textPart(block)]
    case 'image':
      return [imagePart(block, where, report)]
    case 'document':
      return [documentPart(block, where, report)]
    case 'search_result': {
      const texts = fieldsIn(block.content).map((part) => textIn(part, 'text') ?? '')
      report.changed(where, 'Search results are sent as text, without citations.')
      const head = [textIn(block, 'title'), textIn(block, 'source')].filter(Boolean).join('\n')
      return [textPart({ ...block, text: [head, ...texts].filter(Boolean).join('\n\n') })]
    }
    case 'tool_reference':
      report.changed(where, 'Tool references are sent as text.')
      return [textPart({ ...block, text: `Tool: ${textIn(block, 'tool_name') ?? ''}` })]
    default:
      report.dropped(where, `content blocks of type '${block.type}' have no equivalent in other APIs.`)
      return []
  }
}

const marksOf = ({ cache_control: mark }: Block) =>
  mark ? { cache_control: mark as TextPart['cache_control'] & {} } : {}

function imagePart(block: Block, where: string, report: InboundReport): Exclude<UserPart, { type: 'input_audio' }> {
  const source = sourceOf(block, where, report)
  const marks = marksOf(block)
  switch (source.type) {
    case 'base64': {
      const type = textIn(source, 'media_type') ?? 'image/png'
      const url = `data:${type};base64,${textIn(source, 'data') ?? ''}`
      return { type: 'image_url', image_url: { url }, ...marks }
    }
    case 'url':
      return { type: 'image_url', image_url: { url: textIn(source, 'url') ?? '' }, ...marks }
    case 'file':
      return { type: 'file', file: { file_id: textIn(source, 'file_id') ?? '', format: 'image/png' }, ...marks }
    default:
      throw report.invalid(`${where}.source.type`, "must be 'base64', 'url' or 'file'", source.type)
  }
}

/** Chat takes the document block itself; a file by id becomes a file part. */
function documentPart(block: Block, where: string, report: InboundReport): Exclude<UserPart, { type: 'input_audio' }> {
  const source = sourceOf(block, where, report)
  const { citations, title, context } = block
  const marks = marksOf(block)
  const cited = isFields(citations) && citations.enabled === true ? { citations: { enabled: true } } : {}
  if (source.type === 'file') {
    const named = typeof title === 'string' && title !== '' ? { filename: title } : {}
    return { type: 'file', file: { file_id: textIn(source, 'file_id') ?? '', ...named }, ...cited, ...marks }
  }
  return {
    type: 'document',
    source,
    ...(typeof title === 'string' && { title }),
    ...(typeof context === 'string' && { context }),
    ...cited,
    ...marks,
  }
}

function sourceOf({ source }: Block, where: string, report: InboundReport): Fields {
  if (isFields(source)) return source
  throw report.invalid(`${where}.source`, "must be an object such as { type: 'base64', media_type, data }", source)
}
