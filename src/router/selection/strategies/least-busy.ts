import type { DeploymentView, StrategyContext } from '../../types.js'
import { lowest } from './lowest.js'

/** The one with the fewest calls under way. */
export const leastBusy = (candidates: readonly DeploymentView[], { random }: StrategyContext): DeploymentView =>
  lowest(candidates, (candidate) => candidate.inFlight, random)
