import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import { converse } from './converse.js'
import { openai } from './openai.js'
import { openaiError } from './openai-errors.js'
import { refuseChat } from './openai-refusals.js'
import type { ErrorWish, Wire, WireError, WireRequest } from './wire.js'

/**
 * Amazon SageMaker endpoints with a container for OpenAI's messages: server-sent events inside AWS's messages.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
 */
export const sagemaker: Wire = {
  ...openai,
  name: 'converse',
  framing: 'aws-event-stream',
  route(method, path) {
    const [, name, stream] = /\/endpoints\/([^/?]+)\/invocations(-response-stream)?(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || name === undefined) return undefined
    return { operation: 'chat', model: decodeURIComponent(name), stream: stream !== undefined }
  },
  key: converse.key,
  headers: (request) => ({ ...converse.headers(request), 'x-amzn-invoked-production-variant': 'AllTraffic' }),
  refuseKey: converse.refuseKey,
  refuse({ body, model }) {
    const fault = refuseChat(body, model)
    return fault && fromContainer(fault)
  },
  error,
  errorInside(_request, status) {
    const [event, code] = status === undefined ? broken : failed
    const body = { Message: 'The stream of the container broke off.', ErrorCode: code }
    return { body, frame: { event, exception: true, data: JSON.stringify(body), part: 'close' } }
  },
  frames: (answer, request) =>
    openai
      .frames(answer, request)
      .map(({ data, part }): Frame => ({ event: 'PayloadPart', data: `data: ${data}\n\n`, part })),
}

const broken = ['ModelStreamError', 'StreamBroken'] as const
const failed = ['InternalStreamFailure', 'InternalFailure'] as const

/** AWS reports access and capacity errors; prompt errors come from the container. */
const containers: readonly (FaultReason | undefined)[] = ['context-window', 'content-policy', 'image']

function error(request: WireRequest, wish: ErrorWish): WireError {
  if (!containers.includes(wish.reason)) return converse.error(request, wish)
  return fromContainer(openaiError(request, wish), wish.status)
}

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html (ModelError) */
export function fromContainer({ status: original, body }: WireError, status = 424): WireError {
  const said = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    body: {
      ErrorCode: 'CLIENT_ERROR_FROM_MODEL',
      LogStreamArn: '',
      Message: `Received client error (${original}) from primary with message "${said}".`,
      OriginalMessage: said,
      OriginalStatusCode: original,
    },
    headers: { 'x-amzn-errortype': 'ModelError:http://internal.amazon.com/coral/com.amazonaws.sagemaker.runtime/' },
  }
}
