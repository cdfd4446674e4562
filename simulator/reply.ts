/** The APIs that the simulator speaks. */
export type WireName =
  | 'openai'
  | 'anthropic'
  | 'gemini'
  | 'cohere'
  | 'converse'
  | 'ollama'
  | 'replicate'
  | 'elevenlabs'
  | 'deepgram'

/** The operation of a request. */
export type SimulatedOperation =
  | 'chat'
  | 'embedding'
  | 'rerank'
  | 'moderation'
  | 'decide'
  | 'storedResponse'
  | 'compactResponse'
  | 'speech'
  | 'transcription'
  | 'imageGeneration'
  | 'imageEdit'
  | 'models'
  | 'batches'
  | 'count-tokens'
  | 'unknown'

/**
 * Framing options of a stream, for the whole simulator or one reply. Options without meaning for a
 * framing (line ends and comments in AWS's binary messages) are ignored.
 */
export interface StreamControls {
  /** @default '\n'; '\r\n' for Gemini */
  lineEnding?: '\n' | '\r\n'
  /** Adds a comment line before the first event and between server-sent events, like OpenRouter. @default false */
  comments?: boolean
  /** False omits the blank line after the last event, or the line end after the last line of JSON. @default true */
  finalBlankLine?: boolean
  /** False omits the end mark (`[DONE]`, `message_stop`) of an otherwise complete stream. @default true */
  endMark?: boolean
  /**
   * Splits the stream into network writes of this many bytes, also inside events and characters.
   * @default one write per event
   */
  writeBytes?: number
}

/** A tool call of the simulated model. */
export interface ReplyToolCall {
  name: string
  /** An object, or JSON text that is sent unchanged (it may be invalid). */
  arguments: Readonly<Record<string, unknown>> | string
  /** @default an id in the provider's form, derived from the request */
  id?: string
}

/**
 * Token counts of a reply. Missing counts are computed from the texts, at about four characters per token.
 * The prompt includes cache reads and writes, and the completion includes reasoning.
 */
export interface ReplyUsage {
  promptTokens?: number
  completionTokens?: number
  reasoningTokens?: number
  /** Read from the prompt cache. */
  cachedTokens?: number
  /** Written to the prompt cache for five minutes. Anthropic only. */
  cacheCreationTokens?: number
  /** Written to the prompt cache for an hour. Anthropic only. */
  cacheCreation1hTokens?: number
}

/** A response sent unchanged for any request, also to an API that is not simulated. */
export interface RawReply {
  /** @default 200 */
  status?: number
  /** In addition to the wire's headers; `content-type` is `application/json`, or the wire's stream type with `events`. */
  headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON. */
  body?: string | Uint8Array | Readonly<Record<string, unknown>>
  /** Stream events instead of a body, in the wire's framing: data alone, or with the event's name. Objects are sent as JSON. */
  events?: readonly RawEvent[]
}

/** `{ event, data }`, the data alone as a string, or an object that is sent as JSON data. */
export type RawEvent =
  | string
  | { event?: string; data: string | Readonly<Record<string, unknown>> }
  | Readonly<Record<string, unknown>>

/**
 * The simulated model's answer in provider-neutral form; each wire encodes it, streamed or not.
 *
 * @example
 * ```ts
 * simulator.reply({ text: 'Hello world', chunks: ['Hello', ' world'], usage: { promptTokens: 9 } })
 * simulator.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] })
 * ```
 */
export interface Reply extends StreamControls {
  text?: string
  /** Encoded per wire: `reasoning_content` (OpenAI), a signed thinking block (Anthropic), a thought (Gemini), … */
  reasoning?: string
  toolCalls?: readonly ReplyToolCall[]
  /**
   * An OpenAI finish reason, mapped to the wire's (`length` is Anthropic's `max_tokens`), or any other string, sent unchanged.
   * @default 'tool_calls' with tool calls (OpenAI wire: 'stop' if `tool_choice` names the tool), else 'stop'
   */
  finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter' | (string & {})
  /** `null` omits the usage, like some hosts. @default counted */
  usage?: ReplyUsage | null
  /** The stream chunks of the text; joined, they are the text if `text` is missing. @default one per word */
  chunks?: readonly string[]
  /** The vectors of an embedding request, one per input. Such a reply waits for an embedding request. */
  vectors?: readonly (readonly number[])[]
  /** The relevance of each document of a rerank request, in order. Such a reply waits for a rerank request. */
  scores?: readonly number[]
  /** Time before the response headers, in milliseconds. @default 0 */
  delayMs?: number
  /** Time between two content chunks of a stream, in milliseconds. @default 0 */
  chunkDelayMs?: number
  raw?: RawReply
}
