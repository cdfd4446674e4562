import { type CacheInput, checkCache } from '../../cache/policy.js'
import type { CacheOutcome } from '../../call/cache-outcome.js'
import { toCamel } from '../../call/options.js'
import { sensitive } from '../../call/target.js'
import { BadRequestError, type LLMError } from '../../errors.js'
import type { CallRecorder } from '../../observe/call-recorder.js'
import type { Attempt } from '../../types/meta.js'
import type { CompletionRequest, EmbeddingRequest, RerankRequest } from '../../types/options.js'
import type { Deployment } from '../deployments/deployment.js'
import { notOfTarget, ofDeployments } from '../options.js'
import { Requirements, type RoutedOperation } from '../selection/requirements.js'
import type { FallbackTarget, RouterCallOptions } from '../types.js'

export type RoutedRequest = (CompletionRequest | EmbeddingRequest | RerankRequest) & RouterCallOptions

/** One call on its way through the Router. */
export class RoutedCall {
  readonly operation: RoutedOperation
  /** The name that the caller asked for. */
  readonly requested: string
  /** What travels on: without the Router's own options, and without `model`. */
  readonly request: Readonly<Record<string, unknown>>
  readonly options: RouterCallOptions
  readonly stream: boolean
  /** What the call says of its cache. */
  readonly cache: CacheInput
  readonly signal: AbortSignal | undefined
  /** Monotonic milliseconds. */
  readonly startedAt: number
  readonly deadline: number
  readonly timeout: number
  readonly attempts: Attempt[]
  /** Where the stream broke that this ride continues. */
  readonly broke: Deployment | undefined
  /** What it asks for as it was made; a fallback may ask for something else. */
  readonly needs: Requirements
  /** ModelGroups and deployments that were fallen back to, with the one that was asked for. */
  readonly visited = new Set<string>()
  fallbacks: number
  /** How its last try failed. */
  last: LLMError | undefined
  /** Who is told how it goes. */
  watch: CallRecorder | undefined
  /** What its cache has to say. */
  note: CacheOutcome | undefined
  /** The text that is to be gone on with: the last message, whatever the others are. */
  readonly prefix: unknown

  /** @param broken the ride that this one goes on with, and where it broke */
  constructor(
    operation: RoutedOperation,
    given: RoutedRequest,
    now: number,
    timeout: number,
    broken?: { ride: RoutedCall; deployment: Deployment; prefix: unknown },
  ) {
    const { request, options, model, own } = split(given)
    this.operation = operation
    this.requested = model
    this.request = request
    this.options = options
    this.stream = operation === 'chat' && request.stream === true
    this.cache = own.cache
    this.signal = own.signal ?? undefined
    this.timeout = own.timeout ?? timeout
    this.startedAt = broken?.ride.startedAt ?? now
    this.deadline = broken?.ride.deadline ?? (this.timeout > 0 ? now + this.timeout : Number.POSITIVE_INFINITY)
    this.attempts = broken?.ride.attempts ?? []
    this.fallbacks = broken?.ride.fallbacks ?? 0
    this.broke = broken?.deployment
    this.prefix = broken?.prefix
    this.needs = new Requirements(operation, { ...request, model }, broken !== undefined)
  }
}

/** One group that a ride tries: its own retries, and perhaps other parameters. */
export interface FallbackStep {
  readonly target: FallbackTarget
  readonly model: string
  readonly overrides: Readonly<Record<string, unknown>> | undefined
  /** What the call asks for with these. */
  readonly needs: Requirements
  /** Deployments that have failed on this leg. */
  readonly tried: Set<Deployment>
}

export function createStep(
  target: FallbackTarget,
  { operation, request, requested, needs, broke, prefix }: RoutedCall,
): FallbackStep {
  const tried = new Set(broke && [broke])
  if (typeof target === 'string') return { target, model: target, overrides: undefined, needs, tried }
  const { model, ...overrides } = target
  if (prefix !== undefined && Array.isArray(overrides.messages)) overrides.messages = [...overrides.messages, prefix]
  const asked = { ...request, model: requested, ...overrides }
  return { target, model, overrides, needs: new Requirements(operation, asked, needs.prefill), tried }
}

const routerOptions = [
  'tags',
  'allowedRegions',
  'priority',
  'numRetries',
  'fallbacks',
  'contextWindowFallbacks',
  'contentPolicyFallbacks',
  'resume',
  'mockTestingFallbacks',
  'mockTestingContextFallbacks',
  'mockTestingContentPolicyFallbacks',
  'mockTestingRateLimitError',
] as const satisfies readonly (keyof RouterCallOptions)[]

const isRouterOption: ReadonlySet<string> = new Set(routerOptions)

/** A Router's option in the other casing: what it is for would go to the model, and not be done. */
const misspelt = (name: string) => name.includes('_') && isRouterOption.has(toCamel(name))

function split(given: RoutedRequest) {
  const request: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  let model: unknown
  let timeout: unknown
  for (const name in given) {
    const value = (given as unknown as Record<string, unknown>)[name]
    if (value === undefined) continue
    if (name === 'model') model = value
    else if (name === 'cache') checkCache(value)
    else if (name === 'timeout') timeout = value
    else if (isRouterOption.has(name)) options[name] = value
    else if (name === 'maxRetries') options.numRetries ??= value
    else if (misspelt(name)) {
      throw new BadRequestError(`Unknown option '${name}'. Did you mean '${toCamel(name)}'?`, { param: name })
    } else if (ofDeployments.has(name)) {
      throw new BadRequestError(
        `'${name}' belongs to a deployment of the Router, not to a call: it would go to every provider of the group.`,
        { param: name },
      )
    } else request[name] = value
  }
  checkOptions(options)
  checkHeaders(request.headers)
  if (typeof model !== 'string' || model === '') {
    throw new BadRequestError("'model' is the name of a model group, or a deployment's id.", { param: 'model' })
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
    throw new BadRequestError("'timeout' is a number of milliseconds, 0 or more.", { param: 'timeout' })
  }
  return {
    request,
    options: options as RouterCallOptions,
    model,
    own: { signal: given.signal, cache: given.cache, timeout: timeout as number | undefined },
  }
}

/** What looks like a credential would go to every provider. */
function checkHeaders(headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return
  const name = Object.keys(headers).find((one) => sensitive.test(one.toLowerCase()))
  if (name === undefined) return
  throw new BadRequestError(
    `The header '${name}' belongs to a deployment of the Router, not to a call: it would go to every provider of the group.`,
    { param: 'headers' },
  )
}

function checkOptions(options: Readonly<Record<string, unknown>>): void {
  for (const name in options) {
    const value = options[name]
    const wrong = (what: string) => new BadRequestError(`'${name}' is ${what}.`, { param: name })
    switch (name) {
      case 'tags':
      case 'allowedRegions':
        if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw wrong('a list of strings')
        break
      case 'priority':
        if (typeof value !== 'number' || Number.isNaN(value)) throw wrong('a number, the lower the sooner')
        break
      case 'numRetries':
        if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong('a whole number, 0 or more')
        break
      case 'fallbacks':
        if (value !== false) checkTargets(value, wrong)
        break
      case 'contextWindowFallbacks':
      case 'contentPolicyFallbacks':
        checkTargets(value, wrong)
        break
      case 'resume':
        if (value !== 'continue') throw wrong("'continue', or left out")
        break
      default:
        if (typeof value !== 'boolean') throw wrong('true or false')
    }
  }
}

function checkTargets(value: unknown, wrong: (what: string) => BadRequestError): void {
  const right = (target: unknown) =>
    typeof target === 'string' ||
    (typeof target === 'object' && target !== null && 'model' in target && typeof target.model === 'string')
  if (!Array.isArray(value) || !value.every(right)) {
    throw wrong("a list of groups, such as ['claude'] or [{ model: 'claude', temperature: 0 }]")
  }
  for (const target of value) {
    const misplaced = notOfTarget(target)
    if (misplaced) throw wrong(`a list of groups, one of which ${misplaced}`)
  }
}
