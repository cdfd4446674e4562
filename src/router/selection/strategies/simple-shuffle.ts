import type { DeploymentView, StrategyContext } from '../../types.js'

type Share = 'weight' | 'rpm' | 'tpm'

/**
 * Selects randomly, in proportion to `weight`, else to `rpm`, else to `tpm`, else evenly: by the first of them that any deployment
 * has. A deployment without it counts 1 among weights, and the mean of the others among limits.
 */
export function simpleShuffle(candidates: readonly DeploymentView[], { random }: StrategyContext): DeploymentView {
  const share = shareOf(candidates)
  if (share === undefined) return candidates[Math.floor(random() * candidates.length)] as DeploymentView
  let sum = 0
  for (const candidate of candidates) sum += share(candidate)
  let left = random() * sum
  for (const candidate of candidates) {
    left -= share(candidate)
    if (left < 0) return candidate
  }
  // all weights are 0
  return candidates[Math.floor(random() * candidates.length)] as DeploymentView
}

/** The share of a deployment among others; undefined if all are equal. */
export function shareOf(candidates: readonly DeploymentView[]): ((candidate: DeploymentView) => number) | undefined {
  const by = fieldOf(candidates)
  if (by === undefined) return undefined
  const missing = by === 'weight' ? 1 : meanOf(candidates, by)
  return (candidate) => candidate[by] ?? missing
}

function fieldOf(candidates: readonly DeploymentView[]): Share | undefined {
  let rpm = false
  let tpm = false
  for (const candidate of candidates) {
    if (candidate.weight !== undefined) return 'weight'
    if (candidate.rpm !== undefined) rpm = true
    if (candidate.tpm !== undefined) tpm = true
  }
  return rpm ? 'rpm' : tpm ? 'tpm' : undefined
}

function meanOf(candidates: readonly DeploymentView[], by: Share): number {
  let sum = 0
  let count = 0
  for (const candidate of candidates) {
    const value = candidate[by]
    if (value === undefined) continue
    sum += value
    count++
  }
  return sum / count
}
