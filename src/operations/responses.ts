import type { Decoded, ResponsesDialect } from '../../providers/contract.js'
import type { OperationSpec, Params } from '../call/operation.js'
import { ResponsesAccumulator, responsesBilling, responsesFinish } from '../call/responses-accumulator.js'
import { ResponsesStream } from '../call/responses-stream.js'
import { estimateTokens } from '../tokens/estimate.js'
import type { Usage } from '../types/chat.js'
import type { CallOptions, ResponsesRequest } from '../types/options.js'
import type { ResponsesParams, ResponsesResponse } from '../types/responses.js'
import { bridge, forHost, ready, streamOf, type WireApi } from './over-chat.js'
import { responsesRequest } from './requests.js'

/** A stream for `stream: true`, else an answer; either of them if `stream` is known at run time only. */
export type ResponsesResult<Stream extends boolean> = boolean extends Stream
  ? ResponsesResponse | ResponsesStream
  : Stream extends true
    ? ResponsesStream
    : ResponsesResponse

export interface ResponsesMethod<Extra, Options> {
  /**
   * Calls a model in the form of OpenAI's Responses API. Hosts that have it (OpenAI, Azure, xAI and others) get the request without
   * translation; for all other chat models it is translated. `completion()` uses that API by itself for models that have no other.
   * Items that are stored at a provider (`previous_response_id`, `conversation`) are known to one account only: in a Router, use
   * the id of a deployment as `model` for such calls.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const answer = await client.responses({ model: 'openai/gpt-5', input: 'Hello', reasoning: { effort: 'low' } })
   * answer.output_text
   */
  responses<const Stream extends boolean = false>(
    request: ResponsesRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<ResponsesResult<Stream>>
}

/** The API over chat. */
const overChat: WireApi = {
  ...responsesRequest,
  async load() {
    const { responsesWire: wire, withoutBridgedReasoning } = await import('../../providers/inbound/responses/index.js')
    return { wire, forHost: (request) => withoutBridgedReasoning(request as unknown as ResponsesParams) }
  },
  stream: streamOf(ResponsesStream),
}

/** The Responses API: passed through to hosts that have it, translated for all other chat models. */
export const responses: OperationSpec<ResponsesDialect, Decoded<ResponsesResponse>> = {
  ...responsesRequest,
  part: (dialect) => dialect.responses,
  bridge: (request, context) => bridge(overChat, request, context),
  // only reasoning of an earlier answer may have to be removed
  ready: ({ input }) => (Array.isArray(input) && input.some(isReasoning) ? ready(overChat) : undefined),
  unsupported: ({ name }) => `${name} has no chat models here. It is for embedding() or rerank().`,
  encode(part, request, context) {
    const encoded = part.encode(forHost(overChat, request) as unknown as ResponsesParams, context)
    const { completion_window: window } = (request.background_options ?? {}) as { completion_window?: unknown }
    return typeof window === 'string' ? { ...encoded, encodeState: { completionWindow: window } } : encoded
  },
  decode: (part, body, context) => part.decode(body, context),
  settle(call, answer, part) {
    call.nativeFinishReason = responsesFinish(answer)
    const { completionWindow } = (call.encodeState ?? {}) as { completionWindow?: string }
    const billing = responsesBilling(answer)
    call.settle(part.usage(answer), completionWindow === undefined ? billing : { ...billing, completionWindow })
  },
  stream({ part, params }, call) {
    return {
      read: () => new ResponsesAccumulator(part, call.decodeContext()),
      estimate: (answer) => estimateUsage(call.model, params, answer as Decoded<ResponsesResponse>),
      complete: (answer) => answer,
      stream: (parts) => new ResponsesStream(parts as unknown as ConstructorParameters<typeof ResponsesStream>[0]),
    }
  },
}

const isReasoning = (item: { readonly type?: unknown } | null): boolean => item?.type === 'reasoning'

/** Estimated usage of a stream that ended early, from the text of the request and of the answer so far. */
function estimateUsage(model: string, params: Params, { output }: Decoded<ResponsesResponse>): Usage | undefined {
  const { instructions, input, tools } = params as unknown as ResponsesParams
  try {
    const sent = [instructions ?? '', typeof input === 'string' ? input : JSON.stringify(input ?? '')]
    const prompt = estimateTokens({ model, text: tools ? [...sent, JSON.stringify(tools)] : sent }).tokens
    const completion = estimateTokens({ model, text: output.map(textOf) }).tokens
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  } catch {
    // content that can't be counted: unknown usage is undefined
    return undefined
  }
}

function textOf(item: ResponsesResponse['output'][number]): string {
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
