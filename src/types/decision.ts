import type { Usage } from './chat.js'
import type { CallMeta } from './meta.js'

/** A question with the answers true and false. */
export interface BooleanQuestion {
  type: 'boolean'
  /** The statement or question to decide. */
  instructions: string
  /** Descriptions of the two answers. */
  criteria?: { readonly true?: string; readonly false?: string }
}

/** A question with one answer of 2 to 255. */
export interface ChoiceQuestion {
  type: 'choice'
  /** The question to decide. */
  instructions: string
  /** The answers: their names, or descriptions by name. */
  criteria: readonly string[] | Readonly<Record<string, string | null>>
}

/** A question with an answer on a scale. */
export interface ScoreQuestion {
  type: 'score'
  /** The quality to rate. */
  instructions: string
  /** Descriptions of the 2 to 255 levels, the lowest first. */
  criteria: readonly string[]
}

/** A question about the state of a request. */
export type DecisionQuestion = BooleanQuestion | ChoiceQuestion | ScoreQuestion

/** Questions by their name. */
export type DecisionQuestions = Readonly<Record<string, DecisionQuestion>>

/** A part of a state that is no plain text. */
export type DecisionPart =
  | {
      readonly type: 'text'
      /** The text. */
      readonly text: string
    }
  | {
      readonly type: 'image_url'
      /** URL of the image, `https:` or `data:`. */
      readonly image_url: { readonly url: string }
    }

/** Parameters of decisions in snake_case. */
export interface DecideParams<Questions extends DecisionQuestions = DecisionQuestions> {
  /** Name of the model. */
  model: string
  /** The matter to decide about: a text, a JSON object or array, or texts and images as parts. */
  state: string | Readonly<Record<string, unknown>> | readonly DecisionPart[] | readonly unknown[]
  /** Questions by their name, 1 to 400. */
  questions: Questions
  /** Routes requests with a common prefix to the same prompt cache. */
  prompt_cache_key?: string | null
  /** Stable, anonymous id of the end user, for abuse detection. */
  safety_identifier?: string | null
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

interface Certainty {
  /** Probability of the answer, 0 to 1. Undefined if the model reports none. */
  confidence?: number
}

/** Answer to a {@link BooleanQuestion}. */
export interface BooleanDecision extends Certainty {
  type: 'boolean'
  /** True if it is the more probable answer. */
  value: boolean
  /** Probability of true, 0 to 1. Undefined if the model reports none. */
  probability?: number
}

/** Answer to a {@link ChoiceQuestion}. */
export interface ChoiceDecision<Choice extends string = string> extends Certainty {
  type: 'choice'
  /** The most probable choice. */
  value: Choice
  /** Probabilities by choice. Undefined if the model reports none. */
  probabilities?: Partial<Record<Choice, number>>
}

/** Answer to a {@link ScoreQuestion}. */
export interface ScoreDecision extends Certainty {
  type: 'score'
  /** Expected level, from 0 for the first of `criteria`: a fraction, if the model reports probabilities. */
  value: number
  /** Probabilities by level. Undefined if the model reports none. */
  probabilities?: number[]
}

/** The model declined to answer a question. */
export interface DecisionRefusal {
  type: 'refusal'
  /** No value: so `answers.name.value` is undefined for a refusal. */
  value?: undefined
}

type ChoiceOf<Criteria> = Criteria extends readonly (infer Name)[] ? Name & string : keyof Criteria & string

/** Answer to a question, or the refusal to answer it. */
export type DecisionOf<Question> = Question extends { readonly type: 'boolean' }
  ? BooleanDecision | DecisionRefusal
  : Question extends { readonly type: 'choice'; readonly criteria: infer Criteria }
    ? ChoiceDecision<ChoiceOf<Criteria>> | DecisionRefusal
    : ScoreDecision | DecisionRefusal

/** Answer to any question. */
export type Decision = BooleanDecision | ChoiceDecision | ScoreDecision | DecisionRefusal

/** Decisions about a state. */
export interface DecideResponse<Questions extends DecisionQuestions = DecisionQuestions> {
  /** Id of the answer. */
  id: string
  /** The answering model, as named by the provider. */
  model: string
  /** Answers by the names of the questions. */
  answers: { [Name in keyof Questions]: DecisionOf<Questions[Name]> }
  /** True if a chat model answered as JSON: without probabilities. False for the provider's own decisions. */
  emulated: boolean
  /** Token usage. */
  usage?: Usage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
