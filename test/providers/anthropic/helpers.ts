import { readFileSync } from 'node:fs'
import type { ChatDialect, DecodeContext, Decoded, EncodeContext, Encoded } from '../../../providers/contract.js'
import { type AnthropicQuirks, anthropic } from '../../../providers/dialects/anthropic/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = anthropic.chat as ChatDialect<AnthropicQuirks>

export const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

type Loose = Partial<Omit<ChatParams, 'messages'>> & { messages?: unknown } & Record<string, unknown>

/** Encodes a frozen request; `model` is the bare name. */
export function encode(request: Loose, context: Partial<EncodeContext<AnthropicQuirks>> = {}): Encoded {
  const model = context.model ?? request.model ?? 'claude-sonnet-4-5'
  const params = { messages: [{ role: 'user', content: 'Hi' }], ...request, model } as unknown as ChatParams
  return chat.encode(freeze(structuredClone(params)), {
    provider: 'anthropic',
    dropParams: false,
    ownHost: true,
    quirks: {},
    ...context,
    model,
  })
}

export const bodyOf = (request: Loose, context?: Partial<EncodeContext<AnthropicQuirks>>) =>
  encode(request, context).body

/** The messages of a request's body. */
export const turnsOf = (messages: unknown[], model = 'claude-sonnet-4-5') =>
  bodyOf({ messages, model }).messages as { role: string; content: unknown }[]

export const decodeContext = (encodeState?: unknown): DecodeContext<AnthropicQuirks> => ({
  provider: 'anthropic',
  model: 'claude-asked',
  quirks: {},
  encodeState,
  created: 1700000000,
  fallbackId: 'chatcmpl-fallback',
})

export const decode = (body: unknown, encodeState?: unknown) => chat.decode(freeze(body), decodeContext(encodeState))

/** A whole answer as the events of a stream, cut into small deltas: the order and shapes of recorded streams. */
export function eventsOf(message: Body, size = 3): Body[] {
  const { content, stop_reason, stop_sequence, stop_details, container, context_management, usage, ...head } = message
  const events: Body[] = [
    {
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, usage: { ...(usage as Body), output_tokens: 1 } },
    },
    { type: 'ping' },
  ]
  for (const [index, block] of (content as Body[]).entries()) {
    const { text, thinking, signature, citations, input, ...rest } = block
    const delta = (fields: Body) => events.push({ type: 'content_block_delta', index, delta: fields })
    const start: Body = { ...rest }
    if (text !== undefined) start.text = ''
    if (thinking !== undefined) Object.assign(start, { thinking: '', signature: '' })
    if (input !== undefined) start.input = {}
    events.push({ type: 'content_block_start', index, content_block: start })
    for (const citation of (citations ?? []) as Body[]) delta({ type: 'citations_delta', citation })
    for (const piece of cut(text, size)) delta({ type: 'text_delta', text: piece })
    for (const piece of cut(thinking, size)) delta({ type: 'thinking_delta', thinking: piece })
    if (signature) delta({ type: 'signature_delta', signature })
    const json = input === undefined || Object.keys(input as Body).length === 0 ? '' : JSON.stringify(input)
    for (const piece of ['', ...cut(json, size)])
      if (input !== undefined) delta({ type: 'input_json_delta', partial_json: piece })
    events.push({ type: 'content_block_stop', index })
  }
  const end = {
    stop_reason,
    stop_sequence: stop_sequence ?? null,
    stop_details: stop_details ?? null,
    ...(container !== undefined && { container }),
  }
  events.push({
    type: 'message_delta',
    delta: end,
    usage,
    ...(context_management !== undefined && { context_management }),
  })
  events.push({ type: 'message_stop' })
  return events
}

const cut = (text: unknown, size: number) =>
  typeof text === 'string' ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []) : []

export function chunksOf(
  events: readonly unknown[],
  encodeState?: unknown,
): { chunks: ChatCompletionChunk[]; whole: boolean } {
  const decoder = chat.stream(decodeContext(encodeState))
  const chunks: ChatCompletionChunk[] = []
  for (const event of events) decoder.push(undefined, typeof event === 'string' ? event : JSON.stringify(event), chunks)
  return { chunks, whole: decoder.end(chunks) }
}

export function assemble(chunks: readonly ChatCompletionChunk[]): Decoded<ChatCompletion> {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return assembler.answer()
}
