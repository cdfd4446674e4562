import { createHash } from 'node:crypto'
import type { HandlerCall, ResponseStore, StoredResponse } from 'llmux/server'
import { refuse } from '../refusal.js'
import type { SqlOwners } from '../store/response-owners.js'
import type { SharedTexts } from '../store/sql-texts.js'
import type { Principal } from '../types.js'
import type { LlmRequest } from './llm-request.js'

/** Most answers that are kept. */
const maxResponses = 2_000
/** Most characters of all answers together. */
const maxSize = 64 * 1024 * 1024
/** Milliseconds that the end of an answer waits until it is stored. */
const longestWaitMs = 2_000

interface Kept {
  readonly owner: string
  readonly stored: StoredResponse
  readonly context: unknown
  readonly size: number
}

export interface ResponseOwnersParts {
  /** Answers of all processes: any of them may get the next call of a client. */
  readonly texts: SharedTexts
  /** Owners, which are known for longer than the answers. */
  readonly owners: Pick<SqlOwners, 'put' | 'of' | 'remove'>
  /** Whether ids without a known owner reach the providers. */
  readonly passUnknown: () => boolean
}

/**
 * Answers of the Responses API, for `previous_response_id` and for `GET /v1/responses/{id}`. An answer belongs to the team, the user or
 * the key of its call: for all others it does not exist. Providers know answers under the account of the gateway, so an id whose owner
 * is not known does not reach them. Processes and replicas share the answers; those of this process are a reserve for the time in which
 * the shared place is unreachable.
 */
export class ResponseOwners implements ResponseStore {
  readonly #kept = new Map<string, Kept>()
  readonly #items = new Map<string, { readonly owner: string; readonly item: object }>()
  /** Answers whose streams are not over: hooks may change or refuse them. */
  readonly #held = new Map<string, Pick<Kept, 'stored' | 'context'> | undefined>()
  #size = 0
  readonly #parts: ResponseOwnersParts
  /** The last change of each answer that is on its way, so that they arrive in order. */
  readonly #changes = new Map<string, Promise<void>>()

  constructor(parts: ResponseOwnersParts) {
    this.#parts = parts
  }

  /** Keeps an answer from its readers until `settle()`. */
  hold(id: string): void {
    // a short stream is stored before its first event is read
    const found = this.#kept.get(id)
    this.#held.set(id, found)
    if (found) void this.#remove(id, found).catch(() => {})
  }

  /** @param response the answer as its client got it; undefined if it was not changed, null if the client must not read it */
  async settle(id: string, response: Record<string, unknown> | undefined | null): Promise<void> {
    const found = this.#held.get(id)
    this.#held.delete(id)
    if (!found || response === null) return
    await this.#store(id, response ? changed(found.stored, response) : found.stored, found.context, !response)
  }

  /** Replaces or removes the answer of a request that hooks have changed or refused. */
  async replace({ stored: found }: LlmRequest, response: Record<string, unknown> | null): Promise<void> {
    if (!found) return
    const { id, stored, context } = found
    await this.#remove(id, { owner: ownerOf(context), stored }).catch(() => {})
    if (response) await this.#store(id, changed(stored, response), context, false)
  }

  /** Keeps an answer. One that can't be shared is kept in this process alone. */
  async put(id: string, given: StoredResponse, context: unknown, call?: HandlerCall): Promise<void> {
    const request = call?.request as LlmRequest | undefined
    const stored = request?.restamp ? changed(given, given.response, request.model) : given
    if (request) request.stored = { id, stored, context }
    if (this.#held.has(id)) {
      this.#held.set(id, { stored, context })
      return
    }
    const done = this.#store(id, stored, context)
    if (request) request.storing = done
    await done
  }

  async get(id: string, context: unknown): Promise<StoredResponse | undefined> {
    // an answer of this moment may still be on its way
    await this.#changes.get(id)?.catch(() => {})
    let text: string | undefined
    try {
      text = await this.#parts.texts.get(nameOf(ownerOf(context), id))
    } catch {
      const found = this.#kept.get(id)
      if (found?.owner === ownerOf(context)) return found.stored
      throw away()
    }
    const found = text === undefined ? undefined : (JSON.parse(text) as StoredResponse)
    return found?.response === undefined ? undefined : found
  }

  async item(id: string, context: unknown): Promise<object | undefined> {
    let text: string | undefined
    try {
      text = await this.#parts.texts.get(nameOf(ownerOf(context), id))
    } catch {
      const found = this.#items.get(id)
      if (found?.owner === ownerOf(context)) return found.item
      throw away()
    }
    const { of } = text === undefined ? {} : (JSON.parse(text) as { of?: string })
    const stored = of === undefined ? undefined : await this.get(of, context)
    return stored && outputOf(stored).find((item) => item.id === id)
  }

  /** Whether an answer or an item that was not found here must not be asked for at its provider. */
  async isForeign(id: string, context: unknown): Promise<boolean> {
    const owner = ownerOf(context)
    const known = this.#kept.get(id) ?? this.#items.get(id)
    if (known && known.owner !== owner) return true
    let owners: string[]
    try {
      owners = await this.#parts.owners.of(digest(id))
    } catch {
      throw away()
    }
    if (owners.includes(digest(owner))) return false
    return owners.length > 0 || !this.mayPass(context as Principal)
  }

  /** Whether a caller may name answers and conversations of the provider whose owners are not known. */
  mayPass({ master, role }: Principal): boolean {
    return master || role === 'proxy_admin' || this.#parts.passUnknown()
  }

  /** @throws if the shared place is unreachable: another process would continue to answer it */
  async delete(id: string, context: unknown): Promise<boolean> {
    const stored = await this.get(id, context)
    if (stored === undefined) return false
    await this.#remove(id, { owner: ownerOf(context), stored })
    return true
  }

  /** @param atProvider whether the provider's answer may take the place of this one when it is gone */
  async #store(id: string, stored: StoredResponse, context: unknown, atProvider = true): Promise<void> {
    const owner = ownerOf(context)
    const text = JSON.stringify(stored)
    const items = outputOf(stored).map((item) => item.id)
    const fits = text.length <= maxSize / 4
    if (fits) this.#keep(id, { owner, stored, context, size: text.length })
    const texts = [
      [nameOf(owner, id), text] as const,
      ...items.map((item) => [nameOf(owner, item), JSON.stringify({ of: id })] as const),
    ]
    const change = this.#change(id, ({ texts: shared, owners }) => [
      fits && shared.put(texts),
      atProvider && owners.put([id, ...items].map(digest), digest(owner)),
    ])
    // the client gets its answer all the same
    await Promise.race([change.catch(() => {}), pause(longestWaitMs)])
  }

  async #remove(id: string, { owner, stored }: Pick<Kept, 'owner' | 'stored'>): Promise<void> {
    if (this.#kept.get(id)?.owner === owner) this.#forget(id)
    const ids = [id, ...outputOf(stored).map((item) => item.id)]
    await this.#change(id, ({ texts, owners }) => [
      texts.remove(ids.map((one) => nameOf(owner, one))),
      owners.remove(ids.map(digest), digest(owner)),
    ])
  }

  /** Changes the shared copy, after earlier changes of the same answer. */
  async #change(id: string, change: (parts: ResponseOwnersParts) => readonly unknown[]): Promise<void> {
    const before = this.#changes.get(id)
    const done = (async () => {
      await before?.catch(() => {})
      const results = await Promise.allSettled(change(this.#parts))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    })()
    this.#changes.set(id, done)
    try {
      await done
    } finally {
      if (this.#changes.get(id) === done) this.#changes.delete(id)
    }
  }

  #keep(id: string, kept: Kept): void {
    const before = this.#kept.get(id)
    // the ids of some hosts are not unique: the first owner of one keeps it
    if (before && before.owner !== kept.owner) return
    this.#forget(id)
    this.#kept.set(id, kept)
    this.#size += kept.size
    for (const item of outputOf(kept.stored)) this.#items.set(item.id, { owner: kept.owner, item })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxResponses && this.#size <= maxSize) break
      this.#forget(oldest)
    }
  }

  /** Drops the copy of this process. */
  #forget(id: string): void {
    const found = this.#kept.get(id)
    if (!found) return
    this.#kept.delete(id)
    this.#size -= found.size
    for (const item of outputOf(found.stored)) this.#items.delete(item.id)
  }
}

/** The same answer with another content, and with the name of the model that the client knows. */
const changed = (
  stored: StoredResponse,
  response: Readonly<Record<string, unknown>>,
  model: unknown = stored.response.model,
): StoredResponse => ({ ...stored, response: model === undefined ? response : { ...response, model } })

const away = () =>
  refuse("The database with the stored responses can't be reached. Try again, or send the whole conversation.", {
    status: 503,
    type: 'service_unavailable_error',
    headers: { 'retry-after': '1' },
  })

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')

/** The owner is part of the name, so that equal ids of two owners are two texts. A digest has no characters that a database refuses. */
const nameOf = (owner: string, id: string) => createHash('sha256').update(`${owner}\n${id}`).digest('hex')

/** Keys of one team share their answers; other keys share nothing. */
const ownerOf = (context: unknown) => {
  const { teamId, userId, keyHash } = context as Principal
  return teamId ? `team:${teamId}` : userId ? `user:${userId}` : `key:${keyHash}`
}

function outputOf({ response }: StoredResponse): (object & { readonly id: string })[] {
  const { output } = response
  return Array.isArray(output)
    ? output.filter((item): item is object & { id: string } => typeof item?.id === 'string')
    : []
}
