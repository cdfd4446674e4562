/** Folders of the corpus with dialects of their own, and which of their operations are replayed. */
export const nativeFolders: Readonly<Record<string, readonly string[]>> = {
  'google-ai-studio': ['generateContent', 'streamGenerateContent', 'chat', 'chat-stream', 'embedding', 'error'],
  vertex: ['generateContent', 'streamGenerateContent', 'messages', 'messages-stream', 'embedding', 'predict', 'error'],
  bedrock: ['converse', 'converse-stream', 'invoke', 'invoke-stream', 'chat', 'chat-stream', 'error'],
  cohere: ['chat', 'chat-stream', 'embedding', 'rerank', 'error'],
  ollama: ['chat', 'chat-stream', 'messages', 'embedding', 'error'],
}
