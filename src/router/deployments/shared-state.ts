import { Apart } from '../apart.js'
import type { RouterContext } from '../context.js'
import type { LocalCounts, SharedUsage } from '../state.js'

/** How long usage reported by other processes stays valid, in milliseconds: if limits are enforced, and if they only steer. */
const enforcedValidity = 250
const steeringValidity = 1_000
/** Cooldowns of two processes that differ by less are the same: their clocks are not. In milliseconds. */
const clockTolerance = 100

/** Follows the state that several processes share: usage, cooldowns and latency of deployments. */
export function attachState(context: RouterContext): void {
  context.state?.attach?.({
    clock: context.clock,
    update: (usage) => applyUpdate(context, usage),
    changed: (state, error, processes) => applyConnection(context, state, error, processes),
    counts: () => localCounts(context),
  })
}

function applyUpdate(context: RouterContext, usage: readonly SharedUsage[]): void {
  const { clock, groups, availability } = context
  const { enforceLimits } = context.settings
  const now = clock.wall()
  for (const { id, requests, tokens, inFlight, cooldown, halfOpen, latency } of usage) {
    const deployment = groups.get(id)
    if (!deployment) continue
    deployment.refresh(now)
    const { others, window, rpm, maxParallelRequests: most } = deployment
    others.requests = Math.max(0, requests - window.first)
    others.tokens = Math.max(0, tokens - window.second)
    others.at = now
    // once capacity is exhausted, only the state itself knows when it returns
    const full = (enforceLimits && rpm !== undefined && requests + 1 >= rpm) || (most !== undefined && inFlight >= most)
    const until = now + (enforceLimits ? enforcedValidity : steeringValidity)
    deployment.shared = full ? undefined : { requests, tokens, inFlight, until }
    if (latency) deployment.latency.applyUpdate(now, latency)
    if (cooldown && cooldown.until > (deployment.cooldown?.until ?? now) + clockTolerance) {
      availability.coolDownShared(deployment, cooldown)
    } else if (!deployment.cooldown && deployment.probe !== 'sent') {
      // another process may have probed it meanwhile
      deployment.probe = halfOpen ? 'due' : 'none'
    }
  }
}

function applyConnection(
  context: RouterContext,
  state: 'shared' | 'local',
  error: Error | undefined,
  processes: number,
): void {
  const { clock, groups, budgets, events, queue } = context
  const now = clock.wall()
  const local = state === 'local'
  for (const deployment of groups.all) {
    deployment.refresh(now)
    deployment.shared = local ? new Apart(deployment, processes, clock) : undefined
    deployment.budget?.setApart(now, local ? processes : undefined)
  }
  for (const budget of budgets.all) budget.setApart(now, local ? processes : undefined)
  events.emit({ type: 'state', state, ...(error && { error }) })
  queue.wake()
}

function localCounts({ clock, groups, budgets }: RouterContext): LocalCounts {
  const now = clock.wall()
  const deployments = [...groups.all]
  return {
    deployments: deployments.map((deployment) => {
      deployment.refresh(now)
      const entries = deployment.window.entries()
      return {
        id: deployment.id,
        entries: entries.map(({ at, first, second }) => ({ at, requests: first, tokens: second })),
      }
    }),
    budgets: [...budgets.all, ...deployments.flatMap(({ budget }) => budget ?? [])].map((budget) => ({
      budget,
      entries: budget.entries(now),
    })),
  }
}
