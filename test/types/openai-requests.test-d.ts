/** Checked by `npm run types`: requests and messages typed with the `openai` package fit, and so do the answers. Nothing here runs. */
import type OpenAI from 'openai'
import { completion, createClient, embedding, moderation, type Tool } from '../../src/index.js'

export async function takesARequest(params: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming) {
  const answer: OpenAI.Chat.ChatCompletion = await completion(params)
  return answer
}

export async function takesAStreamedRequest(params: OpenAI.Chat.ChatCompletionCreateParamsStreaming) {
  const chunks: AsyncIterable<OpenAI.Chat.ChatCompletionChunk> = await completion(params)
  return chunks
}

export async function takesEitherRequest(params: OpenAI.Chat.ChatCompletionCreateParams) {
  await completion(params)
  const answer: OpenAI.Chat.ChatCompletion = await createClient().completion({ ...params, stream: false, apiKey: 'k' })
  return answer
}

export async function takesItsParts(
  messages: OpenAI.Chat.ChatCompletionMessageParam[],
  tools: OpenAI.Chat.ChatCompletionTool[],
  tool_choice: OpenAI.Chat.ChatCompletionToolChoiceOption,
  answered: OpenAI.Chat.ChatCompletionMessage,
) {
  const own: readonly Tool[] = tools
  return completion({ model: 'openai/gpt-4o', messages: [...messages, answered], tools: own, tool_choice })
}

export async function takesOtherOperations(
  embeddings: OpenAI.EmbeddingCreateParams,
  moderations: OpenAI.ModerationCreateParams,
) {
  const vectors: Omit<OpenAI.CreateEmbeddingResponse, 'usage'> = await embedding(embeddings)
  const { usage } = await embedding(embeddings)
  const counted: OpenAI.CreateEmbeddingResponse | undefined = usage && { ...vectors, usage }
  await moderation(moderations)
  return counted
}
