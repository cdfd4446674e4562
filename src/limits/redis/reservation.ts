import type { AccountHold } from '../account.js'
import type { Reservation } from '../types.js'
import type { SharedAccount } from './ledger.js'

type Holds = readonly (readonly [SharedAccount, AccountHold])[]

/** Plain data to its user; the accounts that it holds stay private. */
export class RedisReservation implements Reservation {
  readonly index: number
  readonly id: string
  readonly lease: string
  /** The slot of the first account that counts the call, by the server's time. 0 without such an account, and if this process decided alone. */
  readonly slot: number
  readonly alone: boolean
  readonly #holds: Holds
  #settled = false

  constructor(index: number, id: string, lease: string, holds: Holds, slot: number, alone = false) {
    this.index = index
    this.id = id
    this.lease = lease
    this.#holds = holds
    this.slot = slot
    this.alone = alone
  }

  /** The same reservation as another candidate of the caller. */
  at(index: number): RedisReservation {
    return new RedisReservation(index, this.id, this.lease, this.#holds, this.slot, this.alone)
  }

  get accounts(): SharedAccount[] {
    return this.#holds.map(([account]) => account)
  }

  /** Returns the holds to the first caller only, so that a reservation is settled once. */
  take(): Holds {
    if (this.#settled) return []
    this.#settled = true
    return this.#holds
  }
}
