import { Budget } from '../../limits/budget.js'
import { parseDuration } from '../../limits/duration.js'
import type { BudgetOptions } from '../../limits/types.js'
import type { RouterOptions } from '../types.js'

/** Name of the budget that others are made from, when their tag or user is seen first. */
const anyName = '*'
/** Budgets that are made from a default at the most, by tag and by user. The one that was used longest ago is forgotten first. */
const mostMade = 50_000

/** Budgets by name, configured or made from a default. */
class NamedBudgets {
  readonly #kind: 'tag' | 'user'
  #configured: ReadonlyMap<string, Budget> = new Map()
  #default: BudgetOptions | undefined
  readonly #made = new Map<string, Budget>()

  constructor(kind: 'tag' | 'user') {
    this.#kind = kind
  }

  configure(options: Readonly<Record<string, BudgetOptions>>): void {
    const { [anyName]: template, ...named } = options
    this.#configured = budgetMap(this.#kind, named, new Map([...this.#made, ...this.#configured]))
    this.#default = template
    for (const [name, old] of this.#made) {
      const budget = this.#configured.has(name) ? undefined : updateBudget(old.key, template, old)
      if (budget) this.#made.set(name, budget)
      else this.#made.delete(name)
    }
  }

  get(name: string): Budget | undefined {
    const configured = this.#configured.get(name)
    if (configured || !this.#default) return configured
    const made = this.#made.get(name) ?? new Budget(`${this.#kind}:${name}`, this.#default)
    // the order of the map is that of the last use
    this.#made.delete(name)
    this.#made.set(name, made)
    if (this.#made.size > mostMade) this.#forget()
    return made
  }

  /** Forgets the budget that was used longest ago and has no call in flight. */
  #forget(): void {
    for (const [name, { holds }] of this.#made) {
      if (holds > 0) continue
      this.#made.delete(name)
      return
    }
  }

  has(name: string): boolean {
    return this.#default !== undefined || this.#configured.has(name)
  }

  get any(): boolean {
    return this.#default !== undefined || this.#configured.size > 0
  }

  get all(): Budget[] {
    return [...this.#configured.values(), ...this.#made.values()]
  }
}

/** The budgets of the Router, of providers, tags and users. Those of single deployments belong to the deployments. */
export class RouterBudgets {
  #router: Budget | undefined
  #providers: ReadonlyMap<string, Budget> = new Map()
  readonly #tags = new NamedBudgets('tag')
  readonly #users = new NamedBudgets('user')
  /** Whether there is any. */
  any = false

  constructor(options: RouterOptions['budgets']) {
    this.configure(options)
  }

  /** A budget that keeps its name and its window also keeps its spending. */
  configure({ router, providers = {}, tags = {}, users = {} }: NonNullable<RouterOptions['budgets']> = {}): void {
    this.#router = updateBudget('router', router, this.#router)
    this.#providers = budgetMap('provider', providers, this.#providers)
    this.#tags.configure(tags)
    this.#users.configure(users)
    this.any = this.#router !== undefined || this.#providers.size > 0 || this.#tags.any || this.#users.any
  }

  /** The budgets that a call draws on. */
  for(provider: string, tags: readonly string[] | undefined, user?: unknown): Budget[] {
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
    const ofUser = typeof user === 'string' && user !== '' ? this.#users.get(user) : undefined
    if (ofUser) budgets.push(ofUser)
    return budgets
  }

  hasTag(tag: string): boolean {
    return this.#tags.has(tag)
  }

  get all(): Budget[] {
    return [...(this.#router ? [this.#router] : []), ...this.#providers.values(), ...this.#tags.all, ...this.#users.all]
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
