import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from '../../../src/types/responses.js'
import type { DecodeContext, EncodeContext, Encoded, ResponsesDialect, ResponsesStreamDecoder } from '../../contract.js'
import { type Fields, isFields } from '../../fields.js'
import { faultOf, headOf, responseIn, textOf } from './decode.js'
import { eventIn } from './stream.js'
import { usageOf } from './usage.js'

/** The Responses API itself: requests and answers pass unchanged. */

function encode(params: ResponsesParams, { model }: EncodeContext): Encoded {
  const body: Fields = { ...params, model }
  for (const name in body) if (body[name] === undefined) delete body[name]
  if (body.stream !== true) delete body.stream
  return { body }
}

type Answer = Omit<ResponsesResponse, 'meta'>

function decode(raw: unknown, context: DecodeContext): Answer {
  return completed(responseIn(raw), context)
}

function completed(response: Fields, context: DecodeContext): Answer {
  const { id, created, model } = headOf(response, context)
  const { output } = response
  let text = ''
  if (Array.isArray(output)) {
    for (const item of output) if (isFields(item) && item.type === 'message') text += textOf(item)
  }
  // field by field: a field that is set after a spread takes a microsecond
  const answer: Fields = { error: null, incomplete_details: null }
  for (const name in response) if (name !== '__proto__') answer[name] = response[name]
  answer.id = id
  answer.created_at = typeof response.created_at === 'number' ? response.created_at : created
  answer.model = model
  answer.output_text = text
  return answer as unknown as Answer
}

class ResponsesEventStream implements ResponsesStreamDecoder {
  done = false
  #failed = false

  push(event: string | undefined, data: string, out: ResponsesEvent[]): void {
    const body = eventIn(event, data)
    if (!body) return
    out.push(body as unknown as ResponsesEvent)
    this.done = ends.has(body.type)
    this.#failed ||= body.type === 'response.failed'
  }

  end(): boolean {
    if (this.#failed && !this.done) throw faultOf({})
    return this.done
  }
}

const ends: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete'])

/** https://platform.openai.com/docs/api-reference/responses/create */
export const responsesOperation: ResponsesDialect = Object.freeze({
  encode,
  decode,
  usage: (response: Answer) => usageOf(response as unknown as Fields),
  stream: () => new ResponsesEventStream(),
} satisfies ResponsesDialect)
