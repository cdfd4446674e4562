import type { ChatCompletion, Choice, ChunkChoice } from '../../../src/types/chat.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { AnswerReader } from './answer.js'
import { joinDeltas, messageOf } from './deltas.js'
import type { GeminiQuirks } from './quirks.js'

/**
 * A response of generateContent as a chat completion. A list of responses is a stream that was asked for without `alt=sse`.
 * https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
 */
export function decode(body: unknown, context: DecodeContext<GeminiQuirks>): Decoded<ChatCompletion> {
  const reader = new AnswerReader(context)
  const choices = new Map<number, ChunkChoice>()
  for (const event of Array.isArray(body) ? body : [body]) merge(choices, reader.add(event))
  if (reader.empty) throw new ProviderFault("its answer has no 'candidates'")
  merge(choices, reader.finish())
  return {
    id: reader.id,
    object: 'chat.completion',
    created: reader.created,
    model: reader.model,
    choices: [...choices.values()].map(choiceOf),
    ...reader.tail(),
  }
}

function merge(choices: Map<number, ChunkChoice>, added: readonly ChunkChoice[]): void {
  for (const choice of added) {
    const before = choices.get(choice.index)
    const logprobs = joinLogprobs(before, choice)
    choices.set(choice.index, {
      ...before,
      ...choice,
      delta: before ? joinDeltas(before.delta, choice.delta) : choice.delta,
      ...(logprobs && { logprobs }),
    })
  }
}

function joinLogprobs(before: ChunkChoice | undefined, { logprobs }: ChunkChoice): ChunkChoice['logprobs'] {
  const earlier = before?.logprobs
  if (!earlier || !logprobs) return logprobs ?? earlier
  return { content: [...(earlier.content ?? []), ...(logprobs.content ?? [])], refusal: null }
}

const choiceOf = ({ delta, finish_reason, logprobs, ...rest }: ChunkChoice): Choice => ({
  ...rest,
  message: messageOf(delta),
  finish_reason: finish_reason ?? 'stop',
  logprobs: logprobs ?? null,
})
