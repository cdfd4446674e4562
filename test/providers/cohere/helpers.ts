import { readFileSync } from 'node:fs'
import type {
  ChatDialect,
  DecodeContext,
  Decoded,
  EmbeddingDialect,
  EncodeContext,
  Encoded,
  RerankDialect,
} from '../../../providers/contract.js'
import { cohere } from '../../../providers/dialects/cohere/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = cohere.chat as ChatDialect
export const embedding = cohere.embedding as EmbeddingDialect
export const rerank = cohere.rerank as RerankDialect

export const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

export const encodeContext = (more: Partial<EncodeContext> = {}): EncodeContext => ({
  provider: 'cohere',
  model: 'command-a-03-2025',
  dropParams: false,
  ownHost: true,
  quirks: {},
  ...more,
})

type Loose = { model?: string } & Record<string, unknown>

/** Encodes a frozen request; `model` is the bare name. */
export function encode(request: Loose, context: Partial<EncodeContext> = {}): Encoded {
  const model = context.model ?? request.model ?? 'command-a-03-2025'
  const params = { messages: [{ role: 'user', content: 'Hi' }], ...request, model } as unknown as ChatParams
  return chat.encode(freeze(structuredClone(params)), encodeContext({ ...context, model }))
}

export const bodyOf = (request: Loose, context?: Partial<EncodeContext>) => encode(request, context).body

/** The messages of a request's body. */
export const turnsOf = (messages: unknown[], model?: string) =>
  bodyOf({ messages, ...(model && { model }) }).messages as Body[]

export const decodeContext = (encodeState?: unknown): DecodeContext => ({
  provider: 'cohere',
  model: 'command-asked',
  quirks: {},
  encodeState,
  created: 1700000000,
  fallbackId: 'chatcmpl-fallback',
})

export const decode = (body: unknown, encodeState?: unknown) => chat.decode(freeze(body), decodeContext(encodeState))

/** A whole answer as the events of a stream, cut into small deltas: the order and shapes of recorded streams. */
export function eventsOf(body: Body, size = 3): Body[] {
  const { id, message, finish_reason, usage } = body as Body & { message: Body }
  const events: Body[] = [
    {
      id,
      type: 'message-start',
      delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
    },
  ]
  const add = (type: string, index: number | undefined, fields?: Body) =>
    events.push({ type, ...(index !== undefined && { index }), ...(fields && { delta: { message: fields } }) })
  for (const [index, part] of ((message.content ?? []) as Body[]).entries()) {
    const field = part.type as 'text' | 'thinking'
    add('content-start', index, { content: { type: field, [field]: '' } })
    for (const piece of cut(part[field], size)) add('content-delta', index, { content: { [field]: piece } })
    add('content-end', index)
  }
  for (const piece of cut(message.tool_plan, size)) add('tool-plan-delta', undefined, { tool_plan: piece })
  for (const [index, call] of ((message.tool_calls ?? []) as Body[]).entries()) {
    const fn = call.function as { name: string; arguments: string }
    add('tool-call-start', index, { tool_calls: { ...call, function: { name: fn.name, arguments: '' } } })
    const pieces = fn.arguments === '{}' ? [] : cut(fn.arguments, size)
    for (const piece of pieces) add('tool-call-delta', index, { tool_calls: { function: { arguments: piece } } })
    add('tool-call-end', index)
  }
  for (const [index, citation] of ((message.citations ?? []) as Body[]).entries()) {
    add('citation-start', index, { citations: citation })
    add('citation-end', index)
  }
  events.push({ type: 'message-end', delta: { finish_reason, usage } })
  return events
}

const cut = (text: unknown, size: number): string[] =>
  typeof text === 'string' ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []) : []

export function chunksOf(
  events: readonly unknown[],
  encodeState?: unknown,
): { chunks: ChatCompletionChunk[]; whole: boolean; done: boolean } {
  const decoder = chat.stream(decodeContext(encodeState))
  const chunks: ChatCompletionChunk[] = []
  for (const event of events) decoder.push(undefined, typeof event === 'string' ? event : JSON.stringify(event), chunks)
  const { done } = decoder
  return { chunks, done, whole: decoder.end(chunks) }
}

export function assemble(chunks: readonly ChatCompletionChunk[]): Decoded<ChatCompletion> {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return assembler.answer()
}
