import type { ClaudeRules } from '../../models/index.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { KeptSchemas } from '../../shared/kept-json.js'
import type { PropertyAliases } from '../../shared/property-names.js'
import type { AnthropicQuirks } from './quirks.js'
import type { Fields } from './wire.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  readonly facts: ClaudeRules
  readonly quirks: AnthropicQuirks
  /** Tool names. */
  readonly names: Aliases
  /** Property names of tools that Claude rejects. */
  readonly properties: PropertyAliases | undefined
  /** Ids of tool calls. */
  readonly ids: Aliases
  /** Whether the server takes thinking without a signature, as self-hosted servers of other models do. @default false */
  readonly unsignedThinking?: boolean
  /** Beta flags required by the request. */
  readonly betas: Set<string>
  /** What is kept of the tools. */
  readonly kept?: KeptSchemas | undefined
}

/** The tools of a request, before `response_format` may add one. */
export interface ToolPlan {
  readonly tools: Fields[]
  readonly servers: Fields[]
  choice: Fields | undefined
}
