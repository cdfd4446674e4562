import { readFileSync } from 'node:fs'
import type {
  ChatDialect,
  DecodeContext,
  Decoded,
  EmbeddingDialect,
  EncodeContext,
  Encoded,
} from '../../../providers/contract.js'
import { ollama } from '../../../providers/dialects/ollama/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'

export type Body = Record<string, unknown>

export const chat = ollama.chat as ChatDialect
export const embedding = ollama.embedding as EmbeddingDialect

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
  provider: 'ollama',
  model: 'qwen3:4b',
  dropParams: false,
  ownHost: true,
  quirks: {},
  ...more,
})

type Loose = { model?: string } & Record<string, unknown>

/** Encodes a frozen request; `model` is the bare name. */
export function encode(request: Loose, context: Partial<EncodeContext> = {}): Encoded {
  const model = context.model ?? request.model ?? 'qwen3:4b'
  const params = { messages: [{ role: 'user', content: 'Hi' }], ...request, model } as unknown as ChatParams
  return chat.encode(freeze(structuredClone(params)), encodeContext({ ...context, model }))
}

export const bodyOf = (request: Loose, context?: Partial<EncodeContext>) => encode(request, context).body

/** The messages of a request's body. */
export const turnsOf = (messages: unknown[], context?: Partial<EncodeContext>) =>
  bodyOf({ messages }, context).messages as Body[]

export const decodeContext = (): DecodeContext => ({
  provider: 'ollama',
  model: 'asked',
  quirks: {},
  encodeState: undefined,
  created: 1700000000,
  fallbackId: 'f1',
})

export const decode = (body: unknown) => chat.decode(freeze(body), decodeContext())

/** A whole answer as the lines of a stream, cut into small pieces: the order and shapes of recorded streams. */
export function linesOf(body: Body, size = 3): Body[] {
  const { model, created_at, message, done, done_reason, ...counts } = body as Body & { message: Body }
  const lines: Body[] = []
  const add = (fields: Body, more: Body = { done: false }) =>
    lines.push({ model, created_at, message: { role: 'assistant', content: '', ...fields }, ...more })
  for (const thinking of cut(message.thinking, size)) add({ thinking })
  for (const content of cut(message.content, size)) add({ content })
  for (const call of (message.tool_calls ?? []) as Body[]) add({ tool_calls: [call] })
  add({}, { done, ...(done_reason !== undefined && { done_reason }), ...counts })
  return lines
}

const cut = (text: unknown, size: number): string[] =>
  typeof text === 'string' ? (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []) : []

export function chunksOf(lines: readonly unknown[]): { chunks: ChatCompletionChunk[]; whole: boolean } {
  const decoder = chat.stream(decodeContext())
  const chunks: ChatCompletionChunk[] = []
  for (const line of lines) decoder.push(undefined, typeof line === 'string' ? line : JSON.stringify(line), chunks)
  return { chunks, whole: decoder.end(chunks) }
}

export function assemble(chunks: readonly ChatCompletionChunk[]): Decoded<ChatCompletion> {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return assembler.answer()
}
