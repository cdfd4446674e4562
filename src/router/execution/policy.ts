import type { LLMError } from '../../errors.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import { ofDeployments } from '../options.js'
import type { ErrorCounts, FallbackList, FallbackTarget, RouterOptions } from '../types.js'

/** The class of an error and those above it, for tables by error. */
const above: Readonly<Record<string, string>> = {
  ContextWindowExceededError: 'BadRequestError',
  ContentPolicyViolationError: 'BadRequestError',
  UnsupportedParamsError: 'BadRequestError',
  ImageFetchError: 'BadRequestError',
  InvalidResponseError: 'InternalServerError',
}

/** What a table says of an error: of its class, or of the class above. */
export function countFor(table: ErrorCounts | undefined, error: LLMError): number | undefined {
  if (!table) return undefined
  const counts: Readonly<Record<string, number | undefined>> = table
  const parent = above[error.name]
  return counts[error.name] ?? (parent === undefined ? undefined : counts[parent])
}

/**
 * Whether another deployment of the same group may answer what this one did not. A wrong key, an empty account and a missing
 * model are this deployment's alone, and so is what it is configured wrong with; a wrong request is wrong everywhere.
 */
export function worthRetrying(error: LLMError, others: boolean): boolean {
  switch (error.code) {
    case 'authentication':
    case 'permission_denied':
    case 'not_found':
    case 'quota_exceeded':
      return others
    case 'bad_request':
      return isSetWrong(error) ? others : error.retryable
    case 'timeout':
      return error.retryable
    case 'aborted':
      return false
    default:
      return error.retryable
  }
}

/** Fields that a deployment has and a call has not. */
const ofDeployment: ReadonlySet<string | undefined> = new Set([...ofDeployments, 'model'])

/** Whether llmux refused what the deployment is configured with: an unknown provider, no address, no region. */
const isSetWrong = ({ code, status, param }: LLMError): boolean =>
  code === 'bad_request' && status === undefined && ofDeployment.has(param)

/** Whether another group may answer. A call that is wrong in itself is wrong there too. */
export function worthFallingBack(error: LLMError): boolean {
  switch (error.code) {
    case 'aborted':
    case 'image_fetch':
    case 'json_schema_validation':
      return false
    case 'bad_request':
      // refused by a provider, which another may see differently; not by llmux itself, before anything was sent
      return error.status !== undefined || isSetWrong(error)
    default:
      return true
  }
}

/** What a failure means for the deployment. */
export interface Verdict {
  readonly durationMs: number
  readonly reason: string
  /** The provider said for how long: that it asks again and again says nothing about how long it fails. */
  readonly asked?: boolean
}

interface Situation {
  readonly options: RouterOptions
  readonly group: ModelGroup
  readonly now: number
  /** Whether any other deployment of the group could take calls now. */
  readonly others: boolean
  readonly probe: boolean
}

const defaultCooldown = 5_000
const mostCooldown = 86_400_000
/** So many failures in a row are enough; and among so many calls of a minute the ratio counts. */
const fewest = 5

/** Whether a deployment should be left alone after a failure, and for how long. Undefined: go on using it. */
export function cooldownFor(deployment: Deployment, error: LLMError, situation: Situation): Verdict | undefined {
  const { options, group, others, probe } = situation
  if (!isItsFault(error, deployment)) return undefined
  const base = deployment.cooldownTime ?? options.cooldownTime ?? defaultCooldown
  if (base === 0) return undefined
  // a group of one is never cooled into an outage
  if (group.deployments.length < 2) return undefined
  const asked = error.retryAfterMs
  // what fails beside it, in calls that began before, is the same failure
  const streak = deployment.cooldown ? Math.max(0, deployment.streak - 1) : deployment.streak
  const durationMs = Math.min(
    mostCooldown,
    Math.max(asked ?? 0, asked === undefined ? base * 2 ** Math.min(streak, 4) : 0),
  )
  const verdict = (reason: string): Verdict => ({ durationMs, reason })
  // told so by the provider: it will not answer before
  if (asked !== undefined && asked > 0 && error.code === 'rate_limit')
    return { ...verdict('a rate limit'), asked: true }
  // the last one standing goes on: a bad answer may be followed by a good one, and no answer by none
  if (!others) return undefined
  if (probe) return verdict(`${error.name} at the first call after its cooldown`)
  const allowed = countFor(options.allowedFailsPolicy, error) ?? options.allowedFails
  if (allowed !== undefined) {
    const { first: failures } = deployment.outcomes
    return failures > allowed ? verdict(`${failures} failures in a minute, the last ${error.name}`) : undefined
  }
  switch (error.code) {
    case 'rate_limit':
      return verdict('a rate limit')
    case 'authentication':
    case 'permission_denied':
    case 'quota_exceeded':
    case 'not_found':
    case 'bad_request':
      return verdict(error.name)
    default: {
      const { first: failures, second: calls } = deployment.outcomes
      if (calls >= fewest && failures / calls > 0.5) {
        return verdict(`${failures} of ${calls} calls failed in a minute, the last with ${error.name}`)
      }
      const row = Math.min(failures, deployment.failuresInARow)
      return row >= fewest ? verdict(`${row} failures in a row, the last ${error.name}`) : undefined
    }
  }
}

/** Whether a failure says something about the deployment, and not about the call. */
export function isItsFault(error: LLMError, deployment: Deployment): boolean {
  switch (error.code) {
    case 'bad_request':
      return isSetWrong(error) && !deployment.wildcard
    case 'context_window_exceeded':
    case 'content_policy_violation':
    case 'unsupported_params':
    case 'image_fetch':
    case 'unprocessable_entity':
    case 'aborted':
    case 'json_schema_validation':
      return false
    case 'not_found':
      // behind a wildcard any name may come
      return !deployment.wildcard
    default:
      return true
  }
}

/** Whether the provider never heard of the call. */
export const wasRefusedHere = (error: LLMError): boolean =>
  error.status === undefined &&
  (error.code === 'bad_request' ||
    error.code === 'unsupported_params' ||
    error.code === 'authentication' ||
    error.code === 'image_fetch')

/**
 * Where a failed call goes on, in order.
 * @param names what the call asked for, and the group that it stands for
 */
export function fallbacksFor(
  { fallbacks, contextWindowFallbacks, contentPolicyFallbacks, defaultFallbacks }: RouterOptions,
  own: {
    fallbacks?: readonly FallbackTarget[] | false | undefined
    contextWindowFallbacks?: readonly FallbackTarget[] | undefined
    contentPolicyFallbacks?: readonly FallbackTarget[] | undefined
  },
  names: readonly string[],
  error: LLMError,
): readonly FallbackTarget[] {
  if (own.fallbacks === false) return noTargets
  if (error.code === 'context_window_exceeded') {
    const targets = own.contextWindowFallbacks ?? entry(contextWindowFallbacks, names)
    if (targets) return targets
  }
  if (error.code === 'content_policy_violation') {
    const targets = own.contentPolicyFallbacks ?? entry(contentPolicyFallbacks, names)
    if (targets) return targets
  }
  return own.fallbacks ?? entry(fallbacks, names) ?? defaultFallbacks ?? noTargets
}

const noTargets: readonly FallbackTarget[] = Object.freeze([])

function entry(list: FallbackList | undefined, names: readonly string[]): readonly FallbackTarget[] | undefined {
  if (!list) return undefined
  const known = names.flatMap((name) => [name, name.slice(name.indexOf('/') + 1)])
  for (const name of [...known, '*']) {
    for (const one of list) if (Object.hasOwn(one, name)) return one[name]
  }
  return undefined
}
