import type { Conversation, PromptTokens } from './conversation.js'
import { countTokens, idOf, pieces, words } from './digest.js'
import type { Reply } from './reply.js'

/** The content of one choice, before a wire encodes it. */
export interface Speech {
  readonly text: string
  /** The text, split into stream chunks. */
  readonly textPieces: readonly string[]
  readonly reasoning: string
  readonly reasoningPieces: readonly string[]
  readonly toolCalls: readonly SpokenCall[]
  /** From the script; each wire has its default. */
  readonly finishReason: string | undefined
}

export interface SpokenCall {
  /** Without the wire's prefix if derived from the request. */
  readonly id: string
  readonly givenId: string | undefined
  readonly name: string
  /** JSON text. */
  readonly arguments: string
  readonly argumentPieces: readonly string[]
}

/** Completion tokens in disjoint buckets. */
export interface Tally {
  readonly prompt: PromptTokens
  /** Without reasoning. */
  readonly spoken: number
  readonly reasoning: number
}

/** Input of a wire's encoder. */
export interface Answer {
  /** 24 letters and digits derived from the request. */
  readonly id: string
  readonly model: string
  readonly choices: readonly Speech[]
  readonly tally: Tally | undefined
}

export function compose(replies: readonly Reply[], conversation: Conversation, model: string, seed: string): Answer {
  const choices = replies.map((reply, index) => speak(reply, `${seed}/${index}`))
  const usage = replies[0]?.usage
  return {
    id: idOf(seed, 'answer'),
    model,
    choices,
    tally: usage === null ? undefined : tally(choices, conversation.prompt, usage ?? {}),
  }
}

function speak(reply: Reply, seed: string): Speech {
  const text = reply.text ?? reply.chunks?.join('') ?? ''
  const reasoning = reply.reasoning ?? ''
  const toolCalls = (reply.toolCalls ?? []).map((call, index) => {
    const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments)
    const id = idOf(seed, `call ${index}`)
    return { id, givenId: call.id, name: call.name, arguments: json, argumentPieces: pieces(json, 8) }
  })
  return {
    text,
    textPieces: reply.chunks ?? words(text),
    reasoning,
    reasoningPieces: words(reasoning),
    toolCalls,
    finishReason: reply.finishReason,
  }
}

function tally(choices: readonly Speech[], prompt: PromptTokens, usage: NonNullable<Reply['usage']>): Tally {
  let spoken = 0
  let reasoning = 0
  for (const choice of choices) {
    spoken += countTokens(choice.text)
    reasoning += countTokens(choice.reasoning)
    for (const call of choice.toolCalls) spoken += countTokens(call.name) + countTokens(call.arguments)
  }
  reasoning = usage.reasoningTokens ?? reasoning
  if (usage.completionTokens !== undefined) spoken = Math.max(0, usage.completionTokens - reasoning)
  const cacheRead = usage.cachedTokens ?? prompt.cacheRead
  const cacheWrite5m = usage.cacheCreationTokens ?? prompt.cacheWrite5m
  const cacheWrite1h = usage.cacheCreation1hTokens ?? prompt.cacheWrite1h
  const counted = prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h
  const total = usage.promptTokens ?? Math.max(counted, cacheRead + cacheWrite5m + cacheWrite1h)
  const fresh = Math.max(0, total - cacheRead - cacheWrite5m - cacheWrite1h)
  return { prompt: { fresh, cacheRead, cacheWrite5m, cacheWrite1h }, spoken, reasoning }
}
