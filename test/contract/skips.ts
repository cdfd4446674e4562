/** A missing behaviour with its reason and the resulting failure. The suite fails if a skipped behaviour works after all. */
export interface Skip {
  readonly why: string
  /** Matches the message of the failure. */
  readonly says: RegExp
}

export const operations = ['chat', 'embedding', 'rerank'] as const
export type Operation = (typeof operations)[number]

/** Facts about all providers of a dialect, and about single providers by label. */
interface Known<What> {
  readonly dialects: Readonly<Record<string, What>>
  readonly targets: Readonly<Record<string, What>>
}

type ByOperation = Partial<Readonly<Record<Operation, string>>>

/** Operations without models at a provider: the call is rejected before it is sent. */
export const absent: Known<ByOperation> = {
  dialects: {
    openai: { rerank: "OpenAI's API has no rerank. Hosts with a rerank endpoint declare it in their row." },
    anthropic: { embedding: 'Anthropic has no embedding models.', rerank: 'Anthropic has no rerank models.' },
    gemini: { rerank: 'Gemini does not rank. Vertex AI has a ranking model of its own.' },
    ollama: { rerank: 'Ollama has no rerank.' },
    completions: {
      embedding: 'Completion models make no embeddings. Use openai/.',
      rerank: "OpenAI's API has no rerank.",
    },
    responses: {
      embedding: 'The Responses API has no embeddings. Use openai/.',
      rerank: "OpenAI's API has no rerank.",
    },
    text: { rerank: 'Text completion hosts have no common rerank API.' },
    jina: { chat: 'Jina AI has embeddings and rerank only.' },
    voyage: { chat: 'Voyage AI has embeddings and rerank only.' },
    elevenlabs: {
      chat: 'ElevenLabs has speech and transcription only.',
      embedding: 'ElevenLabs has speech and transcription only.',
      rerank: 'ElevenLabs has speech and transcription only.',
    },
    deepgram: {
      chat: 'Deepgram has speech and transcription only.',
      embedding: 'Deepgram has speech and transcription only.',
      rerank: 'Deepgram has speech and transcription only.',
    },
  },
  targets: {
    replicate: {
      embedding: "Replicate's embedding models have no common input format.",
    },
    sagemaker: { embedding: 'Embedding models on SageMaker have no common input format.' },
    sagemaker_chat: {
      embedding: 'Embedding models on SageMaker have no common input format.',
      rerank: 'SageMaker has no rerank API.',
    },
    'vertex_ai (ranking)': {
      chat: 'The ranking model does nothing else.',
      embedding: 'The ranking model does nothing else.',
    },
    'vertex_ai (Mistral)': { embedding: 'Vertex AI has only chat models of Mistral.' },
  },
}

export const skips: Known<Readonly<Record<string, Skip>>> = {
  dialects: {
    completions: {
      tools: { why: 'Text completions have no tools.', says: /tools/ },
      'parallel tools': { why: 'Text completions have no tools.', says: /tools/ },
      'tool result': { why: 'Text completions have no tools.', says: /tool_calls/ },
      'tool round trip': { why: 'Text completions have no tools.', says: /tools/ },
      'stream of tool calls': { why: 'Text completions have no tools.', says: /tools/ },
      'image by URL': { why: 'Text completions accept text only.', says: /must be text/ },
      'image inline': { why: 'Text completions accept text only.', says: /must be text/ },
      reasoning: { why: 'Completion models do not reason.', says: /reasoning/ },
      'stream of reasoning': { why: 'Completion models do not reason.', says: /reasoning/ },
    },
    text: {
      tools: { why: 'Text completion models have no tools.', says: /tools/ },
      'parallel tools': { why: 'Text completion models have no tools.', says: /tools/ },
      'tool result': { why: 'Text completion models have no tools.', says: /tool/ },
      'tool round trip': { why: 'Text completion models have no tools.', says: /tools/ },
      'stream of tool calls': { why: 'Text completion models have no tools.', says: /tools/ },
      'image by URL': { why: 'Text completion models accept text only.', says: /accepts nothing else/ },
      'image inline': { why: 'Text completion models accept text only.', says: /accepts nothing else/ },
      reasoning: { why: 'Text completion APIs have no common setting for reasoning.', says: /reasoning_effort/ },
      'stream of reasoning': {
        why: 'Text completion APIs have no common setting for reasoning.',
        says: /reasoning_effort/,
      },
      'cached tokens': { why: 'Text completion APIs do not report cached tokens.', says: /prompt_tok/ },
      'reasoning tokens': {
        why: 'Text completion APIs do not report reasoning tokens.',
        says: /expected undefined to be 5/,
      },
    },
    ollama: {
      'cached tokens': { why: 'Ollama does not report cached tokens.', says: /prompt_tok/ },
      'reasoning tokens': {
        why: "Ollama includes reasoning tokens in the answer's count.",
        says: /expected undefined to be 5/,
      },
      'content policy': { why: 'Ollama has no content policy.', says: /content_policy_violation/ },
    },
    gemini: {
      'content policy': {
        why: 'Google answers 200 with a finish reason, reported as content_filter.',
        says: /it should have failed/,
      },
    },
    converse: {
      'reasoning tokens': {
        why: "Bedrock includes reasoning tokens in the answer's count.",
        says: /expected undefined to be 5/,
      },
    },
  },
  targets: {
    watsonx: {
      'content policy': {
        why: 'IBM has no documented error for content; the answer reports moderation.',
        says: /content_policy_violation/,
      },
    },
    'bedrock (InvokeModel, gpt-oss)': {
      'reasoning tokens': {
        why: "Bedrock includes reasoning tokens in the answer's count.",
        says: /expected undefined to be 5/,
      },
    },
    replicate: {
      'stream with usage': {
        why: "Replicate's streams have no usage.",
        says: /expected undefined to deeply equal/,
      },
    },
    sagemaker: {
      usage: { why: 'Text endpoints do not count prompt tokens.', says: /there is no usage/ },
      'stream with usage': { why: 'Text endpoints do not count prompt tokens.', says: /there is no usage/ },
      'cached tokens': { why: 'Text endpoints do not count prompt tokens.', says: /there is no usage/ },
      'reasoning tokens': { why: 'Text endpoints do not count prompt tokens.', says: /there is no usage/ },
    },
    'huggingface (own server)': {
      'embeddings: errors': {
        why: 'Text Embeddings Inference answers 429 when it is overloaded.',
        says: /expected 'overloaded' to be 'rate_limit'/,
      },
      'rerank: errors': {
        why: 'Text Embeddings Inference answers 429 when it is overloaded.',
        says: /expected 'overloaded' to be 'rate_limit'/,
      },
    },
    huggingface: {
      'embeddings: usage': { why: 'The router does not count embedding tokens.', says: /received "undefined"/ },
      rerank: { why: 'The router has no rerank. Self-hosted servers do.', says: /the router .* has no rerank/ },
      'rerank: the most results': { why: 'The router has no rerank.', says: /the router .* has no rerank/ },
      'rerank: errors': { why: 'The router has no rerank.', says: /expected 'bad_request'/ },
    },
    gemini: {
      'embeddings: usage': {
        why: 'The batch endpoint of Google AI Studio does not count tokens.',
        says: /received "undefined"/,
      },
    },
  },
}
