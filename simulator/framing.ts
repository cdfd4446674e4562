import { crc32 } from 'node:zlib'

/** Encodes the events of a stream. */
export type Framing = 'sse' | 'ndjson' | 'aws-event-stream'

/** An event as its framing encodes it. */
export interface FramedEvent {
  /** The event's name; omitted for framings without names. */
  readonly event?: string
  /** True for an exception event of AWS. */
  readonly exception?: boolean
  /** Text, nearly always JSON. */
  readonly data: string
}

interface FramingRules {
  readonly contentType: string
  /** The bytes of one event. */
  write(event: FramedEvent, eol: string): Buffer
  /** Bytes that every reader ignores. */
  comment?(eol: string): Buffer
  /** Whether an event ends with a line end. */
  readonly lines: boolean
}

export const framings: Readonly<Record<Framing, FramingRules>> = {
  sse: {
    contentType: 'text/event-stream; charset=utf-8',
    write({ event, data }, eol) {
      const name = event === undefined ? '' : `event: ${event}${eol}`
      // one data field per line
      const lines = data.split('\n').map((line) => `data: ${line}${eol}`)
      return Buffer.from(`${name}${lines.join('')}${eol}`)
    },
    comment: (eol) => Buffer.from(`: simulator${eol}${eol}`),
    lines: true,
  },
  ndjson: {
    contentType: 'application/x-ndjson',
    write: ({ data }, eol) => Buffer.from(`${data}${eol}`),
    lines: true,
  },
  'aws-event-stream': {
    contentType: 'application/vnd.amazon.eventstream',
    write: ({ event = 'contentBlockDelta', exception = false, data }) => awsMessage(event, exception, data),
    lines: false,
  },
}

/** Header type of a string value. */
const stringHeaderType = 7

/** https://smithy.io/2.0/aws/amazon-eventstream.html */
function awsMessage(event: string, exception: boolean, data: string): Buffer {
  const headers = Buffer.concat([
    awsHeader(exception ? ':exception-type' : ':event-type', event),
    awsHeader(':content-type', 'application/json'),
    awsHeader(':message-type', exception ? 'exception' : 'event'),
  ])
  const payload = Buffer.from(data)
  const message = Buffer.alloc(12 + headers.length + payload.length + 4)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  headers.copy(message, 12)
  payload.copy(message, 12 + headers.length)
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4)
  return message
}

function awsHeader(name: string, value: string): Buffer {
  const head = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([stringHeaderType, 0, 0])])
  const text = Buffer.from(value)
  head.writeUInt16BE(text.length, head.length - 2)
  return Buffer.concat([head, text])
}
