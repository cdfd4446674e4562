import type { EncodingName } from './encoding.js'
import { families } from './family-table.js'
import { heads } from './heads.js'
import type { Measured } from './measured.js'
import { lookup } from './names.js'

/** How a family of models turns a request into tokens. All figures are tokens, unless they are factors. */
export interface Family {
  readonly name: string
  readonly encoding: EncodingName
  /** Whether `encoding` is the family's own. Otherwise its counts are scaled by `text`. */
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
    /** How tools are shown to the model. */
    readonly as: 'typescript' | 'json'
    readonly once: number
    readonly each: number
    readonly text: number
    /** Whether `tool_choice: 'none'` keeps them from the model. */
    readonly dropped: boolean
  }
  /** What goes around one tool call and its result; around each of several in one message; and once for those. */
  readonly call: { readonly alone: number; readonly several: number; readonly once: number }
  /** A response schema that is put into the prompt: what goes around it, and a factor for its text. */
  readonly schema: { readonly once: number; readonly text: number }
  /** Added where `thinking` is on. */
  readonly thinking: number
  /** How far off counts were over recorded calls. */
  readonly error: Measured
  /** Why the family's counts are never exact, although the tokenizer is its own. */
  readonly caveat?: string
}

/** The family of a model, or `unknown`. */
export const familyOf = (model: string): Family => families[lookup(heads, model) ?? 'unknown']
