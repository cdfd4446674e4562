import type { FilePart, ImagePart, TextPart, UserPart } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { InboundReport } from '../report.js'
import { camelFields, fieldIn } from './wire.js'

/** A part with its own field names in camelCase; names inside arguments and results are the client's. */
function normalizePart(part: Fields): Fields {
  const own = camelFields(part)
  for (const name of [
    'inlineData',
    'fileData',
    'functionCall',
    'functionResponse',
    'executableCode',
    'codeExecutionResult',
  ]) {
    if (isFields(own[name])) own[name] = camelFields(own[name])
  }
  return own
}

/** The parts of a content: an object with `parts`, or text as SDKs accept it. @throws {BadRequestError} for anything else */
export function partsIn(content: unknown, where: string, report: InboundReport): Fields[] {
  if (typeof content === 'string') return [{ text: content }]
  const given = isFields(content) && 'parts' in content ? content.parts : content
  if (given === undefined || given === null) return []
  const list: unknown[] = Array.isArray(given) ? given : [given]
  return list.map((part, index) => {
    if (typeof part === 'string') return { text: part }
    if (isFields(part)) return normalizePart(part)
    throw report.invalid(`${where}.parts[${index}]`, "must be a part such as { text: 'Hello' }", part)
  })
}

export type MediaPart = Exclude<UserPart, { type: 'document' | 'text' }>

/** Text or media of a user's turn or of a function's result. https://ai.google.dev/api/caching#Part */
export function userParts(part: Fields, where: string, report: InboundReport): (TextPart | MediaPart)[] {
  for (const name of ['videoMetadata', 'mediaResolution']) {
    if (part[name]) report.dropped(`${where}.${name}`, `other APIs have no '${name}' for a file.`)
  }
  if (typeof part.text === 'string') return part.text === '' ? [] : [{ type: 'text', text: part.text }]
  if (isFields(part.inlineData)) return [inlinePart(part.inlineData, where, report)]
  if (isFields(part.fileData)) return [linkedPart(part.fileData, where, report)]
  const code = isFields(part.executableCode) ? textIn(part.executableCode, 'code') : undefined
  const output = isFields(part.codeExecutionResult) ? textIn(part.codeExecutionResult, 'output') : undefined
  const text = code ?? output
  if (text !== undefined) return text === '' ? [] : [{ type: 'text', text }]
  const kind = Object.keys(part).find((name) => name !== 'thoughtSignature' && name !== 'thought')
  if (kind !== undefined) report.dropped(where, `parts of the kind '${kind}' have no equivalent in other APIs.`)
  return []
}

function inlinePart(blob: Fields, where: string, report: InboundReport): MediaPart {
  const { data } = blob
  if (typeof data !== 'string' || data === '') throw report.invalid(`${where}.inlineData.data`, 'must be base64', data)
  const type = (textIn(blob, 'mimeType') ?? '').toLowerCase()
  // SDKs of other languages write URL-safe base64
  const base64 = data.includes('-') || data.includes('_') ? data.replaceAll('-', '+').replaceAll('_', '/') : data
  if (type.startsWith('image/')) return { type: 'image_url', image_url: { url: `data:${type};base64,${base64}` } }
  if (type.startsWith('audio/'))
    return { type: 'input_audio', input_audio: { data: base64, format: audioFormat(type) } }
  return filePart({ file_data: `data:${type || 'application/octet-stream'};base64,${base64}` }, blob, type)
}

/** OpenAI's names of audio formats, which Gemini's dialect reads too. */
function audioFormat(type: string): string {
  const name = type.slice('audio/'.length).split(';', 1)[0] ?? ''
  if (name === 'mpeg') return 'mp3'
  return name.replace(/^x-/, '')
}

function linkedPart(file: Fields, where: string, report: InboundReport): ImagePart | FilePart {
  const uri = fieldIn(file, 'fileUri')
  if (typeof uri !== 'string' || uri === '') throw report.invalid(`${where}.fileData.fileUri`, 'must be a URI', uri)
  const type = (textIn(file, 'mimeType') ?? '').toLowerCase()
  if (type.startsWith('image/')) return { type: 'image_url', image_url: { url: uri, format: type } }
  return filePart({ file_id: uri }, file, type)
}

function filePart(source: FilePart['file'], { displayName }: Fields, type: string): FilePart {
  const name = typeof displayName === 'string' && displayName !== '' ? { filename: displayName } : {}
  return { type: 'file', file: { ...source, ...name, ...(type && { format: type }) } }
}
