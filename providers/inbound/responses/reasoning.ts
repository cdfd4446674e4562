import type { AnswerMessage, Delta } from '../../../src/types/chat.js'
import type { ThinkingBlocks } from '../../../src/types/messages.js'
import { mergedDetails } from '../../dialects/openai/replay.js'
import { type Fields, isFields, parseJSON, textIn } from '../../fields.js'
import { joinFields } from '../../shared/deltas.js'
import { replayedNames } from '../seal.js'

/**
 * Parts of a chat answer that its provider wants back with the history and that the Responses API has no place for: signed thinking,
 * blocks of the provider's own tools, signatures of calls. They travel in the `encrypted_content` of a reasoning item, which every
 * client sends back unchanged.
 */
export interface Carried {
  /** Thinking with signatures. */
  readonly blocks?: ThinkingBlocks | undefined
  /** Fields of the message. */
  readonly fields?: Fields | undefined
  /** Fields of tool calls, by the id of the call. */
  readonly calls?: Readonly<Record<string, Fields>> | undefined
}

/** Marks reasoning of a bridged answer. The API that a request goes to natively can't read it. */
const mark = 'llmux1.'

/** Fields of a message that a dialect reads when the message comes back; the others describe the answer only. */
const replayed: ReadonlySet<string> = new Set([...replayedNames, 'annotations', 'citations'])

/** The fields that go back with the history; undefined if there are none. */
export function replayedFields(fields: Fields | undefined): Fields | undefined {
  if (!fields) return undefined
  const kept = Object.entries(fields).filter(([name, value]) => replayed.has(name) && value !== null)
  // the blocks hold the citations
  const plain = fields.content_blocks ? kept.filter(([name]) => name !== 'citations') : kept
  if (plain.length === 0) return undefined
  const some: Fields = Object.fromEntries(plain)
  if (Array.isArray(some.reasoning_details)) some.reasoning_details = mergedDetails(some.reasoning_details)
  return some
}

/** All parts to carry of a complete message. */
export function carriedOf({
  thinking_blocks: blocks,
  provider_specific_fields: fields,
  tool_calls,
}: AnswerMessage): Carried {
  const calls: Record<string, Fields> = {}
  for (const call of tool_calls ?? []) {
    if (call.type === 'function' && call.provider_specific_fields) calls[call.id] = call.provider_specific_fields
  }
  return {
    blocks: blocks?.length ? blocks : undefined,
    fields: replayedFields(fields),
    calls: Object.keys(calls).length > 0 ? calls : undefined,
  }
}

/** The parts as text for `encrypted_content`; undefined if there are none. */
export function pack({ blocks, fields, calls }: Carried): string | undefined {
  if (!blocks && !fields && !calls) return undefined
  return mark + toBase64(JSON.stringify({ blocks, fields, calls }))
}

/** The parts of an `encrypted_content`; undefined if another API wrote it. */
export function unpack(text: unknown): Carried | undefined {
  if (!isPacked(text)) return undefined
  const parts = parseJSON(fromBase64(text.slice(mark.length)))
  if (!isFields(parts)) return {}
  const { blocks, fields, calls } = parts
  return {
    blocks: Array.isArray(blocks) ? (blocks.filter(isFields) as unknown as ThinkingBlocks) : undefined,
    fields: isFields(fields) ? fields : undefined,
    calls: isFields(calls) ? (calls as Record<string, Fields>) : undefined,
  }
}

/** Whether an `encrypted_content` is reasoning of a bridged answer. */
export const isPacked = (text: unknown): text is string => typeof text === 'string' && text.startsWith(mark)

/** Collects the parts to carry from the chunks of a stream. */
export class Carrier {
  #blocks: ThinkingBlocks = []
  #fields: Fields | undefined
  #calls: Record<string, Fields> | undefined

  add({ thinking_blocks: blocks, provider_specific_fields: fields }: Delta): void {
    if (blocks) this.#blocks.push(...blocks)
    if (fields) this.#fields = joinFields(this.#fields ?? {}, fields)
  }

  addCall(id: string, fields: Fields): void {
    this.#calls = { ...this.#calls, [id]: joinFields(this.#calls?.[id] ?? {}, fields) }
  }

  /** Returns the text for `encrypted_content`, and starts anew. */
  take(): string | undefined {
    const blocks = this.#blocks.length > 0 ? this.#blocks : undefined
    const text = pack({ blocks, fields: replayedFields(this.#fields), calls: this.#calls })
    this.#blocks = []
    this.#fields = undefined
    this.#calls = undefined
    return text
  }
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  let binary = ''
  // a call takes a limited number of arguments
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

function fromBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
  } catch {
    return ''
  }
}

/** The text of a reasoning item: the reasoning itself, if it is shown, and its summary. */
export function reasoningText(item: Fields): string {
  const texts = [item.content, item.summary].flatMap((parts) => (Array.isArray(parts) ? parts : []))
  return texts
    .map((part) => (isFields(part) ? (textIn(part, 'text') ?? '') : ''))
    .filter(Boolean)
    .join('\n\n')
}
