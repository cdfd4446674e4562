/** What an answer must say, derived from the recording alone. */

export interface ExpectedTool {
  readonly id: string | undefined
  readonly name: string
  /** As the model wrote them. Compared as JSON where they are JSON. */
  readonly arguments: string
}

export interface ExpectedThinking {
  readonly type: 'thinking' | 'redacted_thinking'
  /** The text, or the encrypted data. */
  readonly text: string
  readonly signature?: string
}

export interface ExpectedChoice {
  readonly index: number
  readonly text: string
  readonly refusal: string
  readonly reasoning: string
  readonly tools: readonly ExpectedTool[]
  readonly functionCall: { readonly name: string; readonly arguments: string } | undefined
  /** As it stands in the field of that name; undefined where it was never given. */
  readonly finish: string | undefined
  /** The same in the word of the provider behind the provider, where a gateway gives both. */
  readonly nativeFinish: string | undefined
  /** Tokens with log probabilities, of the text. */
  readonly logprobs: number
  readonly citedUrls: readonly string[]
  readonly thinking: readonly ExpectedThinking[]
}

export interface ExpectedUsage {
  readonly prompt: number
  readonly completion: number
  readonly cached: number | undefined
  readonly cacheWritten: number | undefined
  readonly reasoning: number | undefined
  /** US dollars, as the provider says. */
  readonly cost: number | undefined
}

export interface ExpectedAnswer {
  /** Undefined where the provider gives none: llmux must make one up. */
  readonly id: string | undefined
  readonly model: string | undefined
  readonly choices: readonly ExpectedChoice[]
  readonly usage: ExpectedUsage | undefined
  /** Texts that must not be lost, wherever in the answer they end up: encrypted reasoning, citations, server tools. */
  readonly kept: readonly string[]
  /** Of these, what the provider must get back when the answer stands in the history of a next call. */
  readonly replayed: readonly string[]
}

/** A stream or a 200 answer that is an error, or ends in one. */
export interface ExpectedFailure {
  readonly partialText: string
}

/** Every native finish reason of the recorded providers. What is not here is a `stop`. */
const finishes: Readonly<Record<string, string>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  eos_token: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'function_call',
  content_filter: 'content_filter',
  refusal: 'content_filter',
}

export const finishOf = (native: string): string => finishes[native] ?? 'stop'

/** The host's word, unless the message says otherwise: calls win over a plain stop, and a reason that announces calls needs them. */
export function agreedFinish(native: string | undefined, calls: number, functionCall: boolean): string | undefined {
  if (native === undefined) return undefined
  const finish = finishOf(native)
  if (finish !== 'stop' && finish !== 'tool_calls' && finish !== 'function_call') return native
  if (functionCall && (finish === 'function_call' || calls === 0)) return 'function_call'
  return calls > 0 ? 'tool_calls' : 'stop'
}
