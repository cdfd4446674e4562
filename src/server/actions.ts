import { ByteStream } from '../call/byte-stream.js'
import { CompletionStream } from '../call/completion-stream.js'
import { EventStream } from '../call/event-stream.js'
import type { OperationSpec } from '../call/operation.js'
import { operationList } from '../operations/specs.js'
import type { BytesResponse } from '../types/bytes.js'
import type { EmbeddingResponse } from '../types/embedding.js'
import type { CallOperation } from '../types/operation.js'
import { type Action, events, json, send, type WithMeta } from './action.js'
import { completion } from './completions.js'
import { countTokens } from './count-tokens.js'
import { generateContent } from './gemini.js'
import { messages } from './messages.js'
import { model, models } from './models.js'
import { compactResponse, responses } from './responses.js'
import { chunkWriter, errorEvents, streamBody } from './sse.js'
import { cancelResponse, deleteResponse, inputItems, storedResponse } from './stored-responses.js'
import type { RouteOperation } from './types.js'

const chat: Action = {
  spec: 'chat',
  async run(input) {
    const answer = await send(input, 'completion')
    if (answer instanceof CompletionStream) {
      const headers = input.headers(answer.meta)
      const writer = chunkWriter(input.answerModel(answer.meta))
      return events(headers, streamBody(answer.texts(writer), errorEvents.openai))
    }
    const { meta } = answer as WithMeta
    const headers = input.headers(meta)
    const model = input.answerModel(meta)
    return json(headers, model === undefined ? (answer as object) : { ...(answer as object), model })
  },
}

/** An operation whose answer is the body: as JSON, as its bytes, or as events. */
const plain = ({ name, method }: OperationSpec): Action => ({
  spec: name,
  async run(input) {
    const answer = await send(input, method)
    if (answer instanceof ByteStream) {
      const headers = { ...input.headers(answer.meta), 'content-type': answer.contentType }
      return { status: 200, headers, body: undefined, bytes: answer }
    }
    if (answer instanceof EventStream) {
      return events(input.headers(answer.meta), streamBody(answer.texts(), errorEvents.openai))
    }
    const headers = input.headers((answer as WithMeta).meta)
    const { data, content_type: type } = answer as Partial<BytesResponse>
    if (!(data instanceof Uint8Array)) return json(headers, answer as object)
    return { status: 200, headers: { ...headers, 'content-type': String(type) }, body: undefined, bytes: data }
  },
})

const embedding: Action = {
  spec: 'embedding',
  async run(input) {
    const base64 = input.call.params.encoding_format === 'base64'
    const options = base64 ? { ...input.options, vectorType: 'float32' } : input.options
    const answer = (await send({ ...input, options }, 'embedding')) as EmbeddingResponse<number[] | Float32Array>
    const { data, ...rest } = answer
    const body = base64
      ? { ...rest, data: data.map((one) => ({ ...one, embedding: toBase64(one.embedding as Float32Array) })) }
      : answer
    return json(input.headers(answer.meta), body)
  },
}

/** Characters per call: arguments of a function are limited. */
const step = 0x2000

/** Little-endian float32, as OpenAI's SDK reads it. */
function toBase64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.length * 4)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < vector.length; at++) view.setFloat32(at * 4, vector[at] ?? 0, true)
  let text = ''
  for (let at = 0; at < bytes.length; at += step) text += String.fromCharCode(...bytes.subarray(at, at + step))
  return btoa(text)
}

const plainActions = Object.fromEntries(operationList.map((spec) => [spec.name, plain(spec)])) as Record<
  CallOperation,
  Action
>

export const actions: Readonly<Record<RouteOperation, Action>> = Object.freeze({
  ...plainActions,
  chat,
  completion,
  embedding,
  responses,
  compactResponse,
  storedResponse,
  cancelResponse,
  deleteResponse,
  inputItems,
  messages,
  generateContent,
  countTokens,
  models,
  model,
})
