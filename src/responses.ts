import type { Decoded, ResponsesDialect } from '../providers/contract.js'
import { refuseCache } from './cache/policy.js'
import type { Call } from './call/call.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { metaOf, withMeta } from './call/meta.js'
import type { CallWatch } from './call/observer.js'
import { responsesParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { resolveModel } from './call/resolve.js'
import { ResponsesAccumulator, responsesBilling, responsesFinish } from './call/responses-accumulator.js'
import { ResponsesStream } from './call/responses-stream.js'
import { sendStream } from './call/stream-reader.js'
import { BadRequestError } from './errors.js'
import { estimateTokens } from './tokens/estimate.js'
import type { Usage } from './types/chat.js'
import type { ResponsesRequest } from './types/options.js'
import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from './types/responses.js'

/** A stream for `stream: true`, a whole answer otherwise; either, where `stream` is only known at run time. */
export type ResponsesResult<Stream extends boolean> = boolean extends Stream
  ? ResponsesResponse | ResponsesStream
  : Stream extends true
    ? ResponsesStream
    : ResponsesResponse

/** The way of one call of the Responses API: nothing of it is translated. */
export async function runResponses<Stream extends boolean>(
  context: ClientContext,
  request: ResponsesRequest<Stream>,
  watch?: CallWatch,
): Promise<ResponsesResult<Stream>> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, responsesParams)
  refuseCache(options.cache, 'responses')
  checkShape(params)
  const found = resolveModel(params.model, context, { operation: 'responses', params, options })
  const resolved = found instanceof Promise ? await found : found
  const { provider, model } = resolved
  const { responses } = provider.dialect
  if (!responses) {
    throw new BadRequestError(
      `${provider.name} has no Responses API. Use completion(): it speaks to every provider, and its messages take what input takes.`,
      { provider: provider.id, model },
    )
  }
  const { extra_body: extraBody, ...rest } = params
  const given = rest as unknown as ResponsesParams
  const stream = params.stream === true
  const prepared = prepare({
    context,
    operation: 'responses',
    resolved,
    options,
    extraBody,
    startedAt,
    watch,
    stream,
    encode: (encodeContext) => responses.encode(given, encodeContext),
  })
  const call = prepared instanceof Promise ? await prepared : prepared
  const answer = stream
    ? await runStream(context, call, responses, options.dispatcher, given)
    : await runWhole(context, call, responses, options.dispatcher)
  return answer as ResponsesResult<Stream>
}

type Given = ResponsesRequest['dispatcher']

async function runWhole(
  context: ClientContext,
  call: Call,
  responses: ResponsesDialect,
  given: Given,
): Promise<ResponsesResponse> {
  const decoded = await withRetries(call, async () => {
    const ready = given ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => responses.decode(value, call.decodeContext()))
  })
  call.nativeFinishReason = responsesFinish(decoded)
  call.settle(responses.usage(decoded), responsesBilling(decoded))
  return withMeta(decoded, metaOf(call))
}

async function runStream(
  context: ClientContext,
  call: Call,
  responses: ResponsesDialect,
  given: Given,
  params: ResponsesParams,
): Promise<ResponsesStream> {
  call.target.headers.accept ??= 'text/event-stream'
  const framer = await context.framer(call.provider.dialect.framing)
  return withRetries(call, async () => {
    const ready = given ?? context.dispatcher()
    return sendStream<ResponsesEvent, ResponsesResponse, ResponsesStream>(
      call,
      ready instanceof Promise ? await ready : ready,
      {
        framer,
        read: () => new ResponsesAccumulator(responses, call.decodeContext()),
        estimate: (answer) => estimateUsage(call.model, params, answer),
        complete: (answer) => answer,
        stream: (parts) => new ResponsesStream(parts),
      },
    )
  })
}

/** Usage of a stream that never came to its end, counted by characters of what was sent and what had come. */
function estimateUsage(
  model: string,
  { instructions, input, tools }: ResponsesParams,
  { output }: Decoded<ResponsesResponse>,
): Usage | undefined {
  try {
    const sent = [instructions ?? '', typeof input === 'string' ? input : JSON.stringify(input ?? '')]
    const prompt = estimateTokens({ model, text: tools ? [...sent, JSON.stringify(tools)] : sent }).tokens
    const completion = estimateTokens({ model, text: output.map(writtenIn) }).tokens
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  } catch {
    // content that nobody can count: then nothing is said rather than something wrong
    return undefined
  }
}

function writtenIn(item: ResponsesResponse['output'][number]): string {
  switch (item.type) {
    case 'message':
      return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('')
    case 'function_call':
      return item.name + item.arguments
    case 'custom_tool_call':
      return item.name + item.input
    default:
      return ''
  }
}

function checkShape({ input, stream, messages }: Record<string, unknown>): void {
  if (messages !== undefined) {
    throw new BadRequestError("responses() takes 'input', not 'messages': for messages there is completion().", {
      param: 'messages',
    })
  }
  if (input !== undefined && input !== null && typeof input !== 'string' && !Array.isArray(input)) {
    throw new BadRequestError("'input' is a text or a list of items, such as { role: 'user', content: 'Hello' }.", {
      param: 'input',
    })
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw new BadRequestError("'stream' is true or false.", { param: 'stream' })
  }
}
