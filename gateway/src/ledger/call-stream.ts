import type { StreamCommands } from '../redis.js'
import type { Booking } from './spool.js'

const key = 'llmux:{gateway}:calls'
const addMs = 250
/** Age at which a call counts as left behind by its process. */
const abandonedMs = 60_000
const batch = 200

/** Ended calls in a stream of Redis, until they are in the database. Whatever a process leaves there, another one books. */
export class CallStream {
  readonly #client: StreamCommands
  readonly #entries = new Map<string, string>()

  constructor(client: StreamCommands) {
    this.#client = client
  }

  /** Returns whether Redis has the call. */
  async add(booking: Booking): Promise<boolean> {
    const { row } = booking
    if (!(this.#client.isReady ?? this.#client.isOpen ?? false)) return false
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, addMs, undefined)
    })
    const added = this.#client.xAdd(key, '*', { booking: JSON.stringify(booking) }).then((id) => {
      this.#entries.set(row.id, String(id))
      return true
    })
    try {
      return (await Promise.race([added, late])) ?? false
    } catch {
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  /** The calls are in the database. */
  done(ids: readonly string[]): void {
    const entries = ids.flatMap((id) => {
      const entry = this.#entries.get(id)
      this.#entries.delete(id)
      return entry === undefined ? [] : [entry]
    })
    // an entry that stays is booked again in vain, since its id is known
    if (entries.length > 0) this.#client.xDel(key, entries).catch(() => {})
  }

  /** Books the calls that ended processes have left. Rows that exist stay as they are. */
  async drain(now: number, write: (bookings: readonly Booking[]) => Promise<void>): Promise<void> {
    if (!(this.#client.isReady ?? this.#client.isOpen ?? false)) return
    const entries = await this.#client.xRange(key, '-', String(now - abandonedMs), { COUNT: batch })
    const own = new Set(this.#entries.values())
    const left = entries.filter(({ id }) => !own.has(id))
    if (left.length === 0) return
    await write(left.map(({ message }) => JSON.parse(message.booking ?? '') as Booking))
    await this.#client.xDel(
      key,
      left.map(({ id }) => id),
    )
  }
}
