import type { RouterContext } from '../context.js'
import type { DeploymentSnapshot, RouterSnapshot } from '../types.js'
import type { Deployment } from './deployment.js'

export function takeSnapshot(context: RouterContext): RouterSnapshot {
  const at = context.clock.wall()
  const deployments = [...context.groups.all]
  const budgets = [...context.budgets.all, ...deployments.flatMap(({ budget }) => budget ?? [])]
  return {
    at,
    deployments: deployments.map((deployment) => snapshotDeployment(deployment, at)),
    budgets: budgets.map((budget) => budget.snapshot(at)),
    waiting: context.queue.size,
    calls: context.calls.active,
    mirrorsDropped: context.copies.dropped,
    state: context.state === undefined ? 'memory' : context.state.connected ? 'shared' : 'local',
  }
}

function snapshotDeployment(deployment: Deployment, now: number): DeploymentSnapshot {
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
