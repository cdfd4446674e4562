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
    text: { rerank: 'What goes on with a text has no wire for rerank.' },
    jina: { chat: 'Jina AI has embeddings and rerank only.' },
    voyage: { chat: 'Voyage AI has embeddings and rerank only.' },
  },
  targets: {
    replicate: {
      embedding: "Replicate's embedding models each have an input of their own.",
    },
    sagemaker: { embedding: 'Embedding models on SageMaker each have an input of their own.' },
    sagemaker_chat: {
      embedding: 'Embedding models on SageMaker each have an input of their own.',
      rerank: 'SageMaker has no wire for rerank.',
    },
    'vertex_ai (Mistral)': { embedding: 'Mistral has chat models only on Vertex AI.' },
  },
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
    text: {
      tools: { why: 'A model that goes on with a text calls no tools.', says: /tools/ },
      'parallel tools': { why: 'A model that goes on with a text calls no tools.', says: /tools/ },
      'tool result': { why: 'A model that goes on with a text calls no tools.', says: /tool/ },
      'tool round trip': { why: 'A model that goes on with a text calls no tools.', says: /tools/ },
      'stream of tool calls': { why: 'A model that goes on with a text calls no tools.', says: /tools/ },
      'image by URL': { why: 'A model that goes on with a text takes text only.', says: /accepts nothing else/ },
      'image inline': { why: 'A model that goes on with a text takes text only.', says: /accepts nothing else/ },
      reasoning: { why: 'Wires of text have no common setting for reasoning.', says: /reasoning_effort/ },
      'stream of reasoning': { why: 'Wires of text have no common setting for reasoning.', says: /reasoning_effort/ },
      'cached tokens': { why: 'Wires of text do not tell what was read from a cache.', says: /prompt_tok/ },
      'reasoning tokens': { why: 'Wires of text do not tell reasoning apart.', says: /expected undefined to be 5/ },
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
    watsonx: {
      'content policy': {
        why: 'IBM documents no error for contents: what is moderated is told of in the answer.',
        says: /content_policy_violation/,
      },
    },
    'bedrock (InvokeModel, gpt-oss)': {
      'reasoning tokens': { why: 'Bedrock counts reasoning with the answer.', says: /expected undefined to be 5/ },
    },
    replicate: {
      'stream with usage': {
        why: 'The streams of Replicate have no usage.',
        says: /expected undefined to deeply equal/,
      },
    },
    sagemaker: {
      usage: { why: 'A text endpoint does not count the prompt.', says: /there is no usage/ },
      'stream with usage': { why: 'A text endpoint does not count the prompt.', says: /there is no usage/ },
      'cached tokens': { why: 'A text endpoint does not count the prompt.', says: /there is no usage/ },
      'reasoning tokens': { why: 'A text endpoint does not count the prompt.', says: /there is no usage/ },
    },
    'huggingface (own server)': {
      'embeddings: errors': {
        why: 'Text Embeddings Inference answers 429 where it is overloaded.',
        says: /expected 'overloaded' to be 'rate_limit'/,
      },
      'rerank: errors': {
        why: 'Text Embeddings Inference answers 429 where it is overloaded.',
        says: /expected 'overloaded' to be 'rate_limit'/,
      },
    },
    huggingface: {
      'embeddings: usage': { why: 'The router counts no tokens of embeddings.', says: /expected 0 to be/ },
      rerank: { why: 'The router has no rerank: servers of one’s own do.', says: /the router .* has no rerank/ },
      'rerank: the most results': { why: 'The router has no rerank.', says: /the router .* has no rerank/ },
      'rerank: errors': { why: 'The router has no rerank.', says: /expected 'bad_request'/ },
    },
    gemini: {
      'embeddings: usage': { why: 'The batch endpoint of Google AI Studio counts nothing.', says: /expected 0 to be/ },
    },
  },
}
