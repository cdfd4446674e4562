import type { LLMError } from '../../errors.js'
import type { CooldownOrder } from '../deployments/availability.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import { deploymentOnly } from '../option-names.js'
import type { ErrorCounts, FallbackList, FallbackTarget, RouterCallOptions, RouterOptions } from '../types.js'

/** Tables by error class also match by the class above. */
const parents: Readonly<Record<string, string>> = {
  ContextWindowExceededError: 'BadRequestError',
  ContentPolicyViolationError: 'BadRequestError',
  UnsupportedParamsError: 'BadRequestError',
  ImageFetchError: 'BadRequestError',
  InvalidResponseError: 'InternalServerError',
}

function countFor(table: ErrorCounts | undefined, error: LLMError): number | undefined {
  if (!table) return undefined
  const counts: Readonly<Record<string, number | undefined>> = table
  const parent = parents[error.name]
  return counts[error.name] ?? (parent === undefined ? undefined : counts[parent])
}

// --- retries and fallbacks ------------------------------------------------------------------------------------------

const defaultRetries = 2

/** Retries of an error in a group: by the call, the policy of the group, the policy of the Router, its number of retries. */
export function allowedRetries(
  { groupRetryPolicy, retryPolicy, numRetries }: RouterOptions,
  call: RouterCallOptions,
  group: string,
  error: LLMError,
): number {
  return (
    call.numRetries ??
    countFor(groupRetryPolicy?.[group], error) ??
    countFor(retryPolicy, error) ??
    numRetries ??
    defaultRetries
  )
}

/**
 * Whether another attempt in the same group may succeed. Invalid keys, empty accounts, missing models and misconfigurations
 * concern one deployment only; an invalid request fails everywhere.
 */
export function isWorthRetrying(error: LLMError, others: boolean): boolean {
  switch (error.code) {
    case 'authentication':
    case 'permission_denied':
    case 'not_found':
    case 'quota_exceeded':
      return others
    case 'bad_request':
      return isMisconfiguration(error) ? others : error.retryable
    case 'aborted':
      return false
    default:
      return error.retryable
  }
}

const deploymentFields: ReadonlySet<string | undefined> = new Set([...deploymentOnly, 'model'])

/** Whether llmux itself rejected the configuration of the deployment, such as an unknown provider or a missing address. */
const isMisconfiguration = ({ code, status, param }: LLMError): boolean =>
  code === 'bad_request' && status === undefined && deploymentFields.has(param)

/** Whether another group may succeed. */
export function isWorthFallingBack(error: LLMError): boolean {
  switch (error.code) {
    case 'aborted':
    case 'image_fetch':
    case 'json_schema_validation':
      return false
    case 'bad_request':
      // another provider may accept what this one rejected, but not what llmux rejected before it was sent
      return error.status !== undefined || isMisconfiguration(error)
    default:
      return true
  }
}

/**
 * The fallbacks of a failed call, in order.
 * @param names the name that the call asked for, and its group
 */
export function selectFallbacks(
  { fallbacks, contextWindowFallbacks, contentPolicyFallbacks, defaultFallbacks }: RouterOptions,
  call: RouterCallOptions,
  names: readonly string[],
  error: LLMError,
): readonly FallbackTarget[] {
  if (call.fallbacks === false) return noTargets
  if (error.code === 'context_window_exceeded') {
    const targets = call.contextWindowFallbacks ?? findEntry(contextWindowFallbacks, names)
    if (targets) return targets
  }
  if (error.code === 'content_policy_violation') {
    const targets = call.contentPolicyFallbacks ?? findEntry(contentPolicyFallbacks, names)
    if (targets) return targets
  }
  return call.fallbacks ?? findEntry(fallbacks, names) ?? defaultFallbacks ?? noTargets
}

/** Whether the Router has a fallback for the next calls of a group. */
export const hasFallback = (options: RouterOptions, names: readonly string[], error: LLMError): boolean =>
  selectFallbacks(options, {}, names, error).length > 0

/** Whether an answer that was stopped by a content filter has a fallback of its own. */
export function hasContentPolicyFallback(
  { contentPolicyFallbacks }: RouterOptions,
  call: RouterCallOptions,
  names: readonly string[],
): boolean {
  if (call.fallbacks === false) return false
  return (call.contentPolicyFallbacks ?? findEntry(contentPolicyFallbacks, names) ?? noTargets).length > 0
}

const noTargets: readonly FallbackTarget[] = Object.freeze([])

function findEntry(list: FallbackList | undefined, names: readonly string[]): readonly FallbackTarget[] | undefined {
  if (!list) return undefined
  const candidates = names.flatMap((name) => [name, name.slice(name.indexOf('/') + 1)])
  for (const name of [...candidates, '*']) {
    for (const entry of list) if (Object.hasOwn(entry, name)) return entry[name]
  }
  return undefined
}

// --- cooldowns ------------------------------------------------------------------------------------------------------

interface FailureContext {
  readonly options: RouterOptions
  readonly group: ModelGroup
  /** Whether any other deployment of the group, or a fallback, could take calls now. */
  readonly others: boolean
  readonly probe: boolean
}

const defaultCooldown = 5_000
const maxCooldown = 86_400_000
/** Consecutive failures that start a cooldown, and calls per minute from which on the ratio of failures counts. */
const minFailures = 5

/** The cooldown after a failure; `undefined` if the deployment stays in use. */
export function cooldownFor(
  deployment: Deployment,
  error: LLMError,
  context: FailureContext,
): CooldownOrder | undefined {
  const { options, group, others, probe } = context
  if (!isDeploymentFault(error, deployment)) return undefined
  const base = deployment.cooldownTime ?? options.cooldownTime ?? defaultCooldown
  if (base === 0) return undefined
  // the only deployment is never cooled down into an outage
  if (group.deployments.length < 2 && !others) return undefined
  const asked = error.retryAfterMs
  // calls that began before the cooldown fail for the same cause
  const streak = deployment.cooldown ? Math.max(0, deployment.cooldownStreak - 1) : deployment.cooldownStreak
  const ownMs = asked === undefined ? base * 2 ** Math.min(streak, 4) : asked
  const durationMs = Math.min(maxCooldown, Math.max(0, ownMs))
  const coolDown = (reason: string): CooldownOrder => ({ durationMs, reason })
  if (asked !== undefined && asked > 0 && isUnavailable(error)) {
    return { ...coolDown(error.code === 'rate_limit' ? 'a rate limit' : error.name), asked: true }
  }
  // the last deployment stays in use: a failed call may be followed by a successful one
  if (!others) return undefined
  if (probe) return coolDown(`${error.name} in the first call after its cooldown`)
  const allowed = countFor(options.allowedFailsPolicy, error) ?? options.allowedFails
  if (allowed !== undefined) {
    const { first: failures } = deployment.outcomes
    return failures > allowed ? coolDown(`${failures} failures in a minute, the last ${error.name}`) : undefined
  }
  switch (error.code) {
    case 'rate_limit':
      return coolDown('a rate limit')
    case 'authentication':
    case 'permission_denied':
    case 'quota_exceeded':
    case 'not_found':
    case 'bad_request':
      return coolDown(error.name)
    default: {
      const { first: failures, second: calls } = deployment.outcomes
      if (calls >= minFailures && failures / calls > 0.5) {
        return coolDown(`${failures} of ${calls} calls failed in a minute, the last with ${error.name}`)
      }
      const inARow = Math.min(failures, deployment.failuresInARow)
      return inARow >= minFailures ? coolDown(`${inARow} failures in a row, the last ${error.name}`) : undefined
    }
  }
}

/** Whether a provider that names a delay will answer no call before. */
export const isUnavailable = ({ code }: LLMError): boolean =>
  code === 'rate_limit' || code === 'overloaded' || code === 'service_unavailable'

/** Whether a failure is about the deployment, not about the call. */
export function isDeploymentFault(error: LLMError, deployment: Deployment): boolean {
  switch (error.code) {
    case 'bad_request':
      return isMisconfiguration(error) && !deployment.wildcard
    case 'context_window_exceeded':
    case 'content_policy_violation':
    case 'unsupported_params':
    case 'image_fetch':
    case 'unprocessable_entity':
    case 'aborted':
    case 'json_schema_validation':
      return false
    case 'not_found':
      // calls choose the model behind a wildcard
      return !deployment.wildcard
    default:
      return true
  }
}

/** Whether the provider never received the request. */
export const wasNeverSent = (error: LLMError): boolean =>
  error.status === undefined &&
  (error.code === 'bad_request' ||
    error.code === 'unsupported_params' ||
    error.code === 'authentication' ||
    error.code === 'image_fetch')
