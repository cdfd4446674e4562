import { readFileSync } from 'node:fs'
import type { ChatDialect, DecodeContext, Decoded, EncodeContext, Encoded } from '../../../providers/contract.js'
import { converse } from '../../../providers/dialects/converse/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = converse.chat as ChatDialect<unknown>

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

export const models = {
  claude: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  oldClaude: 'anthropic.claude-3-haiku-20240307-v1:0',
  nova: 'us.amazon.nova-pro-v1:0',
  nova2: 'us.amazon.nova-2-lite-v1:0',
  llama: 'us.meta.llama3-3-70b-instruct-v1:0',
  mistral: 'mistral.mistral-large-2402-v1:0',
  gptOss: 'openai.gpt-oss-120b-1:0',
  deepseek: 'us.deepseek.r1-v1:0',
  profile: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
}

/** Encodes a frozen request; `model` is the bare name. */
export function encode(request: Loose, context: Partial<EncodeContext<unknown>> = {}): Encoded {
  const model = context.model ?? request.model ?? models.claude
  const params = { messages: [{ role: 'user', content: 'Hi' }], ...request, model } as unknown as ChatParams
  return chat.encode(freeze(structuredClone(params)), {
    provider: 'bedrock',
    dropParams: false,
    ownHost: true,
    quirks: undefined,
    ...context,
    model,
  })
}

export const bodyOf = (request: Loose, context?: Partial<EncodeContext<unknown>>): Body => encode(request, context).body

/** The messages of a request's body. */
export const turnsOf = (messages: unknown[], model = models.claude) =>
  bodyOf({ messages, model }).messages as { role: string; content: Body[] }[]

export const warningsOf = (request: Loose, context?: Partial<EncodeContext<unknown>>) =>
  encode(request, context).warnings?.map(({ type, ...rest }) => `${type} ${Object.values(rest).join(' ')}`)

export const decodeContext = (encodeState?: unknown): DecodeContext<unknown> => ({
  provider: 'bedrock',
  model: 'asked',
  quirks: undefined,
  encodeState: encodeState,
  created: 1700000000,
  fallbackId: 'chatcmpl-fallback',
})

export const decode = (body: unknown, encodeState?: unknown) => chat.decode(freeze(body), decodeContext(encodeState))

/** A whole answer of Converse, of these blocks. */
export const answerOf = (content: Body[], more: Body = {}): Body => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 },
  metrics: { latencyMs: 100 },
  ...more,
})

export type Event = [name: string, body: unknown]

/** A whole answer as the events of a stream, cut into small deltas: the order and shapes of recorded streams. */
export function eventsOf(answer: Body, size = 3): Event[] {
  const { output, stopReason, additionalModelResponseFields, ...end } = answer
  const { content } = (output as { message: { content: Body[] } }).message
  const events: Event[] = [['messageStart', { role: 'assistant' }]]
  for (const [contentBlockIndex, block] of content.entries()) {
    const start = (fields: Body) => events.push(['contentBlockStart', { contentBlockIndex, start: fields }])
    const delta = (fields: Body) => events.push(['contentBlockDelta', { contentBlockIndex, delta: fields }])
    const [kind = '', given] = Object.entries(block)[0] ?? []
    const value = given as Body
    if (kind === 'text') for (const text of cut(given as string, size)) delta({ text })
    else if (kind === 'toolUse') {
      const { input, ...rest } = value
      start({ toolUse: rest })
      const json = Object.keys(input as Body).length === 0 ? '' : JSON.stringify(input)
      for (const piece of ['', ...cut(json, size)]) delta({ toolUse: { input: piece } })
    } else if (kind === 'toolResult') {
      const { content: results, ...rest } = value
      start({ toolResult: rest })
      delta({ toolResult: results })
    } else if (kind === 'image') {
      const { source, ...rest } = value
      start({ image: rest })
      delta({ image: { source } })
    } else if (kind === 'citationsContent') {
      for (const { text } of (value.content ?? []) as { text: string }[])
        for (const piece of cut(text, size)) delta({ text: piece })
      for (const citation of value.citations as Body[]) delta({ citation })
    } else if (kind === 'reasoningContent') {
      const { text = '', signature } = (value.reasoningText ?? {}) as { text?: string; signature?: string }
      for (const piece of cut(text, size)) delta({ reasoningContent: { text: piece } })
      if (signature) delta({ reasoningContent: { signature } })
      if (value.redactedContent) delta({ reasoningContent: { redactedContent: value.redactedContent } })
    }
    events.push(['contentBlockStop', { contentBlockIndex }])
  }
  events.push([
    'messageStop',
    { stopReason, ...(additionalModelResponseFields ? { additionalModelResponseFields } : {}) },
  ])
  events.push(['metadata', end])
  return events
}

const cut = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []

export function chunksOf(
  events: readonly Event[],
  encodeState?: unknown,
): { chunks: ChatCompletionChunk[]; whole: boolean; done: boolean } {
  const decoder = chat.stream(decodeContext(encodeState))
  const chunks: ChatCompletionChunk[] = []
  for (const [name, body] of events) decoder.push(name, typeof body === 'string' ? body : JSON.stringify(body), chunks)
  const { done } = decoder
  return { chunks, done, whole: decoder.end(chunks) }
}

export function assemble(chunks: readonly ChatCompletionChunk[]): Decoded<ChatCompletion> {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return assembler.answer()
}
