import type { FunctionDefinition, ResponseFormat, Thinking, Tool, ToolChoice } from '../types/chat.js'
import type { Message } from '../types/messages.js'

/** Input of a token count: a chat request (any `completion()` request fits), or plain text. */
export interface TokenRequest {
  /** `provider/model` or a model name. For an Azure deployment, the name of the underlying model. */
  readonly model: string
  /** Messages of a chat, counted with the overhead of the chat format. Either this or `text`. */
  readonly messages?: readonly Message[] | undefined
  /** Plain text, counted without overhead. Several texts are summed. Either this or `messages`. */
  readonly text?: string | readonly string[] | undefined
  /** Tools of the request. */
  readonly tools?: readonly Tool[] | undefined
  /** Tool choice of the request. */
  readonly tool_choice?: ToolChoice | undefined
  /** Functions of a legacy request. */
  readonly functions?: readonly FunctionDefinition[] | undefined
  /** Reasoning settings, which are part of the prompt of some models. */
  readonly thinking?: Thinking | undefined
  /** Response format; only a `json_schema` costs tokens. */
  readonly response_format?: ResponseFormat | undefined
}

/**
 * Method of a count:
 * `provider`: the provider's counting endpoint;
 * `tiktoken`: the model's own tokenizer;
 * `estimate`: another tokenizer or the characters, scaled by measurements for the family.
 */
export type CountMethod = 'provider' | 'tiktoken' | 'estimate'

/** Measured error of such counts, as a fraction of the true count: 0.05 is 5 %. */
export interface ExpectedError {
  /** Median error. */
  readonly median: number
  /** 95th percentile of the error. */
  readonly p95: number
  /** Number of recorded requests measured. 0 means that the figures are a guess. */
  readonly samples: number
}

/** A number of tokens, its method and expected error. */
export interface TokenCount {
  /** Number of tokens. */
  readonly tokens: number
  /** True if the provider will bill exactly this number. Otherwise it is an estimate. */
  readonly exact: boolean
  /** Method of the count. */
  readonly method: CountMethod
  /** Family of models used for the count; `unknown` for an unrecognised model name. */
  readonly family: string
  /** Expected error; all zero if `exact`. */
  readonly expectedError: ExpectedError
  /** Reasons why the number is not exact, as sentences for a log. Empty if `exact`. */
  readonly reasons: readonly string[]
}

/** A loaded tokenizer for synchronous use. */
export interface Tokenizer {
  /** tiktoken's name of the encoding: the model's own if `exact`, otherwise the base of estimates. */
  readonly encoding: 'o200k_base' | 'cl100k_base'
  /** True if this is the model's own tokenizer. */
  readonly exact: boolean
  /**
   * Counts a request or plain text synchronously, about 0.3 µs per character. For prompts beyond about 100 KB, prefer
   * `tokenCounter()`, which yields to the event loop.
   * @throws {BadRequestError} if not exactly one of `messages` and `text` is given
   */
  count(request: Omit<TokenRequest, 'model'> | string): TokenCount
  /** Converts text to token ids. Names of special tokens are treated as plain text. */
  encode(text: string): Uint32Array
  /** Converts token ids back to text. */
  decode(tokens: Uint32Array | readonly number[]): string
}
