import { readFileSync } from 'node:fs'
import type {
  ChatDialect,
  DecodeContext,
  Decoded,
  EmbeddingDialect,
  EncodeContext,
  Encoded,
} from '../../../providers/contract.js'
import { type GeminiQuirks, gemini } from '../../../providers/dialects/gemini/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = gemini.chat as ChatDialect<GeminiQuirks>
export const embedding = gemini.embedding as EmbeddingDialect<GeminiQuirks>

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
type Context = Partial<EncodeContext<GeminiQuirks>>

export const contextOf = (model: string, context: Context = {}): EncodeContext<GeminiQuirks> => ({
  provider: 'gemini',
  dropParams: false,
  ownHost: true,
  quirks: {},
  ...context,
  model,
})

export const paramsOf = (request: Loose, model = 'gemini-2.5-flash'): ChatParams =>
  freeze(structuredClone({ messages: [{ role: 'user', content: 'Hi' }], ...request, model })) as unknown as ChatParams

/** Encodes a frozen request; `model` is the bare name. */
export function encode(request: Loose, context: Context = {}): Encoded {
  const model = context.model ?? request.model ?? 'gemini-2.5-flash'
  return chat.encode(paramsOf(request, model), contextOf(model, context))
}

export const bodyOf = (request: Loose, context?: Context) => encode(request, context).body

/** The turns of a request's body. */
export const turnsOf = (messages: unknown[], model = 'gemini-2.5-flash', context?: Context) =>
  bodyOf({ messages, model }, context).contents as { role: string; parts: Body[] }[]

/** What `generationConfig` says. */
export const configOf = (request: Loose, context?: Context) => bodyOf(request, context).generationConfig

export const decodeContext = (encodeState?: unknown): DecodeContext<GeminiQuirks> => ({
  provider: 'gemini',
  model: 'gemini-asked',
  quirks: {},
  encodeState: encodeState,
  created: 1700000000,
  fallbackId: 'chatcmpl-fallback',
})

export const decode = (body: unknown, encodeState?: unknown) => chat.decode(freeze(body), decodeContext(encodeState))

/** A response with one candidate. */
export const answer = (parts: unknown[], candidate: Body = {}, more: Body = {}): Body => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...candidate }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 7, totalTokenCount: 12 },
  modelVersion: 'gemini-2.5-flash',
  responseId: 'resp_1',
  ...more,
})

/**
 * A whole answer as the events of a stream, its texts cut into pieces: the order and shapes of recorded streams, with the
 * signature of a text behind its last piece, and what is said of the candidate in the last event.
 */
export function eventsOf(whole: Body, size = 3): Body[] {
  const { candidates = [], usageMetadata, ...head } = whole as { candidates?: Body[]; usageMetadata?: Body }
  const events: Body[] = []
  const early = usageMetadata && { promptTokenCount: usageMetadata.promptTokenCount }
  for (const { content, index, ...rest } of candidates) {
    const parts = ((content as Body | undefined)?.parts ?? []) as Body[]
    const push = (part: Body) =>
      events.push({
        ...head,
        candidates: [{ content: { role: 'model', parts: [part] }, index }],
        ...(early && { usageMetadata: early }),
      })
    for (const part of parts) {
      const { text, thoughtSignature, ...kind } = part
      if (typeof text !== 'string') push(part)
      else {
        for (const piece of cut(text, size)) push({ ...kind, text: piece })
        if (thoughtSignature !== undefined) push({ ...kind, text: '', thoughtSignature })
      }
    }
    events.push({ ...head, candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, index, ...rest }] })
  }
  const last = events.pop() ?? head
  events.push({ ...last, ...(usageMetadata && { usageMetadata }) })
  return events
}

const cut = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []

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
