import type OpenAI from 'openai'
import { expectTypeOf, test } from 'vitest'
import { type ChatCompletion, type CompletionStream, completion } from '../../src/index.js'

type Chat = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming
type Stream = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming

test('completion() accepts the requests of the openai package', () => {
  const whole = (params: Chat) => completion(params)
  const streamed = (params: Stream) => completion(params)
  expectTypeOf(whole).returns.resolves.toExtend<ChatCompletion>()
  expectTypeOf(streamed).returns.resolves.toExtend<CompletionStream>()
})
