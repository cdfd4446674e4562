import type { EncodeContext } from '../../contract.js'
import { type ModelRules, modelRules, namedModel } from '../../models/index.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { KeptSchemas } from '../../shared/kept-json.js'
import type { OpenAIQuirks } from './quirks.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly context: EncodeContext<OpenAIQuirks>
  readonly report: Report
  /** Rules of the model, if the host serves it by them. */
  readonly rules: ModelRules | undefined
  /** Names of tools that the host refuses, with their aliases; undefined if it accepts all of them. */
  readonly names: Aliases | undefined
  /** What is kept of the tools. */
  readonly kept?: KeptSchemas | undefined
}

/** Tool names and server tools of a request, for the decoder of the same call. */
export interface EncodeState {
  /** Tool names as sent, with the caller's. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Names of tools that the host runs itself. */
  readonly serverTools?: ReadonlySet<string> | undefined
}

/** The rules of a call's model, if its host serves models of that maker by the maker's rules. */
export function rulesOf(context: EncodeContext<OpenAIQuirks>): ModelRules | undefined {
  const { rulesOfMakers: makers } = context.quirks
  if (makers.length === 0) return undefined
  const rules = modelRules(namedModel(context))
  return rules && makers.includes(rules.maker) ? rules : undefined
}

/** Warns once of cache marks that the host has no use for. */
export function reportMark(report: Report): void {
  const param = 'cache_control'
  if (!report.warnings.some((warning) => warning.type === 'dropped' && warning.param === param)) {
    report.dropped(param, 'Cache marks were left out: the provider caches prompts by itself.')
  }
}
