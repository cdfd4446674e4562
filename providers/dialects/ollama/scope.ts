import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  /** Remote images that have been fetched, by URL. */
  readonly media: ReadonlyMap<string, Media> | undefined
}
