import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'
import type { ModelFacts } from './models.js'
import type { Names } from './names.js'
import type { GeminiQuirks } from './quirks.js'

/** What every part of one encoding shares. */
export interface Kit {
  readonly report: Report
  readonly facts: ModelFacts
  readonly quirks: GeminiQuirks
  /** Tool names. */
  readonly names: Names
  /** Files that were fetched for the request, by URL. */
  readonly media: ReadonlyMap<string, Media>
}

/** More candidates than any answer has. Lists that are filled by index don't grow beyond. */
const mostPlaces = 1024

/** The number that a candidate has; undefined where it has none, or nonsense. */
export const placeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostPlaces ? value : undefined
