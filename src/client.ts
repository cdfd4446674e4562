import { defaultRegistry, type ModelFacts, type ModelPrices } from '../pricing/index.js'
import type { CompatibleRow } from '../providers/compatible.js'
import type { Provider } from '../providers/contract.js'
import { lazyModels, lazyResources } from './batches/lazy.js'
import { ClientContext } from './call/context.js'
import { held, late } from './call/late.js'
import type { ClientParts } from './client-calls.js'
import { MiddlewareList } from './middleware/list.js'
import { ObserverHub } from './observe/hub.js'
import type { AuthorizedRequest, AuthorizeRequest } from './operations/authorize-request.js'
import type { CountTokensRequest } from './operations/count-tokens.js'
import { type CallMethods, requestList } from './operations/index.js'
import type { EnvironmentReport } from './operations/inspect.js'
import { runStoredIn, storedResponses } from './operations/stored-namespace.js'
import { lazyFetch } from './server/lazy-fetch.js'
import type { TokenCount } from './tokens/types.js'
import type { Batches, Files } from './types/batch.js'
import type { Middleware } from './types/middleware.js'
import type { ListedModel } from './types/model-list.js'
import type { CallbackStats } from './types/observe.js'
import type { CallOperation } from './types/operation.js'
import type { CallOptions, ClientOptions } from './types/options.js'
import type { OnSettled } from './types/settled.js'
import type { StoredResponses } from './types/stored-response.js'

/**
 * Calls with shared defaults, credentials and connections. Every call takes one request with parameters in snake_case and options in
 * camelCase, or the two apart: `completion(params, options)`. In the second form options among the parameters are refused, so that
 * parameters may come from an untrusted source.
 */
export interface Client extends CallMethods {
  /**
   * Counts the tokens of a chat request: at the provider's own endpoint if it has one, else locally; see `method` of the
   * result. Nothing is generated or billed.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { tokens } = await client.countTokens({ model: 'anthropic/claude-sonnet-4-6', messages, tools })
   */
  countTokens(request: CountTokensRequest, options?: CallOptions): Promise<TokenCount>

  /**
   * Adds a host to this client: a row of data for an OpenAI-compatible one, or a provider with a dialect of its own. It takes
   * precedence over a built-in one with the same id.
   * @example
   * client.registerProvider({ id: 'acme', name: 'Acme', base: 'https://llm.acme.example/v1', env: ['ACME_API_KEY'] })
   * await client.completion({ model: 'acme/large', messages })
   */
  registerProvider(provider: Provider | CompatibleRow): void

  /**
   * Adds a model to this client's prices and facts, or changes an entry of the table. US dollars per million tokens.
   * @throws {BadRequestError} if a price is not a number of 0 or more, or a field is unknown
   * @example
   * client.registerModel('my/model', { input: 0.5, output: 1.5, contextWindow: 32_768 })
   */
  registerModel(id: string, facts: ModelPrices & ModelFacts): void

  /**
   * Adds middleware to all later calls: it may change, answer or refuse requests, and change answers and chunks. Requests pass it in the
   * order of its addition, answers in the reverse order.
   * @returns this client
   * @throws {BadRequestError} if a middleware has an unknown hook
   * @example
   * client.use({ onRequest: (call) => { call.request = { ...call.request, user: 'anonymous' } } })
   */
  use(...middleware: Middleware[]): Client

  /**
   * The client in the place of `fetch`, for the SDKs of OpenAI and Anthropic and for other libraries that take one: they reach every
   * model without a server. The path decides the API, as in `llmux/server`; host and key are ignored.
   * @example
   * const openai = new OpenAI({ apiKey: 'unused', fetch: client.fetch })
   * await openai.chat.completions.create({ model: 'anthropic/claude-sonnet-4-6', messages })
   */
  readonly fetch: typeof fetch

  /**
   * Address and credentials for a request to an API of a provider that no method covers: with the key or token, or signed (AWS). Send
   * exactly the body that was given.
   * @throws {AuthenticationError} if there is no credential
   * @example
   * const body = JSON.stringify({ inputText: 'Hello' })
   * const path = '/model/amazon.titan-embed-text-v2:0/invoke'
   * const { url, headers } = await client.authorizeRequest({ model: 'bedrock/amazon.titan-embed-text-v2:0', path, body })
   * const response = await fetch(url, { method: 'POST', headers, body })
   */
  authorizeRequest(request: AuthorizeRequest): Promise<AuthorizedRequest>

  /**
   * Checks whether a model can be called with the credentials and settings of this client and the environment. Nothing is sent.
   * @throws {BadRequestError} if the model is unknown
   * @example
   * const { ok, problem } = await client.validateEnvironment('anthropic/claude-sonnet-4-6')
   */
  validateEnvironment(model: string): Promise<EnvironmentReport>

  /**
   * Names of the parameters of `completion()` that a model supports, of those that are not supported everywhere. Nothing is sent.
   * @throws {BadRequestError} if the model is unknown
   * @example
   * (await client.supportedParams('openai/o3')).includes('temperature') // false
   */
  supportedParams(model: string): Promise<string[]>

  /**
   * Batches of the providers: many requests for half of the price, with answers within a day. `batch()` of `llmux/batch` makes and reads
   * them as one job.
   * @example
   * const made = await client.batches.create({ model: 'openai/gpt-4o-mini', requests })
   * const batch = await client.batches.wait(made)
   * for await (const item of client.batches.results(batch)) save(item)
   */
  readonly batches: Batches

  /** Files of the providers: upload, list, read, delete. */
  readonly files: Files

  /**
   * Responses that a host has stored: of `responses()`, above all those with `background: true`. A namespace, because these requests are
   * about an answer: they call no model, and cost nothing. `responses()` itself stays a plain function.
   */
  readonly storedResponses: StoredResponses

  /**
   * Lists the models that a provider serves now, all pages, in one shape.
   * @param provider its prefix, such as `openai`
   * @throws {BadRequestError} if the provider has no list
   * @throws {LLMError} the class depends on the failure
   * @example
   * for (const { model, context_window } of await client.listModels('mistral')) console.log(model, context_window)
   */
  listModels(provider: string, options?: CallOptions): Promise<ListedModel[]>

  /** Settles when every event so far has reached its callbacks, and they have sent their batches. */
  flush(): Promise<void>

  /** State of the delivery of events to callbacks. */
  callbackStats(): CallbackStats

  /**
   * Metrics of this client's calls in Prometheus' text format: the body of `GET /metrics`.
   * @throws {BadRequestError} unless `prometheus()` of `llmux/prometheus` is among its callbacks
   */
  metrics(): Promise<string>

  /** Flushes, and closes the connections after the calls in flight. Later calls fail. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a client. Nothing is read or opened until its first call.
 * @throws {BadRequestError} if an option is unknown or invalid
 * @example
 * const client = createClient({ timeout: 30_000, providers: { openai: { apiKey } } })
 */
export function createClient(options: ClientOptions = {}): Client {
  const context = new ClientContext(options)
  return clientOver(context, new ObserverHub(options, context.clock), options.onSettled)
}

/** The client of the top-level functions shares its registry with the top-level `registerModel()`. */
export function createSharedClient(): Client {
  const context = new ClientContext({}, defaultRegistry())
  return clientOver(context, new ObserverHub({}, context.clock))
}

const calls = /* @__PURE__ */ late(() => import('./client-calls.js'))

/** Starts a call before the code of calls is loaded. */
async function runLater(
  parts: ClientParts,
  name: CallOperation,
  request: object,
  options: object | undefined,
): Promise<unknown> {
  const sent = held(request)
  const given = held(options)
  const { runOperation } = await calls.load()
  return runOperation(parts, name, sent, given)
}

function clientOver(context: ClientContext, hub: ObserverHub, onSettled?: OnSettled): Client {
  /** The ends of calls that began before their code was loaded. */
  const ends = new Set<Promise<void>>()
  const close = () =>
    hub.close(async () => {
      await Promise.all(ends)
      await context.close()
    })
  const startLater = async (name: CallOperation, request: object, options: object | undefined): Promise<unknown> => {
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    ends.add(ended)
    try {
      return await runLater(parts, name, request, options)
    } finally {
      ends.delete(ended)
      end()
    }
  }
  const middleware = new MiddlewareList()
  const parts: ClientParts = { context, hub, middleware, onSettled }
  const methods = requestList.map(({ name, method }) => [
    method,
    (request: object, options?: object) =>
      calls.loaded ? calls.loaded.runOperation(parts, name, request, options) : startLater(name, request, options),
  ])
  const client: Client = {
    ...(Object.fromEntries(methods) as CallMethods),
    async countTokens(request, options) {
      const sent = held(request)
      const given = held(options)
      return (await calls.load()).countTokens(parts, sent, given)
    },
    use(...given) {
      middleware.add(given)
      return client
    },
    registerProvider: (provider) => context.register(provider),
    registerModel: (id, given) => context.registry.register(id, given),
    authorizeRequest: async (request) => {
      const { runAuthorizeRequest } = await import('./operations/authorize-request.js')
      return runAuthorizeRequest(context, request)
    },
    validateEnvironment: async (model) =>
      (await import('./operations/inspect.js')).runValidateEnvironment(context, model),
    supportedParams: async (model) => (await import('./operations/inspect.js')).runSupportedParams(context, model),
    listModels: lazyModels(context),
    ...lazyResources(context, async (operation, model, read) =>
      (await calls.load()).report(parts, operation, model, read),
    ),
    storedResponses: storedResponses((action, request) => runStoredIn(context, action, request)),
    flush: () => hub.flush(),
    callbackStats: () => hub.stats,
    metrics: () => hub.metrics(),
    close,
    fetch: lazyFetch(() => client),
    [Symbol.asyncDispose]: close,
  }
  return client
}
