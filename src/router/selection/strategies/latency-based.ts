import type { DeploymentView, LatencyView, StrategyContext } from '../../types.js'

/**
 * The fastest: by time to first content for streams, else by time per output token. One that nobody has measured yet is tried
 * at once, but by one call at a time. Among those within `latencyBuffer` of the fastest, the least busy.
 */
export function latencyBased(candidates: readonly DeploymentView[], context: StrategyContext): DeploymentView {
  const measure = measureOf(candidates, context.stream)
  let fastest = Number.POSITIVE_INFINITY
  let unknown: DeploymentView | undefined
  for (const candidate of candidates) {
    const latency = candidate.latency[measure]
    if (latency === undefined) {
      if (candidate.inFlight === 0) return candidate
      if (!unknown || candidate.inFlight < unknown.inFlight) unknown = candidate
    } else if (latency < fastest) fastest = latency
  }
  const limit = fastest * (1 + context.latencyBuffer)
  let best: DeploymentView | undefined
  let ties = 0
  for (const candidate of candidates) {
    const latency = candidate.latency[measure]
    if (latency === undefined || latency > limit) continue
    if (!best || candidate.inFlight < best.inFlight) {
      best = candidate
      ties = 1
    } else if (candidate.inFlight === best.inFlight && context.random() * ++ties < 1) best = candidate
  }
  return (best ?? unknown) as DeploymentView
}

/** What can be compared: embeddings have no output tokens. */
function measureOf(candidates: readonly DeploymentView[], stream: boolean): keyof LatencyView {
  if (stream) return 'firstTokenMs'
  return candidates.some(({ latency }) => latency.perTokenMs !== undefined) ? 'perTokenMs' : 'callMs'
}
