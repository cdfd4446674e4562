import type { EncodingName } from './encoding.js'
import type { Measured } from './measured.js'

/** Rules by which a family of models turns a request into tokens. Figures are tokens, unless they are factors. */
export interface Family {
  readonly name: string
  readonly encoding: EncodingName
  /** True if `encoding` is the family's own. Otherwise counts are scaled by `text`. */
  readonly own: boolean
  /** The family's tokens for each token of `encoding`. */
  readonly text: number
  /** Once per request. */
  readonly priming: number
  /** For each message, its role included. */
  readonly message: number
  /** Added for each assistant message. */
  readonly assistant: number
  readonly tools: {
    /** Format of tools in the prompt. */
    readonly as: 'typescript' | 'json'
    readonly once: number
    readonly each: number
    readonly text: number
    /** True if `tool_choice: 'none'` removes them from the prompt. */
    readonly dropped: boolean
  }
  /** Overhead of one tool call with its result; of each of several in one message; and once for several. */
  readonly call: { readonly alone: number; readonly several: number; readonly once: number }
  /** Overhead of a response schema in the prompt, and a factor for its text. */
  readonly schema: { readonly once: number; readonly text: number }
  /** Added if `thinking` is enabled. */
  readonly thinking: number
  /** Measured error over recorded calls. */
  readonly error: Measured
  /** Why counts of the family are never exact despite its own tokenizer. */
  readonly caveat?: string
}
