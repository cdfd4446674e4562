import { defaultQuirks, type OpenAIQuirks, openaiQuirks } from '../openai/quirks.js'

/** What a host of the Responses API does differently: the same data as of Chat Completions, and more. */
export interface ResponsesQuirks extends OpenAIQuirks {
  /** Reasoning is asked for in encrypted form, so that it can go back with the next turn. */
  readonly encryptedReasoning: 'always' | 'reasoning-models' | 'never'
}

/** Hosts that speak it, of which nothing else is known. */
export const plainResponses: ResponsesQuirks = Object.freeze({
  ...defaultQuirks,
  thinking: 'effort',
  encryptedReasoning: 'never',
})

/** OpenAI's own. Models that don't reason refuse to be asked for it. */
export const openaiResponses: ResponsesQuirks = Object.freeze({
  ...openaiQuirks,
  encryptedReasoning: 'reasoning-models',
})
