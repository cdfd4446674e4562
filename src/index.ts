import { type Client, createSharedClient } from './client.js'
import { argumentError, withArgumentErrors } from './operations/argument-error.js'
import { estimateTokens as estimate } from './tokens/estimate.js'

let shared: Client | undefined

/** The client of the top-level functions, made with their first call. */
const client = (): Client => {
  shared ??= createSharedClient()
  return shared
}

/**
 * Calls a chat model: `provider/model`, or the bare name of a known model.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const answer = await completion({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
 * answer.choices[0].message.content
 */
export const completion: Client['completion'] = (request, options) => client().completion(request, options)

/**
 * Embeds texts.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { data } = await embedding({ model: 'text-embedding-3-small', input: ['Hello world', 'How are you?'] })
 */
export const embedding: Client['embedding'] = (request, options) => client().embedding(request, options)

/**
 * Sorts documents by their relevance to a query.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { results } = await rerank({ model: 'cohere/rerank-v3.5', query: 'capital of France', documents })
 */
export const rerank: Client['rerank'] = (request, options) => client().rerank(request, options)

/**
 * Calls a model in the form of OpenAI's Responses API. See {@link Client.responses}.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const answer = await responses({ model: 'openai/gpt-5', input: 'Hello' })
 * answer.output_text
 */
export const responses: Client['responses'] = (request, options) => client().responses(request, options)

/**
 * Continues a text, in the form of OpenAI's text completions. See {@link Client.textCompletion}.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { choices } = await textCompletion({ model: 'openai/gpt-3.5-turbo-instruct', prompt: 'Once upon a time' })
 */
export const textCompletion: Client['textCompletion'] = (request, options) => client().textCompletion(request, options)

/**
 * Answers questions about a state: yes or no, one of several choices, or a score. See {@link Client.decide}.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const questions = { urgent: { type: 'boolean', instructions: 'Does the customer need help today?' } }
 * const { answers } = await decide({ model: 'openai/gpt-6-luna', state: mail, questions })
 * answers.urgent.value
 */
export const decide: Client['decide'] = (request, options) => client().decide(request, options)

/**
 * Compacts a conversation of the Responses API. See {@link Client.compactResponse}.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { output } = await compactResponse({ model: 'openai/gpt-5', previous_response_id: id })
 */
export const compactResponse: Client['compactResponse'] = (request, options) =>
  client().compactResponse(request, options)

/**
 * Classifies texts or images as harmful, by category.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { results } = await moderation({ input: 'I want to hurt them.' })
 * results[0]?.flagged
 */
export const moderation: Client['moderation'] = (request, options) => client().moderation(request, options)

/**
 * Speaks a text.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { data } = await speech({ model: 'openai/gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' })
 * await writeFile('hello.mp3', data)
 */
export const speech: Client['speech'] = (request, options) => client().speech(request, options)

/**
 * Writes the text of an audio file.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const file = await openAsBlob('call.mp3')
 * const { text } = await transcription({ model: 'openai/gpt-4o-transcribe', file: { data: file, filename: 'call.mp3' } })
 */
export const transcription: Client['transcription'] = (request, options) => client().transcription(request, options)

/**
 * Generates images from a description.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { data } = await imageGeneration({ model: 'openai/gpt-image-1', prompt: 'A red bicycle' })
 * data[0]?.b64_json
 */
export const imageGeneration: Client['imageGeneration'] = (request, options) =>
  client().imageGeneration(request, options)

/**
 * Edits an image, or combines several, by a description.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { data } = await imageEdit({ model: 'openai/gpt-image-1', prompt: 'Make it blue', image: await openAsBlob('bicycle.png') })
 */
export const imageEdit: Client['imageEdit'] = (request, options) => client().imageEdit(request, options)

/**
 * Counts the tokens of a chat request: at the provider's own endpoint if it has one, else like {@link countTokensLocally}.
 * @throws {LLMError} the class depends on the failure
 * @example
 * const { tokens } = await countTokens({ model: 'anthropic/claude-sonnet-4-6', messages, tools })
 */
export const countTokens: Client['countTokens'] = (request, options) => client().countTokens(request, options)

/**
 * Counts the tokens of a request or a text. Exact for text to OpenAI's models, an estimate for other families. Loads the package
 * `tiktoken` with its first use.
 * @throws {BadRequestError} if tiktoken is not installed
 */
export const tokenCounter: Tokens['tokenCounter'] = (request) =>
  withArgumentErrors('tokenCounter', async () => (await tokens()).tokenCounter(request))

/** Like {@link tokenCounter}, with the method and the expected error of the count. */
export const countTokensLocally: Tokens['countTokensLocally'] = (request) =>
  withArgumentErrors('countTokensLocally', async () => (await tokens()).countTokensLocally(request))

/** Loads a tokenizer that counts synchronously. */
export const loadTokenizer: Tokens['loadTokenizer'] = (model) =>
  withArgumentErrors('loadTokenizer', async () => (await tokens()).loadTokenizer(model))

/**
 * Keeps the instructions and the newest turns that fit into a number of tokens, and no tool call without its results.
 * @throws {ContextWindowExceededError} if the last turn alone does not fit
 */
export const trimMessages: Tokens['trimMessages'] = (messages, options) =>
  withArgumentErrors('trimMessages', async () => (await tokens()).trimMessages(messages, options))

/**
 * Estimates the tokens of a request or a text by its characters, synchronously and without a tokenizer.
 * @throws {BadRequestError} if an argument has the wrong type
 */
export const estimateTokens: typeof estimate = (request) => {
  try {
    return estimate(request)
  } catch (error) {
    throw argumentError('estimateTokens', error)
  }
}

type Tokens = typeof import('./tokens/index.js')
const tokens = (): Promise<Tokens> => import('./tokens/index.js')

/** Adds a host to the client of the top-level functions. See {@link Client.registerProvider}. */
export const registerProvider: Client['registerProvider'] = (provider) => client().registerProvider(provider)

export {
  type Ability,
  type AppliedRates,
  type BillableUsage,
  type Capability,
  type CostBreakdown,
  type CostRequest,
  capabilities,
  completionCost,
  costPerToken,
  knownModels,
  type Modality,
  type ModelFacts,
  type ModelInfo,
  type ModelMode,
  type ModelPrices,
  ModelRegistry,
  maxTokens,
  modelInfo,
  type PricedAnswer,
  type PricingInfo,
  pricingInfo,
  registerModel,
  supports,
  type TokenPrices,
} from '../pricing/index.js'
export type { CompatibleRow } from '../providers/compatible.js'
export * from '../providers/contract.js'
export type { ModerationDialect } from '../providers/dialects/openai/moderation.js'
export { type ProviderId, providerPrefixes } from '../providers/prefixes.js'
export { type MemoryCache, type MemoryCacheOptions, memoryCache } from './cache/memory.js'
export { type RedisCache, type RedisCacheClient, type RedisCacheOptions, redisCache } from './cache/redis.js'
export {
  type RedisIndex,
  type RedisIndexClient,
  type RedisIndexOptions,
  redisIndex,
} from './cache/redis-index.js'
export { type SemanticCacheOptions, semanticCache } from './cache/semantic.js'
export { AnswerStream, type ReadableStreamOptions } from './call/answer-stream.js'
export { ByteStream } from './call/byte-stream.js'
export { CompletionStream } from './call/completion-stream.js'
export { GenerateContentStream } from './call/generate-content-stream.js'
export { MessagesStream } from './call/messages-stream.js'
export { ResponsesStream } from './call/responses-stream.js'
export type { Client } from './client.js'
export { createClient } from './client.js'
export {
  AbortError,
  type AnyLLMError,
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  type ErrorClass,
  type ErrorCode,
  type ErrorDetails,
  ImageFetchError,
  InternalServerError,
  InvalidResponseError,
  JSONSchemaValidationError,
  LLMError,
  NoDeploymentsAvailableError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  ServiceUnavailableError,
  StreamInterruptedError,
  TimeoutError,
  type TimeoutPhase,
  UnprocessableEntityError,
  UnsupportedParamsError,
} from './errors.js'
export {
  type AnthropicErrorBody,
  type GeminiErrorBody,
  type HttpError,
  type HttpErrorBodies,
  type HttpErrorDialect,
  type OpenAIErrorBody,
  toHttpError,
} from './http-error.js'
export { LimitQueue, type LimitWaitOptions } from './limits/limit-queue.js'
export { type MemoryLimits, type MemoryLimitsOptions, memoryLimits } from './limits/memory.js'
export {
  type RedisClient,
  type RedisLimitsOptions,
  type RedisStateOptions,
  redisLimits,
  redisState,
} from './limits/redis/index.js'
export type * from './limits/types.js'
export type { AuthorizedRequest, AuthorizeRequest } from './operations/authorize-request.js'
export type { CompletionResult, Parsed } from './operations/chat.js'
export type { CountTokensRequest } from './operations/count-tokens.js'
export type { EmbeddingResult } from './operations/embedding.js'
export type { GenerateContentResult } from './operations/generate-content.js'
export type { CallMethods } from './operations/index.js'
export type { EnvironmentReport } from './operations/inspect.js'
export type { MessagesResult } from './operations/messages.js'
export { type ParseRequestOptions, parseRequest, type RequestParams } from './operations/parse-request.js'
export type { ResponsesResult } from './operations/responses.js'
export type { TextCompletionResult } from './operations/text-completion.js'
export { parseRouterOptions } from './router/parse-options.js'
export { Router } from './router/router.js'
export type * from './router/types.js'
export type { TrimOptions } from './tokens/trim.js'
export type { CountMethod, ExpectedError, TokenCount, Tokenizer, TokenRequest } from './tokens/types.js'
export type * from './types/batch.js'
export type * from './types/bytes.js'
export type * from './types/cache.js'
export type * from './types/chat.js'
export type * from './types/decision.js'
export type * from './types/embedding.js'
export type * from './types/fetch.js'
export type * from './types/image.js'
export type * from './types/known-models.generated.js'
export type * from './types/messages.js'
export type * from './types/meta.js'
export type * from './types/middleware.js'
export type * from './types/model-list.js'
export type * from './types/moderation.js'
export type * from './types/observe.js'
export type * from './types/options.js'
export type * from './types/rerank.js'
export type * from './types/responses.js'
export type * from './types/responses-items.js'
export type * from './types/schema.js'
export type * from './types/settled.js'
export type * from './types/speech.js'
export type * from './types/stored-response.js'
export type * from './types/text-completion.js'
export type * from './types/transcription.js'
export type { MediaUsage, UnitUsage } from './types/usage.js'
export type * from './types/wires.js'
