import type { Clock } from '../../call/clock.js'
import { CandidateHealth } from '../health.js'
import type { Cooldown } from '../types.js'
import type { Ledger, SharedAccount } from './ledger.js'

const mostCandidates = 50_000

/** The health of candidates as this process knows it, and the accounts that carry it to the others. */
export class Candidates {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #carriers = new Map<string, SharedAccount>()
  readonly #health = new Map<string, CandidateHealth>()

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Notes the account that carries the health of a candidate: the first of its accounts. */
  carry(id: string, account: SharedAccount): void {
    if (this.#carriers.get(id) === account) return
    if (this.#carriers.size >= mostCandidates) this.#carriers.clear()
    this.#carriers.set(id, account)
  }

  carrierOf(id: string): SharedAccount {
    return this.#carriers.get(id) ?? this.#ledger.get({ key: `deployment:${id}`, counted: true }, this.#clock.wall())
  }

  /** Undefined for a candidate that was never in a cooldown. */
  healthOf(id: string): CandidateHealth | undefined {
    return this.#health.get(id)
  }

  coolDown(id: string, cooldown: Cooldown): void {
    let health = this.#health.get(id)
    if (!health) {
      if (this.#health.size >= mostCandidates) this.#health.clear()
      health = new CandidateHealth()
      this.#health.set(id, health)
    }
    health.coolDown(cooldown)
  }

  recovered(id: string): void {
    this.#health.delete(id)
  }
}
