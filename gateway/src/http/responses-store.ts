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
 * Answers of the Responses API, for `previous_response_id` and for `GET /v1/responses/{id}`. An answer belongs to the team or the key
 * of its call: for all others it does not exist.
 */
export class ResponseOwners implements ResponseStore {
  readonly #kept = new Map<string, Kept>()
  readonly #items = new Map<string, { readonly owner: string; readonly item: object }>()
  /** Answers whose streams are not over: hooks may change or refuse them. */
  readonly #held = new Map<string, { readonly stored: StoredResponse; readonly context: unknown } | undefined>()
  #size = 0
  readonly #shared: SharedTexts | undefined

  /** @param shared answers of all workers: any of them may get the next call of a client */
  constructor(shared?: SharedTexts) {
    this.#shared = shared
  }

  /** Keeps an answer from its readers until `settle()`. */
  hold(id: string): void {
    // a short stream is stored before its first event is read
    this.#held.set(id, this.#kept.get(id))
    this.#forget(id)
  }

  /** @param response the answer as its client got it; undefined if it was not changed, null if the client must not read it */
  settle(id: string, response: Record<string, unknown> | undefined | null): void {
    const found = this.#held.get(id)
    this.#held.delete(id)
    if (!found || response === null) return
    this.put(id, response ? { ...found.stored, response } : found.stored, found.context)
  }

  /** Replaces or removes an answer that hooks have changed or refused. */
  replace(id: string, response: Record<string, unknown> | null, context: unknown): void {
    const stored = this.#own(id, context)
    if (!stored) return
    if (response) this.put(id, { ...stored, response }, context)
    else this.#forget(id)
  }

  put(id: string, stored: StoredResponse, context: unknown): void {
    if (this.#held.has(id)) {
      this.#held.set(id, { stored, context })
      return
    }
    const owner = ownerOf(context)
    const size = JSON.stringify(stored).length
    if (size > maxSize / 4) return
    this.#forget(id)
    this.#kept.set(id, { owner, stored, context, size })
    this.#size += size
    for (const item of outputOf(stored)) this.#items.set(item.id, { owner, item })
    this.#share(id, owner, stored)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxResponses && this.#size <= maxSize) break
      this.#forget(oldest)
    }
  }

  get(id: string, context: unknown): StoredResponse | undefined | Promise<StoredResponse | undefined> {
    return this.#shared ? this.#find(this.#shared, id, context) : this.#own(id, context)
  }

  item(id: string, context: unknown): object | undefined | Promise<object | undefined> {
    if (this.#shared) return this.#findItem(this.#shared, id, context)
    const found = this.#items.get(id)
    return found?.owner === ownerOf(context) ? found.item : undefined
  }

  async delete(id: string, context: unknown): Promise<boolean> {
    if ((await this.get(id, context)) === undefined) return false
    this.#forget(id)
    return true
  }

  #own(id: string, context: unknown): StoredResponse | undefined {
    const found = this.#kept.get(id)
    return found?.owner === ownerOf(context) ? found.stored : undefined
  }

  #share(id: string, owner: string, stored: StoredResponse): void {
    this.#shared?.put(`response ${id}`, JSON.stringify({ owner, stored }))
    for (const item of outputOf(stored)) this.#shared?.put(`item ${item.id}`, id)
  }

  async #find(shared: SharedTexts, id: string, context: unknown): Promise<StoredResponse | undefined> {
    const text = await shared.get(`response ${id}`)
    const found = text === undefined ? undefined : (JSON.parse(text) as Pick<Kept, 'owner' | 'stored'>)
    return found?.owner === ownerOf(context) ? found.stored : undefined
  }

  async #findItem(shared: SharedTexts, id: string, context: unknown): Promise<object | undefined> {
    const response = await shared.get(`item ${id}`)
    const stored = response === undefined ? undefined : await this.#find(shared, response, context)
    return stored && outputOf(stored).find((item) => item.id === id)
  }

  #forget(id: string): void {
    this.#shared?.remove(`response ${id}`)
    const found = this.#kept.get(id)
    if (!found) return
    this.#kept.delete(id)
    this.#size -= found.size
    for (const item of outputOf(found.stored)) this.#items.delete(item.id)
  }
}

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
