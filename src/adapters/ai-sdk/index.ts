/**
 * `llmux/ai-sdk`: a client or a Router as a provider of the AI SDK 6 and 7, and the stream of `useChat`.
 * https://ai-sdk.dev/docs
 */
import type { EmbeddingModelV3, LanguageModelV3, ProviderV3, RerankingModelV3 } from '@ai-sdk/provider'
import type { CompletionStream } from '../../call/completion-stream.js'
import type { Client } from '../../client.js'
import { BadRequestError, got } from '../../errors.js'
import type { KnownChatModel, KnownEmbeddingModel, KnownRerankModel } from '../../types/known-models.generated.js'
import type { CompletionRequest } from '../../types/options.js'
import { callMetadata, toContent, toFinishReason, toUsage } from './answer.js'
import { toRequest, toWarnings } from './request.js'
import { toParts } from './stream.js'
import { own } from './types.js'

export type { LlmuxProviderOptions } from './types.js'
export { toUIMessageStream, toUIMessageStreamResponse, type UIMessageStreamOptions } from './ui-message-stream.js'

/** A client or a Router. */
export type Target = Pick<Client, 'completion' | 'embedding' | 'rerank'>

/** A provider of the AI SDK. Calling it returns a language model. */
export interface LlmuxProvider extends ProviderV3 {
  (model: KnownChatModel | (string & {})): LanguageModelV3
  /** Chat model by `provider/model`, or the model group of a Router. */
  languageModel(model: KnownChatModel | (string & {})): LanguageModelV3
  /** Embedding model. */
  embeddingModel(model: KnownEmbeddingModel | (string & {})): EmbeddingModelV3
  /** The same as `embeddingModel()`. */
  textEmbeddingModel(model: KnownEmbeddingModel | (string & {})): EmbeddingModelV3
  /** Rerank model. */
  rerankingModel(model: KnownRerankModel | (string & {})): RerankingModelV3
}

/**
 * Makes a provider of the AI SDK from a client or a Router. Retries, fallbacks, limits, caching and callbacks are those of the
 * target; its errors are thrown unchanged, and the AI SDK does not retry them again. Cost, attempts and route are in
 * `providerMetadata.llmux`, settings of a call in `providerOptions.llmux`.
 * @throws {BadRequestError} if the target is no client and no Router
 * @example
 * const llmux = createLlmux(createClient())
 * const { text } = await generateText({ model: llmux('anthropic/claude-sonnet-4-5'), prompt: 'Hello' })
 */
export function createLlmux(target: Target): LlmuxProvider {
  if (typeof (target as Partial<Target> | undefined)?.completion !== 'function') {
    throw new BadRequestError(`'target' must be a client of createClient() or a Router; ${got(target)}.`)
  }
  const languageModel = (model: string): LanguageModelV3 => makeLanguageModel(target, model)
  const embeddingModel = (model: string): EmbeddingModelV3 => makeEmbeddingModel(target, model)
  return Object.assign((model: string) => languageModel(model), {
    specificationVersion: 'v3' as const,
    languageModel,
    embeddingModel,
    textEmbeddingModel: embeddingModel,
    rerankingModel: (model: string) => makeRerankingModel(target, model),
    imageModel(model: string): never {
      throw new BadRequestError(
        `llmux has no image models for the AI SDK; got '${model}'. Use a chat model that generates images.`,
      )
    },
  })
}

/** llmux downloads media itself for providers that take no URLs. */
const supportedUrls = { 'image/*': [/^https?:\/\//], 'application/pdf': [/^https?:\/\//] }

const makeLanguageModel = (target: Target, modelId: string): LanguageModelV3 => ({
  specificationVersion: 'v3',
  provider: 'llmux',
  modelId,
  supportedUrls,
  async doGenerate(options) {
    const answer = await target.completion(toRequest(modelId, options))
    const { id, model, created, choices, meta } = answer
    const [first] = choices
    return {
      content: first ? toContent(first.message) : [],
      finishReason: toFinishReason(first?.finish_reason, first?.native_finish_reason),
      usage: toUsage(answer.usage),
      warnings: toWarnings(meta.warnings),
      providerMetadata: callMetadata(meta),
      response: { id, modelId: model, timestamp: new Date(created * 1000), headers: { ...meta.headers }, body: answer },
    }
  },
  async doStream(options) {
    const request = { ...toRequest(modelId, options), stream: true } as unknown as CompletionRequest<true>
    const stream = (await target.completion(request)) as CompletionStream<unknown>
    return {
      stream: toParts(stream, options.includeRawChunks === true),
      response: { headers: { ...stream.meta.headers } },
    }
  },
})

const makeEmbeddingModel = (target: Target, modelId: string): EmbeddingModelV3 => ({
  specificationVersion: 'v3',
  provider: 'llmux',
  modelId,
  // embedding() splits long lists itself, by the limits of the provider
  maxEmbeddingsPerCall: undefined,
  supportsParallelCalls: true,
  async doEmbed({ values, abortSignal, headers, providerOptions }) {
    const answer = await target.embedding({
      model: modelId,
      input: values,
      ...(abortSignal && { signal: abortSignal }),
      ...(headers && { headers: definedHeaders(headers) }),
      ...own(providerOptions),
    })
    const tokens = answer.meta.usage?.total_tokens
    return {
      embeddings: answer.data.map(({ embedding }) => embedding),
      ...(tokens !== undefined && { usage: { tokens } }),
      providerMetadata: callMetadata(answer.meta),
      response: { headers: { ...answer.meta.headers } },
      warnings: toWarnings(answer.meta.warnings),
    }
  },
})

const makeRerankingModel = (target: Target, modelId: string): RerankingModelV3 => ({
  specificationVersion: 'v3',
  provider: 'llmux',
  modelId,
  async doRerank({ documents, query, topN, abortSignal, headers, providerOptions }) {
    const { id, results, meta } = await target.rerank({
      model: modelId,
      query,
      documents: documents.type === 'text' ? documents.values : documents.values.map((value) => JSON.stringify(value)),
      ...(topN !== undefined && { top_n: topN }),
      ...(abortSignal && { signal: abortSignal }),
      ...(headers && { headers: definedHeaders(headers) }),
      ...own(providerOptions),
    })
    return {
      ranking: results.map(({ index, relevance_score: relevanceScore }) => ({ index, relevanceScore })),
      providerMetadata: callMetadata(meta),
      response: { ...(id && { id }), modelId, headers: { ...meta.headers } },
      warnings: toWarnings(meta.warnings),
    }
  },
})

const definedHeaders = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
