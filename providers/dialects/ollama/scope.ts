import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'

/** What every part of one encoding shares. */
export interface EncodeScope {
  readonly report: Report
  /** Remote images, as far as they were fetched. */
  readonly media: ReadonlyMap<string, Media> | undefined
}
