import { parseArgs } from 'node:util'

export const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '16' },
    // MB of JavaScript objects: a leak ends the process
    heap: { type: 'string', default: '192' },
  },
})
