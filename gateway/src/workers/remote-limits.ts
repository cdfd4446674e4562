import type {
  AccountUsage,
  LimitObserver,
  LimitStore,
  Rejection,
  RejectionReason,
  Reservation,
  SharedUsage,
} from 'llmux'
import { refuse } from '../refusal.js'
import type { Peer } from './peer.js'

/** Calls of {@link RemoteLimits} that the owner answers. The first argument is the name of the store. */
export const limitCalls = {
  reserve: 'limits.reserve',
  settle: 'limits.settle',
  release: 'limits.release',
  note: 'limits.note',
  cooldown: 'limits.cooldown',
  recovered: 'limits.recovered',
  seed: 'limits.seed',
  usage: 'limits.usage',
} as const

/** The owner's stores: that of admission, and the state of the Router. */
export type StoreName = 'admission' | 'router'

/** The owner's answer to `reserve`. */
export interface ReserveAnswer {
  /** Number of the reservation; undefined if it was refused. */
  readonly lease?: number
  readonly index?: number
  readonly id?: string
  readonly reasons?: readonly RejectionReason[]
  readonly usage?: readonly SharedUsage[]
}

class Lease implements Reservation {
  constructor(
    readonly index: number,
    readonly id: string,
    readonly lease: number,
  ) {}
}

/** Longest wait for an answer, in milliseconds: the owner only counts, so one that takes longer has stopped. */
const patienceMs = 5_000

const silent = () =>
  refuse('The process that counts limits does not answer. Try again.', {
    status: 503,
    type: 'service_unavailable_error',
    retryAfterMs: 5_000,
  })

/** An answer of the owner, or a refusal if there is none in time. */
async function inTime<Answer>(asked: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent()), patienceMs)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

type Parameters<Name extends keyof LimitStore> = LimitStore[Name] extends ((...args: infer Args) => unknown) | undefined
  ? Args
  : never

/** Limits that the owner counts for all workers. */
export class RemoteLimits implements LimitStore {
  /** Without the owner there is no worker either. */
  readonly connected = true
  readonly #peer: Peer
  readonly #store: StoreName
  readonly #observers = new Set<LimitObserver>()

  constructor(peer: Peer, store: StoreName) {
    this.#peer = peer
    this.#store = store
  }

  attach(observer: LimitObserver): void {
    this.#observers.add(observer)
  }

  detach(observer: LimitObserver): void {
    this.#observers.delete(observer)
  }

  async reserve(...[request]: Parameters<'reserve'>): Promise<Reservation | Rejection> {
    const asked = this.#peer.ask<ReserveAnswer>(limitCalls.reserve, this.#store, request)
    let answer: ReserveAnswer
    try {
      answer = await inTime(asked)
    } catch (error) {
      // the owner may go on, and reserve for a call that was refused
      asked.then(
        ({ lease }) => lease !== undefined && this.#tell(limitCalls.release, lease),
        () => {},
      )
      throw error
    }
    const { lease, index = 0, id = '', reasons = [], usage } = answer
    if (usage) for (const observer of this.#observers) observer.update?.(usage)
    return lease === undefined ? { reasons } : new Lease(index, id, lease)
  }

  settle(...[reservation, settlement]: Parameters<'settle'>): void {
    if (reservation instanceof Lease) this.#tell(limitCalls.settle, reservation.lease, settlement)
  }

  release(...[reservation]: Parameters<'release'>): void {
    if (reservation instanceof Lease) this.#tell(limitCalls.release, reservation.lease)
  }

  note(...[call]: Parameters<'note'>): void {
    this.#tell(limitCalls.note, call)
  }

  cooldown(...[id, cooldown]: Parameters<'cooldown'>): void {
    this.#tell(limitCalls.cooldown, id, cooldown)
  }

  recovered(...[id]: Parameters<'recovered'>): void {
    this.#tell(limitCalls.recovered, id)
  }

  seed(...[account, usage]: Parameters<'seed'>): Promise<void> {
    return inTime(this.#peer.ask<void>(limitCalls.seed, this.#store, account, usage))
  }

  usage(...[account]: Parameters<'usage'>): Promise<AccountUsage> {
    return inTime(this.#peer.ask<AccountUsage>(limitCalls.usage, this.#store, account))
  }

  async close(): Promise<void> {
    this.#observers.clear()
  }

  #tell(call: string, ...args: readonly unknown[]): void {
    this.#peer.tell(call, this.#store, ...args)
  }
}
