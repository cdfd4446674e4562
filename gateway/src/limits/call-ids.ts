import { randomUUID } from 'node:crypto'

const most = 20_000

/**
 * An id for a call: a UUID of version 7. Calls of one time are neighbours in the index of ids, whereas each random id is on a page of its
 * own, which the commit has to write.
 */
export function newCallId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** Ids of calls. Clients choose them with `x-litellm-call-id`, and may choose one twice: each call must have a row of its own. */
export class CallIds {
  #recent = new Set<string>()
  #older = new Set<string>()

  /** The id, or one that begins with it if it was used before. */
  take(id: string): string {
    const free = this.#recent.has(id) || this.#older.has(id) ? `${id}~${randomUUID().slice(0, 8)}` : id
    if (this.#recent.size >= most) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    this.#recent.add(free)
    return free
  }
}
