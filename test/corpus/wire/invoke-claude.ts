import { awsEvents } from './aws-events.js'
import { filled, isObject, object, parse, text } from './json.js'
import { type Recording, wire } from './recording.js'

/**
 * Claude by Bedrock's InvokeModel speaks the Messages API in another envelope. llmux calls Converse there; what is tested with
 * these is the dialect: out of the envelope, and at Anthropic's address.
 */
export function withoutEnvelope(recording: Recording): Recording {
  const { provider, operation, request, response, model } = recording
  if (provider !== 'bedrock' || !operation.startsWith('invoke') || !speaksMessages(request.body)) return recording
  const { stream_encoding: _, chunk_bytes: __, headers = {}, ...rest } = response
  const named = filled(model)
    ?.replace(/^.*anthropic\./, '')
    .replace(/-v\d+(?::\d+)?$/, '')
  return {
    ...recording,
    ...(named !== undefined && { model: named }),
    request: { ...request, url: 'https://api.anthropic.com/v1/messages' },
    response:
      response.stream === undefined
        ? response
        : { ...rest, headers: { ...headers, 'content-type': 'text/event-stream' }, stream: eventsIn(recording) },
  }
}

/** Claude 2 was also asked in text. */
const speaksMessages = (body: unknown): boolean =>
  isObject(body) && filled(body.anthropic_version) !== undefined && Array.isArray(body.messages)

const eventsIn = (recording: Recording): string =>
  awsEvents(wire(recording))
    .map(({ data }) => {
      const event = Buffer.from(text(object(parse(data)).bytes) ?? '', 'base64').toString('utf8')
      return `event: ${text(object(parse(event)).type)}\ndata: ${event}\n\n`
    })
    .join('')
