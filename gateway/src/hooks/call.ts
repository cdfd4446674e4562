import type { RouteInfo } from 'llmux/server'
import { forbiddenFields } from '../http/call-options.js'
import { badRequest } from '../refusal.js'
import type { Principal } from '../types.js'
import type { Hook, HookCall, HookCaller, HookScope } from './types.js'

/** A request to a model, as far as hooks are concerned. */
export interface HookRequest {
  readonly id: string
  readonly path: string
  readonly route: RouteInfo
  readonly principal: Principal
  readonly model: string
  /** Names of the model's group and of aliases on the way to it. */
  readonly models: readonly string[]
  /** The parameters of the model. Changes of hooks are written to it. */
  readonly params: Record<string, unknown>
  /** The body of the request, with the fields for the gateway. */
  readonly body: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly stream: boolean
  readonly signal: AbortSignal | undefined
}

/** The hook's view of a call. */
export class CallView implements HookCall {
  readonly id: string
  readonly operation: string
  readonly dialect: HookCall['dialect']
  readonly path: string
  readonly stream: boolean
  readonly requestedModel: string
  model: string
  readonly params: Readonly<Record<string, unknown>>
  readonly caller: HookCaller
  readonly signal: AbortSignal | undefined
  readonly state = new Map<string, unknown>()

  constructor({ id, path, route, principal, model, params, tags, stream, signal }: HookRequest) {
    this.id = id
    this.operation = route.operation
    this.dialect = route.dialect
    this.path = path
    this.stream = stream
    this.requestedModel = model
    this.model = model
    this.params = params
    this.caller = callerOf(principal, tags)
    this.signal = signal
  }
}

function callerOf(principal: Principal, tags: readonly string[]): HookCaller {
  const { master, role, keyAlias, userId, userEmail, teamId, teamAlias, organizationId, metadata } = principal
  return {
    ...{ master, role, keyAlias, userId, userEmail, teamId, teamAlias, organizationId, tags },
    metadata: withoutSecrets(metadata),
  }
}

// LiteLLM keeps credentials of callbacks in 'logging'
const secretName = /secret|passw|api_?key|token|credential|^logging$|^callback/i

function withoutSecrets(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(metadata)
  return names.some((name) => secretName.test(name))
    ? Object.fromEntries(Object.entries(metadata).filter(([name]) => !secretName.test(name)))
    : metadata
}

const never: ReadonlySet<string> = new Set(['model', 'stream', '__proto__', ...forbiddenFields])

/** Sets parameters, except for those that would change the form of the answer, the destination or a credential. */
export function setParams(params: Record<string, unknown>, changes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (never.has(name)) continue
    if (value === undefined) delete params[name]
    else params[name] = value
  }
}

/** Whether a hook is for a call. */
export function isFor(scope: HookScope | undefined, { principal, path, route, models }: HookRequest, model: string) {
  if (!scope) return true
  const { keyAlias, teamId, teamAlias } = principal
  return (
    matches(scope.keys, [keyAlias]) &&
    matches(scope.teams, [teamId, teamAlias]) &&
    matches(scope.models, [model, ...models]) &&
    matches(scope.routes, [path, route.operation])
  )
}

const matches = (patterns: readonly string[] | undefined, names: readonly (string | null)[]) =>
  !patterns || patterns.some((pattern) => names.some((name) => name !== null && fits(pattern, name)))

function fits(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

/**
 * Names of hooks that a request, its key or its team chooses with `guardrails`.
 * @throws a refusal if the request names an unknown one: its sender relies on it
 */
export function chosen({ body, principal }: HookRequest, known: ReadonlyMap<string, Hook>): ReadonlySet<string> {
  const asked = [body, body.metadata, body.litellm_metadata].flatMap(guardrailsOf)
  for (const name of asked) {
    if (!known.has(name)) throw badRequest(`There is no guardrail of the name '${name.slice(0, 100)}'.`, 'guardrails')
  }
  return new Set([...asked, ...guardrailsOf(principal.key?.metadata), ...guardrailsOf(principal.team?.metadata)])
}

function guardrailsOf(holder: unknown): string[] {
  const list: unknown = typeof holder === 'object' && holder !== null ? Reflect.get(holder, 'guardrails') : undefined
  if (!Array.isArray(list)) return []
  // LiteLLM's second form has parameters: { name: { … } }
  return list.flatMap((entry: unknown) =>
    typeof entry === 'string' ? [entry] : typeof entry === 'object' && entry !== null ? Object.keys(entry) : [],
  )
}
