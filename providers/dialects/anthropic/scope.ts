import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { ModelFacts } from './models.js'
import type { AnthropicQuirks } from './quirks.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  readonly facts: ModelFacts
  readonly quirks: AnthropicQuirks
  /** Tool names. */
  readonly names: Aliases
  /** Ids of tool calls. */
  readonly ids: Aliases
  /** Beta flags required by the request. */
  readonly betas: Set<string>
}
