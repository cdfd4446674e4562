import type { AnswerMessage, Delta } from '../../src/types/chat.js'
import type { FunctionToolCall } from '../../src/types/messages.js'
import type { Fields } from '../fields.js'

/** Joins the pieces of one event; undefined without pieces. */
export function joinPieces(pieces: readonly Delta[]): Delta | undefined {
  const [first, ...rest] = pieces
  return rest.reduce<Delta | undefined>((all, piece) => (all ? joinDeltas(all, piece) : piece), first)
}

export function joinDeltas(one: Delta, other: Delta): Delta {
  const delta: Delta = { ...one, ...other }
  if (typeof one.content === 'string' && typeof other.content === 'string') delta.content = one.content + other.content
  if (one.reasoning_content && other.reasoning_content) {
    delta.reasoning_content = one.reasoning_content + other.reasoning_content
  }
  if (one.tool_calls && other.tool_calls) delta.tool_calls = [...one.tool_calls, ...other.tool_calls]
  if (one.images && other.images) delta.images = [...one.images, ...other.images]
  if (one.thinking_blocks && other.thinking_blocks) {
    delta.thinking_blocks = [...one.thinking_blocks, ...other.thinking_blocks]
  }
  if (one.audio && other.audio) {
    delta.audio = { ...one.audio, ...other.audio, data: `${one.audio.data ?? ''}${other.audio.data ?? ''}` }
  }
  if (one.provider_specific_fields && other.provider_specific_fields) {
    delta.provider_specific_fields = joinFields(one.provider_specific_fields, other.provider_specific_fields)
  }
  return delta
}

/** Concatenates lists; later values replace all others. */
export function joinFields(one: Fields, other: Fields): Fields {
  const all: Fields = { ...one }
  for (const [name, value] of Object.entries(other)) {
    if (name === '__proto__') continue
    const old = all[name]
    all[name] = Array.isArray(old) && Array.isArray(value) ? [...old, ...value] : value
  }
  return all
}

/** The message of a complete answer, from the delta that holds all of it. */
export function messageFromDelta(delta: Delta): AnswerMessage {
  const { content, refusal, tool_calls, audio, role: _, function_call: __, ...rest } = delta
  const message: AnswerMessage = { role: 'assistant', content: content ?? null, refusal: refusal ?? null, ...rest }
  if (tool_calls) message.tool_calls = tool_calls.map(({ index: _, ...call }) => call as FunctionToolCall)
  if (audio) message.audio = { id: audio.id ?? '', data: audio.data ?? '', transcript: '', expires_at: 0 }
  return message
}
