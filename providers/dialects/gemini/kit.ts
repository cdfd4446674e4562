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

/** What the decoder of the same call must know. */
export interface Memo {
  /** Tool names as sent, to the caller's. */
  readonly names?: Readonly<Record<string, string>>
  /** The function that stands for `response_format`. */
  readonly json?: JSONTool
}

export interface JSONTool {
  readonly name: string
  /** True where the schema's root is not an object, so that the answer stands in a field `response`. */
  readonly wrapped: boolean
}

/** More candidates than any answer has. Lists that are filled by index don't grow beyond. */
const mostPlaces = 1024

/** The number that a candidate has; undefined where it has none, or nonsense. */
export const placeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostPlaces ? value : undefined
