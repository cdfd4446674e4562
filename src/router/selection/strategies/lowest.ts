import type { DeploymentView } from '../../types.js'

/** A random one of those with the lowest score. */
export function lowest(
  candidates: readonly DeploymentView[],
  score: (candidate: DeploymentView) => number,
  random: () => number,
): DeploymentView {
  let best = candidates[0] as DeploymentView
  let least = score(best)
  let ties = 1
  for (let at = 1; at < candidates.length; at++) {
    const candidate = candidates[at] as DeploymentView
    const value = score(candidate)
    if (value < least) {
      best = candidate
      least = value
      ties = 1
    } else if (value === least && random() * ++ties < 1) best = candidate
  }
  return best
}
