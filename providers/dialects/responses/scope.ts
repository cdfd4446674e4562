import type { EncodeContext } from '../../contract.js'
import type { ModelRules } from '../../models/index.js'
import type { Report } from '../../report.js'
import type { Aliases } from '../../shared/aliases.js'
import type { ResponsesQuirks } from './quirks.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly context: EncodeContext<ResponsesQuirks>
  readonly report: Report
  /** Rules of the model, if the host serves it by them. */
  readonly rules: ModelRules | undefined
  /** Names of tools that the host refuses, with their aliases; undefined if it accepts all of them. */
  readonly names: Aliases | undefined
  /** Whether the provider stores the answers: only then it knows items by their ids. */
  readonly stored: boolean
}

/** State of a request for the decoder of the same call. */
export interface EncodeState {
  /** Tool names as sent, with the caller's. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** True if the answer is JSON: commentary before it is not part of the text. */
  readonly json: boolean
  /** Stop sequences, at which the answer is cut. */
  readonly stop?: readonly string[] | undefined
}
