import { type ModelInfo, modelInfo, supports } from '../../../pricing/index.js'
import type { ClientContext } from '../../call/context.js'
import { BadRequestError } from '../../errors.js'
import type { Budget } from '../../limits/budget.js'
import type { Cooldown, LimitAccount } from '../../limits/types.js'
import { RollingWindow } from '../../limits/window.js'
import type { RateLimits } from '../../types/meta.js'
import type { DeploymentConfig, DeploymentView } from '../types.js'
import { updateBudget } from './budgets.js'
import { canonical } from './deployment-id.js'
import { createRegistry, credentialsIn, defaultsIn, pricesIn, selectiveDefaults } from './deployment-params.js'
import { Latency } from './latency.js'

/** Known facts about a model. */
export interface Facts {
  readonly info: ModelInfo | undefined
  readonly maxInputTokens: number | undefined
  readonly tools: boolean | undefined
  readonly vision: boolean | undefined
  readonly schema: boolean | undefined
  /** Whether it continues an assistant message at the end of the history. */
  readonly prefill: boolean | undefined
}

const minute = 60_000
/** Models whose facts a wildcard deployment caches. */
const maxFacts = 1_000

/** Usage by all processes, as last reported. */
interface SharedUsage {
  requests: number
  tokens: number
  inFlight: number
  /** Milliseconds since 1970. */
  readonly validUntil: number
}

/** Configuration and state of one deployment. Times are milliseconds since 1970. */
export class Deployment implements DeploymentView {
  readonly id: string
  declare config: DeploymentConfig
  declare modelName: string
  declare model: string
  declare provider: string
  declare wildcard: boolean
  declare weight: number | undefined
  declare rpm: number | undefined
  declare tpm: number | undefined
  declare maxParallelRequests: number | undefined
  declare order: number
  declare region: string | undefined
  declare tags: readonly string[]
  declare variant: string | undefined
  declare mirrorTo: string | undefined
  declare timeout: number | undefined
  declare cooldownTime: number | undefined
  declare budget: Budget | undefined
  /** Parameters and options of its calls; those of the call itself take precedence. */
  declare defaults: Readonly<Record<string, unknown>>
  /** The defaults that selection depends on; `undefined` if there are none. */
  declare requirementDefaults: Readonly<Record<string, unknown>> | undefined
  /** Its credentials, over connections that all deployments share. */
  declare context: ClientContext
  /** The model behind its name, for prices and facts. */
  declare baseModel: string | undefined
  #priceName: string | undefined

  inFlight = 0
  /** Requests and tokens of this process. */
  readonly window = new RollingWindow(minute)
  /** Failures and calls of the last minute. */
  readonly outcomes = new RollingWindow(minute)
  latency = new Latency()
  inputCost: number | undefined
  outputCost: number | undefined
  cooldown: Cooldown | undefined
  /** The first call after a cooldown: `due` until it is sent, `sent` until it ends. */
  probe: 'none' | 'due' | 'sent' = 'none'
  /** Consecutive cooldowns without a successful call in between. */
  cooldownStreak = 0
  /** Start of its last cooldown, in monotonic milliseconds. */
  cooledAt = Number.NEGATIVE_INFINITY
  /** Consecutive failures. */
  failuresInARow = 0
  /** The error of its last health check. */
  unhealthy: string | undefined
  /** Remaining requests and tokens as reported by the provider, and until when that is valid. */
  requestsLeft = Number.POSITIVE_INFINITY
  requestsUntil = 0
  tokensLeft = Number.POSITIVE_INFINITY
  tokensUntil = 0
  /** Mean output tokens of its responses. */
  outputTokens: number | undefined
  picks = 0
  successes = 0
  failures = 0
  /** Usage by all processes as last reported; `undefined` without a recent report. */
  shared: SharedUsage | undefined

  /** Facts of the models behind a wildcard. */
  readonly #facts = new Map<string, Facts>()
  #ownFacts: Facts | undefined
  /** With and without enforced limits. */
  #accounts: { enforced?: LimitAccount; counted?: LimitAccount } = {}

  constructor(config: DeploymentConfig, id: string, base: ClientContext) {
    this.id = id
    // so that keys don't leak into the logs of a custom strategy
    for (const name of ['config', 'defaults', 'requirementDefaults', 'context'] as const) {
      Object.defineProperty(this, name, { value: undefined, writable: true, enumerable: false })
    }
    this.configure(config, base)
  }

  /**
   * Takes another configuration. Usage and spending stay: a new key is not a new limit.
   * @throws {BadRequestError} if it is wrong; then nothing has changed
   */
  configure(config: DeploymentConfig, base: ClientContext): void {
    const { params } = config
    const { id } = this
    const wildcard = params.model.includes('*') || config.modelName.includes('*')
    const slash = params.model.indexOf('/')
    const found = slash > 0 ? undefined : modelInfo(params.model, base.registry)
    if (slash <= 0 && !found && !wildcard) {
      throw new BadRequestError(
        `'model' of '${config.modelName}' must be 'provider/model' or a known model; got '${params.model}'.`,
        { param: 'modelList', model: params.model },
      )
    }
    const provider = found ? found.provider : params.model.slice(0, Math.max(0, slash))
    const credentials = credentialsIn(params)
    const [own] = Object.keys(credentials)
    if (!provider && own !== undefined) {
      throw new BadRequestError(
        `'${own}' of '${config.modelName}' would be sent to any provider. Name one in 'model', as in 'openai/*', or set it in 'client.providers'.`,
        { param: 'modelList' },
      )
    }
    // a separate registry: the price of its answers must outlive the deployment
    const prices = params.prices && pricesIn(params, base)
    const registry = prices && createRegistry(nameOf(id, params), prices)
    this.context = base.withProvider(provider, credentials, registry)
    if (this.model !== params.model) this.latency = new Latency()
    this.config = config
    this.modelName = config.modelName
    this.model = params.model
    this.wildcard = wildcard
    this.provider = provider
    this.weight = params.weight
    this.rpm = params.rpm
    this.tpm = params.tpm
    this.maxParallelRequests = params.maxParallelRequests
    this.order = params.order ?? 0
    this.region = params.region
    this.tags = params.tags ?? none
    this.variant = params.variant
    this.mirrorTo = params.mirrorTo
    this.timeout = params.timeout
    this.cooldownTime = params.cooldownTime
    const { maxBudget, budgetDuration, budgetWindow } = params
    const budget = maxBudget === undefined ? undefined : { maxBudget, budgetDuration, budgetWindow }
    this.budget = updateBudget(`deployment:${id}`, budget, this.budget)
    this.defaults = defaultsIn(params)
    this.requirementDefaults = selectiveDefaults(this.defaults)
    // the change may have fixed the cause of the cooldown
    this.cooldown = undefined
    this.probe = 'none'
    this.cooldownStreak = 0
    this.unhealthy = undefined
    this.requestsUntil = 0
    this.tokensUntil = 0
    this.#facts.clear()
    this.#ownFacts = undefined
    this.#accounts = {}
    this.retire(base)
    this.baseModel = params.baseModel
    if (prices) {
      this.#priceName = nameOf(id, params)
      this.baseModel = this.#priceName
      // answers from the cache are priced by the Router's registry
      base.registry.register(this.#priceName, prices)
    }
    const known = wildcard ? undefined : this.facts(this.model).info?.prices
    this.inputCost = perToken(known?.input)
    this.outputCost = perToken(known?.output)
  }

  isConfiguredAs(config: DeploymentConfig): boolean {
    const { dispatcher, fetch } = this.config.params
    const sameConnections = dispatcher === config.params.dispatcher && fetch === config.params.fetch
    return sameConnections && canonical(this.config) === canonical(config)
  }

  /** Removes its prices from the Router's registry. */
  retire({ registry }: ClientContext): void {
    if (this.#priceName !== undefined) registry.unregister(this.#priceName)
    this.#priceName = undefined
  }

  /** Known facts about the model that a call would reach. */
  facts(model: string): Facts {
    if (!this.wildcard && this.#ownFacts) return this.#ownFacts
    const known = this.#facts.get(model)
    if (known) return known
    if (this.#facts.size >= maxFacts) this.#facts.clear()
    const { registry } = this.context
    const asked = this.baseModel ?? model
    const info = modelInfo(asked, registry)
    const facts: Facts = {
      info,
      maxInputTokens: info?.maxInputTokens,
      tools: supports(asked, 'tools', registry),
      vision: supports(asked, 'vision', registry),
      schema: supports(asked, 'responseSchema', registry),
      prefill: supports(asked, 'assistantPrefill', registry),
    }
    if (this.wildcard) this.#facts.set(model, facts)
    else this.#ownFacts = facts
    return facts
  }

  /** The deployment as an account of a limit store. */
  account(enforceLimits: boolean): LimitAccount {
    const known = enforceLimits ? this.#accounts.enforced : this.#accounts.counted
    if (known) return known
    const { id, rpm, tpm, maxParallelRequests, budget } = this
    const account: LimitAccount = {
      ...budget?.account,
      key: `deployment:${id}`,
      ...(enforceLimits && { requests: rpm, tokens: tpm }),
      parallel: maxParallelRequests,
      counted: true,
    }
    this.#accounts[enforceLimits ? 'enforced' : 'counted'] = account
    return account
  }

  get requests(): number {
    return this.shared === undefined ? this.window.first : this.shared.requests
  }

  get tokens(): number {
    return this.shared === undefined ? this.window.second : this.shared.tokens
  }

  /** Drops counts and cooldowns that have expired. */
  refresh(now: number, horizon = this.window.horizon(now)): void {
    if (this.window.oldest < horizon) this.window.expireBefore(horizon)
    this.latency.expire(now)
    // an old report would keep calls away from capacity that is back
    if (this.shared !== undefined && this.shared.validUntil <= now) this.shared = undefined
    if (this.cooldown !== undefined && this.cooldown.until <= now) {
      this.cooldown = undefined
      if (this.probe === 'none') this.probe = 'due'
    }
  }

  /** Reserves the capacity of one request. Returns the slot of the window in which it is counted. */
  reserve(now: number, tokens: number): number {
    this.inFlight++
    if (this.shared) {
      this.shared.requests++
      this.shared.tokens += tokens
    }
    if (this.requestsLeft > 0) this.requestsLeft--
    return this.window.add(now, 1, tokens)
  }

  /**
   * Returns the capacity and replaces the estimated tokens.
   * @param refused whether it was never sent and is no request
   */
  release({ slot, tokens }: { readonly slot: number; readonly tokens: number }, used: number, refused: boolean): void {
    this.inFlight--
    if (this.shared) this.shared.inFlight = Math.max(0, this.shared.inFlight - 1)
    if (refused) this.requestsLeft++
    if (refused || used !== tokens) this.window.amend(slot, refused ? -1 : 0, used - tokens)
  }

  /** Takes the rate limits that the provider reports. */
  applyRateLimits(limits: RateLimits, now: number): void {
    const { requests, tokens } = limits
    if (requests?.remaining !== undefined) {
      this.requestsLeft = requests.remaining
      this.requestsUntil = now + (requests.resetMs ?? 1_000)
    }
    if (tokens?.remaining !== undefined) {
      this.tokensLeft = tokens.remaining
      this.tokensUntil = now + (tokens.resetMs ?? 1_000)
    }
  }

  view(): DeploymentView {
    const { id, modelName, model, provider, weight, rpm, tpm, maxParallelRequests, order, region, tags, variant } = this
    const { inFlight, requests, tokens, inputCost, outputCost } = this
    const { perTokenMs, firstTokenMs, callMs } = this.latency
    const set = { id, modelName, model, provider, weight, rpm, tpm, maxParallelRequests, order, region, tags, variant }
    return { ...set, inFlight, requests, tokens, latency: { perTokenMs, firstTokenMs, callMs }, inputCost, outputCost }
  }
}

const none: readonly string[] = Object.freeze([])
const perToken = (perMillion: number | undefined) => (perMillion === undefined ? undefined : perMillion / 1_000_000)

/** The name of a deployment's prices. It ends with the model's own name, which decides on parameters. */
const nameOf = (id: string, { baseModel, model }: DeploymentConfig['params']) =>
  `deployment/${id}/${baseModel ?? model}`
