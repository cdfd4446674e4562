import { type Fields, fieldsIn, isFields, textIn } from '../../fields.js'
import type { Report } from '../../report.js'
import { reportMark } from '../openai/scope.js'
import type { EncodeScope } from './scope.js'

/**
 * One part of a chat message in the form of the Responses API; undefined if it is left out.
 * https://platform.openai.com/docs/api-reference/responses/create (input)
 */
export function encodePart(part: unknown, where: string, scope: EncodeScope): Fields | undefined {
  const { report } = scope
  if (!isFields(part) || typeof part.type !== 'string')
    throw report.invalid(where, "must be an object with a 'type'", part)
  const sent = plainPart(part, where, report)
  return sent && ('cache_control' in part || 'prompt_cache_breakpoint' in part) ? withMark(sent, part, scope) : sent
}

/** The part with the cache mark that the host accepts. */
function withMark(sent: Fields, part: Fields, { context, rules, report }: EncodeScope): Fields {
  const { prompt_cache_breakpoint: breakpoint, cache_control: mark } = part
  const accepted = rules ? rules.cacheBreakpoints : context.quirks.openaiFields
  const { prompt_cache_breakpoint: _, cache_control: __, ...rest } = sent
  if (accepted && breakpoint != null) return { ...rest, prompt_cache_breakpoint: breakpoint }
  if (rules?.cacheBreakpoints && mark != null) return { ...rest, prompt_cache_breakpoint: { mode: 'explicit' } }
  if (mark != null || breakpoint != null) reportMark(report)
  return rest
}

function plainPart(part: Fields & { type?: unknown }, where: string, report: Report): Fields | undefined {
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw report.invalid(`${where}.text`, 'must be a string', part.text)
      return part.text === '' ? undefined : { type: 'input_text', text: part.text }
    case 'image_url':
      return imagePart(part, where, report)
    case 'file':
      return filePart(part, where, report)
    case 'document':
      return documentPart(part, where, report)
    case 'input_audio':
      throw report.invalid(
        where,
        'cannot be sent: the Responses API takes no audio; choose a model with Chat Completions',
      )
    case 'thinking':
    case 'redacted_thinking':
      return undefined
    default:
      // a part of the Responses API itself
      return part
  }
}

function imagePart({ image_url: image }: Fields, where: string, report: Report): Fields {
  const url = isFields(image) ? image.url : image
  if (typeof url !== 'string')
    throw report.invalid(`${where}.image_url`, "must be { url } with an 'https:' or 'data:' URL", image)
  const detail = (isFields(image) && textIn(image, 'detail')) || 'auto'
  return { type: 'input_image', image_url: url, detail }
}

function filePart({ file }: Fields, where: string, report: Report): Fields {
  if (!isFields(file)) throw report.invalid(`${where}.file`, 'must be { file_data } or { file_id }', file)
  const [id, data, name] = [textIn(file, 'file_id'), textIn(file, 'file_data'), textIn(file, 'filename')]
  const url = [id, data].find((source) => source && /^https?:/.test(source))
  if (url) return { type: 'input_file', file_url: url }
  if (data) {
    const uri = data.startsWith('data:') ? data : `data:${textIn(file, 'format') ?? 'application/pdf'};base64,${data}`
    // the API wants a name beside the data
    return {
      type: 'input_file',
      filename: name || `file.${/^data:\w+\/(\w+)/.exec(uri)?.[1] ?? 'pdf'}`,
      file_data: uri,
    }
  }
  if (id) return { type: 'input_file', file_id: id }
  throw report.invalid(`${where}.file`, 'must have file_data (a data: URI) or file_id')
}

/** Anthropic's document block, as a part of this API. */
function documentPart(part: Fields, where: string, report: Report): Fields {
  const source = isFields(part.source) ? part.source : {}
  const filename = textIn(part, 'title') || 'document.pdf'
  const data = textIn(source, 'data')
  if (source.type === 'text' && data) return { type: 'input_text', text: data }
  if (source.type === 'url' && textIn(source, 'url')) return { type: 'input_file', file_url: source.url }
  if (source.type === 'base64' && data) {
    const media = textIn(source, 'media_type') ?? 'application/pdf'
    return { type: 'input_file', filename, file_data: `data:${media};base64,${data}` }
  }
  if (source.type === 'content') {
    const content = typeof source.content === 'string' ? [{ text: source.content }] : fieldsIn(source.content)
    const texts = content.map((inner) => textIn(inner, 'text'))
    if (texts.length > 0 && texts.every((text) => text !== undefined))
      return { type: 'input_text', text: texts.join('\n') }
  }
  throw report.invalid(where, `must have a source of type text or base64; got '${textIn(source, 'type')}'`)
}

/** The text of a content, for fields that take nothing else. */
export function plainText(content: unknown): string {
  if (typeof content === 'string') return content
  return fieldsIn(content)
    .map((part) => (part.type === 'text' || part.type === 'output_text' ? (textIn(part, 'text') ?? '') : ''))
    .join('')
}
