import type { LimitObserver, SharedUsage } from '../../limits/types.js'
import type { RouterContext } from '../context.js'

/** How long usage reported by the state stays valid, in milliseconds: if limits are enforced, and if they only steer. */
const enforcedValidity = 250
const steeringValidity = 1_000
/** Cooldowns of two processes that differ by less are the same: their clocks are not. In milliseconds. */
const clockTolerance = 100

/** Follows the state that several processes may share: usage, cooldowns and latency of deployments. */
export function attachState(context: RouterContext): LimitObserver {
  const observer: LimitObserver = {
    clock: context.clock,
    update: (usage) => applyUpdate(context, usage),
    changed: (state, error) => applyConnection(context, state, error),
  }
  context.state?.attach?.(observer)
  return observer
}

function applyUpdate(context: RouterContext, usage: readonly SharedUsage[]): void {
  const { clock, groups, availability } = context
  const { enforceLimits } = context.settings
  const now = clock.wall()
  for (const { id, requests, tokens, inFlight, cooldown, halfOpen, latency } of usage) {
    const deployment = groups.get(id)
    if (!deployment) continue
    deployment.refresh(now)
    const { rpm, maxParallelRequests: most } = deployment
    // once capacity is exhausted, only the state itself knows when it returns
    const full = (enforceLimits && rpm !== undefined && requests + 1 >= rpm) || (most !== undefined && inFlight >= most)
    const validUntil = now + (enforceLimits ? enforcedValidity : steeringValidity)
    deployment.shared = full ? undefined : { requests, tokens, inFlight, validUntil }
    if (latency) deployment.latency.applyUpdate(now, latency)
    if (cooldown && cooldown.until > (deployment.cooldown?.until ?? now) + clockTolerance) {
      availability.coolDownShared(deployment, cooldown)
    } else if (!deployment.cooldown && deployment.probe !== 'sent') {
      // another process may have probed it meanwhile
      deployment.probe = halfOpen ? 'due' : 'none'
    }
  }
}

/** The state was lost, and decides within this process's share of the limits; or it is back. */
function applyConnection({ groups, events, queue }: RouterContext, state: 'shared' | 'local', error?: Error): void {
  for (const deployment of groups.all) deployment.shared = undefined
  events.emit({ type: 'state', state, ...(error && { error }) })
  queue.wake()
}
