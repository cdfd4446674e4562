import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../anthropic/aliases.js'
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

/** What the decoder of the same call must know. */
export interface Memo {
  /** Tool names as sent, to the caller's. */
  readonly names?: Readonly<Record<string, string>>
  /** The tool that stands for `response_format`. */
  readonly json?: JSONTool
}

export interface JSONTool {
  readonly name: string
  /** True where the schema's root is not an object, so that the answer stands in a field `response`. */
  readonly wrapped: boolean
}
