import type { RouterContext } from '../context.js'
import type { DeploymentSnapshot, RouterSnapshot } from '../types.js'
import type { Deployment } from './deployment.js'

export function snapshotOf(core: RouterContext, mirrorsDropped: number): RouterSnapshot {
  const at = core.clock.wall()
  return {
    at,
    deployments: [...core.groups.all].map((deployment) => deploymentSnapshot(deployment, at)),
    budgets: core.budgets.map((budget) => budget.snapshot(at)),
    waiting: core.room.size,
    calls: core.calls,
    mirrorsDropped,
    state: core.state === undefined ? 'memory' : core.state.connected ? 'shared' : 'local',
  }
}

function deploymentSnapshot(deployment: Deployment, now: number): DeploymentSnapshot {
  deployment.refresh(now)
  const { cooldown, probe, unhealthy, picks, successes, failures } = deployment
  const status = cooldown ? 'cooldown' : probe !== 'none' ? 'probing' : unhealthy ? 'unhealthy' : 'healthy'
  return {
    ...deployment.view(),
    status,
    cooldown: cooldown && { leftMs: cooldown.until - now, reason: cooldown.reason },
    picks,
    successes,
    failures,
  }
}
