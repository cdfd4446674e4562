import type { Media } from '../../../src/types/media.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { KeptSchemas } from '../../shared/kept-json.js'
import type { PropertyAliases } from '../../shared/property-names.js'
import type { ModelFacts } from './models.js'
import type { Fields } from './wire.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  readonly facts: ModelFacts
  /** Names of tools. */
  readonly names: Aliases
  /** Property names of tools that Claude rejects. */
  readonly properties: PropertyAliases | undefined
  /** Ids of tool calls. */
  readonly ids: Aliases
  readonly documents: {
    /** A name for a document that no other document of the request has. */
    take(title: string | null | undefined): string
  }
  /** Files downloaded for the request, by URL. */
  readonly media: ReadonlyMap<string, Media>
  /** What is kept of the tools. */
  readonly kept?: KeptSchemas | undefined
}

/** Converse's `toolChoice`. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
export type Choice = { auto: Fields } | { any: Fields } | { tool: { name: string } }

/** The tools of a request, before `response_format` may add one. */
export interface ToolPlan {
  tools: Fields[]
  /** Tools that Anthropic defines, for `additionalModelRequestFields.tools`. */
  readonly claude: Fields[]
  readonly betas: Set<string>
  choice: Choice | undefined
  /** True if the model must not call several tools at once. */
  readonly single: boolean
  /** True if Claude thinks on a budget, which rules out forced calls. */
  readonly budgeted: boolean
  /** To append to the instructions. */
  instruction: string | undefined
}
