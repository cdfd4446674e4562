import { GenerateContentStream } from '../call/generate-content-stream.js'
import { RawEvent } from '../call/raw-event.js'
import { toHttpError } from '../http-error.js'
import { type Action, events, json, send, type WithMeta } from './action.js'
import { errorEvents, streamBody } from './sse.js'

/** Google's generateContent, and its stream: of server-sent events, or one JSON array that is written piece by piece. */
export const generateContent: Action = {
  spec: 'generateContent',
  async run(input) {
    const { params, route } = input.call
    // the path decides
    params.stream = route.stream !== undefined
    const answer = await send(input, 'generateContent')
    if (!(answer instanceof GenerateContentStream)) {
      return json(input.headers((answer as WithMeta).meta), answer as object)
    }
    const headers = input.headers(answer.meta)
    if (route.stream === 'sse') return events(headers, streamBody(answer.texts(), errorEvents.gemini))
    const { separate, error } = arrayWriter()
    const source = { ...answer.texts((event: object) => separate(textOf(event))), last: ']' }
    return { status: 200, headers, body: streamBody(source, error) }
  },
}

const textOf = (event: object): string => (event instanceof RawEvent ? event.data : JSON.stringify(event))

/** Writes the elements of a JSON array. An error is its last element. */
function arrayWriter() {
  let empty = true
  const separate = (text: string): string => {
    const start = empty ? '[' : ',\r\n'
    empty = false
    return start + text
  }
  const error = (thrown: unknown): string => `${separate(JSON.stringify(toHttpError(thrown, 'gemini').body))}]`
  return { separate, error }
}
