import type { ChatDialect, Decoded } from '../../providers/contract.js'
import { chatWithCache } from '../cache/chat.js'
import type { StreamParts } from '../call/answer-stream.js'
import { billingOf } from '../call/billing.js'
import type { Call } from '../call/call.js'
import { ChatAccumulator } from '../call/chat-accumulator.js'
import { CompletionStream } from '../call/completion-stream.js'
import type { Job, OperationSpec, Params } from '../call/operation.js'
import type { StreamSetup } from '../call/stream-accumulator.js'
import { parseAnswer } from '../call/structured.js'
import { isSchema } from '../call/validate.js'
import { estimateTokens } from '../tokens/estimate.js'
import type {
  AnswerMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatParams,
  ResponseFormatInput,
  Usage,
} from '../types/chat.js'
import type { CallOptions, CompletionRequest } from '../types/options.js'
import type { SchemaOutput, StandardSchema } from '../types/schema.js'
import { embedderOf } from './embedding.js'
import { chatRequest } from './requests.js'

/** Type of `message.parsed`: the output of the schema in `response_format`. */
export type Parsed<Format> = Format extends StandardSchema ? SchemaOutput<Format> : unknown

/** A stream for `stream: true`, else an answer; either of them if `stream` is known at run time only. */
export type CompletionResult<Stream extends boolean, Format = undefined> = boolean extends Stream
  ? ChatCompletion<Parsed<Format>> | CompletionStream<Parsed<Format>>
  : Stream extends true
    ? CompletionStream<Parsed<Format>>
    : ChatCompletion<Parsed<Format>>

export interface CompletionMethod<Extra, Options> {
  /**
   * Calls a chat model.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const answer = await client.completion({ model: 'anthropic/claude-sonnet-4-5', messages })
   */
  completion<const Stream extends boolean = false, const Format extends ResponseFormatInput | undefined = undefined>(
    request: CompletionRequest<Stream, Format> & Extra,
    options?: CallOptions & Options,
  ): Promise<CompletionResult<Stream, Format>>
}

export const chat: OperationSpec<ChatDialect, Decoded<ChatCompletion>> = {
  ...chatRequest,
  part: (dialect) => dialect.chat,
  unsupported: ({ name }) => `${name} has no chat models here. It is for embedding() or rerank().`,
  encode(part, params, context) {
    params.stream = params.stream === true
    return part.encode(params as unknown as ChatParams, context)
  },
  remoteMedia: (part, params, context) => part.remoteMedia?.(params as unknown as ChatParams, context) ?? none,
  decode: (part, body, context) => part.decode(body, context),
  settle(call, answer) {
    const [first] = answer.choices
    call.nativeFinishReason = first?.native_finish_reason ?? first?.finish_reason
    call.settle(answer.usage, billingOf(answer))
  },
  finish: ({ schema }, answer) => (schema ? parseAnswer(answer, schema) : answer),
  schemaOf({ response_format: format }) {
    const given = format as ResponseFormatInput | null | undefined
    return isSchema(given) ? given : undefined
  },
  stream: (job, call) => new ChatStreamSetup(job, call) as StreamSetup<object, object, object>,
  // fields by name: a rest pattern took 3 µs
  cached: ({ state, policy, call, scope, origin, params, extraBody, media, stream, schema, context, send }) =>
    chatWithCache({
      state,
      policy,
      call,
      scope,
      origin,
      keyInput: { operation: 'chat', params, extraBody, media },
      replay: { stream, includeUsage: includesUsage(params), schema },
      embedder: embedderOf(context),
      send: () => send() as Promise<ChatCompletion | CompletionStream>,
    }),
}

/** A class, because idle streams are many, and a function for each part took a quarter of a kilobyte. */
class ChatStreamSetup implements StreamSetup<ChatCompletionChunk, ChatCompletion, CompletionStream> {
  readonly #part: ChatDialect
  readonly #params: Params
  readonly #schema: StandardSchema | undefined
  readonly #call: Call

  constructor({ part, params, schema }: Job<ChatDialect>, call: Call) {
    this.#part = part
    this.#params = params
    this.#schema = schema
    this.#call = call
  }

  read(): ChatAccumulator {
    return new ChatAccumulator(this.#part, this.#call.decodeContext(), includesUsage(this.#params))
  }

  estimate(answer: Decoded<ChatCompletion>): Usage | undefined {
    return estimateUsage(this.#call.model, this.#params, answer)
  }

  complete(answer: ChatCompletion): ChatCompletion | Promise<ChatCompletion> {
    return this.#schema ? parseAnswer(answer, this.#schema) : answer
  }

  stream(parts: StreamParts<ChatCompletionChunk, ChatCompletion>): CompletionStream {
    return new CompletionStream(parts)
  }
}

const none: readonly string[] = Object.freeze([])

const includesUsage = ({ stream_options: options }: Params): boolean =>
  (options as ChatParams['stream_options'])?.include_usage === true

/** Estimated usage of a stream that ended early: the provider bills the text that it had generated. */
export function estimateUsage(model: string, params: Params, answer: Decoded<ChatCompletion>): Usage | undefined {
  const { messages, tools } = params as unknown as ChatParams
  try {
    const prompt = estimateTokens({ model, messages, ...(tools && { tools }) }).tokens
    const text = answer.choices.flatMap(({ message }) => [
      message.reasoning_content ?? '',
      message.content ?? '',
      argumentsOf(message),
    ])
    const completion = estimateTokens({ model, text }).tokens
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  } catch {
    // content that can't be counted: unknown usage is undefined
    return undefined
  }
}

const argumentsOf = ({ tool_calls: calls = [] }: AnswerMessage): string =>
  calls
    .map((call) => (call.type === 'function' ? call.function.name + call.function.arguments : call.custom.input))
    .join('')
