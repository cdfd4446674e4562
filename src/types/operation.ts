/**
 * Operations with one request and one answer, by their path in OpenAI's API. An entry here is the first step of a new operation:
 * docs/architecture.md has the others.
 */
export const plainPaths = {
  textCompletion: '/completions',
  decide: '/decisions',
  compactResponse: '/responses/compact',
  moderation: '/moderations',
  speech: '/audio/speech',
  transcription: '/audio/transcriptions',
  imageGeneration: '/images/generations',
  imageEdit: '/images/edits',
} as const

/** Paths of the operations in OpenAI's API, under the base of a host. */
export const openaiPaths = {
  chat: '/chat/completions',
  embedding: '/embeddings',
  rerank: '/rerank',
  responses: '/responses',
  ...plainPaths,
} as const

/** Operation with one request and one answer, in OpenAI's form at most hosts. */
export type PlainOperation = keyof typeof plainPaths

/** Operation of a provider's API. */
export type Operation = keyof typeof openaiPaths

/** Operation of a call: `messages` (Anthropic's API) and `generateContent` (Google's) are forms of chat. */
export type CallOperation = Operation | 'messages' | 'generateContent'

/** Name of the method of a client and a Router that runs an operation. */
export type CallMethod = 'completion' | Exclude<CallOperation, 'chat'>
