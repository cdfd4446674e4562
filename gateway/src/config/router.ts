import type { ErrorCounts, FallbackList, RouterOptions, StrategyName } from 'llmux'
import { type Checker, isMap, Section, show, showPath } from './checker.js'
import type { Path } from './document.js'
import { nearest } from './suggest.js'

/** LiteLLM's names of the strategies, and the SDK's. */
const strategies: Readonly<Record<string, StrategyName>> = {
  'simple-shuffle': 'simple-shuffle',
  'least-busy': 'least-busy',
  'usage-based-routing': 'usage-based',
  'usage-based-routing-v2': 'usage-based',
  'usage-based': 'usage-based',
  'latency-based-routing': 'latency-based',
  'latency-based': 'latency-based',
  'cost-based-routing': 'cost-based',
  'cost-based': 'cost-based',
}

/** Error classes that policies of LiteLLM name. */
const errorClasses: Readonly<Record<string, readonly (keyof ErrorCounts)[]>> = {
  AuthenticationError: ['AuthenticationError', 'PermissionDeniedError'],
  TimeoutError: ['TimeoutError'],
  RateLimitError: ['RateLimitError', 'OverloadedError'],
  ContentPolicyViolationError: ['ContentPolicyViolationError'],
  InternalServerError: ['InternalServerError'],
  BadRequestError: ['BadRequestError', 'UnsupportedParamsError'],
  ContextWindowExceededError: ['ContextWindowExceededError'],
  NotFoundError: ['NotFoundError'],
  PermissionDeniedError: ['PermissionDeniedError'],
  ServiceUnavailableError: ['ServiceUnavailableError'],
  APIConnectionError: ['APIConnectionError'],
  UnprocessableEntityError: ['UnprocessableEntityError'],
}

/** Aliases as `/v1/models` needs them. */
export interface Alias {
  readonly name: string
  readonly group: string
  readonly hidden: boolean
}

export interface RoutingSettings {
  readonly options: Omit<RouterOptions, 'modelList'>
  readonly aliases: readonly Alias[]
  /** Seconds, for deployments. */
  readonly streamTimeout: number | undefined
  readonly maxParallelRequests: number | undefined
}

/** The options of the Router from `router_settings`, and from the keys that `litellm_settings` shares with it. */
export function readRouting(
  checker: Checker,
  router: Section,
  litellm: Section,
  groups: ReadonlySet<string>,
): RoutingSettings {
  const either = (key: string) => (router.has(key) ? router : litellm)
  const options: Record<string, unknown> = {}
  const set = (name: keyof RouterOptions, value: unknown) => {
    if (value !== undefined) options[name] = value
  }
  const strategy = router.text('routing_strategy')
  if (strategy !== undefined) {
    const known = strategies[strategy]
    if (known) set('routingStrategy', known)
    else {
      const near = nearest(strategy, Object.keys(strategies))
      checker.problem(
        [...router.path, 'routing_strategy'],
        `'router_settings.routing_strategy' must be one of ${Object.keys(strategies).slice(0, 7).join(', ')}; got '${strategy}'.${near ? ` Did you mean '${near}'?` : ''}`,
      )
    }
  }
  set('latencyBuffer', new Section([], router.map('routing_strategy_args') ?? {}).number('lowest_latency_buffer'))
  set('numRetries', either('num_retries').number('num_retries'))
  set('timeout', router.milliseconds('timeout'))
  set('maxFallbacks', router.number('max_fallbacks'))
  set('allowedFails', either('allowed_fails').number('allowed_fails'))
  set('cooldownTime', router.flag('disable_cooldowns') ? 0 : either('cooldown_time').milliseconds('cooldown_time'))
  set('retryPolicy', counts(checker, [...router.path, 'retry_policy'], router.map('retry_policy'), 'Retries'))
  set(
    'allowedFailsPolicy',
    counts(checker, [...router.path, 'allowed_fails_policy'], router.map('allowed_fails_policy'), 'AllowedFails'),
  )
  const byGroup = router.map('model_group_retry_policy')
  if (byGroup) {
    const path = [...router.path, 'model_group_retry_policy']
    set(
      'groupRetryPolicy',
      Object.fromEntries(
        Object.entries(byGroup).map(([group, policy]) => [
          group,
          counts(checker, [...path, group], isMap(policy) ? policy : {}, 'Retries') ?? {},
        ]),
      ),
    )
  }
  const aliases = readAliases(checker, [...router.path, 'model_group_alias'], router.map('model_group_alias'), groups)
  if (aliases.length > 0) set('modelGroupAlias', Object.fromEntries(aliases.map(({ name, group }) => [name, group])))
  const known = new Set([...groups, ...aliases.map(({ name }) => name)])
  for (const [key, name] of [
    ['fallbacks', 'fallbacks'],
    ['context_window_fallbacks', 'contextWindowFallbacks'],
    ['content_policy_fallbacks', 'contentPolicyFallbacks'],
  ] as const) {
    const section = either(key)
    set(name, fallbacksOf(checker, [...section.path, key], section.list(key), known))
  }
  const defaults = either('default_fallbacks')
  const targets = defaults.texts('default_fallbacks')
  for (const target of targets ?? []) checkGroup(checker, [...defaults.path, 'default_fallbacks'], target, known)
  set('defaultFallbacks', targets)
  set('preCallChecks', router.flag('enable_pre_call_checks') ?? false)
  const checks = router.texts('optional_pre_call_checks') ?? []
  if (checks.includes('enforce_model_rate_limits')) set('enforceLimits', true)
  const ttl = router.milliseconds('deployment_affinity_ttl_seconds')
  const prompts = checks.includes('prompt_caching')
  if (prompts || ttl !== undefined)
    set('affinity', { by: ['session', 'response', ...(prompts ? ['prompt'] : [])], ...(ttl !== undefined && { ttl }) })
  const providers = router.map('provider_budget_config')
  if (providers)
    set('budgets', { providers: providerBudgets(checker, [...router.path, 'provider_budget_config'], providers) })
  return {
    options: options as Omit<RouterOptions, 'modelList'>,
    aliases,
    streamTimeout: router.milliseconds('stream_timeout'),
    maxParallelRequests: router.number('default_max_parallel_requests'),
  }
}

/** `RateLimitErrorRetries: 3` or `RateLimitError: 3`. */
function counts(
  checker: Checker,
  path: Path,
  policy: Readonly<Record<string, unknown>> | undefined,
  suffix: string,
): ErrorCounts | undefined {
  if (!policy) return undefined
  const result: Record<string, number> = {}
  for (const [key, value] of Object.entries(policy)) {
    const name = key.endsWith(suffix) ? key.slice(0, -suffix.length) : key
    const classes = errorClasses[name]
    const count = new Section([], policy).number(key)
    if (!classes) {
      const known = Object.keys(errorClasses)
      const near = nearest(name, known) ?? known.find((one) => name.length > 5 && one.startsWith(name))
      checker.problem(
        [...path, key],
        `'${showPath([...path, key])}' is not a known class of errors.${near ? ` Did you mean '${near}${key === name ? '' : suffix}'?` : ''}`,
      )
    } else if (count === undefined || !Number.isInteger(count) || count < 0) {
      checker.problem(
        [...path, key],
        `'${showPath([...path, key])}' must be a whole number of 0 or more; got ${show(value)}.`,
      )
    } else {
      for (const one of classes) if (one === name || !Object.hasOwn(result, one)) result[one] = count
    }
  }
  return result
}

function readAliases(
  checker: Checker,
  path: Path,
  map: Readonly<Record<string, unknown>> | undefined,
  groups: ReadonlySet<string>,
): Alias[] {
  return Object.entries(map ?? {}).flatMap(([name, target]) => {
    const group = typeof target === 'string' ? target : isMap(target) ? target.model : undefined
    if (typeof group !== 'string') {
      checker.problem(
        [...path, name],
        `'${showPath([...path, name])}' must be a model group, or { model, hidden }; got ${show(target)}.`,
      )
      return []
    }
    checkGroup(checker, [...path, name], group, groups)
    return [{ name, group, hidden: isMap(target) && target.hidden === true }]
  })
}

function fallbacksOf(
  checker: Checker,
  path: Path,
  list: readonly unknown[] | undefined,
  groups: ReadonlySet<string>,
): FallbackList | undefined {
  return list?.flatMap((entry, index) => {
    const at = [...path, index]
    if (!isMap(entry)) {
      checker.problem(at, `'${showPath(at)}' must be a map of a group and its fallbacks; got ${show(entry)}.`)
      return []
    }
    for (const [group, targets] of Object.entries(entry)) {
      if (group !== '*') checkGroup(checker, [...at, group], group, groups)
      if (!Array.isArray(targets)) {
        checker.problem(
          [...at, group],
          `'${showPath([...at, group])}' must be a list of model groups; got ${show(targets)}.`,
        )
        continue
      }
      for (const [position, target] of targets.entries()) {
        const name = isMap(target) ? target.model : target
        if (typeof name === 'string') checkGroup(checker, [...at, group, position], name, groups)
        else checker.problem([...at, group, position], `A fallback must be a model group; got ${show(target)}.`)
      }
    }
    return [entry as Record<string, string[]>]
  })
}

/** A reference to a group that doesn't exist would never have an effect. */
function checkGroup(checker: Checker, path: Path, name: string, groups: ReadonlySet<string>): void {
  if (groups.has(name) || [...groups].some((group) => group.includes('*') && matches(group, name))) return
  const near = nearest(name, groups)
  const hint = near ? `Did you mean '${near}'?` : `Known groups: ${[...groups].slice(0, 12).join(', ')}.`
  checker.problem(path, `'${showPath(path)}' refers to an unknown model group '${name}'. ${hint}`)
}

const matches = (pattern: string, name: string) => {
  const [head = '', tail = ''] = pattern.split('*', 2)
  return name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
}

function providerBudgets(checker: Checker, path: Path, map: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(map).flatMap(([provider, value]) => {
      const section = new Section([...path, provider], isMap(value) ? value : {})
      const maxBudget = section.number('budget_limit') ?? section.number('max_budget')
      if (maxBudget === undefined) {
        checker.problem([...path, provider], `'${showPath([...path, provider])}' must have a 'budget_limit'.`)
        return []
      }
      const budgetDuration = section.text('time_period') ?? section.text('budget_duration')
      return [[provider, { maxBudget, ...(budgetDuration !== undefined && { budgetDuration }) }] as const]
    }),
  )
}
