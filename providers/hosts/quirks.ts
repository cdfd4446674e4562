/** Quirks that several hosts share. */

/** Text only in tool results, `system` instead of `developer`, `max_tokens`. */
export const simpleChat = { maxTokens: 'max_tokens', developerAsSystem: true, mediaInToolResults: false } as const

/** Mistral refuses unknown fields: https://docs.mistral.ai/api */
export const mistralQuirks = {
  ...simpleChat,
  unsupported: ['logit_bias', 'top_k', 'user'],
  rename: { seed: 'random_seed' },
  streamOptions: false,
  thinking: 'effort',
  prefix: true,
  replayReasoning: 'parts',
  toolIds: 'nine',
  base64Embeddings: false,
} as const

/** OpenRouter's form of reasoning. It passes on cache marks and takes its `reasoning_details` back. */
export const openrouterQuirks = {
  cacheControl: true,
  thinking: 'reasoning',
  replayReasoning: 'reasoning',
  replayDetails: true,
} as const
