import type { ChatDialect, Decoded, EncodeContext } from '../providers/contract.js'
import { chatWithCache } from './cache/chat.js'
import { scopeText } from './cache/key.js'
import type { Embedder } from './cache/semantic-lookup.js'
import { billingOf } from './call/billing.js'
import type { Call } from './call/call.js'
import { ChatAccumulator } from './call/chat-accumulator.js'
import { CompletionStream } from './call/completion-stream.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { metaOf, withMeta } from './call/meta.js'
import type { CallObserver, CallWatch } from './call/observer.js'
import { chatParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { resolveModel } from './call/resolve.js'
import { sendStream } from './call/stream-reader.js'
import { formatOf, isSchema, parseAnswer } from './call/structured.js'
import { runEmbedding } from './embedding.js'
import { BadRequestError, InvalidResponseError } from './errors.js'
import { estimateTokens } from './tokens/estimate.js'
import type { AnswerMessage, ChatCompletion, ChatParams, ResponseFormatInput, Usage } from './types/chat.js'
import type { CompletionRequest } from './types/options.js'
import type { SchemaOutput, StandardSchema } from './types/schema.js'

/** What `message.parsed` is: the output of the schema in `response_format`. */
export type Parsed<Format> = Format extends StandardSchema ? SchemaOutput<Format> : unknown

/** A stream for `stream: true`, a whole answer otherwise; either, where `stream` is only known at run time. */
export type CompletionResult<Stream extends boolean, Format = undefined> = boolean extends Stream
  ? ChatCompletion<Parsed<Format>> | CompletionStream<Parsed<Format>>
  : Stream extends true
    ? CompletionStream<Parsed<Format>>
    : ChatCompletion<Parsed<Format>>

/** The way of one chat call: check, resolve, encode, send (and again), decode, settle. */
export async function runCompletion<Stream extends boolean, Format extends ResponseFormatInput | undefined>(
  context: ClientContext,
  request: CompletionRequest<Stream, Format>,
  observer?: CallObserver,
  watch?: CallWatch,
): Promise<CompletionResult<Stream, Format>> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, chatParams)
  checkShape(params)
  const found = resolveModel(params.model, context, { operation: 'chat', params, options })
  const resolved = found instanceof Promise ? await found : found
  const { chat } = resolved.provider.dialect
  if (!chat)
    throw new BadRequestError(`${resolved.provider.name} has no chat models here. It is for embedding() or rerank().`, {
      provider: resolved.provider.id,
    })
  const schema = isSchema(request.response_format) ? request.response_format : undefined
  if (schema) params.response_format = await formatOf(schema)
  const extraBody = params.extra_body
  if (extraBody !== undefined) delete params.extra_body
  const stream = params.stream === true
  params.stream = stream
  const given = params as unknown as ChatParams
  // a Router looks before it chooses
  const policy = observer ? undefined : context.cache.policyFor(options.cache)
  let media: EncodeContext['media']
  const prepared = prepare({
    context,
    operation: 'chat',
    resolved,
    options,
    extraBody,
    startedAt,
    observer,
    watch,
    stream,
    encode: (encodeContext) => {
      if (policy) media = encodeContext.media
      return chat.encode(given, encodeContext)
    },
    remoteMedia: chat.remoteMedia && ((encodeContext) => chat.remoteMedia?.(given, encodeContext) ?? []),
  })
  const call = prepared instanceof Promise ? await prepared : prepared
  const ask = () =>
    stream
      ? runStream(context, call, chat, options.dispatcher, params, schema)
      : runWhole(context, call, chat, options.dispatcher, schema)
  if (!policy) return (await ask()) as CompletionResult<Stream, Format>
  const { provider, model } = resolved
  const configured = context.providerOptions(provider.id)
  const answer = await chatWithCache({
    state: context.cache,
    policy,
    call,
    scope: scopeText(
      {
        provider,
        model,
        target: call.target,
        options,
        configured,
        dropParams: options.dropParams ?? context.dropParams,
        headers: [context.headers, configured.headers, options.headers],
      },
      policy,
    ),
    keyInput: { operation: 'chat', params, extraBody, media },
    replay: { stream, includeUsage: given.stream_options?.include_usage === true, schema },
    embedder: embedderOf(context),
    origin: () => ({ provider: provider.id, model, baseModel: call.baseModel }),
    send: ask,
  })
  return answer as CompletionResult<Stream, Format>
}

/** Makes vectors for a semantic cache. */
export const embedderOf =
  (context: ClientContext): Embedder =>
  async (model, text, signal) => {
    const { data, usage, meta } = await runEmbedding(context, { model, input: text, signal, cache: false })
    const [first] = data
    if (!first) throw new InvalidResponseError('The embedding model gave no vector.')
    return { vector: first.embedding, tokens: usage.prompt_tokens, cost: meta.cost }
  }

type Given = CompletionRequest['dispatcher']

async function runWhole(
  context: ClientContext,
  call: Call,
  chat: ChatDialect,
  given: Given,
  schema: StandardSchema | undefined,
): Promise<ChatCompletion> {
  const decoded = await withRetries(call, async () => {
    const ready = given ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => chat.decode(value, call.decodeContext()))
  })
  const [first] = decoded.choices
  call.nativeFinishReason = first?.native_finish_reason ?? first?.finish_reason
  call.settle(decoded.usage, billingOf(decoded))
  const answer: ChatCompletion = withMeta(decoded, metaOf(call))
  return schema ? parseAnswer(answer, schema) : answer
}

async function runStream(
  context: ClientContext,
  call: Call,
  chat: ChatDialect,
  given: Given,
  params: Record<string, unknown>,
  schema: StandardSchema | undefined,
): Promise<CompletionStream> {
  const { stream_options: streamOptions } = params as Partial<ChatParams>
  call.target.headers.accept ??= 'text/event-stream'
  const framer = await context.framer(call.provider.dialect.framing)
  return withRetries(call, async () => {
    const ready = given ?? context.dispatcher()
    return sendStream(call, ready instanceof Promise ? await ready : ready, {
      framer,
      read: () => new ChatAccumulator(chat, call.decodeContext(), streamOptions?.include_usage === true),
      estimate: (answer) => estimateUsage(call.model, params, answer),
      complete: (answer) => (schema ? parseAnswer(answer, schema) : answer),
      stream: (parts) => new CompletionStream(parts),
    })
  })
}

/** Usage of a stream that never came to its end, counted by characters: the provider bills what it had written. */
function estimateUsage(
  model: string,
  params: Record<string, unknown>,
  answer: Decoded<ChatCompletion>,
): Usage | undefined {
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
    // content that nobody can count: then nothing is said rather than something wrong
    return undefined
  }
}

const argumentsOf = ({ tool_calls: calls = [] }: AnswerMessage): string =>
  calls
    .map((call) => (call.type === 'function' ? call.function.name + call.function.arguments : call.custom.input))
    .join('')

function checkShape({ messages, stream, response_format: format }: Record<string, unknown>): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new BadRequestError(
      "'messages' is a list with at least one message, such as { role: 'user', content: 'Hello' }.",
      {
        param: 'messages',
      },
    )
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw new BadRequestError("'stream' is true or false.", { param: 'stream' })
  }
  if (
    format !== undefined &&
    format !== null &&
    typeof format !== 'object' &&
    !isSchema(format as CompletionRequest['response_format'])
  ) {
    throw new BadRequestError(
      "'response_format' is a schema (zod, valibot, …), { type: 'json_object' } or { type: 'json_schema', json_schema: { name, schema } }.",
      { param: 'response_format' },
    )
  }
}
