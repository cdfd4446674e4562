import type { BudgetAccount } from './accounts.js'

/** How long the spend of a budget is taken as read, in milliseconds. */
const freshMs = 50

/** The cost so far of the running streams of this process, by budget. */
export class RunningStreams {
  readonly #budgets = new Map<string, { dollars: number; streams: number }>()

  /** Begins a stream on some budgets. */
  begin(budgets: readonly BudgetAccount[]): void {
    for (const { account } of budgets) {
      const known = this.#budgets.get(account.key)
      if (known) known.streams++
      else this.#budgets.set(account.key, { dollars: 0, streams: 1 })
    }
  }

  add(budgets: readonly BudgetAccount[], dollars: number): void {
    for (const { account } of budgets) {
      const known = this.#budgets.get(account.key)
      if (known) known.dollars += dollars
    }
  }

  /** Ends a stream: from now on its cost is a part of the spend. */
  end(budgets: readonly BudgetAccount[], dollars: number): void {
    for (const { account } of budgets) {
      const known = this.#budgets.get(account.key)
      if (!known) continue
      known.dollars -= dollars
      known.streams--
      if (known.streams === 0) this.#budgets.delete(account.key)
    }
  }

  on({ account }: BudgetAccount): number {
    return this.#budgets.get(account.key)?.dollars ?? 0
  }

  streamsOn({ account }: BudgetAccount): number {
    return this.#budgets.get(account.key)?.streams ?? 0
  }
}

/** Settings of a {@link StreamWatch}. */
export interface WatchSettings {
  readonly running: RunningStreams
  readonly budgets: readonly BudgetAccount[]
  /** US dollars of the prompt. */
  readonly input: number
  /** US dollars per output token. */
  readonly price: number
  /** US dollars spent in the budget's current period. */
  spent(budget: BudgetAccount): number
  overBudget(budget: BudgetAccount): Error
}

/** Counts a running stream on budgets of the mode `expected`, which did not reserve its worst case. */
export class StreamWatch {
  readonly #settings: WatchSettings
  /** US dollars that each budget had left when it was last looked at. */
  #left: readonly number[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  #dollars: number
  #over = false

  constructor(settings: WatchSettings) {
    const { running, budgets, input } = settings
    this.#settings = settings
    this.#dollars = input
    running.begin(budgets)
    running.add(budgets, input)
  }

  /**
   * Counts tokens of the answer.
   * @returns the refusal that ends the stream, once the spend and the running streams use up a budget
   */
  count(tokens: number): Error | undefined {
    const { running, budgets, price, overBudget } = this.#settings
    if (this.#over) return undefined
    this.#dollars += tokens * price
    running.add(budgets, tokens * price)
    this.#look()
    const used = budgets.find((budget, at) => running.on(budget) >= (this.#left[at] ?? Number.POSITIVE_INFINITY))
    return used && overBudget(used)
  }

  /** Whether so many tokens more of each running stream of its budgets would end none of them. */
  fits(tokens: number): boolean {
    if (this.#over) return true
    const { running, budgets, price } = this.#settings
    this.#look()
    for (const [at, budget] of budgets.entries()) {
      const more = tokens * price * running.streamsOn(budget)
      if (running.on(budget) + more >= (this.#left[at] ?? Number.POSITIVE_INFINITY)) return false
    }
    return true
  }

  #look(): void {
    const now = performance.now()
    if (now - this.#lookedAt <= freshMs) return
    const { budgets, spent } = this.#settings
    this.#lookedAt = now
    this.#left = budgets.map((budget) => budget.limit - spent(budget))
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#settings.running.end(this.#settings.budgets, this.#dollars)
  }
}
