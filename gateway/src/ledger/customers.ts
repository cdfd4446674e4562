import type { Actor, Directory } from '../keys/directory.js'
import type { CustomerRow } from '../store/rows.js'

const delayMs = 200
const gateway: Actor = { user: 'gateway', key: '' }

/** Creates the rows of customers that calls have named, in groups and up to a bound. */
export class Customers {
  readonly #directory: Directory
  readonly #most: () => number
  readonly #new = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(directory: Directory, most: () => number) {
    this.#directory = directory
    this.#most = most
  }

  /** Notes a customer of a call. */
  seen(id: string): void {
    if (this.#directory.get('customers', id) || this.#new.has(id)) return
    if (this.#directory.size('customers') + this.#new.size >= this.#most()) return
    this.#new.add(id)
    this.#timer ??= setTimeout(() => void this.flush(), delayMs)
  }

  /** Creates the noted customers. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const ids = [...this.#new]
    this.#new.clear()
    if (ids.length > 0) this.#writing = this.#write(ids).catch(() => {})
    await this.#writing
  }

  #write(ids: readonly string[]): Promise<void> {
    return this.#directory.change(gateway, 'customer created by a call', (change) => {
      for (const id of ids) {
        if (!change.get('customers', id))
          change.put('customers', id, emptyCustomer(id, new Date().toISOString(), gateway.user))
      }
    })
  }
}

/** A customer without a budget of its own. */
export const emptyCustomer = (id: string, at: string, by: string): CustomerRow => ({
  user_id: id,
  alias: null,
  blocked: false,
  budget_id: null,
  allowed_model_region: null,
  default_model: null,
  extra: {},
  created_at: at,
  created_by: by,
  updated_at: at,
  updated_by: by,
  spend_epoch: 0,
})
