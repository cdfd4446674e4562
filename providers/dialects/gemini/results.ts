import type { CallInHistory } from './assistant.js'
import { partsOf } from './content.js'
import type { Kit } from './kit.js'
import { type Fields, isFields, type Part } from './wire.js'

/** A tool's answer: the part that goes back for its call, and what can't be in it and follows it. */
export interface Result {
  readonly part: Part
  readonly after: readonly Part[]
}

/** What the result of a function may hold beside fields. https://ai.google.dev/gemini-api/docs/function-calling#multimodal */
const mediaTypes = /^(?:image\/(?:png|jpeg|webp)|application\/pdf|text\/plain)$/

/**
 * `output` is the API's word for what came out, and `error` for what went wrong; other fields are taken for the output.
 * https://ai.google.dev/api/caching#FunctionResponse
 */
export function resultOf(call: CallInHistory, content: unknown, failed: boolean, where: string, kit: Kit): Result {
  const parts = partsOf(content, where, kit)
  const text = parts.map((part) => part.text ?? '').join('')
  const files = parts.filter((part) => part.text === undefined)
  const inside = kit.facts.mediaInResults ? files.filter(fits) : []
  const outside = files.filter((file) => !inside.includes(file))
  const functionResponse: Fields = {
    ...(call.id !== undefined && { id: call.id }),
    name: kit.names.wire(call.name),
    response: responseOf(text, failed),
    ...(inside.length > 0 && { parts: inside }),
  }
  const after = outside.length > 0 ? [{ text: `Files returned by ${call.name}:` }, ...outside] : []
  return { part: { functionResponse }, after }
}

function fits({ inlineData, fileData }: Part): boolean {
  return mediaTypes.test(inlineData?.mimeType ?? fileData?.mimeType ?? '')
}

function responseOf(text: string, failed: boolean): Fields {
  const value = /^\s*[{[]/.test(text) ? parsed(text) : text
  if (failed) return { error: value }
  return isFields(value) ? value : { output: value }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
