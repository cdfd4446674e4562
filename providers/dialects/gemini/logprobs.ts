import type { Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import { type Fields, isFields } from './wire.js'

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function logprobsOf(result: unknown): Logprobs | undefined {
  if (!isFields(result)) return undefined
  const { chosenCandidates, topCandidates } = result
  if (!Array.isArray(chosenCandidates)) return undefined
  const tops: unknown[] = Array.isArray(topCandidates) ? topCandidates : []
  const content = chosenCandidates.filter(isFields).map((chosen, step): TokenLogprob => {
    const top = tops[step]
    const others: unknown[] = isFields(top) && Array.isArray(top.candidates) ? top.candidates : []
    return { ...tokenOf(chosen), top_logprobs: others.filter(isFields).map(tokenOf) }
  })
  return { content, refusal: null }
}

function tokenOf({ token, logProbability }: Fields): Omit<TokenLogprob, 'top_logprobs'> {
  const text = typeof token === 'string' ? token : ''
  // a probability of 1 has the logarithm 0, which the API leaves out
  return {
    token: text,
    bytes: [...Buffer.from(text)],
    logprob: typeof logProbability === 'number' ? logProbability : 0,
  }
}
