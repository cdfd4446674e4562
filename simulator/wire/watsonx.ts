import type { Answer } from '../answer.js'
import { countTokens, idOf, vectorOf } from '../digest.js'
import type { FaultReason } from '../fault.js'
import type { Frame } from '../frames.js'
import { type Json, list, number, record, records, string } from '../json.js'
import { openai } from './openai.js'
import { refuseChat } from './openai-refusals.js'
import { readChat } from './openai-request.js'
import { documentText, rank } from './rank.js'
import type { ErrorWish, Wire, WireError, WireRequest } from './wire.js'

const createdAt = '2023-11-14T22:13:20.000Z'
const pageSize = 16

/** IBM watsonx.ai, similar to OpenAI's API. https://cloud.ibm.com/apidocs/watsonx-ai */
export const watsonx: Wire = {
  ...openai,
  route(method, path) {
    const [, deployed, name] =
      /\/ml\/v1\/(?:deployments\/([^/?]+)\/)?text\/(chat|chat_stream|embeddings|rerank)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || name === undefined) return undefined
    const model = deployed === undefined ? undefined : decodeURIComponent(deployed)
    if (name === 'embeddings') return { operation: 'embedding', model }
    if (name === 'rerank') return { operation: 'rerank', model }
    return { operation: 'chat', model, stream: name === 'chat_stream' }
  },
  headers: ({ seed }) => ({ 'x-global-transaction-id': idOf(seed, 'request').toLowerCase() }),
  refuseKey: (request) => watsonxError(request, { status: 401 }),
  refuse,
  error: watsonxError,
  errorInside(request, status = 500) {
    const body = record(watsonxError(request, { status }).body)
    return { body, frame: { event: 'error', data: JSON.stringify(body), part: 'close' } }
  },
  read: ({ body }) => readChat({ ...body, tool_choice: body.tool_choice ?? body.tool_choice_option }),
  whole: (answer, request) => named(record(openai.whole(answer, request)), request),
  frames,
  embeddings(request, vectors) {
    const inputs = list(request.body.inputs)
    const size = (text: unknown) => countTokens(string(text) ?? '')
    return counted(request, inputs.map(size), {
      results: inputs.map((text, at) => ({ embedding: vectors?.[at] ?? vectorOf(string(text) ?? '', pageSize) })),
    })
  },
  rerank(request, scores) {
    const { inputs, query, parameters } = request.body
    const documents = list(inputs)
    const most = number(record(record(parameters).return_options).top_n)
    const results = rank(string(query) ?? '', documents, scores, most)
    return counted(request, documents.map(documentText).map(countTokens), { results })
  },
}

/** Additional fields around an OpenAI-shaped answer. */
const named = (body: Json, { model }: WireRequest): Json => ({ ...body, model_id: model, created_at: createdAt })

const counted = ({ model }: WireRequest, tokens: readonly number[], body: Json): Json => ({
  model_id: model,
  ...body,
  created_at: createdAt,
  input_token_count: tokens.reduce((sum, count) => sum + count, 0),
})

/** Each event has a name and a number, usage is always included, and there is no end mark. */
function frames(answer: Answer, request: WireRequest): Frame[] {
  const body = { ...request.body, stream_options: { include_usage: true } }
  return openai.frames(answer, { ...request, body }).flatMap((frame) => {
    if (frame.part === 'mark') return []
    const { usage, ...rest } = record(JSON.parse(frame.data))
    const data = named({ ...rest, ...(usage !== null && usage !== undefined && { usage }) }, request)
    return [{ ...frame, event: 'message', data: JSON.stringify(data) }]
  })
}

function refuse({ body, model, operation, path }: WireRequest): WireError | undefined {
  if (!/[?&]version=\d{4}-\d\d-\d\d/.test(path)) {
    return errors(400, 'invalid_request_entity', "The 'version' query parameter is required.")
  }
  if (!path.includes('/deployments/') && string(body.model_id) === undefined) {
    return errors(400, 'json_validation_error', "Json document validation error: 'model_id' cannot be empty")
  }
  if (!path.includes('/deployments/') && body.project_id === undefined && body.space_id === undefined) {
    return errors(400, 'no_associated_service_instance_error', "Either 'project_id' or 'space_id' is required.")
  }
  if (operation !== 'chat') return undefined
  const unknown = ['model', 'stream', 'stream_options'].find((name) => body[name] !== undefined)
  if (unknown !== undefined) return errors(400, 'invalid_request_entity', `Unknown field '${unknown}'.`)
  if (records(body.messages).some(({ content }) => records(content).some(isRemote))) {
    return errors(400, 'invalid_input_argument', "Url must be a base64 encoded image and cannot start with 'http'")
  }
  const fault = record(record(refuseChat(body, model)?.body).error)
  return fault.message === undefined ? undefined : errors(400, 'invalid_request_entity', String(fault.message))
}

const isRemote = ({ image_url: image }: Json): boolean => /^https?:/.test(string(record(image).url) ?? '')

type Words = readonly [status: number, code: string, message: string]

function words(status: number, model: string): Words {
  switch (status) {
    case 401:
      return [401, 'authentication_token_not_valid', 'Failed to authenticate the request due to an invalid token']
    case 403:
      return [403, 'user_authorization_failed', 'The user is not authorized to use this project']
    case 404:
      return [404, 'model_not_supported', `Model '${model}' is not supported for this environment`]
    case 429:
      return [429, 'rate_limit_reached_requests', 'Rate limit reached for this instance. Please try again later']
    case 503:
      return [503, 'downstream_request_failed', 'Downstream vllm request failed: no healthy upstream']
    default:
      return status >= 500
        ? [status, 'internal_server_error', 'An internal server error has occurred']
        : [status, 'invalid_request_entity', 'The request could not be processed']
  }
}

function wordsOf(reason: FaultReason): Words {
  switch (reason) {
    case 'quota':
      return [403, 'token_quota_reached', 'This request exceeds the token quota of the plan of this instance']
    case 'context-window':
      return [
        400,
        'invalid_input_argument',
        'Invalid input argument for Model: the number of input tokens 140000 cannot exceed the total tokens limit 131072 for this model',
      ]
    case 'content-policy':
      // moderation runs on request and reports its result
      return [400, 'invalid_request_entity', 'The request could not be processed']
    case 'image':
      return [400, 'invalid_input_argument', 'Failed to decode image']
  }
}

function watsonxError({ model }: WireRequest, { status, reason, message }: ErrorWish): WireError {
  const [usually, code, usual] = reason ? wordsOf(reason) : words(status ?? 500, model)
  return errors(status ?? usually, code, message ?? usual)
}

const errors = (status: number, code: string, message: string): WireError => ({
  status,
  body: {
    errors: [{ code, message, more_info: 'https://cloud.ibm.com/apidocs/watsonx-ai' }],
    trace: 'simulator',
    status_code: status,
  },
})
