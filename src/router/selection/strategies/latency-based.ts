import type { DeploymentView, LatencyView, StrategyContext } from '../../types.js'

/**
 * Selects the fastest deployment: by time to first content for streams, else by time per output token. An unmeasured one gets a
 * call at once, but only one at a time. Within `latencyBuffer` of the fastest, the least busy is selected.
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

/** The average that all candidates can be compared by: embeddings have no output tokens. */
function measureOf(candidates: readonly DeploymentView[], stream: boolean): keyof LatencyView {
  if (stream) return 'firstTokenMs'
  return candidates.some(({ latency }) => latency.perTokenMs !== undefined) ? 'perTokenMs' : 'callMs'
}
