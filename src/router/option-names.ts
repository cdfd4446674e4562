import { accountOptions, callOptions, clientOptions, synonyms, toSnake } from '../call/options.js'
import { closestParameter } from '../call/request.js'
import { requestList } from '../operations/index.js'
import { closestName } from '../suggest.js'

/** Options of deployments that calls and fallbacks may not have: they would reach every deployment of a group. */
export const deploymentOnly: ReadonlySet<string> = new Set([
  'apiKey',
  'apiBase',
  'organization',
  'project',
  'apiVersion',
  'baseModel',
  'region',
  'location',
])

/** Options of a complete call. A fallback is a part of it. */
const callOnly: ReadonlySet<string> = new Set([
  ...['stream', 'timeout', 'signal', 'cache', 'callbacks', 'onSettled', 'tags', 'allowedRegions', 'session'],
  ...['priority', 'resume'],
  ...['numRetries', 'maxRetries', 'maxRetryDelay', 'fallbacks', 'contextWindowFallbacks', 'contentPolicyFallbacks'],
])

/** camelCase options in `params` of a deployment that are for the Router. */
export const deploymentOptions: ReadonlySet<string> = new Set([
  ...['rpm', 'tpm', 'maxParallelRequests', 'weight', 'order', 'tags', 'maxBudget', 'budgetDuration', 'budgetWindow'],
  ...['prices', 'cooldownTime', 'variant', 'mirrorTo'],
])

const modelParams = requestList.map(({ params }) => params)
const camelOptions = [deploymentOptions, callOptions, accountOptions]

/** The problem of a fallback with parameters, as the rest of a sentence. */
export function targetProblem(target: unknown): string | undefined {
  if (typeof target !== 'object' || target === null) return undefined
  for (const name of Object.keys(target)) {
    if (deploymentOnly.has(name) || deploymentOptions.has(name) || accountOptions.has(name)) {
      return `must not have '${name}', which belongs to a deployment: it would be sent to every one of the group`
    }
    if (callOnly.has(name)) return `must not have '${name}', which belongs to the complete call`
    if (isModelParam(name) || callOptions.has(name)) continue
    const suggestion = suggestOption(name)
    if (suggestion) return `has an unknown option '${name}'. Did you mean '${suggestion}'?`
  }
  return undefined
}

const isModelParam = (name: string) => modelParams.some((params) => params.has(name))

const hasCapital = /[A-Z]/

/** Options of calls that deployments can't have, and the reason. */
const misplaced: Readonly<Record<string, string>> = {
  signal: 'must be set on a call',
  maxRetries: "must be set on the Router, as 'numRetries'",
  numRetries: 'must be set on the Router',
  cache: 'must be set on the Router, which looks in its cache before it selects a deployment',
  messages: 'must be set on a call',
  stream: 'must be set on a call',
  onSettled: 'must be set on the Router or on a call',
}

/** The problem of an option in `params` of a deployment, as a complete sentence. */
export function paramProblem(name: string, path: string): string | undefined {
  if (Object.hasOwn(misplaced, name)) return `'${path}' ${misplaced[name]}.`
  if (isModelParam(name) || camelOptions.some((names) => names.has(name))) return undefined
  const suggestion = suggestOption(name)
  if (suggestion && Object.hasOwn(misplaced, suggestion)) return `'${path}' ${misplaced[suggestion]}.`
  if (suggestion) {
    // it would be sent to the model and have no effect
    const field = hasCapital.test(name) ? '' : " Put a field of the provider's own into 'extra_body'."
    return `Unknown option '${path}'. Did you mean '${suggestion}'?${field}`
  }
  if (hasCapital.test(name)) return `Unknown option '${path}'.`
  if (clientOptions.has(name)) return `'${path}' must be set in 'client'.`
  return undefined
}

/** Prefixes and endings that other libraries give to the same names. */
const affixes = /^(?:aws|azure|vertex)_|_name$/g

/** The option that was probably meant; `undefined` for a provider's own field. */
function suggestOption(name: string): string | undefined {
  if (Object.hasOwn(synonyms, name)) return synonyms[name]
  if (hasCapital.test(name)) {
    const snake = toSnake(name)
    if (isModelParam(snake)) return snake
  }
  const names = camelOptions.flatMap((known) => [...known])
  const option = closestName(name, names) ?? closestName(name.replace(affixes, ''), names)
  if (option || hasCapital.test(name)) return option
  for (const params of modelParams) {
    const parameter = closestParameter(name, params)
    if (parameter) return parameter
  }
  return undefined
}
