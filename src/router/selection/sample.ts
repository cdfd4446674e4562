import type { Deployment } from '../deployments/deployment.js'
import { Exclusion, findExclusion } from './filter.js'
import type { SelectionContext } from './selection-context.js'
import { shareOf } from './strategies/simple-shuffle.js'

/** Smaller groups are read completely, which costs no more than the draws. */
const smallestSampled = 32
/** Draws before the group is read. With a fifth of the deployments available, one call in 300 needs more. */
const draws = 24

/** Running sums of the shares of a level, to draw by them in logarithmic time. Groups are made anew when a deployment changes. */
const sums = new WeakMap<readonly Deployment[], Float64Array | undefined>()

/**
 * Draws an available deployment of a large group by its share, as `simple-shuffle` does, without reading the others: a drawn one that
 * is not available is drawn again, which leaves the proportions of the available ones as they are.
 * @returns undefined if the group is small, or none of the drawn deployments can take the call
 */
export function sample(selection: SelectionContext): Deployment | undefined {
  const { group, now, router, request } = selection
  const [level] = group.levels
  if (!level || level.length < smallestSampled) return undefined
  const { random } = router.clock
  const shares = sharesOf(level)
  const horizon = level[0]?.window.horizon(now)
  for (let drawn = 0; drawn < draws; drawn++) {
    const at = shares ? indexOf(shares, random()) : Math.floor(random() * level.length)
    const deployment = level[at] as Deployment
    deployment.refresh(now, horizon)
    if (findExclusion(selection, deployment) === Exclusion.None && !request.tried.has(deployment)) return deployment
  }
  return undefined
}

/** Undefined if all shares are equal. */
function sharesOf(level: readonly Deployment[]): Float64Array | undefined {
  if (sums.has(level)) return sums.get(level)
  const shares = shareOf(level)
  let found: Float64Array | undefined
  if (shares) {
    found = new Float64Array(level.length)
    let sum = 0
    for (const [at, deployment] of level.entries()) {
      sum += shares(deployment)
      found[at] = sum
    }
    if (sum === 0) found = undefined
  }
  sums.set(level, found)
  return found
}

/** The index that a number from 0 to below 1 selects. */
function indexOf(shares: Float64Array, part: number): number {
  const wanted = part * (shares[shares.length - 1] ?? 0)
  let low = 0
  let high = shares.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((shares[middle] ?? 0) > wanted) high = middle
    else low = middle + 1
  }
  return low
}
