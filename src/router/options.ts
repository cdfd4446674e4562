import { ModelRegistry } from '../../pricing/index.js'
import { optionError } from '../call/option-issues.js'
import { LLMError } from '../errors.js'
import { parseDuration } from '../limits/duration.js'
import { closestName } from '../suggest.js'
import { resolveEnvironment } from './environment-references.js'
import { paramProblem, targetProblem } from './option-names.js'
import {
  amount,
  and,
  anything,
  boolean,
  checkRules,
  count,
  fields,
  isFunction,
  list,
  named,
  needed,
  number,
  oneOf,
  or,
  positive,
  type Rule,
  text,
  that,
  whole,
} from './option-rules.js'
import type { DeploymentConfig, ErrorCounts, RouterOptions } from './types.js'

/**
 * Validates the options of a Router, and replaces `os.environ/NAME` by environment variables.
 * @throws {BadRequestError} with the path of each wrong field
 */
export function checkRouterOptions(options: unknown): RouterOptions {
  const resolved = resolveEnvironment(options)
  rules ??= optionRules()
  const error = checkRules(rules, resolved, 'The options of a Router')
  if (error) throw error
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

let rules: Rule | undefined

const strategyNames = ['simple-shuffle', 'least-busy', 'usage-based', 'latency-based', 'cost-based', 'order']

// built with the first Router, not with the import
function optionRules(): Rule {
  const duration = and(text, (value) =>
    parseDuration(String(value)) === undefined ? "must be a duration such as '30s', '12h', '1d' or '1mo'" : undefined,
  )
  const budgetFields = {
    maxBudget: needed(amount),
    budgetDuration: duration,
    budgetWindow: oneOf(['rolling', 'calendar']),
  }
  const budget = fields(budgetFields)
  const params = fields(
    {
      model: needed(text),
      rpm: positive,
      tpm: positive,
      maxParallelRequests: count,
      weight: amount,
      order: number,
      region: text,
      tags: list(text),
      timeout: amount,
      ...budgetFields,
      maxBudget: amount,
      prices: fields({}, { open: true }),
      cooldownTime: amount,
      variant: text,
      mirrorTo: text,
    },
    { open: true },
  )
  const target = and(that(isTarget, 'must be a model group, or { model: group, … }'), targetProblem)
  const fallbacks = list(named(list(target)))
  const errors = fields(Object.fromEntries(errorClasses.map((name) => [name, whole])))
  const deployment = fields({ modelName: needed(text), params: needed(params), id: text })
  return fields({
    modelList: needed(
      and(list(deployment), (value) =>
        (value as readonly unknown[]).length === 0 ? 'must have at least one deployment' : undefined,
      ),
    ),
    routingStrategy: that(
      (value) => strategyNames.includes(value as string) || isFunction(value),
      `must be one of ${strategyNames.join(', ')}, or a function`,
    ),
    // validated by their users
    callbacks: anything,
    redact: anything,
    beforeSend: anything,
    callbackQueue: anything,
    callbackTimeout: anything,
    logger: anything,
    onSettled: that(isFunction, 'must be a function'),
    numRetries: whole,
    retryPolicy: errors,
    groupRetryPolicy: named(errors),
    maxRetryDelay: amount,
    timeout: amount,
    attemptTimeout: amount,
    headersTimeout: amount,
    firstTokenTimeout: amount,
    idleTimeout: amount,
    allowedFails: whole,
    allowedFailsPolicy: errors,
    cooldownTime: amount,
    fallbacks,
    contextWindowFallbacks: fallbacks,
    contentPolicyFallbacks: fallbacks,
    defaultFallbacks: list(target),
    maxFallbacks: whole,
    modelGroupAlias: named(text),
    enforceLimits: boolean,
    queue: or(isFalse, fields({ maxSize: whole, maxWait: amount }), 'must be false or { maxSize, maxWait }'),
    preCallChecks: boolean,
    affinity: or(
      isBoolean,
      fields({ by: list(oneOf(['session', 'response', 'prompt'])), ttl: positive, promptTtl: positive }),
      'must be a boolean or { by, ttl, promptTtl }',
    ),
    latencyBuffer: amount,
    budgets: fields({ router: budget, providers: named(budget), tags: named(budget), users: named(budget) }),
    mirrorTo: named(text),
    healthCheck: or(
      isBoolean,
      fields({ interval: positive, timeout: positive, prompt: text }),
      'must be a boolean or { interval, timeout, prompt }',
    ),
    allowMockTesting: boolean,
    client: fields({}, { open: true }),
    cache: that(
      (value) => value === false || (typeof value === 'object' && value !== null),
      'must be false, or a cache such as memoryCache()',
    ),
    state: that(isState, 'must be a state such as redisState(), with reserve(), settle() and close()'),
  })
}

const isFalse = (value: unknown): boolean => value === false
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'

/** A model group, or one with parameters. */
function isTarget(value: unknown): boolean {
  const model: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'model') : value
  return typeof model === 'string' && model !== ''
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
