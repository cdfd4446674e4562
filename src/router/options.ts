import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { ModelRegistry } from '../../pricing/index.js'
import { fromEnvironment } from '../call/environment.js'
import { accountOptions, callOptions, clientOptions, otherWords, toSnake } from '../call/options.js'
import { closestName } from '../call/suggest.js'
import { BadRequestError, LLMError } from '../errors.js'
import { parseDuration } from '../limits/duration.js'
import { operationList } from '../operations/index.js'
import type { DeploymentConfig, ErrorCounts, RouterOptions } from './types.js'

/**
 * Checks the options of a Router, and puts what the environment has where they say `os.environ/NAME`.
 * @throws {BadRequestError} with the path of each field that is wrong
 */
export function checkRouterOptions(options: RouterOptions): RouterOptions {
  const resolved = fromReferences(options, [])
  schema ??= optionsSchema()
  const result = schema.safeParse(resolved)
  if (!result.success) throw wrong(result.error.issues, resolved)
  const checked = resolved as RouterOptions
  checkNames(checked)
  return checked
}

/**
 * The same for one deployment that comes later.
 * @throws {BadRequestError} with the path of each field that is wrong
 */
export function checkDeployment(config: DeploymentConfig): DeploymentConfig {
  const { modelList } = checkRouterOptions({ modelList: [config] })
  return modelList[0] as DeploymentConfig
}

/** Options of a deployment: with a call or a fallback they would reach every deployment of every group. */
export const ofDeployments: ReadonlySet<string> = new Set([
  'apiKey',
  'apiBase',
  'organization',
  'project',
  'apiVersion',
  'baseModel',
  'region',
  'location',
])

/** Options of the whole call: a fallback is a part of it. */
const ofCalls: ReadonlySet<string> = new Set([
  ...['stream', 'timeout', 'signal', 'cache', 'callbacks', 'tags', 'allowedRegions', 'priority', 'resume'],
  ...['numRetries', 'maxRetries', 'maxRetryDelay', 'fallbacks', 'contextWindowFallbacks', 'contentPolicyFallbacks'],
])

/** What is wrong with a fallback's parameters, as the rest of a sentence; undefined where nothing is. */
export function notOfTarget(target: unknown): string | undefined {
  if (typeof target !== 'object' || target === null) return undefined
  for (const name of Object.keys(target)) {
    if (ofDeployments.has(name))
      return `is a group with parameters: '${name}' belongs to a deployment, and would go to every one of the group`
    if (ofCalls.has(name)) return `is a group with parameters: '${name}' is of the whole call, and not of a fallback`
    if (deploymentOptions.has(name) || accountOptions.has(name))
      return `is a group with parameters: '${name}' belongs to a deployment`
    if ([...wire, callOptions].some((names) => names.has(name))) continue
    const right = rightName(name)
    if (right) return `is a group with parameters: there is no '${name}'. Did you mean '${right}'?`
  }
  return undefined
}

let schema: z.ZodMiniType | undefined

const strategyNames = ['simple-shuffle', 'least-busy', 'usage-based', 'latency-based', 'cost-based', 'order']

// made with the first Router, not with the import
function optionsSchema(): z.ZodMiniType {
  const text = z.string().check(z.minLength(1, 'is empty'))
  const amount = z.number().check(z.gte(0, 'is 0 or more'))
  const positive = z.number().check(z.gt(0, 'is more than 0'))
  const whole = z.int().check(z.gte(0, 'is 0 or more'))
  const count = z.int().check(z.gte(1, 'is 1 or more'))
  const duration = z
    .string()
    .check(z.refine((value) => parseDuration(value) !== undefined, "is a time such as '30s', '12h', '1d' or '1mo'"))
  const budget = {
    maxBudget: amount,
    budgetDuration: z.optional(duration),
    budgetWindow: z.optional(z.enum(['rolling', 'calendar'])),
  }
  const params = z.looseObject({
    model: text,
    rpm: z.optional(positive),
    tpm: z.optional(positive),
    maxParallelRequests: z.optional(count),
    weight: z.optional(amount),
    order: z.optional(z.number()),
    region: z.optional(text),
    tags: z.optional(z.array(text)),
    timeout: z.optional(amount),
    maxBudget: z.optional(amount),
    budgetDuration: budget.budgetDuration,
    budgetWindow: budget.budgetWindow,
    prices: z.optional(z.looseObject({})),
    cooldownTime: z.optional(amount),
    variant: z.optional(text),
    mirrorTo: z.optional(text),
  })
  const target = z
    .union([text, z.looseObject({ model: text })], 'is a group, or { model: group, … }')
    .check(z.refine((value) => notOfTarget(value) === undefined, { error: ({ input }) => notOfTarget(input) }))
  const fallbacks = z.array(z.record(text, z.array(target)))
  const errors = z.strictObject(
    Object.fromEntries(errorClasses.map((name) => [name, z.optional(whole)])) as Record<
      string,
      z.ZodMiniOptional<typeof whole>
    >,
  )
  return z.strictObject({
    modelList: z
      .array(z.strictObject({ modelName: text, params, id: z.optional(text) }))
      .check(z.minLength(1, 'has no deployment')),
    routingStrategy: z.optional(
      z.union(
        [z.enum(strategyNames), z.custom((value) => typeof value === 'function')],
        `is one of ${strategyNames.join(', ')}, or a function`,
      ),
    ),
    // checked where they are used
    callbacks: z.optional(z.unknown()),
    redact: z.optional(z.unknown()),
    beforeSend: z.optional(z.unknown()),
    callbackQueue: z.optional(z.unknown()),
    callbackTimeout: z.optional(z.unknown()),
    logger: z.optional(z.unknown()),
    numRetries: z.optional(whole),
    retryPolicy: z.optional(errors),
    groupRetryPolicy: z.optional(z.record(text, errors)),
    maxRetryDelay: z.optional(amount),
    timeout: z.optional(amount),
    attemptTimeout: z.optional(amount),
    headersTimeout: z.optional(amount),
    firstTokenTimeout: z.optional(amount),
    idleTimeout: z.optional(amount),
    allowedFails: z.optional(whole),
    allowedFailsPolicy: z.optional(errors),
    cooldownTime: z.optional(amount),
    fallbacks: z.optional(fallbacks),
    contextWindowFallbacks: z.optional(fallbacks),
    contentPolicyFallbacks: z.optional(fallbacks),
    defaultFallbacks: z.optional(z.array(target)),
    maxFallbacks: z.optional(whole),
    modelGroupAlias: z.optional(z.record(text, text)),
    enforceLimits: z.optional(z.boolean()),
    queue: z.optional(
      z.union(
        [z.literal(false), z.strictObject({ maxSize: z.optional(whole), maxWait: z.optional(amount) })],
        'is false or { maxSize, maxWait }',
      ),
    ),
    preCallChecks: z.optional(z.boolean()),
    latencyBuffer: z.optional(amount),
    budgets: z.optional(
      z.strictObject({
        router: z.optional(z.strictObject(budget)),
        providers: z.optional(z.record(text, z.strictObject(budget))),
        tags: z.optional(z.record(text, z.strictObject(budget))),
      }),
    ),
    mirrorTo: z.optional(z.record(text, text)),
    healthCheck: z.optional(
      z.union(
        [
          z.boolean(),
          z.strictObject({
            interval: z.optional(positive),
            timeout: z.optional(positive),
            prompt: z.optional(text),
          }),
        ],
        'is true, false or { interval, timeout, prompt }',
      ),
    ),
    allowMockTesting: z.optional(z.boolean()),
    client: z.optional(z.looseObject({})),
    cache: z.optional(
      z.custom(
        (value) => value === false || (typeof value === 'object' && value !== null),
        'is false, or a cache such as memoryCache()',
      ),
    ),
    state: z.optional(z.custom(isState, 'is a state such as redisState(), with reserve(), settle() and close()')),
  })
}

/** What every call needs of a state. */
const ofStates = ['reserve', 'settle', 'cooldown', 'recovered', 'close']

const isState = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ofStates.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')

export const errorClasses = [
  'AuthenticationError',
  'PermissionDeniedError',
  'NotFoundError',
  'BadRequestError',
  'ContextWindowExceededError',
  'ContentPolicyViolationError',
  'UnsupportedParamsError',
  'ImageFetchError',
  'UnprocessableEntityError',
  'RateLimitError',
  'QuotaExceededError',
  'OverloadedError',
  'InternalServerError',
  'InvalidResponseError',
  'ServiceUnavailableError',
  'APIConnectionError',
  'TimeoutError',
  'StreamInterruptedError',
  'BudgetExceededError',
  'NoDeploymentsAvailableError',
  'JSONSchemaValidationError',
] as const satisfies readonly (keyof ErrorCounts)[]

/** What `params` of a deployment may have in camelCase. */
export const deploymentOptions: ReadonlySet<string> = new Set([
  ...['rpm', 'tpm', 'maxParallelRequests', 'weight', 'order', 'tags', 'maxBudget', 'budgetDuration', 'budgetWindow'],
  ...['prices', 'cooldownTime', 'variant', 'mirrorTo'],
])

const hasCapital = /[A-Z]/
/** What a call has and a deployment has not, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  signal: 'is not an option of a deployment',
  maxRetries: 'is not an option of a deployment: use numRetries of the Router',
  numRetries: 'is not an option of a deployment: use numRetries of the Router',
  cache: 'is not an option of a deployment: the Router looks before it chooses one',
  messages: 'belongs to a call',
  stream: 'belongs to a call',
}

function checkNames({ modelList, client = {}, budgets }: RouterOptions): void {
  for (const [index, { modelName, params }] of modelList.entries()) {
    const at = `modelList.${index}.params`
    for (const name of Object.keys(params)) checkName(name, `${at}.${name}`)
    if (params.prices) checkPrices(params.prices, `${at}.prices`)
    if (params.model.includes('*') && !modelName.includes('*')) {
      throw refused([`'${at}.model' has a '*', which stands for that of modelName, and '${modelName}' has none.`])
    }
    for (const name of ['budgetDuration', 'budgetWindow'] as const) {
      // a limit without its amount would be no limit
      if (params[name] !== undefined && params.maxBudget === undefined)
        throw refused([`'${at}.${name}' is of a budget, and '${at}.maxBudget' is missing.`])
    }
  }
  for (const name of ['timeout', 'maxRetries']) {
    // it would change nothing: the Router has its own
    if (Object.hasOwn(client, name)) {
      const own = name === 'timeout' ? 'timeout or attemptTimeout' : 'numRetries'
      throw refused([`'client.${name}' is not for the client of a Router: use ${own} of the Router.`])
    }
  }
  const providers = new Set(modelList.map(({ params: { model } }) => model.slice(0, Math.max(0, model.indexOf('/')))))
  for (const name of Object.keys(budgets?.providers ?? {})) {
    // nothing would ever be taken from it
    const right = providers.has(name) ? undefined : closestName(name, providers)
    if (right) throw refused([`'budgets.providers.${name}' is of no deployment. Did you mean '${right}'?`])
  }
}

const wire = operationList.map(({ params }) => params)
const ours = [deploymentOptions, callOptions, accountOptions]

function checkName(name: string, at: string): void {
  if (Object.hasOwn(elsewhere, name)) throw refused([`'${at}' ${elsewhere[name]}.`])
  if ([...wire, ...ours].some((names) => names.has(name))) return
  const right = rightName(name)
  if (right && Object.hasOwn(elsewhere, right)) throw refused([`'${at}' ${elsewhere[right]}.`])
  // what is ours would go to the model, and not be done
  if (right) {
    const field = hasCapital.test(name) ? '' : " A field of the provider's own can be put into 'extra_body'."
    throw refused([`Unknown option '${at}'. Did you mean '${right}'?${field}`])
  }
  if (hasCapital.test(name)) throw refused([`Unknown option '${at}'.`])
  if (clientOptions.has(name)) throw refused([`'${at}' is not an option of a deployment: give it in client.`])
}

/** Prefixes and endings that other libraries give to the same words. */
const dress = /^(?:aws|azure|vertex)_|_name$/g

/** The name that was meant; undefined for what is the provider's own. */
function rightName(name: string): string | undefined {
  if (Object.hasOwn(otherWords, name)) return otherWords[name]
  if (hasCapital.test(name)) {
    const snake = toSnake(name)
    if (wire.some((names) => names.has(snake))) return snake
  }
  const names = ours.flatMap((known) => [...known])
  return closestName(name, names) ?? closestName(name.replace(dress, ''), names)
}

/** @throws {BadRequestError} where one is no price and no fact of a model */
function checkPrices(prices: NonNullable<DeploymentConfig['params']['prices']>, at: string): void {
  try {
    new ModelRegistry().register('x', prices)
  } catch (error) {
    throw LLMError.is(error) ? refused([`'${at}' is wrong. ${error.message}`]) : error
  }
}

const environment = 'os.environ/'

/** `os.environ/NAME` becomes what stands in the environment. Functions, classes and dispatchers stay as they are. */
function fromReferences(value: unknown, path: readonly string[]): unknown {
  // objects with a life of their own, not a configuration
  const [at, below] = path
  const name = at === 'client' ? below : at
  if (name === 'callbacks' || name === 'logger') return value
  if (typeof value === 'string') {
    if (!value.startsWith(environment)) return value
    const name = value.slice(environment.length)
    if (name === '') throw refused([`'${path.join('.')}' says ${environment} without the name of a variable.`])
    const found = fromEnvironment([name])
    if (!found) throw refused([`'${path.join('.')}' is taken from ${name}, which is not set in the environment.`])
    return found.value
  }
  if (Array.isArray(value)) return value.map((item, index) => fromReferences(item, [...path, String(index)]))
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  // a fallback may leave out what the call has
  const keeps = 'model' in value && /fallbacks$/i.test(at ?? '')
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => keeps || item !== undefined)
      .map(([key, item]) => [key, living.has(key) ? item : fromReferences(item, [...path, key])]),
  )
}

/** Options that do something: a copy of them would not. */
const living: ReadonlySet<string> = new Set(['state', 'dispatcher'])

const isPlain = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly values?: readonly unknown[] | undefined
}

function wrong(issues: readonly unknown[], given: unknown): BadRequestError {
  const [first] = issues as readonly Issue[]
  const param = first && [...first.path.map(String), ...(first.keys?.slice(0, 1) ?? [])].join('.')
  return refused(
    (issues as readonly Issue[]).slice(0, 10).map((issue) => {
      const { path, code, keys } = issue
      const at = path.map(String).join('.')
      if (code === 'unrecognized_keys' && keys) {
        const spelled = keys.some((key) => key.includes('_')) ? ' Options are written in camelCase.' : ''
        return `Unknown option ${keys.map((key) => `'${at ? `${at}.` : ''}${key}'`).join(', ')}.${spelled}`
      }
      return at ? `'${at}' ${whatIsWrong(issue, given)}.` : 'They are an object such as { modelList }.'
    }),
    param,
  )
}

/** Says what it should be, and of what kind it is; never its value, which may be a key. */
function whatIsWrong({ path, message, code, expected, values }: Issue, given: unknown): string {
  if (message.startsWith('is ') || message.startsWith('has ')) return message
  let value = given
  for (const name of path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name]
  if (value === undefined) return 'is missing'
  if (code === 'invalid_value' && values) return `is one of ${values.join(', ')}`
  if (code !== 'invalid_type' || expected === undefined) return `is wrong: ${message}`
  return `is ${kinds[expected] ?? `a ${expected}`}, not ${kindOf(value)}`
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  record: 'an object',
  object: 'an object',
  int: 'a whole number',
  boolean: 'true or false',
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  const kind = Array.isArray(value) ? 'array' : typeof value
  return kinds[kind] ?? `a ${kind}`
}

/** @param param the field, where it is not the list */
const refused = (sentences: readonly string[], param = '') =>
  new BadRequestError(`The Router's options are wrong. ${sentences.join(' ')}`, { param: param || 'modelList' })

/**
 * An id that is the same in every process and after every start. Keys are part of it, for two deployments may differ in nothing
 * else; only their hash is.
 */
export function idOf({ id, modelName, params }: DeploymentConfig): string {
  if (id !== undefined) return id
  const hash = createHash('sha256')
    .update(canonical([modelName, params]))
    .digest('hex')
  return `${modelName.replaceAll(/[^\w.*/-]/g, '-')}-${hash.slice(0, 8)}`
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined && typeof item !== 'function')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${isDispatcher(item) ? '' : canonical(item)}`).join(',')}}`
}

/** Its insides are not a matter of identity. */
const isDispatcher = (value: unknown) => typeof value === 'object' && value !== null && 'dispatch' in value
