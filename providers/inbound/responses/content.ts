import { BadRequestError } from '../../../src/errors.js'
import type { FilePart, TextPart, ToolResultPart, UserPart } from '../../../src/types/messages.js'
import { type Fields, fieldsIn, isFields, textIn } from '../../fields.js'
import type { InboundContext } from '../contract.js'

/** Joins the texts of one message that are no parts of each other. */
export const gap = '\n\n'

/** Content of a user's message. A single text is sent as a string, which every host accepts. */
export function userContent(content: unknown, where: string, context: InboundContext): string | UserPart[] {
  return simple(partsOf(content, where, context))
}

/** Content of a system message: text only. */
export function systemContent(content: unknown, where: string, context: InboundContext): string | TextPart[] {
  const parts = partsOf(content, where, context)
  const texts = parts.filter((part): part is TextPart => part.type === 'text')
  if (texts.length < parts.length) {
    context.warn?.({ type: 'dropped', param: where, message: 'Left out: instructions have no images and files.' })
  }
  return simple(texts)
}

/** The result of a tool: text, or a list of texts, images and files. */
export function resultContent(output: unknown, where: string, context: InboundContext): string | ToolResultPart[] {
  if (typeof output === 'string') return output
  if (Array.isArray(output) && output.every((part) => isFields(part) && typeof part.type === 'string')) {
    const parts = partsOf(output, where, context).filter(
      (part): part is ToolResultPart & UserPart => part.type !== 'input_audio',
    )
    return simple(parts)
  }
  // a screenshot of a computer call, or a result as an object
  if (isFields(output) && output.type === 'computer_screenshot') return resultContent([output], where, context)
  return output === undefined || output === null ? '' : JSON.stringify(output)
}

const simple = <Part extends { type: string }>(parts: Part[]): string | Part[] => {
  const [first] = parts
  if (!first) return ''
  return parts.length === 1 && isBareText(first) ? first.text : parts
}

const isBareText = (part: { type: string }): part is TextPart => part.type === 'text' && Object.keys(part).length === 2

function partsOf(content: unknown, where: string, context: InboundContext): UserPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (content === undefined || content === null) return []
  if (!Array.isArray(content)) {
    throw new BadRequestError(`'${where}' must be a string or an array of parts; got ${typeof content}.`, {
      param: where,
    })
  }
  return content.flatMap((part, at): UserPart[] => {
    if (typeof part === 'string') return [{ type: 'text', text: part }]
    const decoded = isFields(part) ? decodePart(part, `${where}[${at}]`, context) : undefined
    return decoded ? [decoded] : []
  })
}

/** https://platform.openai.com/docs/api-reference/responses/create (input) */
function decodePart(part: Fields, where: string, context: InboundContext): UserPart | undefined {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return textIn(part, 'text') ? { type: 'text', text: String(part.text) } : undefined
    case 'refusal':
      return textIn(part, 'refusal') ? { type: 'text', text: String(part.refusal) } : undefined
    case 'input_image':
    case 'image_url':
    case 'computer_screenshot':
      return imagePart(part, where)
    case 'input_file':
      return filePart(part, where)
    case 'input_audio':
      return isFields(part.input_audio)
        ? { type: 'input_audio', input_audio: part.input_audio as { data: string; format: string } }
        : undefined
    default:
      context.warn?.({ type: 'dropped', param: where, message: `Left out: unknown part '${String(part.type)}'.` })
      return undefined
  }
}

function imagePart(part: Fields, where: string): UserPart {
  const image = isFields(part.image_url) ? part.image_url.url : part.image_url
  const detail = textIn(part, 'detail') ?? (isFields(part.image_url) ? textIn(part.image_url, 'detail') : undefined)
  if (typeof image === 'string' && image) {
    return { type: 'image_url', image_url: { url: image, ...(detail && { detail }) } }
  }
  const id = textIn(part, 'file_id')
  if (id) return { type: 'file', file: { file_id: id } }
  throw new BadRequestError(`'${where}' must have 'image_url' (an https: or data: URL) or 'file_id'.`, { param: where })
}

function filePart(part: Fields, where: string): FilePart {
  const [data, url, id] = [textIn(part, 'file_data'), textIn(part, 'file_url'), textIn(part, 'file_id')]
  const name = textIn(part, 'filename')
  const named = name ? { filename: name } : {}
  if (data) return { type: 'file', file: { file_data: data, ...named } }
  // chat takes a URL where it takes an id
  const reference = url || id
  if (reference) return { type: 'file', file: { file_id: reference, ...named } }
  throw new BadRequestError(`'${where}' must have 'file_data' (a data: URI), 'file_url' or 'file_id'.`, {
    param: where,
  })
}

/** Text and refusal of an assistant's message. */
export function assistantContent(content: unknown): { text: string; refusal: string } {
  if (typeof content === 'string') return { text: content, refusal: '' }
  const parts = fieldsIn(content)
  return {
    text: parts.map((part) => (part.type === 'refusal' ? '' : (textIn(part, 'text') ?? ''))).join(''),
    refusal: parts.map((part) => (part.type === 'refusal' ? (textIn(part, 'refusal') ?? '') : '')).join(''),
  }
}
