import type { FunctionDefinition, ResponseFormat, Thinking, Tool, ToolChoice } from '../types/chat.js'
import type { Message } from '../types/messages.js'

/** What to count: a chat request (any `completion()` request will do), or bare text. */
export interface TokenRequest {
  /** `provider/model`, or a model's bare name. For an Azure deployment, the name of the model behind it. */
  readonly model: string
  /** A chat prompt: counted with the tokens that the chat format adds. Either this or `text`. */
  readonly messages?: readonly Message[] | undefined
  /** Bare text, counted without any overhead. Several texts are summed. Either this or `messages`. */
  readonly text?: string | readonly string[] | undefined
  readonly tools?: readonly Tool[] | undefined
  readonly tool_choice?: ToolChoice | undefined
  readonly functions?: readonly FunctionDefinition[] | undefined
  /** Some models are told about it. */
  readonly thinking?: Thinking | undefined
  /** Only a `json_schema` costs tokens. */
  readonly response_format?: ResponseFormat | undefined
}

/**
 * How a count was made:
 * `provider`: the provider's own counting endpoint said so;
 * `tiktoken`: the model's own tokenizer;
 * `estimate`: another tokenizer or the characters, scaled by what was measured for the family.
 */
export type CountMethod = 'provider' | 'tiktoken' | 'estimate'

/** By how much counts of this kind were off, as a share of the true count: 0.05 is 5 %. */
export interface ExpectedError {
  /** Half of the measured requests were off by no more than this. */
  readonly median: number
  /** 95 of 100 were off by no more than this. */
  readonly p95: number
  /** How many recorded requests that was measured on. 0: not measured, the figures are a guess. */
  readonly samples: number
}

/** A number of tokens, and what it is worth. */
export interface TokenCount {
  readonly tokens: number
  /** True where the number is what the provider will bill for. Otherwise it is an estimate. */
  readonly exact: boolean
  readonly method: CountMethod
  /** The family of models that the count was made for; `unknown` where the model's name says nothing. */
  readonly family: string
  /** Zero throughout where `exact`. */
  readonly expectedError: ExpectedError
  /** Why the number is not exact, in words for a log. Empty where `exact`. */
  readonly reasons: readonly string[]
}

/** A tokenizer that is loaded, and so answers at once. */
export interface Tokenizer {
  /** The encoding, by tiktoken's name: the model's own where `exact`, else the one that estimates are scaled from. */
  readonly encoding: 'o200k_base' | 'cl100k_base'
  /** Whether this is the model's own tokenizer. */
  readonly exact: boolean
  /**
   * Counts a request, or bare text, at once. Takes about 0.3 µs a character and does not yield:
   * for prompts beyond some 100 KB, `tokenCounter()` is kinder to the event loop.
   * @throws {BadRequestError} where there is neither `messages` nor `text`, or both
   */
  count(request: Omit<TokenRequest, 'model'> | string): TokenCount
  /** The token ids of a text. Names of special tokens in it are plain text. */
  encode(text: string): Uint32Array
  /** The text of token ids. */
  decode(tokens: Uint32Array | readonly number[]): string
}
