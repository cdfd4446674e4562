import type { AccountUsage, SettledRecord } from 'llmux'
import type { RowFacts } from '../ledger/row.js'
import type { Booking } from '../ledger/spool.js'
import type { Admitted, StreamCount } from '../types.js'
import type { CallAdmission, Granted } from './admission.js'
import type { StreamWatch } from './running.js'

/** A call from its admission to its end. */
export class AdmittedCall implements Admitted {
  readonly id: string
  readonly model: string
  readonly downgradedFrom: string | undefined
  readonly tags: readonly string[]
  readonly customerId: string | null
  readonly #admission: CallAdmission
  readonly #facts: RowFacts
  readonly #granted: Granted
  #usage: AccountUsage | undefined
  #booking: Booking | undefined
  #ended = false
  readonly #watch: StreamWatch | undefined
  #over: Error | undefined

  /** @param asked the model before a downgrade */
  constructor(admission: CallAdmission, facts: RowFacts, asked: string, granted: Granted) {
    this.id = facts.call.id
    this.model = granted.model
    this.downgradedFrom = granted.model === asked ? undefined : asked
    this.tags = facts.tags
    this.customerId = facts.customerId
    this.#admission = admission
    this.#facts = facts
    this.#granted = granted
    admission.began(facts, granted.accounts, granted.estimate)
    this.#watch = facts.call.stream ? admission.watch(granted) : undefined
    admission.sharedUsage(granted.accounts, (usage) => {
      this.#usage = usage
    })
  }

  get maxOutputTokens(): number | undefined {
    return this.#granted.estimate.clamped
  }

  get streamed(): StreamCount | undefined {
    const watch = this.#watch
    return (
      watch && {
        count: (tokens) => {
          this.#over ??= watch.count(tokens)
          return this.#over
        },
        fits: (tokens) => this.#over === undefined && watch.fits(tokens),
      }
    )
  }

  headers(): Record<string, string> {
    const found = this.#admission.headers(this.#facts, this.#granted.accounts, this.#usage)
    if (this.maxOutputTokens !== undefined) found['x-llmux-max-tokens'] = String(this.maxOutputTokens)
    if (this.downgradedFrom !== undefined) found['x-llmux-downgraded-from'] = this.downgradedFrom
    return found
  }

  settle(record: SettledRecord): void {
    if (this.#ended) return
    this.#ended = true
    this.#watch?.end()
    this.#booking = this.#admission.settled(this.#facts, this.#granted, record, this.#over)
  }

  get booking(): Booking | undefined {
    return this.#booking
  }

  kept(): Promise<void> | undefined {
    return this.#booking ? this.#admission.kept(this.#booking) : this.#admission.journaled
  }

  release(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#watch?.end()
    this.#admission.released(this.#facts, this.#granted, error)
  }
}
