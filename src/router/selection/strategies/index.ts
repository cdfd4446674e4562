import type { Strategy, StrategyName } from '../../types.js'
import { costBased } from './cost-based.js'
import { latencyBased } from './latency-based.js'
import { leastBusy } from './least-busy.js'
import { simpleShuffle } from './simple-shuffle.js'
import { usageBased } from './usage-based.js'

export const strategies: Readonly<Record<StrategyName, Strategy>> = Object.freeze({
  'simple-shuffle': simpleShuffle,
  'least-busy': leastBusy,
  'usage-based': usageBased,
  'latency-based': latencyBased,
  'cost-based': costBased,
  // the pool contains only the lowest order
  order: simpleShuffle,
})
