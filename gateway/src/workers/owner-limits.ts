import { type LimitStore, type MemoryLimits, memoryLimits, type Reservation, type SharedUsage } from 'llmux'
import type { Handlers } from './peer.js'
import { limitCalls, type ReserveAnswer, type StoreName } from './remote-limits.js'

type Args<Name extends 'settle' | 'note' | 'cooldown' | 'recovered' | 'seed' | 'usage' | 'reserve'> = Parameters<
  LimitStore[Name]
>

interface Shared {
  readonly limits: MemoryLimits
  /** Usage that the last decision reported. */
  usage: readonly SharedUsage[] | undefined
}

/** The counters of all workers. */
export class OwnerLimits {
  readonly #stores: Readonly<Record<StoreName, Shared>>

  constructor() {
    const router: Shared = { limits: memoryLimits(), usage: undefined }
    router.limits.attach?.({
      update: (usage) => {
        router.usage = usage
      },
    })
    this.#stores = { admission: { limits: memoryLimits(), usage: undefined }, router }
  }

  /** The counters for one worker. `close()` returns what the worker holds, once it has ended. */
  forWorker(): { readonly handlers: Handlers; close(): void } {
    const stores = this.#stores
    const leases = new Map<number, readonly [limits: MemoryLimits, reservation: Reservation]>()
    let next = 1
    const take = (lease: number) => {
      const found = leases.get(lease)
      leases.delete(lease)
      return found
    }
    const reserve = (name: StoreName, request: Args<'reserve'>[0]): ReserveAnswer => {
      const store = stores[name]
      store.usage = undefined
      const found = store.limits.reserve(request)
      const usage = store.usage === undefined ? {} : { usage: store.usage }
      if ('reasons' in found) return { reasons: found.reasons, ...usage }
      const lease = next++
      leases.set(lease, [store.limits, found])
      return { lease, index: found.index, id: found.id, ...usage }
    }
    const handlers: Handlers = {
      [limitCalls.reserve]: reserve,
      [limitCalls.settle]: (_name: StoreName, lease: number, settlement: Args<'settle'>[1]) => {
        const [limits, reservation] = take(lease) ?? []
        if (reservation) limits?.settle(reservation, settlement)
      },
      [limitCalls.release]: (_name: StoreName, lease: number) => {
        const [limits, reservation] = take(lease) ?? []
        if (reservation) limits?.release(reservation)
      },
      [limitCalls.note]: (name: StoreName, ...args: Args<'note'>) => stores[name].limits.note(...args),
      [limitCalls.cooldown]: (name: StoreName, ...args: Args<'cooldown'>) => stores[name].limits.cooldown(...args),
      [limitCalls.recovered]: (name: StoreName, ...args: Args<'recovered'>) => stores[name].limits.recovered(...args),
      [limitCalls.seed]: (name: StoreName, ...args: Args<'seed'>) => stores[name].limits.seed(...args),
      [limitCalls.usage]: (name: StoreName, ...args: Args<'usage'>) => stores[name].limits.usage(...args),
    }
    const close = () => {
      // the calls may have reached their providers: their tokens stay counted, and the journal has their costs
      for (const [limits, reservation] of leases.values()) limits.settle(reservation, { tokens: undefined, cost: 0 })
      leases.clear()
    }
    return { handlers, close }
  }
}
