import * as z from 'zod/mini'
import { ModelRegistry } from '../../pricing/index.js'
import { issuesError, optionError } from '../call/option-issues.js'
import { LLMError } from '../errors.js'
import { parseDuration } from '../limits/duration.js'
import { closestName } from '../suggest.js'
import { resolveEnvironment } from './environment-references.js'
import { paramProblem, targetProblem } from './option-names.js'
import type { DeploymentConfig, ErrorCounts, RouterOptions } from './types.js'

/**
 * Validates the options of a Router, and replaces `os.environ/NAME` by environment variables.
 * @throws {BadRequestError} with the path of each wrong field
 */
export function checkRouterOptions(options: unknown): RouterOptions {
  const resolved = resolveEnvironment(options)
  schema ??= optionsSchema()
  const result = schema.safeParse(resolved)
  if (!result.success) {
    throw issuesError(result.error.issues, { value: resolved, schema, path: [], name: 'The options of a Router' })
  }
  const checked = resolved as RouterOptions
  checkDeployments(checked)
  checkClient(checked)
  checkProviderBudgets(checked)
  return checked
}

/**
 * The same for one deployment that is added later.
 * @throws {BadRequestError} with the path of each wrong field
 */
export function checkDeployment(config: DeploymentConfig): DeploymentConfig {
  const { modelList } = checkRouterOptions({ modelList: [config] })
  return modelList[0] as DeploymentConfig
}

let schema: z.ZodMiniType | undefined

const strategyNames = ['simple-shuffle', 'least-busy', 'usage-based', 'latency-based', 'cost-based', 'order']

// built with the first Router, not with the import
function optionsSchema(): z.ZodMiniType {
  const text = z.string().check(z.minLength(1, 'must not be empty'))
  const amount = z.number().check(z.gte(0, 'must be 0 or more'))
  const positive = z.number().check(z.gt(0, 'must be more than 0'))
  const whole = z.int().check(z.gte(0, 'must be 0 or more'))
  const count = z.int().check(z.gte(1, 'must be 1 or more'))
  const duration = z
    .string()
    .check(
      z.refine((value) => parseDuration(value) !== undefined, "must be a duration such as '30s', '12h', '1d' or '1mo'"),
    )
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
    .union([text, z.looseObject({ model: text })], 'must be a model group, or { model: group, … }')
    .check(z.refine((value) => targetProblem(value) === undefined, { error: ({ input }) => targetProblem(input) }))
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
      .check(z.minLength(1, 'must have at least one deployment')),
    routingStrategy: z.optional(
      z.union(
        [z.enum(strategyNames), z.custom((value) => typeof value === 'function')],
        `must be one of ${strategyNames.join(', ')}, or a function`,
      ),
    ),
    // validated by their users
    callbacks: z.optional(z.unknown()),
    redact: z.optional(z.unknown()),
    beforeSend: z.optional(z.unknown()),
    callbackQueue: z.optional(z.unknown()),
    callbackTimeout: z.optional(z.unknown()),
    logger: z.optional(z.unknown()),
    onSettled: z.optional(z.custom((value) => typeof value === 'function', 'must be a function')),
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
        'must be false or { maxSize, maxWait }',
      ),
    ),
    preCallChecks: z.optional(z.boolean()),
    affinity: z.optional(
      z.union(
        [
          z.boolean(),
          z.strictObject({
            by: z.optional(z.array(z.enum(['session', 'response', 'prompt']))),
            ttl: z.optional(positive),
            promptTtl: z.optional(positive),
          }),
        ],
        'must be a boolean or { by, ttl, promptTtl }',
      ),
    ),
    latencyBuffer: z.optional(amount),
    budgets: z.optional(
      z.strictObject({
        router: z.optional(z.strictObject(budget)),
        providers: z.optional(z.record(text, z.strictObject(budget))),
        tags: z.optional(z.record(text, z.strictObject(budget))),
        users: z.optional(z.record(text, z.strictObject(budget))),
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
        'must be a boolean or { interval, timeout, prompt }',
      ),
    ),
    allowMockTesting: z.optional(z.boolean()),
    client: z.optional(z.looseObject({})),
    cache: z.optional(
      z.custom(
        (value) => value === false || (typeof value === 'object' && value !== null),
        'must be false, or a cache such as memoryCache()',
      ),
    ),
    state: z.optional(z.custom(isState, 'must be a state such as redisState(), with reserve(), settle() and close()')),
  })
}

/** Methods that every state must have. */
const stateMethods = ['reserve', 'settle', 'cooldown', 'recovered', 'close']

const isState = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  stateMethods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')

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

function checkDeployments({ modelList }: RouterOptions): void {
  for (const [index, { modelName, params }] of modelList.entries()) {
    const path = `modelList[${index}].params`
    for (const name of Object.keys(params)) {
      const problem = paramProblem(name, `${path}.${name}`)
      if (problem) throw optionError(problem, `${path}.${name}`)
    }
    if (params.prices) checkPrices(params.prices, `${path}.prices`)
    if (params.model.includes('*') && !modelName.includes('*')) {
      throw optionError(
        `'${path}.model' must not contain '*' unless 'modelName' does, because it stands for the same text; got modelName '${modelName}'.`,
        `${path}.model`,
      )
    }
    for (const name of ['budgetDuration', 'budgetWindow'] as const) {
      // a budget without an amount would be no limit
      if (params[name] !== undefined && params.maxBudget === undefined)
        throw optionError(`'${path}.${name}' requires '${path}.maxBudget'.`, `${path}.${name}`)
    }
  }
}

/** The Router has timeouts and retries of its own: those of its client would have no effect. */
function checkClient({ client = {} }: RouterOptions): void {
  for (const [name, own] of [
    ['timeout', "'timeout' or 'attemptTimeout'"],
    ['maxRetries', "'numRetries'"],
  ] as const) {
    if (Object.hasOwn(client, name))
      throw optionError(`'client.${name}' must not be set; use ${own} of the Router.`, `client.${name}`)
  }
}

/** Nothing would be charged to the budget of a misspelled provider. */
function checkProviderBudgets({ modelList, budgets }: RouterOptions): void {
  const providers = new Set(modelList.map(({ params: { model } }) => model.slice(0, Math.max(0, model.indexOf('/')))))
  for (const name of Object.keys(budgets?.providers ?? {})) {
    const suggestion = providers.has(name) ? undefined : closestName(name, providers)
    if (suggestion) {
      throw optionError(
        `'budgets.providers.${name}' refers to a provider without deployments. Did you mean '${suggestion}'?`,
        `budgets.providers.${name}`,
      )
    }
  }
}

/** @throws {BadRequestError} if a field is neither a price nor a fact of a model */
function checkPrices(prices: NonNullable<DeploymentConfig['params']['prices']>, path: string): void {
  try {
    new ModelRegistry().register('x', prices)
  } catch (error) {
    throw LLMError.is(error) ? optionError(`'${path}' is invalid. ${error.message}`, path) : error
  }
}
