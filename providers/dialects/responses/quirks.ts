import { defaultQuirks, type OpenAIQuirks, openaiQuirks } from '../openai/quirks.js'

/** Differences of one host of the Responses API: the same data as for Chat Completions, and more. */
export interface ResponsesQuirks extends OpenAIQuirks {
  /** Requests encrypted reasoning, so that it can go back with the next turn. */
  readonly encryptedReasoning: 'always' | 'reasoning-models' | 'never'
}

/** Hosts without known differences. */
export const plainResponses: ResponsesQuirks = Object.freeze({
  ...defaultQuirks,
  openaiFields: true,
  thinking: 'effort',
  encryptedReasoning: 'never',
})

/** OpenAI's own host. Models that don't reason refuse requests for encrypted reasoning. */
export const openaiResponses: ResponsesQuirks = Object.freeze({
  ...openaiQuirks,
  metadataNeedsStore: false,
  encryptedReasoning: 'reasoning-models',
})
