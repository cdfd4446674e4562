/** Why a behaviour is not there, and how a call then fails: a skip whose behaviour is there after all fails the suite. */
export interface Skip {
  readonly why: string
  /** What the failure says. */
  readonly says: RegExp
}

export const operations = ['chat', 'embedding', 'rerank'] as const
export type Operation = (typeof operations)[number]

/** For all that speak a dialect, and for one provider by its label. */
interface Known<What> {
  readonly dialects: Readonly<Record<string, What>>
  readonly targets: Readonly<Record<string, What>>
}

type ByOperation = Partial<Readonly<Record<Operation, string>>>

/** What a provider has no models for: a call is refused before it is sent. */
export const absent: Known<ByOperation> = {
  dialects: {
    openai: { rerank: "OpenAI's API has no rerank; hosts that have one of their own say so in their row." },
    anthropic: { embedding: 'Anthropic has no embedding models.', rerank: 'Anthropic has no rerank models.' },
    gemini: { rerank: 'Google ranks through another service (Discovery Engine), which llmux does not speak.' },
    converse: { rerank: 'Bedrock ranks through another service (Agent Runtime), which llmux does not speak.' },
    ollama: { rerank: 'Ollama has no rerank.' },
    completions: {
      embedding: 'The models that complete texts make no embeddings: openai/ has those that do.',
      rerank: "OpenAI's API has no rerank.",
    },
    responses: {
      embedding: 'Embeddings are no part of the Responses API: openai/ has them.',
      rerank: "OpenAI's API has no rerank.",
    },
    jina: { chat: 'Jina AI has embeddings and rerank only.' },
    voyage: { chat: 'Voyage AI has embeddings and rerank only.' },
  },
  targets: {
    replicate: {
      embedding: "Replicate's embedding models each have an input of their own.",
      rerank: 'Replicate has no rerank.',
    },
    sagemaker: {
      embedding: 'Embedding models on SageMaker each have an input of their own.',
      rerank: 'SageMaker has no wire for rerank.',
    },
    sagemaker_chat: {
      embedding: 'Embedding models on SageMaker each have an input of their own.',
      rerank: 'SageMaker has no wire for rerank.',
    },
    'vertex_ai (Mistral)': { embedding: 'Mistral has chat models only on Vertex AI.' },
  },
}

/** What the simulator does not speak: it is tested beside the provider. By label. */
export const unsimulated: Readonly<Record<string, ByOperation>> = {
  huggingface: {
    embedding: 'The router has a wire of its own for embeddings, which is tested with its provider.',
    rerank: 'Only servers of Text Embeddings Inference have rerank, which is tested with the provider.',
  },
  replicate: { chat: 'Predictions are made, polled and streamed by addresses of their own: tested with the provider.' },
  sagemaker: { chat: 'What a text endpoint takes and says is up to its container: tested with the provider.' },
}

export const skips: Known<Readonly<Record<string, Skip>>> = {
  dialects: {
    completions: {
      tools: { why: 'A text completion calls no tools.', says: /tools/ },
      'parallel tools': { why: 'A text completion calls no tools.', says: /tools/ },
      'tool result': { why: 'A text completion calls no tools.', says: /tool_calls/ },
      'tool round trip': { why: 'A text completion calls no tools.', says: /tools/ },
      'stream of tool calls': { why: 'A text completion calls no tools.', says: /tools/ },
      'image by URL': { why: 'A text completion takes text only.', says: /takes text only/ },
      'image inline': { why: 'A text completion takes text only.', says: /takes text only/ },
      reasoning: { why: 'Models that are older than chat do not reason.', says: /reasoning/ },
      'stream of reasoning': { why: 'Models that are older than chat do not reason.', says: /reasoning/ },
    },
    ollama: {
      'cached tokens': { why: 'Ollama does not count what it read from its cache.', says: /prompt_tok/ },
      'reasoning tokens': { why: 'Ollama counts thinking with the answer.', says: /expected undefined to be 5/ },
      'content policy': { why: 'Ollama refuses nothing for its contents.', says: /content_policy_violation/ },
    },
    gemini: {
      'content policy': {
        why: 'Google answers 200 with a finish reason, which is content_filter here.',
        says: /it should have failed/,
      },
    },
    converse: {
      'reasoning tokens': { why: 'Bedrock counts reasoning with the answer.', says: /expected undefined to be 5/ },
    },
  },
  targets: {
    replicate: {
      tools: { why: 'A prediction takes a prompt, and calls no tools.', says: /tools/ },
      'parallel tools': { why: 'A prediction takes a prompt, and calls no tools.', says: /tools/ },
      'image by URL': { why: 'Every model of Replicate has a field of its own for images.', says: /text here/ },
      'image inline': { why: 'Every model of Replicate has a field of its own for images.', says: /text here/ },
      reasoning: {
        why: "Of Replicate's models OpenAI's have a setting for reasoning.",
        says: /reasoning_effort|thinking/,
      },
    },
    sagemaker: {
      tools: { why: 'A text endpoint takes a prompt, and calls no tools.', says: /tools/ },
      'parallel tools': { why: 'A text endpoint takes a prompt, and calls no tools.', says: /tools/ },
      'image by URL': { why: 'A text endpoint takes text only.', says: /takes text here/ },
      'image inline': { why: 'A text endpoint takes text only.', says: /takes text here/ },
      reasoning: { why: 'A text endpoint has no common setting for reasoning.', says: /reasoning_effort/ },
    },
    watsonx: {
      'content policy': {
        why: 'IBM documents no error for contents: what is moderated is told of in the answer.',
        says: /content_policy_violation/,
      },
    },
    gemini: {
      'embeddings: usage': { why: 'The batch endpoint of Google AI Studio counts nothing.', says: /expected 0 to be/ },
    },
  },
}
