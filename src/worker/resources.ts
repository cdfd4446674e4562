import type { resourcesOf as make } from '../batches/parts.js'
import { part } from './parts.js'

export const resourcesOf: typeof make = (context, report) =>
  part<{ resourcesOf: typeof make }>('batches', 'llmux/batch', 'files and batches').resourcesOf(context, report)
