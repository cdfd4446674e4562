import { createHash } from 'node:crypto'
import type { ResponseStore, StoredResponse } from 'llmux/server'
import type { Principal } from '../types.js'
import type { SharedTexts } from '../workers/shared.js'

/** Most answers that are kept. */
const maxResponses = 2_000
/** Most characters of all answers together. */
const maxSize = 64 * 1024 * 1024

interface Kept {
  readonly owner: string
  readonly stored: StoredResponse
  readonly context: unknown
  readonly size: number
}

/**
 * Answers of the Responses API, for `previous_response_id` and for `GET /v1/responses/{id}`. An answer belongs to the team, the user or
 * the key of its call: for all others it does not exist. Processes and replicas share them; those of this process are a reserve for the
 * time in which the shared place is away.
 */
export class ResponseOwners implements ResponseStore {
  readonly #kept = new Map<string, Kept>()
  readonly #items = new Map<string, { readonly owner: string; readonly item: object }>()
  /** Answers whose streams are not over: hooks may change or refuse them. */
  readonly #held = new Map<string, { readonly stored: StoredResponse; readonly context: unknown } | undefined>()
  #size = 0
  readonly #shared: SharedTexts | undefined
  /** The last change of each answer that is on its way, so that they arrive in order. */
  readonly #changes = new Map<string, Promise<void>>()

  /** @param shared answers of all processes: any of them may get the next call of a client */
  constructor(shared?: SharedTexts) {
    this.#shared = shared
  }

  /** Keeps an answer from its readers until `settle()`. */
  hold(id: string): void {
    // a short stream is stored before its first event is read
    const found = this.#kept.get(id)
    this.#held.set(id, found)
    if (found) void this.#remove(id, found).catch(() => {})
  }

  /** @param response the answer as its client got it; undefined if it was not changed, null if the client must not read it */
  settle(id: string, response: Record<string, unknown> | undefined | null): void {
    const found = this.#held.get(id)
    this.#held.delete(id)
    if (!found || response === null) return
    void this.put(id, response ? { ...found.stored, response } : found.stored, found.context)
  }

  /** Replaces or removes an answer that hooks have changed or refused. */
  replace(id: string, response: Record<string, unknown> | null, context: unknown): void {
    const found = this.#own(id, context)
    if (!found) return
    if (response) void this.put(id, { ...found.stored, response }, context)
    else void this.#remove(id, found).catch(() => {})
  }

  /** Keeps an answer. One that can't be shared is kept in this process alone. */
  async put(id: string, stored: StoredResponse, context: unknown): Promise<void> {
    if (this.#held.has(id)) {
      this.#held.set(id, { stored, context })
      return
    }
    const owner = ownerOf(context)
    const text = JSON.stringify(stored)
    if (text.length > maxSize / 4) return
    this.#keep(id, { owner, stored, context, size: text.length })
    const texts = [
      [nameOf(owner, id), text] as const,
      ...outputOf(stored).map((item) => [nameOf(owner, item.id), JSON.stringify({ of: id })] as const),
    ]
    await this.#change(id, (shared) => shared.put(texts)).catch(() => {})
  }

  get(id: string, context: unknown): StoredResponse | undefined | Promise<StoredResponse | undefined> {
    return this.#shared ? this.#find(this.#shared, id, context) : this.#own(id, context)?.stored
  }

  item(id: string, context: unknown): object | undefined | Promise<object | undefined> {
    const found = this.#items.get(id)
    const own = found?.owner === ownerOf(context) ? found.item : undefined
    return this.#shared ? this.#findItem(this.#shared, id, context, own) : own
  }

  /** Answers of other owners that this process knows: their host knows them too, under the account of the gateway. */
  isForeign(id: string, context: unknown): boolean {
    const found = this.#kept.get(id)
    return found !== undefined && found.owner !== ownerOf(context)
  }

  /** @throws if the shared place is away: another process would go on to answer it */
  async delete(id: string, context: unknown): Promise<boolean> {
    const stored = await this.get(id, context)
    if (stored === undefined) return false
    await this.#remove(id, { owner: ownerOf(context), stored })
    return true
  }

  #own(id: string, context: unknown): Kept | undefined {
    const found = this.#kept.get(id)
    return found?.owner === ownerOf(context) ? found : undefined
  }

  async #find(shared: SharedTexts, id: string, context: unknown): Promise<StoredResponse | undefined> {
    // an answer of this moment may still be on its way
    await this.#changes.get(id)?.catch(() => {})
    try {
      const text = await shared.get(nameOf(ownerOf(context), id))
      const found = text === undefined ? undefined : (JSON.parse(text) as StoredResponse)
      return found?.response === undefined ? undefined : found
    } catch {
      return this.#own(id, context)?.stored
    }
  }

  async #findItem(
    shared: SharedTexts,
    id: string,
    context: unknown,
    own: object | undefined,
  ): Promise<object | undefined> {
    try {
      const text = await shared.get(nameOf(ownerOf(context), id))
      const { of } = text === undefined ? {} : (JSON.parse(text) as { of?: string })
      if (of === undefined) return undefined
      const stored = await this.#find(shared, of, context)
      return stored && outputOf(stored).find((item) => item.id === id)
    } catch {
      return own
    }
  }

  async #remove(id: string, { owner, stored }: Pick<Kept, 'owner' | 'stored'>): Promise<void> {
    if (this.#kept.get(id)?.owner === owner) this.#forget(id)
    const names = [id, ...outputOf(stored).map((item) => item.id)]
    await this.#change(id, (shared) => shared.remove(names.map((name) => nameOf(owner, name))))
  }

  /** Changes what is shared, after earlier changes of the same answer. */
  async #change(id: string, change: (shared: SharedTexts) => void | Promise<void>): Promise<void> {
    const shared = this.#shared
    if (!shared) return
    const before = this.#changes.get(id)
    const done = (async () => {
      await before?.catch(() => {})
      await change(shared)
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
