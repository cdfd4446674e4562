import { randomUUID } from 'node:crypto'

const most = 20_000

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
