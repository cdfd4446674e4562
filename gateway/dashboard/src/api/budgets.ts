import { api } from './client.ts'
import type { BudgetRow } from './types.ts'

/** A budget; the own one of a customer names it. */
type ListedBudget = BudgetRow & { readonly customer?: string }

const budgets = (signal: AbortSignal) => api<readonly ListedBudget[]>('/budget/list', { signal })

/** Budgets that several keys and customers may refer to. */
export const sharedBudgets = async (signal: AbortSignal): Promise<readonly BudgetRow[]> =>
  (await budgets(signal)).filter(({ customer }) => customer === undefined)

/** Ids of budgets that belong to one customer each. */
export const ownBudgets = async (signal: AbortSignal): Promise<ReadonlySet<string>> =>
  new Set((await budgets(signal)).flatMap(({ budget_id, customer }) => (customer === undefined ? [] : [budget_id])))
