import { Budget } from '../../limits/budget.js'
import { parseDuration } from '../../limits/duration.js'
import type { BudgetOptions } from '../../limits/types.js'
import type { RouterOptions } from '../types.js'

/** The budgets of the Router, of providers and of tags. Those of single deployments belong to the deployments. */
export class RouterBudgets {
  #router: Budget | undefined
  #providers: ReadonlyMap<string, Budget> = new Map()
  #tags: ReadonlyMap<string, Budget> = new Map()
  /** Whether there is any. */
  any = false

  constructor(options: RouterOptions['budgets']) {
    this.configure(options)
  }

  /** A budget that keeps its name and its window also keeps its spending. */
  configure({ router, providers = {}, tags = {} }: NonNullable<RouterOptions['budgets']> = {}): void {
    this.#router = updateBudget('router', router, this.#router)
    this.#providers = budgetMap('provider', providers, this.#providers)
    this.#tags = budgetMap('tag', tags, this.#tags)
    this.any = this.#router !== undefined || this.#providers.size > 0 || this.#tags.size > 0
  }

  /** The budgets that a call draws on. */
  for(provider: string, tags: readonly string[] | undefined): Budget[] {
    const budgets: Budget[] = []
    if (this.#router) budgets.push(this.#router)
    const ofProvider = this.#providers.get(provider)
    if (ofProvider) budgets.push(ofProvider)
    if (tags) {
      for (const tag of tags) {
        const ofTag = this.#tags.get(tag)
        if (ofTag) budgets.push(ofTag)
      }
    }
    return budgets
  }

  hasTag(tag: string): boolean {
    return this.#tags.has(tag)
  }

  get all(): Budget[] {
    return [...(this.#router ? [this.#router] : []), ...this.#providers.values(), ...this.#tags.values()]
  }
}

function budgetMap(
  kind: string,
  options: Readonly<Record<string, BudgetOptions>>,
  old: ReadonlyMap<string, Budget>,
): Map<string, Budget> {
  const budgets = new Map<string, Budget>()
  for (const [name, one] of Object.entries(options)) {
    const budget = updateBudget(`${kind}:${name}`, one, old.get(name))
    if (budget) budgets.set(name, budget)
  }
  return budgets
}

/** The same budget with another limit if its window is the same, else a new one. */
export function updateBudget(
  key: string,
  options: BudgetOptions | undefined,
  old: Budget | undefined,
): Budget | undefined {
  if (!options) return undefined
  const { maxBudget, budgetDuration, budgetWindow } = options
  const durationMs = budgetDuration === undefined ? undefined : parseDuration(budgetDuration)?.ms
  if (!old || old.duration?.ms !== durationMs || old.calendar !== (budgetWindow === 'calendar')) {
    return new Budget(key, options)
  }
  old.limit = maxBudget
  return old
}
