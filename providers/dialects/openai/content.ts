import type { Message } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { Report } from '../../report.js'
import { isURL, parseDataURI } from '../../shared/media.js'
import { type EncodeScope, reportMark } from './scope.js'

/** The parts in OpenAI's form: the caller's list itself if nothing changes. */
export function encodeContent(parts: readonly unknown[], where: string, scope: EncodeScope): readonly unknown[] {
  let changed: unknown[] | undefined
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]
    const sent = encodePart(part, `${where}[${at}]`, scope)
    if (sent !== part && !changed) changed = parts.slice(0, at)
    if (sent !== undefined) changed?.push(sent)
  }
  return changed ?? parts
}

export const isEmptyContent = (content: readonly unknown[]): boolean => content.length === 0

/**
 * One content part in OpenAI's form: the part itself if it has that form already, undefined if it is left out.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
function encodePart(given: unknown, where: string, scope: EncodeScope): unknown {
  const { report, context } = scope
  if (!isFields(given) || typeof given.type !== 'string')
    throw report.invalid(where, "must be an object with a 'type'", given)
  const part = 'cache_control' in given || 'prompt_cache_breakpoint' in given ? withMarks(given, scope) : given
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw report.invalid(`${where}.text`, 'must be a string', part.text)
      return part.text === '' ? undefined : part
    case 'image_url':
      return imagePart(part, where, scope)
    case 'file':
      return filePart(part, where, scope)
    case 'document':
      return encodePart({ ...documentPart(part, where, scope), ...marksOf(part) }, where, scope)
    case 'thinking':
      // Mistral's own part, whose thinking is a list; Anthropic's is a text
      return context.quirks.replayReasoning === 'parts' && Array.isArray(part.thinking) ? part : undefined
    case 'redacted_thinking':
      return undefined
    default:
      return part
  }
}

/** The part with the cache mark that the host knows: Anthropic's `cache_control`, OpenAI's `prompt_cache_breakpoint`, or none. */
function withMarks(part: Fields, { context, rules, report }: EncodeScope): Fields {
  const { cacheControl, openaiFields } = context.quirks
  const { cache_control: mark, prompt_cache_breakpoint: breakpoint, ...rest } = part
  const breaks = rules ? rules.cacheBreakpoints : openaiFields
  if (breakpoint != null && breaks) return mark === undefined ? part : { ...rest, prompt_cache_breakpoint: breakpoint }
  if (mark != null && cacheControl) return breakpoint === undefined ? part : { ...rest, cache_control: mark }
  if (breakpoint != null && cacheControl) return { ...rest, cache_control: { type: 'ephemeral' } }
  if (mark != null && rules?.cacheBreakpoints) return { ...rest, prompt_cache_breakpoint: { mode: 'explicit' } }
  if (mark != null || breakpoint != null) reportMark(report)
  return rest
}

/** Moves a mark of the whole message to its last part, for hosts that document it on parts only. */
export function markLastPart(message: Message, copy: Fields | undefined): unknown {
  const sent = (copy ?? message) as Fields
  const { cache_control: mark, content } = sent
  if (!mark || message.role === 'tool' || message.role === 'function') return sent
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : []
  const last: unknown = parts.at(-1)
  if (!isFields(last)) return sent
  const { cache_control: _, ...rest } = sent
  return { ...rest, content: [...parts.slice(0, -1), { cache_control: mark, ...last }] }
}

function without(fields: Fields, name: string): Fields {
  const { [name]: _, ...rest } = fields
  return rest
}

function imagePart(part: Fields, where: string, { report }: EncodeScope): unknown {
  const image = part.image_url
  const url = isFields(image) ? image.url : image
  if (typeof url !== 'string')
    throw report.invalid(`${where}.image_url`, "must be { url } with an 'https:' or 'data:' URL", image)
  // `format` is for hosts that don't recognise the type from the URL
  if (isFields(image) && !('format' in image)) return part
  return { ...part, image_url: isFields(image) ? without(image, 'format') : { url } }
}

/** OpenAI's own host fetches no files; others may. */
function filePart(part: Fields, where: string, { report, context }: EncodeScope): unknown {
  const file = part.file
  if (!isFields(file)) throw report.invalid(`${where}.file`, 'must be { file_data } or { file_id }', file)
  const id = textIn(file, 'file_id')
  const data = textIn(file, 'file_data')
  if (!id && !data) throw report.invalid(`${where}.file`, 'must have file_data (a data: URI) or file_id')
  if (context.quirks.strictHistory && [id, data].some((source) => source && /^https?:/.test(source))) {
    throw report.invalid(
      `${where}.file`,
      'must not be a URL for this host: pass the file as a data: URI in file_data, or upload it and pass its id',
    )
  }
  if (context.quirks.files !== 'file') return foreignFile(file, context.quirks.files)
  const bare = isBare(data)
  const clean = !('format' in file) && !('citations' in part) && !bare && (!data || !!file.filename)
  if (clean) return part
  const sent: Fields = {}
  if (id) sent.file_id = id
  if (data) {
    const uri = asURI(data, file)
    // the API wants a name beside the data
    sent.filename = textIn(file, 'filename') || `file.${/^data:\w+\/(\w+)/.exec(uri)?.[1] ?? 'pdf'}`
    sent.file_data = uri
  } else if (file.filename) sent.filename = file.filename
  return { type: 'file', file: sent, ...marksOf(part) }
}

const isBare = (data: string | undefined): boolean => data !== undefined && !/^(?:data|https?):/i.test(data)

const asURI = (data: string, file: Fields): string =>
  isBare(data) ? `data:${textIn(file, 'format') ?? 'application/pdf'};base64,${data}` : data

/**
 * https://docs.mistral.ai/capabilities/document_ai/document_qna, https://docs.perplexity.ai/guides/file-attachments
 */
function foreignFile(file: Fields, form: 'document_url' | 'file_url'): Fields {
  const id = textIn(file, 'file_id')
  const name = textIn(file, 'filename')
  const data = textIn(file, 'file_data') ?? (id && isURL(id) ? id : undefined)
  if (data === undefined) return form === 'document_url' ? { type: 'file', file_id: id } : { type: 'file', file }
  if (form === 'document_url')
    return { type: form, document_url: asURI(data, file), ...(name && { document_name: name }) }
  const url = /^data:/i.test(data) ? (parseDataURI(data)?.data ?? data) : data
  return { type: form, file_url: { url }, ...(name && { file_name: name }) }
}

const marksOf = ({ cache_control: mark, prompt_cache_breakpoint: breakpoint }: Fields): Fields => ({
  ...(mark != null && { cache_control: mark }),
  ...(breakpoint != null && { prompt_cache_breakpoint: breakpoint }),
})

/** Anthropic's document block, as the part of OpenAI's with the same content. */
function documentPart(part: Fields, where: string, { report }: EncodeScope): Fields {
  const source = isFields(part.source) ? part.source : {}
  const title = textIn(part, 'title')
  if (source.type === 'text' && typeof source.data === 'string') return { type: 'text', text: source.data }
  if (source.type === 'base64' && typeof source.data === 'string') {
    const media = textIn(source, 'media_type') ?? 'application/pdf'
    return {
      type: 'file',
      file: { filename: title || 'document.pdf', file_data: `data:${media};base64,${source.data}` },
    }
  }
  if (source.type === 'content' && typeof source.content === 'string') return { type: 'text', text: source.content }
  if (source.type === 'content' && Array.isArray(source.content)) {
    const texts = source.content.map((inner) => (isFields(inner) ? textIn(inner, 'text') : undefined))
    if (texts.every((text) => text !== undefined)) return { type: 'text', text: texts.join('\n') }
  }
  throw report.invalid(where, `must have a source of type text or base64; got '${textIn(source, 'type')}'`)
}

/**
 * OpenAI takes only text in tool messages: images and files follow in a user message behind the last result of the turn, because results
 * must not be separated. https://platform.openai.com/docs/api-reference/chat/create (tool message, content)
 */
export function moveMedia(messages: readonly unknown[], report: Report): readonly unknown[] {
  let changed: unknown[] | undefined
  let waiting: unknown[] = []
  const flush = () => {
    if (waiting.length > 0) changed?.push({ role: 'user', content: waiting })
    waiting = []
  }
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as Fields
    if (message.role !== 'tool') flush()
    const content = message.role === 'tool' && Array.isArray(message.content) ? message.content : undefined
    if (!content?.some(isMedia)) {
      changed?.push(message)
      continue
    }
    changed ??= messages.slice(0, index)
    const text = content.filter((part) => !isMedia(part))
    const id = String(message.tool_call_id)
    report.repaired(
      index,
      `messages[${index}]: the images or files of the result of ${id} were put into a user message behind it.`,
    )
    changed.push({ ...message, content: text.length > 0 ? text : 'The result is in the next message.' })
    waiting.push({ type: 'text', text: `From the result of tool call ${id}:` }, ...content.filter(isMedia))
  }
  flush()
  return changed ?? messages
}

const isMedia = (part: unknown): boolean => isFields(part) && part.type !== 'text'
