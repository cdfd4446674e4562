/** Quirks that several hosts share. */

/** Text only in tool results, `system` instead of `developer`, `max_tokens`. */
export const simpleChat = { maxTokens: 'max_tokens', developerAsSystem: true, mediaInToolResults: false } as const

/**
 * Parameters of OpenAI that these hosts lack, by their references and SDKs. Some answer them with an error, others ignore them, and a
 * parameter must not be lost silently.
 */
export const openaiOnly = [
  'audio',
  'metadata',
  'modalities',
  'moderation',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'store',
  'verbosity',
  'web_search_options',
] as const

/** {@link openaiOnly} for hosts that also lack the forerunner of tools. */
export const openaiOnlyAndFunctions = [...openaiOnly, 'functions', 'function_call'] as const

/** Mistral refuses unknown fields: https://docs.mistral.ai/api */
export const mistralQuirks = {
  ...simpleChat,
  unsupported: [
    ...[
      'audio',
      'function_call',
      'functions',
      'logit_bias',
      'logprobs',
      'modalities',
      'moderation',
      'safety_identifier',
    ],
    ...[
      'prompt_cache_options',
      'prompt_cache_retention',
      'store',
      'top_logprobs',
      'user',
      'verbosity',
      'web_search_options',
    ],
  ],
  rulesOfMakers: ['mistral'],
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  // https://docs.mistral.ai/agents/connectors/
  serverTools: ['web_search', 'web_search_premium', 'code_interpreter', 'image_generation', 'document_library'],
  strictToolNames: true,
  rename: { seed: 'random_seed' },
  textAnswersAsChat: true,
  streamOptions: false,
  thinking: 'effort',
  prefix: true,
  speakerNames: false,
  parametersRequired: true,
  replayReasoning: 'parts',
  files: 'document_url',
  toolIds: 'nine',
  base64Embeddings: false,
} as const

/** OpenRouter's form of reasoning. It passes on cache marks and takes its `reasoning_details` back. */
export const openrouterQuirks = {
  // documented for parts and tools only: https://openrouter.ai/docs/features/prompt-caching
  cacheControl: 'parts',
  thinking: 'reasoning',
  refusals: true,
  replayReasoning: 'reasoning',
  replayDetails: true,
} as const
