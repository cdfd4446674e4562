import type { Clock } from '../call/clock.js'
import type { ClientContext } from '../call/context.js'
import { APIConnectionError, BadRequestError, type LLMError } from '../errors.js'
import { Budget } from '../limits/budget.js'
import { Apart } from './apart.js'
import type { Deployment } from './deployments/deployment.js'
import { ModelGroups } from './deployments/model-groups.js'
import { Events } from './events.js'
import type { Verdict } from './execution/policy.js'
import { WaitQueue } from './execution/queue.js'
import type { Selection } from './selection/select.js'
import { strategies } from './selection/strategies/index.js'
import type { LocalCounts, RouterState, SharedUsage } from './state.js'
import type { DeploymentConfig, FallbackTarget, RouterOptions, Strategy } from './types.js'

/** What the parts of a Router share. */
export class RouterContext {
  readonly options: RouterOptions
  readonly context: ClientContext
  readonly clock: Clock
  readonly groups: ModelGroups
  readonly events = new Events()
  readonly room = new WaitQueue<Selection>()
  readonly strategy: Strategy
  readonly strategyName: string
  readonly state: RouterState | undefined
  readonly enforceLimits: boolean
  readonly preCallChecks: boolean
  readonly latencyBuffer: number
  /** Whether any call has a budget beside those of deployments. */
  readonly hasBudgets: boolean
  /** Whether tokens are counted where no limit needs it: the strategy goes by them. */
  readonly countsTokens: boolean
  /** Options of every call. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Calls under way, to the end of their streams. */
  calls = 0
  closed = false
  #idle: (() => void)[] = []
  /** Names of groups that are not there any more, by where they stand. */
  readonly #missing = new Set<string>()
  readonly #ofRouter: Budget | undefined
  readonly #ofProviders = new Map<string, Budget>()
  readonly #ofTags = new Map<string, Budget>()

  constructor(options: RouterOptions, context: ClientContext) {
    const { routingStrategy = 'simple-shuffle', budgets } = options
    this.options = options
    this.context = context
    this.clock = context.clock
    this.groups = new ModelGroups(context, options.modelGroupAlias ?? {}, options.modelList)
    this.strategy = typeof routingStrategy === 'function' ? routingStrategy : strategies[routingStrategy]
    this.strategyName = typeof routingStrategy === 'function' ? 'own strategy' : routingStrategy
    this.countsTokens = typeof routingStrategy === 'function' || routingStrategy === 'usage-based'
    this.enforceLimits = options.enforceLimits ?? false
    this.preCallChecks = options.preCallChecks ?? true
    this.latencyBuffer = options.latencyBuffer ?? 0.1
    this.#ofRouter = budgets?.router && new Budget('router', budgets.router)
    for (const [id, budget] of Object.entries(budgets?.providers ?? {})) {
      this.#ofProviders.set(id, new Budget(`provider:${id}`, budget))
    }
    for (const [tag, budget] of Object.entries(budgets?.tags ?? {})) {
      this.#ofTags.set(tag, new Budget(`tag:${tag}`, budget))
    }
    this.hasBudgets = this.#ofRouter !== undefined || this.#ofProviders.size > 0 || this.#ofTags.size > 0
    const { headersTimeout, firstTokenTimeout, idleTimeout } = options
    this.defaults = {
      ...(headersTimeout !== undefined && { headersTimeout }),
      ...(firstTokenTimeout !== undefined && { firstTokenTimeout }),
      ...(idleTimeout !== undefined && { idleTimeout }),
    }
    this.state = options.state
    this.state?.attach?.({
      update: (usage) => this.#hear(usage),
      clock: this.clock,
      changed: (state, error, processes) => this.#changed(state, error, processes),
      counts: () => this.#counts(),
    })
  }

  /**
   * Fallbacks and mirrors name groups that are there.
   * @throws {BadRequestError} with the path of the one that does not
   */
  checkNames(): void {
    const { modelList, mirrorTo, groupRetryPolicy } = this.options
    for (const [path, name] of namesIn(this.options)) if (!this.groups.has(name)) throw noSuch(path, name)
    // an entry that no call comes to does nothing, and nobody is told
    for (const [path, name] of entriesIn(this.options)) if (!this.groups.leadsTo(name)) throw noGroup(path, name)
    const names = new Set(this.groups.names())
    for (const [option, table] of Object.entries({ mirrorTo, groupRetryPolicy })) {
      for (const name of Object.keys(table ?? {})) if (!names.has(name)) throw noGroup(option, name)
    }
    for (const [index, { params }] of modelList.entries()) {
      const { mirrorTo } = params
      if (mirrorTo !== undefined && !this.groups.has(mirrorTo))
        throw noSuch(`modelList.${index}.params.mirrorTo`, mirrorTo)
    }
  }

  /**
   * The same for a deployment that is to be there.
   * @param id of the one whose place it takes
   * @throws {BadRequestError} where it mirrors its calls to a group that there will not be
   */
  checkMirror(config: DeploymentConfig, id: string | undefined): void {
    const { mirrorTo } = config.params
    if (mirrorTo !== undefined && !this.groups.willHave(mirrorTo, config, id)) throw noSuch('params.mirrorTo', mirrorTo)
  }

  /** Deployments have come or gone: says which names stand for nothing now, and has calls that wait look again. */
  changedGroups(): void {
    for (const [path, name] of this.#names()) {
      const key = `${path} names '${name}'`
      if (this.groups.has(name)) this.#missing.delete(key)
      else if (!this.#missing.has(key)) {
        this.#missing.add(key)
        this.#warn(`${key}, which is not there any more.`)
      }
    }
    this.room.wake()
  }

  *#names(): Iterable<readonly [path: string, name: string]> {
    for (const [path, name] of namesIn(this.options)) yield [`'${path}'`, name]
    for (const { id, mirrorTo } of this.groups.all)
      if (mirrorTo !== undefined) yield [`'mirrorTo' of the deployment '${id}'`, mirrorTo]
  }

  #warn(message: string): void {
    this.events.emit({ type: 'warning', message })
    try {
      this.options.logger?.warn({}, message)
    } catch {
      // theirs to mend
    }
  }

  /** No call begins any more, and none waits: those that were sent go on to their end. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.room.close(({ last }) => closedError(last))
  }

  begin(): void {
    this.calls++
  }

  end(): void {
    this.calls--
    if (this.calls > 0) return
    for (const settle of this.#idle) settle()
    this.#idle = []
  }

  /** Settles when no call is under way. */
  idle(): Promise<void> {
    if (this.calls === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** The budgets that a call draws on, beside its deployment's own. */
  budgetsOf(provider: string, tags: readonly string[] | undefined): Budget[] {
    const budgets: Budget[] = []
    if (this.#ofRouter) budgets.push(this.#ofRouter)
    const ofProvider = this.#ofProviders.get(provider)
    if (ofProvider) budgets.push(ofProvider)
    if (tags) {
      for (const tag of tags) {
        const ofTag = this.#ofTags.get(tag)
        if (ofTag) budgets.push(ofTag)
      }
    }
    return budgets
  }

  hasBudgetOf(tag: string): boolean {
    return this.#ofTags.has(tag)
  }

  get budgets(): Budget[] {
    const own = [...this.groups.all].flatMap(({ budget }) => budget ?? [])
    return [
      ...(this.#ofRouter ? [this.#ofRouter] : []),
      ...this.#ofProviders.values(),
      ...this.#ofTags.values(),
      ...own,
    ]
  }

  /** Leaves a deployment alone for a while. */
  coolDown(deployment: Deployment, { durationMs, reason, asked }: Verdict): void {
    const until = this.clock.wall() + durationMs
    deployment.refresh(this.clock.wall())
    // two failures at the same time are one
    if (!deployment.cooldown && !asked) deployment.streak++
    if (deployment.cooldown && deployment.cooldown.until >= until) return
    if (!deployment.cooldown) deployment.cooledAt = this.clock.now()
    deployment.cooldown = { until, reason, ...(asked && { asked }) }
    deployment.probe = 'none'
    this.state?.cooldown(deployment.id, deployment.cooldown)
    this.events.emit({ type: 'cooldown', deployment: deployment.id, reason, durationMs })
    this.room.wakeIn(durationMs)
  }

  /** The last deployment of a group fails too: the one that has rested longest may be well again, and is tried out. */
  tryOut(deployments: readonly Deployment[]): void {
    // shared cooldowns end for everybody or nobody
    if (this.state) return
    let next: Deployment | undefined
    for (const deployment of deployments) {
      const { cooldown } = deployment
      if (!cooldown || cooldown.asked) continue
      if (!next?.cooldown || cooldown.until < next.cooldown.until) next = deployment
    }
    if (!next) return
    next.cooldown = undefined
    next.probe = 'due'
  }

  /** A deployment answers again. */
  recover(deployment: Deployment): void {
    deployment.streak = 0
    deployment.failuresInARow = 0
    if (deployment.probe === 'none' && !deployment.cooldown) return
    deployment.probe = 'none'
    deployment.cooldown = undefined
    this.state?.recovered(deployment.id)
    this.events.emit({ type: 'recovered', deployment: deployment.id })
  }

  /** News of other processes. */
  #hear(usage: readonly SharedUsage[]): void {
    const now = this.clock.wall()
    for (const { id, requests, tokens, inFlight, cooldown, halfOpen, latency } of usage) {
      const deployment = this.groups.get(id)
      if (!deployment) continue
      deployment.refresh(now)
      const { others, window, rpm, maxParallelRequests: most } = deployment
      others.requests = Math.max(0, requests - window.first)
      others.tokens = Math.max(0, tokens - window.second)
      others.at = now
      // where there is no room, only the state itself can say when there is again
      const full =
        (this.enforceLimits && rpm !== undefined && requests + 1 >= rpm) || (most !== undefined && inFlight >= most)
      const until = now + (this.enforceLimits ? newsLast : newsSteer)
      deployment.shared = full ? undefined : { requests, tokens, inFlight, until }
      if (latency) deployment.latency.hear(now, latency)
      // two clocks differ a little: that is not another cooldown
      if (cooldown && cooldown.until > (deployment.cooldown?.until ?? now) + clocksDiffer) {
        deployment.cooldown = cooldown
        deployment.probe = 'none'
        this.room.wakeIn(cooldown.until - now)
        this.events.emit({
          type: 'cooldown',
          deployment: id,
          reason: `${cooldown.reason} (seen by another process)`,
          durationMs: cooldown.until - now,
        })
      } else if (!deployment.cooldown && deployment.probe !== 'sent') {
        // another process may have tried it out meanwhile
        deployment.probe = halfOpen ? 'due' : 'none'
      }
    }
  }

  #changed(state: 'shared' | 'local', error: Error | undefined, processes: number): void {
    const now = this.clock.wall()
    const local = state === 'local'
    for (const deployment of this.groups.all) {
      deployment.refresh(now)
      deployment.shared = local ? new Apart(deployment, processes, this.clock) : undefined
    }
    for (const budget of this.budgets) budget.setApart(now, local ? processes : undefined)
    this.events.emit({ type: 'state', state, ...(error && { error }) })
    this.room.wake()
  }

  #counts(): LocalCounts {
    const now = this.clock.wall()
    return {
      deployments: [...this.groups.all].map((deployment) => {
        deployment.refresh(now)
        const entries = deployment.window.entries()
        return {
          id: deployment.id,
          entries: entries.map(({ at, first, second }) => ({ at, requests: first, tokens: second })),
        }
      }),
      budgets: this.budgets.map((budget) => ({ budget, entries: budget.entries(now) })),
    }
  }
}

/** What every call gets of a Router that has been closed. */
export const closedError = (cause?: LLMError): LLMError =>
  new APIConnectionError('This Router has been closed: make a new one.', { retryable: false, cause })

const noSuch = (path: string, name: string) =>
  new BadRequestError(`The Router's options are wrong. '${path}' names '${name}', which there is not.`, { param: path })

const noGroup = (path: string, name: string) =>
  new BadRequestError(`The Router's options are wrong. '${path}' has an entry for '${name}', which there is not.`, {
    param: path,
  })

/** The names that lists of fallbacks have entries for. */
function* entriesIn(options: RouterOptions): Iterable<readonly [path: string, name: string]> {
  const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks } = options
  for (const [option, list] of Object.entries({ fallbacks, contextWindowFallbacks, contentPolicyFallbacks })) {
    for (const [index, entry] of (list ?? []).entries()) {
      for (const name of Object.keys(entry)) yield [`${option}.${index}`, name]
    }
  }
}

/** Where the options name groups that calls go to. */
function* namesIn(options: RouterOptions): Iterable<readonly [path: string, name: string]> {
  const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks, defaultFallbacks = [], mirrorTo = {} } = options
  const nameOf = (target: FallbackTarget) => (typeof target === 'string' ? target : target.model)
  for (const [option, list] of Object.entries({ fallbacks, contextWindowFallbacks, contentPolicyFallbacks })) {
    for (const [index, entry] of (list ?? []).entries()) {
      for (const [group, targets] of Object.entries(entry)) {
        for (const target of targets) yield [`${option}.${index}.${group}`, nameOf(target)]
      }
    }
  }
  for (const target of defaultFallbacks) yield ['defaultFallbacks', nameOf(target)]
  for (const [group, to] of Object.entries(mirrorTo)) yield [`mirrorTo.${group}`, to]
}

/** How long news of other processes is gone by, in milliseconds: where it keeps calls away, and where it only steers them. */
const newsLast = 250
const newsSteer = 1_000
/** In milliseconds. */
const clocksDiffer = 100
