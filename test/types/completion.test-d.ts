/** Checked by `npm run types`: what the compiler tells a user. Nothing here runs. */
import type OpenAI from 'openai'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import {
  type AnyLLMError,
  type ChatCompletion,
  type ChatCompletionChunk,
  type CompletionRequest,
  type CompletionStream,
  completion,
  createClient,
  type EmbeddingResponse,
  embedding,
  LLMError,
  type Message,
} from '../../src/index.js'

const messages: Message[] = [{ role: 'user', content: 'hi' }]
const fallback: Message = { role: 'assistant', content: 'hello' }

export async function streamDecidesTheResult(flag: boolean, model: string) {
  expectTypeOf(await completion({ model: 'gpt-4o', messages })).toEqualTypeOf<ChatCompletion>()
  expectTypeOf(await completion({ model, messages, stream: false })).toEqualTypeOf<ChatCompletion>()
  expectTypeOf(await completion({ model, messages, stream: true })).toEqualTypeOf<CompletionStream>()
  expectTypeOf(await completion({ model, messages, stream: flag })).toEqualTypeOf<ChatCompletion | CompletionStream>()
  const request = { model, messages, stream: true } as const
  expectTypeOf(await createClient().completion(request)).toEqualTypeOf<CompletionStream>()
}

export async function schemasTypeTheAnswer() {
  const response_format = z.object({ city: z.string(), high: z.number().transform(String) })
  const answer = await completion({ model: 'gpt-4o', messages, response_format })
  expectTypeOf(answer.choices[0]?.message.parsed).toEqualTypeOf<{ city: string; high: string } | undefined>()
  const stream = await completion({ model: 'gpt-4o', messages, response_format, stream: true })
  expectTypeOf((await stream.final()).choices[0]?.message.parsed).toEqualTypeOf<
    { city: string; high: string } | undefined
  >()
  const plain = await completion({ model: 'gpt-4o', messages, response_format: { type: 'json_object' } })
  expectTypeOf(plain.choices[0]?.message.parsed).toEqualTypeOf<unknown>()
}

export async function mistakesAreSeen() {
  // @ts-expect-error a typo
  await completion({ model: 'gpt-4o', messages, temprature: 1 })
  // @ts-expect-error the other casing
  await completion({ model: 'gpt-4o', messages, max_retries: 1 })
  // @ts-expect-error no messages
  await completion({ model: 'gpt-4o' })
  // @ts-expect-error a role that does not exist
  await completion({ model: 'gpt-4o', messages: [{ role: 'robot', content: 'hi' }] })
  // @ts-expect-error an option of the client
  await completion({ model: 'gpt-4o', messages, connectTimeout: 1 })
  await completion({
    model: 'gpt-4o',
    messages,
    extra_body: { top_a: 1 },
    apiKey: process.env.SOME_KEY,
    timeout: undefined,
  })
}

/** A wrapper of a user's own repeats one type parameter. */
export function wrapper<Stream extends boolean = false>(request: CompletionRequest<Stream, undefined>) {
  return completion({ ...request, timeout: 1000 })
}

export async function vectorsAreWhatWasAsked() {
  expectTypeOf(await embedding({ model: 'text-embedding-3-small', input: 'a' })).toEqualTypeOf<EmbeddingResponse>()
  const float = await embedding({ model: 'text-embedding-3-small', input: ['a'], vectorType: 'float32' })
  expectTypeOf(float.data[0]?.embedding).toEqualTypeOf<Float32Array | undefined>()
}

export async function answersAreOpenAIs(history: OpenAI.ChatCompletionMessageParam[]) {
  const answer: OpenAI.ChatCompletion = await completion({ model: 'gpt-4o', messages: history })
  const { usage, ...vectors } = await embedding({ model: 'text-embedding-3-small', input: 'a' })
  const embedded: OpenAI.CreateEmbeddingResponse | undefined = usage && { ...vectors, usage }
  for await (const chunk of await completion({ model: 'gpt-4o', messages, stream: true })) {
    const theirs: OpenAI.ChatCompletionChunk = chunk
    expectTypeOf(chunk).toEqualTypeOf<ChatCompletionChunk>()
    void theirs
  }
  // the next turn takes the answer as it is
  const [first] = (await completion({ model: 'x/y', messages })).choices
  const turn: Message[] = [...messages, first?.message ?? fallback]
  const next = await completion({ model: 'gpt-4o', messages: turn })
  return [answer, embedded, next]
}

export function codesNarrow(error: unknown) {
  if (!LLMError.is(error)) return
  expectTypeOf(error).toEqualTypeOf<AnyLLMError>()
  switch (error.code) {
    case 'timeout':
      return expectTypeOf(error.phase).toEqualTypeOf<
        'total' | 'connect' | 'headers' | 'first_token' | 'idle' | 'upstream'
      >()
    case 'unsupported_params':
      return expectTypeOf(error.params).toEqualTypeOf<readonly string[]>()
    case 'rate_limit':
      return expectTypeOf(error.retryAfterMs).toEqualTypeOf<number | undefined>()
  }
}
