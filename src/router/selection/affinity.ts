import type { CallOperation } from '../../../providers/contract.js'
import type { Clock } from '../../call/clock.js'
import { digest } from '../../platform/index.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import type { AffinityKind, AffinityOptions, RouterCallOptions } from '../types.js'

/** Sessions in memory. The one that was used least recently is forgotten first. */
const mostSessions = 10_000
/** Providers cache prompts from about 1,024 tokens on. In characters. */
const shortestPrompt = 4_096

interface Kept {
  readonly deployment: string
  /** Milliseconds since 1970. */
  readonly until: number
}

/** What makes a call one of a session. */
export interface AffinityKey {
  readonly kind: AffinityKind
  readonly name: string
}

interface AffinityCall {
  readonly operation: CallOperation
  readonly requirements: { readonly characters: number }
  readonly request: Readonly<Record<string, unknown>>
  readonly options: RouterCallOptions
}

/**
 * Keeps the calls of one session on one deployment, so that its prompt cache stays warm. A new session goes to the deployment that a
 * hash selects, so several processes agree without talking. A session whose deployment was not available stays with the next one.
 */
export class Affinity {
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  #by: ReadonlySet<AffinityKind>
  #ttl: number
  #promptTtl: number

  constructor(clock: Clock, options: AffinityOptions | boolean | undefined) {
    this.#clock = clock
    ;[this.#by, this.#ttl, this.#promptTtl] = resolve(options)
  }

  configure(options: AffinityOptions | boolean | undefined): void {
    ;[this.#by, this.#ttl, this.#promptTtl] = resolve(options)
  }

  /** The session of a call, by the strongest sign of one. */
  keyOf({ operation, request, options, requirements }: AffinityCall): AffinityKey | undefined {
    const by = this.#by
    if (by.has('response') && (operation === 'responses' || operation === 'compactResponse')) {
      const name = request.previous_response_id ?? idOf(request.conversation)
      if (typeof name === 'string') return { kind: 'response', name }
    }
    if (by.has('session')) {
      const name = options.session ?? request.prompt_cache_key
      if (typeof name === 'string' && name !== '') return { kind: 'session', name }
    }
    if (!by.has('prompt') || requirements.characters < shortestPrompt) return undefined
    const name = beginningOf(request)
    return name === undefined ? undefined : { kind: 'prompt', name }
  }

  /** The deployment of the session, if it is one of the available ones. */
  prefer(key: AffinityKey, group: ModelGroup, pool: readonly Deployment[]): Deployment | undefined {
    const kept = this.#find(placeOf(key, group))
    const found = kept === undefined ? undefined : pool.find(({ id }) => id === kept)
    // a response is known to the account that made it, and to no other one
    return found ?? (key.kind === 'response' ? undefined : byHash(key.name, pool))
  }

  /** Place in a group that is too large for a selection, from 0 to below 1: the same for all calls of a session. */
  startOf({ name }: AffinityKey): number {
    return hash(name) / 2 ** 32
  }

  /** Notes the deployment that has answered a call of the session. */
  keep(key: AffinityKey, group: ModelGroup, { id }: Deployment): void {
    const place = placeOf(key, group)
    const ttl = key.kind === 'prompt' ? this.#promptTtl : this.#ttl
    this.#kept.delete(place)
    this.#kept.set(place, { deployment: id, until: this.#clock.wall() + ttl })
    if (this.#kept.size <= mostSessions) return
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined) this.#kept.delete(oldest)
  }

  /** Notes the deployment of a stored answer of the Responses API. */
  keepResponse(id: unknown, group: ModelGroup, deployment: Deployment): void {
    if (typeof id === 'string' && this.#by.has('response')) this.keep({ kind: 'response', name: id }, group, deployment)
  }

  /** Id of the deployment that made a response, if the Router remembers it. */
  deploymentOf(responseId: string, group: ModelGroup): string | undefined {
    return this.#find(placeOf({ kind: 'response', name: responseId }, group))
  }

  #find(place: string): string | undefined {
    const kept = this.#kept.get(place)
    if (!kept) return undefined
    if (kept.until > this.#clock.wall()) return kept.deployment
    this.#kept.delete(place)
    return undefined
  }
}

function resolve(
  options: AffinityOptions | boolean | undefined,
): [by: ReadonlySet<AffinityKind>, ttl: number, promptTtl: number] {
  const { by, ttl = 3_600_000, promptTtl = 300_000 } = typeof options === 'object' ? options : {}
  const kinds: readonly AffinityKind[] =
    options === false ? [] : options === undefined ? ['session', 'response'] : ['session', 'response', 'prompt']
  return [new Set(by ?? kinds), ttl, promptTtl]
}

const placeOf = ({ kind, name }: AffinityKey, group: ModelGroup) => `${kind} ${group.name}\n${name}`

const idOf = (conversation: unknown): unknown =>
  typeof conversation === 'object' && conversation !== null && 'id' in conversation ? conversation.id : conversation

/** Rendezvous hashing: each session has its own order of the deployments, in which they share by weight. */
function byHash(name: string, pool: readonly Deployment[]): Deployment | undefined {
  let best: Deployment | undefined
  let most = Number.NEGATIVE_INFINITY
  for (const deployment of pool) {
    const weight = deployment.weight ?? 1
    // in (0, 1)
    const chance = (hash(`${name}\n${deployment.id}`) + 0.5) / 2 ** 32
    const score = weight > 0 ? Math.log(chance) / weight : Number.NEGATIVE_INFINITY
    if (best === undefined || score > most) [best, most] = [deployment, score]
  }
  return best
}

/** FNV-1a with the finalizer of MurmurHash3. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

const beginnings = ['system', 'instructions', 'systemInstruction', 'system_instruction', 'tools'] as const
const histories = ['messages', 'input', 'contents'] as const

/**
 * A digest of the part of a prompt that all turns of a conversation begin with: instructions, tools, and the turns up to the first one
 * of the user. Undefined for requests without turns.
 */
function beginningOf(request: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of histories) {
    const history = request[name]
    if (!Array.isArray(history)) continue
    const first = history.findIndex((turn) => turn?.role === 'user')
    if (first < 0) return undefined
    const parts = [...beginnings.map((part) => request[part]), history.slice(0, first + 1)]
    return digest('sha256', JSON.stringify(parts), 'base64url')
  }
  return undefined
}
