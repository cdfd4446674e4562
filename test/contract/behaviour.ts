import { expect } from 'vitest'
import {
  type ChatCompletion,
  type ChatCompletionChunk,
  type CompletionRequest,
  LLMError,
  type Usage,
} from '../../src/index.js'
import type { Gallery, Scene } from './scene.js'

/** A behaviour that every provider should have. */
export interface Behaviour {
  readonly name: string
  /** The operation it applies to; providers without it are skipped. */
  readonly operation: 'chat' | 'embedding' | 'rerank' | 'speech' | 'transcription' | 'imageGeneration'
  /** Throws if the provider lacks the behaviour. */
  readonly run: (scene: Scene, tools: Tools) => Promise<void>
}

export interface Tools {
  readonly gallery: Gallery
}

export type ChatRequest = Omit<CompletionRequest<false>, 'model' | 'stream'>

export function first({ choices }: ChatCompletion) {
  const [choice] = choices
  if (!choice) throw new Error('the answer has no choice')
  return choice
}

export const ask = ({ client, target }: Scene, request: ChatRequest, model = target.models.chat) =>
  client.completion({ ...request, model })

export const stream = ({ client, target }: Scene, request: ChatRequest, model = target.models.chat) =>
  client.completion({ ...request, model, stream: true })

/** Requests that start an answer, without those that poll for it or cancel it. */
export const answering = ({ mock }: Scene) => mock.requests.filter(({ operation }) => operation !== 'unknown')

/** The body of the last request, as text. */
export const sent = ({ mock }: Scene): string => JSON.stringify(mock.requests.at(-1)?.body)

/** Returns the error of a call that must fail. */
export async function failureOf(call: PromiseLike<unknown>): Promise<LLMError> {
  try {
    await call
  } catch (error) {
    if (LLMError.is(error)) return error
    throw new Error(`it failed with what is no LLMError: ${String(error)}`, { cause: error })
  }
  throw new Error('it should have failed, and did not')
}

export async function chunksOf(chunks: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const all: ChatCompletionChunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

export const textOf = (chunks: readonly ChatCompletionChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')

/** Usage has the same definition for every provider: docs/usage.md. */
export function expectUsage(usage: Usage | undefined): void {
  if (!usage) throw new Error('there is no usage')
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage
  expect(prompt).toBeGreaterThan(0)
  expect(completion).toBeGreaterThan(0)
  expect(total).toBe(prompt + completion)
  const { cache_creation_token_details: _, ...read } = usage.prompt_tokens_details ?? {}
  for (const [name, part] of Object.entries(read)) expect([name, part <= prompt]).toEqual([name, true])
  for (const [name, part] of Object.entries(usage.completion_tokens_details ?? {})) {
    expect([name, part <= completion]).toEqual([name, true])
  }
}

/** An answer without the fields that differ between two calls. */
export function said({ choices, usage }: ChatCompletion) {
  return {
    usage,
    choices: choices.map(({ message, finish_reason }) => ({
      finish_reason,
      content: message.content || null,
      reasoning: message.reasoning_content,
      calls: message.tool_calls?.map((call) => (call.type === 'function' ? call.function : call.custom)),
    })),
  }
}
