import type {
  ChatDialect,
  DecodeContext,
  Decoded,
  EmbeddingDialect,
  EncodeContext,
  Encoded,
} from '../../../providers/contract.js'
import { defaultQuirks, type OpenAIQuirks, openai } from '../../../providers/dialects/openai/index.js'
import { provider } from '../../../providers/openai.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = openai.chat as ChatDialect<OpenAIQuirks>
export const embedding = openai.embedding as EmbeddingDialect<OpenAIQuirks>

/** What is known of OpenAI's own host. */
export const own = provider.ownQuirks as OpenAIQuirks

export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

export const user = { role: 'user', content: 'Hi' }

type Loose = Partial<Omit<ChatParams, 'messages'>> & { messages?: unknown } & Record<string, unknown>

/** Any server that speaks OpenAI's wire, with some quirks of its own. */
export const quirksOf = (some: Partial<OpenAIQuirks>): { quirks: OpenAIQuirks } => ({
  quirks: { ...defaultQuirks, ...some },
})

export const encodeContext = (more: Partial<EncodeContext<OpenAIQuirks>> = {}): EncodeContext<OpenAIQuirks> => ({
  provider: 'openai',
  model: 'gpt-4o',
  dropParams: false,
  ownHost: true,
  quirks: own,
  ...more,
})

/** Encodes a frozen request, as for OpenAI's own host unless the context says otherwise; `model` is the bare name. */
export function encode(request: Loose, context: Partial<EncodeContext<OpenAIQuirks>> = {}): Encoded {
  const model = context.model ?? request.model ?? 'gpt-4o'
  const params = { messages: [user], ...request, model } as unknown as ChatParams
  return chat.encode(freeze(params), encodeContext({ ...context, model }))
}

export const bodyOf = (request: Loose, context?: Partial<EncodeContext<OpenAIQuirks>>) => encode(request, context).body

/** What is sent of some messages. */
export const sentOf = (messages: unknown, context?: Partial<EncodeContext<OpenAIQuirks>>) =>
  bodyOf({ messages }, context).messages as Body[]

export const decodeContext = (quirks: Partial<OpenAIQuirks> = {}): DecodeContext<OpenAIQuirks> => ({
  provider: 'acme',
  model: 'asked',
  quirks: { ...defaultQuirks, ...quirks },
  encodeState: undefined,
  created: 1700000000,
  fallbackId: 'chatcmpl-fallback',
})

export const decode = (body: unknown, quirks?: Partial<OpenAIQuirks>) =>
  chat.decode(freeze(body), decodeContext(quirks))

/** A whole answer of one choice. */
export const answer = (message: Body, choice: Body = {}, more: Body = {}): Body => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1700000001,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  ...more,
})

export const messageOf = (message: Body, choice?: Body, more?: Body) =>
  decode(answer(message, choice, more)).choices[0]?.message

/** One event of a stream. */
export const event = (delta: unknown, choice: Body = {}, more: Body = {}): Body => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1700000001,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  ...more,
})

export interface Streamed {
  chunks: ChatCompletionChunk[]
  /** Whether the stream had come to its end. */
  whole: boolean
}

export function streamOf(events: readonly unknown[], quirks?: Partial<OpenAIQuirks>): Streamed {
  const decoder = chat.stream(decodeContext(quirks))
  const chunks: ChatCompletionChunk[] = []
  for (const event of events) {
    if (decoder.done) break
    decoder.push(undefined, typeof event === 'string' ? event : JSON.stringify(event), chunks)
  }
  return { chunks, whole: decoder.end(chunks) }
}

export function assemble(chunks: readonly ChatCompletionChunk[]): Decoded<ChatCompletion> {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return assembler.answer()
}

/** The deltas of the first choice. */
export const deltasOf = ({ chunks }: Streamed) => chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))

/** A whole answer as the events of a stream, its texts cut in pieces, as OpenAI does it. */
export function eventsOf(body: Body, size: number): unknown[] {
  const { choices, usage, object: _, ...head } = body
  const base = { ...head, object: 'chat.completion.chunk' }
  const events: unknown[] = []
  const put = (index: number, delta: Body, more: Body = {}) =>
    events.push({ ...base, choices: [{ index, delta, finish_reason: null, ...more }] })
  for (const { index, message, finish_reason, logprobs, ...more } of choices as Body[]) {
    const at = index as number
    const { content, refusal, reasoning_content, reasoning, tool_calls, function_call, role, ...rest } = message as Body
    put(at, { role, content: '' }, more)
    for (const [name, text] of Object.entries({ reasoning_content, reasoning, content, refusal })) {
      for (const piece of cut(text, size)) put(at, { [name]: piece })
    }
    for (const [place, call] of ((tool_calls ?? []) as Body[]).entries()) {
      const { name, arguments: json } = call.function as Body
      put(at, { tool_calls: [{ ...call, index: place, function: { name, arguments: '' } }] })
      for (const piece of cut(json, size)) put(at, { tool_calls: [{ index: place, function: { arguments: piece } }] })
    }
    if (function_call) {
      const { name, arguments: json } = function_call as Body
      put(at, { function_call: { name, arguments: '' } })
      for (const piece of cut(json, size)) put(at, { function_call: { arguments: piece } })
    }
    if (Object.keys(rest).length > 0) put(at, rest)
    put(at, {}, { finish_reason, ...(logprobs !== undefined && { logprobs }) })
  }
  if (usage) events.push({ ...base, choices: [], usage })
  return [...events, '[DONE]']
}

const cut = (text: unknown, size: number) =>
  typeof text === 'string' ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []) : []
