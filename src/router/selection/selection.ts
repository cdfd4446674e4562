import type { LLMError } from '../../errors.js'
import type { BudgetHold } from '../../limits/budget.js'
import type { LimitAccount, Reservation } from '../../limits/types.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'

/** The selected deployment, and the capacity reserved on it. */
export interface Selection {
  readonly deployment: Deployment
  readonly group: ModelGroup
  /** `provider/model` as sent to the deployment. */
  readonly model: string
  readonly reason: string
  /** Whether this is the first call after a cooldown. */
  readonly probe: boolean
  /** Estimated tokens, and the slot of the window in which they are counted. */
  readonly tokens: number
  readonly slot: number
  readonly holds: readonly BudgetHold[]
  /** Expected cost in US dollars if a budget is held, else 0. */
  readonly estimate: number
  /** The deployment and the budgets as accounts of the shared state; empty without one. */
  readonly accounts: readonly LimitAccount[]
  /** The reservation in the shared state. */
  readonly reservation: Reservation | undefined
  /** Monotonic milliseconds. */
  readonly at: number
}

/** No deployment of the group can take the call now. */
export interface NoCapacity {
  /** When capacity may return, in milliseconds; `undefined` if unknown. */
  readonly retryAfterMs: number | undefined
  /** Whether waiting may help. */
  readonly temporary: boolean
  /**
   * The error of a call that gives up.
   * @param hint a sentence about the queue
   */
  readonly error: (cause: LLMError | undefined, hint?: string) => LLMError
}

export const isNoCapacity = (found: Selection | NoCapacity): found is NoCapacity => 'temporary' in found
