/** A text within an answer or an event, which can be replaced. */
export interface TextSlot {
  /** Choice, content block or output item. */
  readonly channel: string
  readonly text: string
  replace(text: string): void
}

export type Fields = Record<string, unknown>

export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function slotOf(holder: Fields, name: string, channel: string): TextSlot[] {
  const given = holder[name]
  if (typeof given !== 'string' || given === '') return []
  return [
    {
      channel,
      get text() {
        return holder[name] as string
      },
      replace(text) {
        holder[name] = text
      },
    },
  ]
}

/** The texts of a whole answer, in the API of an operation. Thinking and arguments of tools are not among them. */
export function textsOfAnswer(operation: string, body: unknown): TextSlot[] {
  const answer = fields(body)
  switch (operation) {
    case 'chat':
      return list(answer.choices).flatMap((choice, index) =>
        slotOf(fields(fields(choice).message), 'content', String(index)),
      )
    case 'completion':
      return list(answer.choices).flatMap((choice, index) => slotOf(fields(choice), 'text', String(index)))
    case 'messages':
      return list(answer.content).flatMap((block, index) =>
        fields(block).type === 'text' ? slotOf(fields(block), 'text', String(index)) : [],
      )
    case 'responses':
      return list(answer.output).flatMap((item, output) =>
        list(fields(item).content).flatMap((part, index) =>
          fields(part).type === 'output_text' ? slotOf(fields(part), 'text', `${output}:${index}`) : [],
        ),
      )
    case 'generateContent':
      return list(answer.candidates).flatMap((candidate, index) =>
        list(fields(fields(candidate).content).parts).flatMap((part) =>
          fields(part).thought === true ? [] : slotOf(fields(part), 'text', String(index)),
        ),
      )
    default:
      return []
  }
}

/** The new texts of one event of a stream. */
function textsOfEvent(operation: string, data: unknown): TextSlot[] {
  const event = fields(data)
  switch (operation) {
    case 'chat':
      return list(event.choices).flatMap((choice) =>
        slotOf(fields(fields(choice).delta), 'content', String(fields(choice).index ?? 0)),
      )
    case 'completion':
      return list(event.choices).flatMap((choice) => slotOf(fields(choice), 'text', String(fields(choice).index ?? 0)))
    case 'messages': {
      const channel = String(event.index ?? 0)
      if (event.type === 'content_block_start') return slotOf(fields(event.content_block), 'text', channel)
      const delta = fields(event.delta)
      return event.type === 'content_block_delta' && delta.type === 'text_delta' ? slotOf(delta, 'text', channel) : []
    }
    case 'responses':
      return event.type === 'response.output_text.delta' ? slotOf(event, 'delta', responseChannel(event)) : []
    case 'generateContent':
      return textsOfAnswer(operation, data)
    default:
      return []
  }
}

const responseChannel = (event: Fields) => `${event.output_index ?? 0}:${event.content_index ?? 0}`

/**
 * The texts that closing events of the Responses API repeat.
 * @param streamed texts of the channels as the client got them
 * @returns whether the event was changed
 */
export function repeatTexts(data: unknown, streamed: ReadonlyMap<string, string>): boolean {
  const event = fields(data)
  let changed = false
  const set = (holder: Fields, name: string, channel: string) => {
    const text = streamed.get(channel)
    if (text === undefined || typeof holder[name] !== 'string' || holder[name] === text) return
    holder[name] = text
    changed = true
  }
  const setItem = (item: unknown, output: unknown) => {
    for (const [index, part] of list(fields(item).content).entries()) {
      if (fields(part).type === 'output_text') set(fields(part), 'text', `${output}:${index}`)
    }
  }
  if (event.type === 'response.output_text.done') set(event, 'text', responseChannel(event))
  else if (event.type === 'response.content_part.done' && fields(event.part).type === 'output_text')
    set(fields(event.part), 'text', responseChannel(event))
  else if (event.type === 'response.output_item.done') setItem(event.item, event.output_index ?? 0)
  else if ('response' in event)
    for (const [output, item] of list(fields(event.response).output).entries()) setItem(item, output)
  return changed
}

/** One event of a stream: its text as it came, and its parsed data. */
export interface StreamEvent {
  readonly raw: string
  /** Undefined for keep-alives and marks such as `[DONE]`. */
  readonly data: Fields | undefined
  readonly slots: readonly TextSlot[]
  changed: boolean
}

/** Sent while there is no news: it may overtake held-back text. */
export const isKeepAlive = ({ raw, data }: StreamEvent) =>
  data ? data.type === 'ping' : raw.startsWith(':') || raw.trim() === ''

/** Splits the text of a stream into events and writes them again, in the framing of the client. */
export interface StreamFraming {
  read(text: string): StreamEvent[]
  write(event: StreamEvent): string
  /** The last events of a stream that a hook has ended. */
  fail(events: readonly Fields[]): string
}

export function framing(operation: string, array: boolean): StreamFraming {
  return array ? arrayFraming(operation) : eventFraming(operation)
}

function eventOf(raw: string, json: string | undefined, operation: string): StreamEvent {
  let data: Fields | undefined
  try {
    if (json !== undefined) data = fields(JSON.parse(json))
  } catch {
    // no JSON: [DONE], a comment
  }
  return { raw, data, slots: data ? textsOfEvent(operation, data) : [], changed: false }
}

function eventFraming(operation: string): StreamFraming {
  let rest = ''
  const named = (type: unknown, data: object) =>
    `${operation === 'messages' || operation === 'responses' ? `event: ${type}\n` : ''}data: ${JSON.stringify(data)}\n\n`
  return {
    read(text) {
      rest += text
      const events: StreamEvent[] = []
      for (;;) {
        const end = rest.indexOf('\n\n')
        if (end < 0) return events
        const raw = rest.slice(0, end + 2)
        rest = rest.slice(end + 2)
        const lines = raw.split('\n').filter((line) => line.startsWith('data:'))
        const json = lines.length > 0 ? lines.map((line) => line.slice(5).trimStart()).join('\n') : undefined
        events.push(eventOf(raw, json, operation))
      }
    },
    write: ({ raw, data, changed }) => (changed && data ? named(data.type, data) : raw),
    fail: (events) => events.map((event) => named(event.type, event)).join(''),
  }
}

/** Google's stream as one JSON array. */
function arrayFraming(operation: string): StreamFraming {
  let empty = true
  const element = (json: string) => {
    const text = (empty ? '[' : ',\r\n') + json
    empty = false
    return text
  }
  return {
    read(text) {
      const closed = text.endsWith(']')
      const elements = text.slice(0, closed ? -1 : undefined).replace(/^\s*[[,]\s*/, '')
      // within an element a line break is escaped
      const events = elements === '' ? [] : elements.split(',\r\n').map((json) => eventOf(json, json, operation))
      return closed ? [...events, eventOf(']', undefined, operation)] : events
    },
    write: ({ raw, data, changed }) => (data ? element(changed ? JSON.stringify(data) : raw) : raw),
    fail: (events) => `${events.map((event) => element(JSON.stringify(event))).join('')}]`,
  }
}
