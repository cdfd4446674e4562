import { checkCache } from '../cache/policy.js'
import { CacheState } from '../cache/state.js'
import type { Clock } from '../call/clock.js'
import { ClientContext } from '../call/context.js'
import { checkCallbacks } from '../call/request.js'
import { BadRequestError } from '../errors.js'
import type { CallRecorder } from '../observe/call-recorder.js'
import { ObserverHub } from '../observe/hub.js'
import { observed } from '../observe/observed.js'
import type { CompletionResult } from '../operations/chat.js'
import type { EmbeddingResult } from '../operations/embedding.js'
import type { ResponseFormatInput } from '../types/chat.js'
import type { CallbackStats, ObserveOptions, RouterEvent, RouterEventType } from '../types/observe.js'
import type { CompletionRequest, EmbeddingRequest, RerankRequest } from '../types/options.js'
import type { RerankResponse } from '../types/rerank.js'
import { closedError, RouterContext } from './context.js'
import type { Deployment } from './deployments/deployment.js'
import { HealthChecker } from './deployments/health-check.js'
import { snapshotOf } from './deployments/snapshot.js'
import { runCached } from './execution/cached.js'
import { Mirror } from './execution/mirror.js'
import { RoutedCall, type RoutedRequest } from './execution/routed-call.js'
import { run } from './execution/run.js'
import { checkDeployment, checkRouterOptions } from './options.js'
import type { RoutedOperation } from './selection/requirements.js'
import type {
  DeploymentConfig,
  DeploymentSnapshot,
  HealthReport,
  RouterCallOptions,
  RouterOptions,
  RouterSnapshot,
} from './types.js'

const defaultTimeout = 600_000

/** What the Router says of observing comes before what its client says; callbacks are told by both. */
function observing({ client = {}, ...own }: RouterOptions): ObserveOptions {
  return {
    callbacks: [...(client.callbacks ?? []), ...(own.callbacks ?? [])],
    redact: own.redact ?? client.redact,
    beforeSend: own.beforeSend ?? client.beforeSend,
    callbackQueue: own.callbackQueue ?? client.callbackQueue,
    callbackTimeout: own.callbackTimeout ?? client.callbackTimeout,
    logger: own.logger ?? client.logger,
  }
}

/** @internal */
interface RouterInternals {
  readonly clock?: Clock | undefined
}

/**
 * Many deployments behind one name: picks one for each call, tries again elsewhere, falls back, keeps limits and budgets. Calls
 * have the shape of `completion()`, `embedding()` and `rerank()`, with a model group in place of the model.
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
export class Router {
  readonly #core: RouterContext
  readonly #mirror: Mirror
  readonly #health: HealthChecker
  readonly #timeout: number
  readonly #hub: ObserverHub
  readonly #cache: CacheState

  /** @throws {BadRequestError} where an option is wrong, with the path of its field */
  constructor(options: RouterOptions)
  /** @internal time and chance, for tests */
  constructor(options: RouterOptions, internals: RouterInternals)
  constructor(options: RouterOptions, { clock }: RouterInternals = {}) {
    const checked = checkRouterOptions(options)
    this.#core = new RouterContext(checked, new ClientContext({ ...checked.client, cache: false }, undefined, clock))
    this.#core.checkNames()
    this.#timeout = checked.timeout ?? defaultTimeout
    this.#mirror = new Mirror(this.#core, (ride, to) => this.#copy(ride, to))
    this.#health = new HealthChecker(this.#core)
    if (checked.callbacks !== undefined) checkCallbacks(checked.callbacks)
    this.#hub = new ObserverHub(observing(checked), this.#core.clock)
    // as it was given: a copy may not be what it was
    const cache = options.cache ?? options.client?.cache
    checkCache(cache, true)
    this.#cache = new CacheState(cache)
    if (checked.healthCheck) this.#health.start()
    this.#hub.followRouter(this)
  }

  /**
   * One chat call, to a deployment of the group.
   * @throws {NoDeploymentsAvailableError} where none can take it, with the reason of each
   * @throws {LLMError} what the last try ended with; `attempts` has them all
   */
  completion<const Stream extends boolean = false, const Format extends ResponseFormatInput | undefined = undefined>(
    request: CompletionRequest<Stream, Format> & RouterCallOptions,
  ): Promise<CompletionResult<Stream, Format>> {
    return this.#start('chat', request) as Promise<CompletionResult<Stream, Format>>
  }

  /** Vectors for texts. Throws as {@link completion} does. */
  embedding<const VectorType extends 'array' | 'float32' = 'array'>(
    request: EmbeddingRequest<VectorType> & RouterCallOptions,
  ): Promise<EmbeddingResult<VectorType>> {
    return this.#start('embedding', request) as Promise<EmbeddingResult<VectorType>>
  }

  /** Documents in the order of their relevance. Throws as {@link completion} does. */
  rerank(request: RerankRequest & RouterCallOptions): Promise<RerankResponse> {
    return this.#start('rerank', request) as Promise<RerankResponse>
  }

  #start(operation: RoutedOperation, request: RoutedRequest): Promise<unknown> {
    return observed(this.#hub, operation, request, (watch) => this.#run(operation, request, watch), true)
  }

  async #run(operation: RoutedOperation, request: RoutedRequest, watch: CallRecorder | undefined): Promise<unknown> {
    if (this.#core.closed) throw closedError()
    const ride = new RoutedCall(operation, request, this.#core.clock.now(), this.#timeout)
    ride.watch = watch
    const send = (one: RoutedCall) => {
      this.#mirror.copy(one)
      return run(this.#core, one)
    }
    const plan = this.#cache.policyFor(ride.cache)
    return plan ? runCached(this.#core, this.#cache, plan, ride, request, send) : send(ride)
  }

  async #copy({ operation, request, options }: RoutedCall, model: string): Promise<void> {
    const { signal: _, ...rest } = request
    // whose call it is, and where it may go, holds for its copy too
    const { tags, allowedRegions, priority } = options
    const copy = {
      ...rest,
      tags,
      allowedRegions,
      priority,
      model,
      stream: false,
      stream_options: undefined,
      fallbacks: false,
      numRetries: 0,
    }
    const { stream: __, stream_options: ___, ...plain } = copy
    const given = (operation === 'chat' ? copy : plain) as unknown as RoutedRequest
    await run(this.#core, new RoutedCall(operation, given, this.#core.clock.now(), this.#timeout))
  }

  /** How everything stands, now. */
  snapshot(): RouterSnapshot {
    return snapshotOf(this.#core, this.#mirror.dropped)
  }

  /**
   * Listens to what happens; `*` to all of it.
   * @returns a function that ends it
   * @example
   * const stop = router.on('cooldown', ({ deployment, reason }) => log.warn({ deployment, reason }))
   */
  on<Type extends RouterEventType>(
    type: Type,
    listener: (event: Extract<RouterEvent, { type: Type }>) => void,
  ): () => void
  on(type: '*', listener: (event: RouterEvent) => void): () => void
  on(type: RouterEventType | '*', listener: (event: never) => void): () => void {
    return this.#core.events.on(type, listener as (event: RouterEvent) => void)
  }

  /** Asks every deployment that has a model of its own for a word. Those that fail are avoided until they answer again. */
  async healthCheck(): Promise<HealthReport[]> {
    if (this.#core.closed) throw closedError()
    return this.#health.check()
  }

  /**
   * Adds a deployment. Calls see it at once.
   * @returns its id
   * @throws {BadRequestError} where it is wrong, or its id is taken
   * @throws {APIConnectionError} where the Router has been closed
   */
  addDeployment(config: DeploymentConfig): string {
    if (this.#core.closed) throw closedError()
    const checked = checkDeployment(config)
    this.#core.checkMirror(checked, checked.id)
    const { id } = this.#core.groups.add(checked)
    this.#core.changedGroups()
    return id
  }

  /**
   * Puts another configuration in a deployment's place, under the same id. Calls under way end where they are.
   * @throws {BadRequestError} where there is no such deployment, or the configuration is wrong
   * @throws {APIConnectionError} where the Router has been closed
   */
  updateDeployment(id: string, config: Omit<DeploymentConfig, 'id'>): void {
    if (this.#core.closed) throw closedError()
    const deployment = this.#known(id)
    const rested = deployment.cooldown !== undefined
    const checked = checkDeployment({ ...config, id })
    this.#core.checkMirror(checked, id)
    this.#core.groups.replace(id, checked)
    // other processes too may try it again
    if (rested) this.#core.state?.recovered(id)
    this.#core.changedGroups()
  }

  /**
   * Takes a deployment out. Calls under way end where they are. Where fallbacks or `mirrorTo` name what is gone with it, an event
   * `warning` tells it.
   * @returns false where there is none
   */
  removeDeployment(id: string): boolean {
    if (!this.#core.groups.remove(id)) return false
    this.#core.changedGroups()
    return true
  }

  deployment(id: string): DeploymentSnapshot | undefined {
    return this.snapshot().deployments.find((one) => one.id === id)
  }

  /** The names of all model groups. */
  get modelGroups(): string[] {
    return this.#core.groups.names()
  }

  #known(id: string): Deployment {
    const found = this.#core.groups.get(id)
    if (!found) throw new BadRequestError(`There is no deployment '${id}'.`, { param: 'id' })
    return found
  }

  /** Settles when callbacks have been told of every call so far, and have sent on what they batch. */
  flush(): Promise<void> {
    return this.#hub.flush()
  }

  /**
   * Metrics of this Router's calls in Prometheus' text format, as its `prometheus()` has them: the body of `GET /metrics`.
   * @throws {BadRequestError} where no `prometheus()` of `llmux/prometheus` is among its callbacks
   */
  metrics(): Promise<string> {
    return this.#hub.metrics()
  }

  /** How the delivery of events to callbacks goes. */
  callbackStats(): CallbackStats {
    return this.#hub.stats
  }

  /**
   * Flushes, ends checks, closes connections and the shared state when the calls under way are done. Calls that wait for room or for
   * another try are rejected at once, as later ones are.
   */
  close(): Promise<void> {
    this.#core.close()
    this.#health.stop()
    return this.#hub.close(async () => {
      // some may not have been sent yet, and the shared state is still to be told what they used
      await this.#core.idle()
      await this.#core.context.close()
      await this.#cache.drain()
      await this.#core.state?.close()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
