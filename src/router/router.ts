import type { StoredAction } from '../../providers/contract.js'
import { checkCache } from '../cache/policy.js'
import { CacheState } from '../cache/state.js'
import type { Clock } from '../call/clock.js'
import { ClientContext } from '../call/context.js'
import { held, late } from '../call/late.js'
import type { RequestSpec } from '../call/operation.js'
import { checkCallbacks } from '../call/validate.js'
import { BadRequestError } from '../errors.js'
import { WaitQueue } from '../limits/queue.js'
import type { LimitObserver } from '../limits/types.js'
import { MiddlewareList } from '../middleware/list.js'
import { ObserverHub } from '../observe/hub.js'
import type { CountTokensRequest } from '../operations/count-tokens.js'
import { type CallMethods, requestList } from '../operations/index.js'
import { storedResponses } from '../operations/stored-namespace.js'
import { lazyFetch } from '../server/lazy-fetch.js'
import type { TokenCount } from '../tokens/types.js'
import type { Middleware } from '../types/middleware.js'
import type { CallbackStats, ObserveOptions, RouterEvent, RouterEventType } from '../types/observe.js'
import type { CallOperation } from '../types/operation.js'
import type { CallOptions } from '../types/options.js'
import type { StoredResponses } from '../types/stored-response.js'
import type { RouterParts } from './calls.js'
import { type RouterContext, resolveSettings } from './context.js'
import { Availability } from './deployments/availability.js'
import { RouterBudgets } from './deployments/budgets.js'
import type { Deployment } from './deployments/deployment.js'
import { HealthChecker } from './deployments/health-check.js'
import { ModelGroups } from './deployments/model-groups.js'
import { attachState } from './deployments/shared-state.js'
import { takeSnapshot } from './deployments/snapshot.js'
import { RouterEvents } from './events.js'
import { CallTracker } from './execution/call-tracker.js'
import { checkMirror, checkReferences, MissingGroups } from './group-references.js'
import { checkDeployment, checkRouterOptions } from './options.js'
import { mergeOptions, validateOptions } from './parse-options.js'
import { Affinity } from './selection/affinity.js'
import type { Selection } from './selection/selection.js'
import type {
  DeploymentConfig,
  DeploymentSnapshot,
  HealthReport,
  RouterCallOptions,
  RouterOptions,
  RouterSnapshot,
} from './types.js'

/** The Router's settings take precedence over its client's. Callbacks of both are called. */
function observeOptions({ client = {}, ...own }: RouterOptions): ObserveOptions {
  return {
    callbacks: [...(client.callbacks ?? []), ...(own.callbacks ?? [])],
    redact: own.redact ?? client.redact,
    beforeSend: own.beforeSend ?? client.beforeSend,
    callbackQueue: own.callbackQueue ?? client.callbackQueue,
    callbackTimeout: own.callbackTimeout ?? client.callbackTimeout,
    logger: own.logger ?? client.logger,
  }
}

const calls = /* @__PURE__ */ late(() => import('./calls.js'))

/** Runs an operation of a Router. */
type Start = (name: CallOperation, request: object, options: object | undefined) => Promise<unknown>

/** The methods of the operations, from the operation table. A pure function, so that bundlers leave out a Router that no code makes. */
function routedMethods() {
  class Methods {
    readonly #start: Start

    constructor(start: Start) {
      this.#start = start
    }

    static define({ name, method }: RequestSpec): void {
      Object.defineProperty(Methods.prototype, method, {
        value: function (this: Methods, request: object, options?: object) {
          return this.#start(name, request, options)
        },
        writable: true,
        configurable: true,
      })
    }
  }
  for (const request of requestList) Methods.define(request)
  return Methods as unknown as new (
    start: Start,
  ) => CallMethods<RouterCallOptions & { model: string }, RouterCallOptions>
}

const RoutedMethods = /* @__PURE__ */ routedMethods()

/** @internal */
interface RouterInternals {
  readonly clock?: Clock | undefined
}

/**
 * Many deployments behind one name: selects one for each call, retries elsewhere, falls back, and keeps limits and budgets. Its
 * calls have the shape of a client's, with a model group in place of the model: one request, or parameters and options apart. Beside
 * the errors of a client's calls they throw a `NoDeploymentsAvailableError` if no deployment can take the call, with the reason of
 * each. Other errors are those of the last attempt; `attempts` has all of them.
 *
 * @example
 * const router = new Router({
 *   modelList: [
 *     { modelName: 'gpt-4o', params: { model: 'openai/gpt-4o', apiKey, rpm: 500 } },
 *     { modelName: 'claude', params: { model: 'anthropic/claude-sonnet-4-20250514' } },
 *   ],
 *   fallbacks: [{ 'gpt-4o': ['claude'] }],
 * })
 * const answer = await router.completion({ model: 'gpt-4o', messages })
 */
export class Router extends RoutedMethods {
  readonly #context: RouterContext
  readonly #parts: RouterParts
  readonly #health: HealthChecker
  readonly #hub: ObserverHub
  readonly #cache: CacheState
  readonly #missing = new MissingGroups()
  readonly #stateObserver: LimitObserver

  /** @throws {BadRequestError} if an option is wrong, with the path of its field */
  constructor(options: RouterOptions)
  /** @internal time and randomness, for tests */
  constructor(options: RouterOptions, internals: RouterInternals)
  constructor(options: RouterOptions, { clock }: RouterInternals = {}) {
    super((name, request, callOptions) =>
      calls.loaded
        ? calls.loaded.runOperation(this.#parts, name, request, callOptions)
        : this.#startLater(name, request, callOptions),
    )
    const checked = checkRouterOptions(options)
    const client = new ClientContext({ ...checked.client, cache: false }, undefined, clock)
    const events = new RouterEvents()
    const queue = new WaitQueue<Selection>()
    const { state } = checked
    this.#context = {
      options: checked,
      settings: resolveSettings(checked),
      client,
      clock: client.clock,
      events,
      groups: new ModelGroups(client, checked.modelGroupAlias ?? {}, checked.modelList),
      budgets: new RouterBudgets(checked.budgets),
      availability: new Availability(client.clock, events, queue, state),
      affinity: new Affinity(client.clock, checked.affinity),
      queue,
      calls: new CallTracker(),
      copies: { inFlight: 0, dropped: 0 },
      state,
    }
    checkReferences(checked, this.#context.groups)
    this.#stateObserver = attachState(this.#context)
    this.#health = new HealthChecker(this.#context)
    if (checked.callbacks !== undefined) checkCallbacks(checked.callbacks)
    this.#hub = new ObserverHub(observeOptions(checked), this.#context.clock)
    // not the checked copy: a store must keep its identity
    const cache = options.cache ?? options.client?.cache
    checkCache(cache, true)
    this.#cache = new CacheState(cache)
    this.#parts = {
      context: this.#context,
      hub: this.#hub,
      cache: this.#cache,
      middleware: new MiddlewareList(),
    }
    this.#health.schedule()
    this.#hub.followRouter(this)
  }

  /**
   * The Router in the place of `fetch`, for the SDKs of OpenAI and Anthropic and for other libraries that take one: their models are model
   * groups. See {@link Client.fetch}.
   */
  readonly fetch: typeof fetch = lazyFetch(() => this)

  /**
   * Stored responses. A response is known to the account that made it: the Router remembers the deployment of each for an hour, and asks the
   * others of the group if it does not know it (any more). `model` is the group, needed for responses that it does not know.
   */
  readonly storedResponses: StoredResponses<{ model?: string }> = storedResponses((action, request) =>
    this.#stored(action, request),
  )

  async #stored(action: StoredAction, request: object): Promise<unknown> {
    this.#context.calls.checkOpen()
    const { runStoredRouted } = await import('./execution/stored-responses.js')
    return runStoredRouted(this.#context, action, request)
  }

  /**
   * Adds middleware to all later calls. It runs once per call, around retries and fallbacks. See {@link Client.use}.
   * @returns this Router
   * @throws {BadRequestError} if a middleware has an unknown hook
   */
  use(...middleware: Middleware[]): this {
    this.#parts.middleware.add(middleware)
    return this
  }

  /**
   * Counts the tokens of a chat request for the first deployment of its group: at the provider's own endpoint if it has one, else
   * locally. Nothing is generated or billed, and no limit counts it.
   * @throws {BadRequestError} if the group is unknown or has no deployment
   */
  async countTokens(request: CountTokensRequest, options?: CallOptions): Promise<TokenCount> {
    const sent = held(request)
    const given = held(options)
    return (await calls.load()).countTokens(this.#parts, sent, given)
  }

  /** Starts a call before the code of calls is loaded. */
  async #startLater(name: CallOperation, request: object, options: object | undefined): Promise<unknown> {
    const sent = held(request)
    const given = held(options)
    return this.#context.calls.start(calls.load, ({ runOperation }) =>
      runOperation(this.#parts, name, sent, given, true),
    )
  }

  /**
   * Replaces the options of the Router at run time, all or none of them. Calls in flight and in the queue continue and see the new
   * options from their next attempt on. Deployments with the same `id` keep their usage, latency and spending, and those that are
   * unchanged also their cooldown; budgets with the same name and window keep their spending.
   *
   * `client`, `state`, `cache`, `callbacks` and the other observability options are fixed for the life of the Router: leave them
   * out, or pass the same values.
   *
   * @throws {BadRequestError} if an option is wrong; then nothing has changed
   * @throws {APIConnectionError} if the Router is closed
   */
  configure(options: RouterOptions): void {
    const context = this.#context
    context.calls.checkOpen()
    const merged = validateOptions(mergeOptions(context.options, options))
    const recovered = context.groups.configure(merged.modelGroupAlias ?? {}, merged.modelList)
    context.budgets.configure(merged.budgets)
    context.options = merged
    context.settings = resolveSettings(merged)
    context.affinity.configure(merged.affinity)
    for (const id of recovered) context.state?.recovered(id)
    this.#health.schedule()
    this.#groupsChanged()
  }

  /** Current state of the Router and its deployments. */
  snapshot(): RouterSnapshot {
    return takeSnapshot(this.#context)
  }

  /**
   * Listens to events of one type, or of all types (`*`).
   * @returns a function that removes the listener
   * @example
   * const stop = router.on('cooldown', ({ deployment, reason }) => log.warn({ deployment, reason }))
   */
  on<Type extends RouterEventType>(
    type: Type,
    listener: (event: Extract<RouterEvent, { type: Type }>) => void,
  ): () => void
  on(type: '*', listener: (event: RouterEvent) => void): () => void
  on(type: RouterEventType | '*', listener: (event: never) => void): () => void {
    return this.#context.events.on(type, listener as (event: RouterEvent) => void)
  }

  /**
   * Sends a minimal request to every deployment without a wildcard. Those that fail are avoided until they respond again.
   * @throws {APIConnectionError} if the Router is closed
   */
  async healthCheck(): Promise<HealthReport[]> {
    this.#context.calls.checkOpen()
    return this.#health.check()
  }

  /**
   * Adds a deployment. Calls see it at once.
   * @returns its id
   * @throws {BadRequestError} if it is wrong, or its id is in use
   * @throws {APIConnectionError} if the Router is closed
   */
  addDeployment(config: DeploymentConfig): string {
    const { calls, groups } = this.#context
    calls.checkOpen()
    const checked = checkDeployment(config)
    checkMirror(checked, checked.id, groups)
    const { id } = groups.add(checked)
    this.#groupsChanged()
    return id
  }

  /**
   * Changes a deployment, which keeps its id, usage and spending. Calls in flight are not affected.
   * @throws {BadRequestError} if the id is unknown, or the configuration is wrong
   * @throws {APIConnectionError} if the Router is closed
   */
  updateDeployment(id: string, config: Omit<DeploymentConfig, 'id'>): void {
    const { calls, groups, state } = this.#context
    calls.checkOpen()
    const wasCoolingDown = this.#find(id).cooldown !== undefined
    const checked = checkDeployment({ ...config, id })
    checkMirror(checked, id, groups)
    groups.replace(id, checked)
    // other processes may try it again as well
    if (wasCoolingDown) state?.recovered(id)
    this.#groupsChanged()
  }

  /**
   * Removes a deployment. Calls in flight are not affected. If fallbacks or `mirrorTo` refer to a group that it leaves empty, an
   * event `warning` reports it.
   * @returns false if the id is unknown
   */
  removeDeployment(id: string): boolean {
    if (!this.#context.groups.remove(id)) return false
    this.#groupsChanged()
    return true
  }

  /** Current state of one deployment. */
  deployment(id: string): DeploymentSnapshot | undefined {
    return this.snapshot().deployments.find((one) => one.id === id)
  }

  /** The names of all model groups. */
  get modelGroups(): string[] {
    return this.#context.groups.names()
  }

  #find(id: string): Deployment {
    const { groups } = this.#context
    const found = groups.get(id)
    if (found) return found
    const ids = [...groups.all].slice(0, 12).map((one) => `'${one.id}'`)
    throw new BadRequestError(`Unknown deployment id '${id}'. Known ids: ${ids.join(', ') || 'none'}.`, { param: 'id' })
  }

  /** Calls that wait may now have a deployment, and references may lead nowhere. */
  #groupsChanged(): void {
    const { options, groups, events, queue } = this.#context
    this.#missing.check(options, groups, events)
    queue.wake()
  }

  /** Resolves when callbacks have received the events of all calls so far, and have sent their batches. */
  flush(): Promise<void> {
    return this.#hub.flush()
  }

  /**
   * Metrics of the Router's calls in the text format of Prometheus: the body of `GET /metrics`.
   * @throws {BadRequestError} if its callbacks have no `prometheus()` of `llmux/prometheus`
   */
  metrics(): Promise<string> {
    return this.#hub.metrics()
  }

  /** Statistics of the delivery of events to callbacks. */
  callbackStats(): CallbackStats {
    return this.#hub.stats
  }

  /**
   * Closes the Router: new calls, and calls that wait for capacity or a retry, are rejected at once. When the calls in flight have
   * ended it flushes the callbacks and closes connections and the shared state.
   */
  close(): Promise<void> {
    const { calls, queue, client, state } = this.#context
    calls.close(() => queue.close())
    this.#health.stop()
    return this.#hub.close(async () => {
      // calls in flight still report their usage to the shared state
      await calls.idle()
      await client.close()
      await this.#cache.drain()
      // a state may be used by several Routers
      if (state?.detach) state.detach(this.#stateObserver)
      else await state?.close()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
