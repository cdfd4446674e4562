import {
  type ModelFacts,
  type ModelInfo,
  type ModelPrices,
  ModelRegistry,
  modelInfo,
  supports,
} from '../../../pricing/index.js'
import type { ClientContext } from '../../call/context.js'
import { accountOptions } from '../../call/options.js'
import { BadRequestError } from '../../errors.js'
import { Budget } from '../../limits/budget.js'
import { RollingWindow } from '../../limits/window.js'
import type { RateLimits } from '../../types/meta.js'
import type { ProviderOptions } from '../../types/options.js'
import type { SharedCounts } from '../apart.js'
import { deploymentOptions } from '../options.js'
import type { DeploymentConfig, DeploymentView } from '../types.js'
import { Latency } from './latency.js'

/** Until when a deployment is left alone, and why. */
export interface Cooldown {
  /** Milliseconds since 1970. */
  readonly until: number
  readonly reason: string
  /** Whether the provider said for how long. */
  readonly asked?: boolean
}

/** What is known of a model; undefined is not known. */
export interface Facts {
  readonly info: ModelInfo | undefined
  readonly maxInputTokens: number | undefined
  readonly tools: boolean | undefined
  readonly vision: boolean | undefined
  readonly schema: boolean | undefined
  /** Whether it goes on with an assistant message at the end of the history. */
  readonly prefill: boolean | undefined
}

const minute = 60_000
/** Facts of models that a wildcard deployment remembers. */
const remembered = 1_000

const credentialOptions = ['apiKey', 'apiBase', 'organization', 'project', 'apiVersion', 'region', 'location'] as const

/** One deployment: what was configured, and how it stands. Times are milliseconds since 1970. */
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
  /** Parameters and options for its calls; a call's own win. */
  declare defaults: Readonly<Record<string, unknown>>
  /** Those of them that say what a call needs; undefined where none does. */
  declare asks: Readonly<Record<string, unknown>> | undefined
  /** Its own credentials, over the connections that all share. */
  declare context: ClientContext
  /** Where its prices are found: its own, or those of the model behind a name that says nothing. */
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
  /** After a cooldown one call goes first: `due` until it is sent, `sent` until it is back. */
  probe: 'none' | 'due' | 'sent' = 'none'
  /** Cooldowns in a row, without a good answer in between. */
  streak = 0
  /** When its last cooldown began, in monotonic milliseconds. */
  cooledAt = Number.NEGATIVE_INFINITY
  /** Failures without a good answer in between. */
  failuresInARow = 0
  /** What a health check found. */
  unhealthy: string | undefined
  /** What the provider's headers say is left, and until when that holds. */
  requestsLeft = Number.POSITIVE_INFINITY
  requestsUntil = 0
  tokensLeft = Number.POSITIVE_INFINITY
  tokensUntil = 0
  /** Mean output tokens of its answers. */
  outputTokens: number | undefined
  picks = 0
  successes = 0
  failures = 0
  /** What every process uses of it, as of the last news; without shared state, this process alone. */
  shared: SharedCounts | undefined
  /** What other processes used by that news, and when it came. */
  readonly others = { requests: 0, tokens: 0, at: 0 }

  /** Of the models behind a wildcard. */
  readonly #facts = new Map<string, Facts>()
  #ownFacts: Facts | undefined

  constructor(config: DeploymentConfig, id: string, base: ClientContext) {
    this.id = id
    // a strategy of the user's own sees deployments: their keys are not to be met with in its logs
    for (const name of ['config', 'defaults', 'asks', 'context'] as const) {
      Object.defineProperty(this, name, { value: undefined, writable: true, enumerable: false })
    }
    this.configure(config, base)
  }

  /**
   * Takes another configuration. What was counted and spent stays: a new key is not a new limit.
   * @throws {BadRequestError} where it is wrong; then nothing has changed
   */
  configure(config: DeploymentConfig, base: ClientContext): void {
    const { params } = config
    const { id } = this
    const wildcard = params.model.includes('*') || config.modelName.includes('*')
    const slash = params.model.indexOf('/')
    const found = slash > 0 ? undefined : modelInfo(params.model, base.registry)
    if (slash <= 0 && !found && !wildcard) {
      throw new BadRequestError(
        `The Router's options are wrong. The model '${params.model}' of '${config.modelName}' is not known by itself: write 'provider/model'.`,
        { param: 'modelList', model: params.model },
      )
    }
    const provider = found ? found.provider : params.model.slice(0, Math.max(0, slash))
    const credentials = credentialsOf(params)
    const [own] = Object.keys(credentials)
    if (!provider && own !== undefined) {
      throw new BadRequestError(
        `The Router's options are wrong. '${own}' of '${config.modelName}' would go to any provider: name one in its model, as in 'openai/*', or give it in client.providers.`,
        { param: 'modelList' },
      )
    }
    // a registry of its own: what it has answered keeps its price, whatever becomes of the deployment
    const prices = params.prices && pricesOf(params, base)
    const registry = prices && registryOf(nameOf(id, params), prices)
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
    this.budget = budgetOf(id, params, this.budget)
    this.defaults = defaultsOf(params)
    this.asks = asksOf(this.defaults)
    // what was wrong with it may be what has changed
    this.cooldown = undefined
    this.probe = 'none'
    this.streak = 0
    this.unhealthy = undefined
    this.requestsUntil = 0
    this.tokensUntil = 0
    this.#facts.clear()
    this.#ownFacts = undefined
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

  /** It is gone, and its prices with it. */
  retire({ registry }: ClientContext): void {
    if (this.#priceName !== undefined) registry.unregister(this.#priceName)
    this.#priceName = undefined
  }

  /** What is known of the model that a call would reach. */
  facts(model: string): Facts {
    if (!this.wildcard && this.#ownFacts) return this.#ownFacts
    const known = this.#facts.get(model)
    if (known) return known
    if (this.#facts.size >= remembered) this.#facts.clear()
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

  get requests(): number {
    return this.shared === undefined ? this.window.first : this.shared.requests
  }

  get tokens(): number {
    return this.shared === undefined ? this.window.second : this.shared.tokens
  }

  /** Brings the counts up to now. */
  refresh(now: number, horizon = this.window.horizon(now)): void {
    if (this.window.oldest < horizon) this.window.expireBefore(horizon)
    this.latency.forget(now)
    // old news would keep calls away from room that is there again
    if (this.shared !== undefined && this.shared.until <= now) this.shared = undefined
    if (this.cooldown !== undefined && this.cooldown.until <= now) {
      this.cooldown = undefined
      if (this.probe === 'none') this.probe = 'due'
    }
  }

  /** Takes the room of one request, and says in which slot it is counted. */
  occupy(now: number, tokens: number): number {
    this.inFlight++
    if (this.shared) {
      this.shared.requests++
      this.shared.tokens += tokens
    }
    if (this.requestsLeft > 0) this.requestsLeft--
    return this.window.add(now, 1, tokens)
  }

  /**
   * The request is over, and its tokens are known or not.
   * @param refused it was never sent: it was no request
   */
  vacate({ slot, tokens }: { readonly slot: number; readonly tokens: number }, used: number, refused: boolean): void {
    this.inFlight--
    if (this.shared) this.shared.inFlight = Math.max(0, this.shared.inFlight - 1)
    if (refused) this.requestsLeft++
    if (refused || used !== tokens) this.window.amend(slot, refused ? -1 : 0, used - tokens)
  }

  /** What the provider's headers said. */
  heard(limits: RateLimits, now: number): void {
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

function budgetOf(id: string, params: DeploymentConfig['params'], old: Budget | undefined): Budget | undefined {
  const { maxBudget, budgetDuration, budgetWindow } = params
  if (maxBudget === undefined) return undefined
  const budget = new Budget(`deployment:${id}`, { maxBudget, budgetDuration, budgetWindow })
  if (!old || old.duration?.ms !== budget.duration?.ms || old.calendar !== budget.calendar) return budget
  old.limit = maxBudget
  return old
}

/** The name of a deployment's prices. It ends with the model's own name, which decides on parameters. */
const nameOf = (id: string, { baseModel, model }: DeploymentConfig['params']) =>
  `deployment/${id}/${baseModel ?? model}`

/** Its own prices, over what is known of its model. */
const pricesOf = ({ prices, baseModel, model }: DeploymentConfig['params'], { registry }: ClientContext) => ({
  ...factsOf(modelInfo(baseModel ?? model, registry)),
  ...prices,
})

function registryOf(name: string, prices: ModelPrices & ModelFacts): ModelRegistry {
  const registry = new ModelRegistry()
  registry.register(name, prices)
  return registry
}

function factsOf(info: ModelInfo | undefined): ModelFacts {
  if (!info) return {}
  const { id: _id, provider: _provider, prices: _prices, source: _source, ...facts } = info
  return facts
}

const none: readonly string[] = Object.freeze([])
const perToken = (perMillion: number | undefined) => (perMillion === undefined ? undefined : perMillion / 1_000_000)

function defaultsOf(params: DeploymentConfig['params']): Record<string, unknown> {
  const defaults: Record<string, unknown> = {}
  const elsewhere: ReadonlySet<string> = new Set([...credentialOptions, 'model', 'timeout', 'baseModel', 'authToken'])
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || elsewhere.has(name) || deploymentOptions.has(name) || accountOptions.has(name)) continue
    defaults[name] = value
  }
  return defaults
}

const needed = ['tools', 'response_format', 'max_tokens', 'max_completion_tokens', 'n']

function asksOf(defaults: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const asks = Object.entries(defaults).filter(([name]) => needed.includes(name))
  return asks.length > 0 ? Object.fromEntries(asks) : undefined
}

function credentialsOf(params: DeploymentConfig['params']): ProviderOptions {
  const given: Readonly<Record<string, unknown>> = { ...params }
  const credentials: Record<string, unknown> = {}
  for (const name of [...credentialOptions, ...accountOptions]) {
    if (given[name] !== undefined) credentials[name] = given[name]
  }
  return credentials
}
