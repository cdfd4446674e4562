import { mergedDetails } from '../dialects/openai/replay.js'
import { type Fields, isFields, parseJSON } from '../fields.js'

/**
 * Clients return the signatures of thoughts, and of Gemini's calls, without reading them. So the state of an answer that the next
 * request needs and the client's wire has no field for (signatures of another provider, encrypted reasoning, server tool results)
 * travels as a signature: a sealed one. It is base64, as both wires require, and begins with a mark.
 */
export interface Sealed {
  /** Fields of a thinking block other than its text. */
  readonly block?: Fields
  /** Provider fields of the tool call that follows. */
  readonly call?: Fields
  /** Provider fields of the message. */
  readonly message?: Fields
  /** Thinking blocks that come before, for wires whose clients drop thoughts. */
  readonly thinking?: readonly Fields[]
  /** Reasoning without a signature that comes before, for the same wires. */
  readonly reasoning?: string
  /** Ids of the turn's calls, for clients that drop them: the provider recognises its own items by them. */
  readonly ids?: readonly string[]
}

/** Base64 of `llmux:`, whose six bytes share no character with the bytes after them. */
const mark = 'bGxtdXg6'

export const isSealed = (signature: unknown): signature is string =>
  typeof signature === 'string' && signature.startsWith(mark)

export const seal = (state: Sealed): string => mark + btoa(toASCII(JSON.stringify(state)))

/** The state of a sealed signature; undefined for all others. Some SDKs return base64 in its URL-safe form. */
export function unseal(signature: unknown): Sealed | undefined {
  if (!isSealed(signature)) return undefined
  const base64 = signature.slice(mark.length).replaceAll('-', '+').replaceAll('_', '/')
  const state = parseJSON(decode(base64))
  return isFields(state) ? state : {}
}

function decode(base64: string): string {
  try {
    return atob(base64)
  } catch {
    return ''
  }
}

/** JSON with escapes in place of characters that base64 functions don't take. */
const toASCII = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Signatures that clients make up for calls of other models: Google's documented placeholders, as text and as base64. */
const placeholders: ReadonlySet<unknown> = new Set([
  'skip_thought_signature_validator',
  'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=',
  'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I',
  'context_engineering_is_the_way_to_go',
  'Y29udGV4dF9lbmdpbmVlcmluZ19pc190aGVfd2F5X3RvX2dv',
])

export const isPlaceholder = (signature: unknown): boolean => placeholders.has(signature)

/** Provider fields of a message that its provider wants back in the next request. */
export const replayedNames: ReadonlySet<string> = new Set([
  'container',
  'content_blocks',
  'content_parts',
  'converse_content',
  'extra_content',
  'output_items',
  'output_items_of',
  'reasoning_details',
  'thought_signature',
  'tool_plan',
])

/** The provider fields that go back with the history; undefined without any. */
export function replayedFields(fields: Fields | undefined): Fields | undefined {
  let kept: Fields | undefined
  for (const name in fields) {
    const value = fields[name]
    if (!replayedNames.has(name) || value === null || value === undefined) continue
    // a stream brings the details in pieces
    kept = { ...kept, [name]: name === 'reasoning_details' && Array.isArray(value) ? mergedDetails(value) : value }
  }
  return kept
}
