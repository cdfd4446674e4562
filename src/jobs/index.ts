export { batch } from './batch.js'
export { type ProgressOutput, progressBar } from './progress.js'
export { type RaceOptions, type RaceRequest, type RaceTarget, race } from './race.js'
export type * from './types.js'
