import { defaultRegistry, type ModelFacts, type ModelPrices } from '../pricing/index.js'
import type { CompatibleRow } from '../providers/compatible.js'
import type { Provider } from '../providers/contract.js'
import { ClientContext } from './call/context.js'
import { execute } from './call/execute.js'
import type { OperationSpec } from './call/operation.js'
import { ObserverHub } from './observe/hub.js'
import { observed } from './observe/observed.js'
import type { CompletionResult } from './operations/chat.js'
import { type CountTokensRequest, runCountTokens } from './operations/count-tokens.js'
import type { EmbeddingResult } from './operations/embedding.js'
import { operations } from './operations/index.js'
import type { ResponsesResult } from './operations/responses.js'
import type { TokenCount } from './tokens/types.js'
import type { ResponseFormatInput } from './types/chat.js'
import type { ModerationResponse } from './types/moderation.js'
import type { CallbackStats } from './types/observe.js'
import type {
  ClientOptions,
  CompletionRequest,
  EmbeddingRequest,
  ModerationRequest,
  RerankRequest,
  ResponsesRequest,
} from './types/options.js'
import type { RerankResponse } from './types/rerank.js'

/** Calls with shared defaults, credentials and connections. */
export interface Client {
  /**
   * One chat call, to whichever model.
   * @throws {LLMError} of the class that says what went wrong
   * @example
   * const answer = await client.completion({ model: 'anthropic/claude-sonnet-4-5', messages })
   */
  completion<const Stream extends boolean = false, const Format extends ResponseFormatInput | undefined = undefined>(
    request: CompletionRequest<Stream, Format>,
  ): Promise<CompletionResult<Stream, Format>>

  /**
   * Vectors for texts.
   * @throws {LLMError} of the class that says what went wrong
   */
  embedding<const VectorType extends 'array' | 'float32' = 'array'>(
    request: EmbeddingRequest<VectorType>,
  ): Promise<EmbeddingResult<VectorType>>

  /**
   * Documents in the order of their relevance to a query.
   * @throws {LLMError} of the class that says what went wrong
   */
  rerank(request: RerankRequest): Promise<RerankResponse>

  /**
   * One call of OpenAI's Responses API, as that API has it: for OpenAI, Azure, xAI and other hosts that speak it. For chat with
   * models that have nothing else, `completion()` uses it by itself.
   * @throws {BadRequestError} where the provider has no Responses API
   * @throws {LLMError} of the class that says what went wrong
   * @example
   * const answer = await client.responses({ model: 'openai/gpt-5', input: 'Hello', reasoning: { effort: 'low' } })
   * answer.output_text
   */
  responses<const Stream extends boolean = false>(request: ResponsesRequest<Stream>): Promise<ResponsesResult<Stream>>

  /**
   * Whether texts or images are harmful, by category.
   * @throws {LLMError} of the class that says what went wrong
   * @example
   * const { results } = await client.moderation({ input: 'I want to hurt them.' })
   * results[0]?.flagged
   */
  moderation(request: ModerationRequest): Promise<ModerationResponse>

  /**
   * Tokens of a chat request's prompt, by the provider's own counting endpoint where it has one; else counted here, as
   * `method` tells. Nothing is answered, and nothing billed.
   * @throws {LLMError} of the class that says what went wrong
   * @example
   * const { tokens } = await client.countTokens({ model: 'anthropic/claude-sonnet-4-6', messages, tools })
   */
  countTokens(request: CountTokensRequest): Promise<TokenCount>

  /**
   * Adds a host to this client: a row of data for an OpenAI-compatible one, or a provider with a dialect of its own. It wins
   * over a built-in one of the same id.
   * @example
   * client.registerProvider({ id: 'acme', name: 'Acme', base: 'https://llm.acme.example/v1', env: ['ACME_API_KEY'] })
   * await client.completion({ model: 'acme/large', messages })
   */
  registerProvider(provider: Provider | CompatibleRow): void

  /**
   * Adds a model to this client's prices and facts, or changes what the table says of one. US dollars per million tokens.
   * @throws {BadRequestError} where a price is not a number of 0 or more, or a field has no meaning
   * @example
   * client.registerModel('my/model', { input: 0.5, output: 1.5, contextWindow: 32_768 })
   */
  registerModel(id: string, given: ModelPrices & ModelFacts): void

  /** Settles when callbacks have been told of every call so far, and have sent on what they batch. */
  flush(): Promise<void>

  /** How the delivery of events to callbacks goes. */
  callbackStats(): CallbackStats

  /**
   * Metrics of this client's calls in Prometheus' text format, as its `prometheus()` has them: the body of `GET /metrics`.
   * @throws {BadRequestError} where no `prometheus()` of `llmux/prometheus` is among its callbacks
   */
  metrics(): Promise<string>

  /** Flushes, and closes the connections when the calls under way are done. Later calls fail. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a client. Nothing is read or opened until its first call.
 * @throws {BadRequestError} where an option is unknown or not of its kind
 * @example
 * const client = createClient({ timeout: 30_000, providers: { openai: { apiKey } } })
 */
export function createClient(options: ClientOptions = {}): Client {
  const context = new ClientContext(options)
  return clientOver(context, new ObserverHub(options, context.clock))
}

/** The client of the top-level functions shares its registry with the top-level `registerModel()`. */
export function createSharedClient(): Client {
  const context = new ClientContext({}, defaultRegistry())
  return clientOver(context, new ObserverHub({}, context.clock))
}

function clientOver(context: ClientContext, hub: ObserverHub): Client {
  const close = () => hub.close(() => context.close())
  const run = (spec: OperationSpec, request: object): Promise<never> =>
    observed(hub, spec.name, request, (watch) => execute(context, spec, request, undefined, watch)) as Promise<never>
  const { chat, embedding, rerank, responses, moderation } = operations
  return {
    completion: (request) => run(chat, request),
    embedding: (request) => run(embedding, request),
    rerank: (request) => run(rerank, request),
    responses: (request) => run(responses, request),
    moderation: (request) => run(moderation, request),
    countTokens: (request) => runCountTokens(context, request),
    registerProvider: (provider) => context.register(provider),
    registerModel: (id, given) => context.registry.register(id, given),
    flush: () => hub.flush(),
    callbackStats: () => hub.stats,
    metrics: () => hub.metrics(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
