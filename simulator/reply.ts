/** The APIs that the simulator speaks. */
export type WireName = 'openai' | 'anthropic' | 'gemini' | 'cohere' | 'converse' | 'ollama' | 'replicate'

/** What a request asks for. */
export type SimulatedOperation = 'chat' | 'embedding' | 'rerank' | 'moderation' | 'models' | 'count-tokens' | 'unknown'

/**
 * How the events of a stream are put on the wire. Given to the simulator for every answer, or to one reply. What the framing of a
 * wire has no place for (line ends and comments in AWS's binary messages) is left out there.
 */
export interface StreamControls {
  /** @default '\n', and with Gemini '\r\n' */
  lineEnding?: '\n' | '\r\n'
  /** Puts a comment line before the first event and between server-sent events, as OpenRouter does. @default false */
  comments?: boolean
  /** False leaves out the blank line behind the last event, or the line end behind the last line of JSON. @default true */
  finalBlankLine?: boolean
  /** False leaves out the end mark (`[DONE]`, `message_stop`) of a stream that is otherwise complete. @default true */
  endMark?: boolean
  /**
   * Cuts the stream into network writes of this many bytes, through the middle of events and characters.
   * @default one write for each event
   */
  writeBytes?: number
}

/** A call of a tool, as the simulated model makes it. */
export interface ReplyToolCall {
  name: string
  /** An object, or JSON text that is sent exactly as it is (it may be broken). */
  arguments: Readonly<Record<string, unknown>> | string
  /** @default an id in the provider's form, made from the request */
  id?: string
}

/**
 * Token counts of a reply. What is left out is counted from the texts, at about four characters a token.
 * As everywhere in llmux the prompt includes cache reads and writes, and the completion includes reasoning.
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

/** An answer that is sent as it stands, whatever the request was: also to an API that is not simulated. */
export interface RawReply {
  /** @default 200 */
  status?: number
  /** Beside the wire's own headers; `content-type` is `application/json`, or that of the wire's streams with `events`. */
  headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON. */
  body?: string | Uint8Array | Readonly<Record<string, unknown>>
  /** Events of a stream instead of a body, in the wire's framing: the data alone, or with the event's name. Objects are sent as JSON. */
  events?: readonly RawEvent[]
}

export type RawEvent = string | { event?: string; data: string | Readonly<Record<string, unknown>> }

/**
 * What the simulated model says, in no provider's terms: each wire puts it into its own shape, whole or streamed.
 *
 * @example
 * ```ts
 * simulator.reply({ text: 'Hello world', chunks: ['Hello', ' world'], usage: { promptTokens: 9 } })
 * simulator.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] })
 * ```
 */
export interface Reply extends StreamControls {
  text?: string
  /** Sent as the wire does: `reasoning_content` (OpenAI), a signed thinking block (Anthropic), a thought (Gemini), … */
  reasoning?: string
  toolCalls?: readonly ReplyToolCall[]
  /**
   * One of OpenAI's words, put into the wire's own (`length` is Anthropic's `max_tokens`), or any other word, sent as it is.
   * @default 'tool_calls' with tool calls (OpenAI wire: 'stop' where `tool_choice` names the tool, as there), else 'stop'
   */
  finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter' | (string & {})
  /** `null` leaves the usage out, as some hosts do. @default counted */
  usage?: ReplyUsage | null
  /** How the text is cut when it is streamed; its sum is the text where there is no `text`. @default word by word */
  chunks?: readonly string[]
  /** The vectors of an embedding request, one for each input. A reply with them is kept for such a request. */
  vectors?: readonly (readonly number[])[]
  /** The relevance of each document of a rerank request, in their order. A reply with them is kept for such a request. */
  scores?: readonly number[]
  /** Time before the response headers, in milliseconds. @default 0 */
  delayMs?: number
  /** Time between two content chunks of a stream, in milliseconds. @default 0 */
  chunkDelayMs?: number
  raw?: RawReply
}
