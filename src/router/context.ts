import type { Clock } from '../call/clock.js'
import type { ClientContext } from '../call/context.js'
import type { WaitQueue } from '../limits/queue.js'
import type { RouterState } from '../limits/types.js'
import type { OnSettled } from '../types/settled.js'
import type { Availability } from './deployments/availability.js'
import type { RouterBudgets } from './deployments/budgets.js'
import type { ModelGroups } from './deployments/model-groups.js'
import type { RouterEvents } from './events.js'
import type { CallTracker } from './execution/call-tracker.js'
import type { Affinity } from './selection/affinity.js'
import type { Selection } from './selection/selection.js'
import { strategies } from './selection/strategies/index.js'
import type { RouterOptions, Strategy } from './types.js'

/** Shared by all parts of a Router. */
export interface RouterContext {
  /** Replaced together by `configure()`; everything else stays for the life of the Router. */
  options: RouterOptions
  settings: RouterSettings
  readonly client: ClientContext
  readonly clock: Clock
  readonly events: RouterEvents
  readonly groups: ModelGroups
  readonly budgets: RouterBudgets
  readonly availability: Availability
  readonly affinity: Affinity
  readonly queue: WaitQueue<Selection>
  readonly calls: CallTracker
  /** Copies of calls to other groups. */
  readonly copies: { inFlight: number; dropped: number }
  readonly state: RouterState | undefined
}

/** Options with their defaults, resolved once because every call reads them. */
export interface RouterSettings {
  readonly strategy: Strategy
  readonly strategyName: string
  /** Whether the strategy draws by shares: then large groups need not be read. */
  readonly samples: boolean
  /** Whether tokens are counted even without a limit on them, because the strategy reads them. */
  readonly countsTokens: boolean
  readonly enforceLimits: boolean
  readonly preCallChecks: boolean
  readonly latencyBuffer: number
  readonly maxFallbacks: number
  readonly maxRetryDelay: number
  /** Milliseconds for a complete call. */
  readonly timeout: number
  readonly onSettled: OnSettled | undefined
  /** Options of every call. */
  readonly callDefaults: Readonly<Record<string, unknown>>
}

export function resolveSettings(options: RouterOptions): RouterSettings {
  const { routingStrategy = 'simple-shuffle' } = options
  const custom = typeof routingStrategy === 'function'
  const { headersTimeout, firstTokenTimeout, idleTimeout } = options
  return {
    strategy: custom ? routingStrategy : strategies[routingStrategy],
    strategyName: custom ? 'custom strategy' : routingStrategy,
    samples: routingStrategy === 'simple-shuffle' || routingStrategy === 'order',
    countsTokens: custom || routingStrategy === 'usage-based',
    enforceLimits: options.enforceLimits ?? false,
    preCallChecks: options.preCallChecks ?? true,
    latencyBuffer: options.latencyBuffer ?? 0.1,
    maxFallbacks: options.maxFallbacks ?? 5,
    maxRetryDelay: options.maxRetryDelay ?? 60_000,
    timeout: options.timeout ?? 600_000,
    onSettled: joinHooks(options.client?.onSettled, options.onSettled),
    callDefaults: {
      ...(headersTimeout !== undefined && { headersTimeout }),
      ...(firstTokenTimeout !== undefined && { firstTokenTimeout }),
      ...(idleTimeout !== undefined && { idleTimeout }),
    },
  }
}

/** The hooks of the client and the Router are independent: an error of one must not keep the record from the other. */
function joinHooks(first: OnSettled | undefined, second: OnSettled | undefined): OnSettled | undefined {
  if (!first || !second) return first ?? second
  return (record) => {
    try {
      first(record)
    } finally {
      second(record)
    }
  }
}
