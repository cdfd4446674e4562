import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { DocumentNames } from './documents.js'
import type { ModelFacts } from './models.js'

/** What every part of one encoding shares. */
export interface Kit {
  readonly report: Report
  readonly facts: ModelFacts
  /** Tool names. */
  readonly names: Aliases
  /** Ids of tool calls. */
  readonly ids: Aliases
  readonly documents: DocumentNames
  /** Files that were fetched for the request, by URL. */
  readonly media: ReadonlyMap<string, Media>
}
