import { createParser, type EventSourceParser } from 'eventsource-parser'
import { utf8Decoder } from '../platform/index.js'
import type { Framer, OnEvent } from './framer.js'

/**
 * Server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Unlike a browser, it delivers a last event without a blank line after it, which some hosts omit.
 * @param maxEventChars maximum length of an event, in characters
 * @throws {Error} from `push` if an event exceeds it
 */
export const sse = (onEvent: OnEvent, maxEventChars = 64 * 1024 * 1024): Framer =>
  new EventReader(onEvent, maxEventChars)

/** A class, because idle streams are many: functions with a scope of their own took a third of a kilobyte more. */
class EventReader implements Framer {
  readonly #onEvent: OnEvent
  readonly #maxEventChars: number
  readonly #decoder = utf8Decoder()
  #first = true
  /** The input so far ends with a carriage return: a line feed after it belongs to the same line end. */
  #afterReturn = false
  /** Lines that are not of the format: some hosts send an error as bare JSON in the middle of a stream. */
  #stray = ''
  #tries = 0
  /** Made for the first text that is not plain: most streams have none, and its functions take a kilobyte. */
  #parser: EventSourceParser | undefined
  /** The parser holds nothing: the input so far ends with an event. */
  #between = true
  /** The lines before the data of the last event, and its name. Most events of a stream begin alike. */
  #lead = 'data: '
  #name: string | undefined

  constructor(onEvent: OnEvent, maxEventChars: number) {
    this.#onEvent = onEvent
    this.#maxEventChars = maxEventChars
  }

  push(bytes: Uint8Array): void {
    let text = this.#decoder.write(bytes)
    if (this.#first && text !== '') {
      this.#first = false
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    }
    if (text === '') return
    if (this.#afterReturn && text.charCodeAt(0) === lineFeed) text = text.slice(1)
    // The parser holds a carriage return at the end back until it sees the next character, and with it the event that it ends.
    // Others it reads itself, but in a long text it searches for them from every line on.
    this.#afterReturn = text.charCodeAt(text.length - 1) === carriageReturn
    const returns = text.includes('\r')
    // an event that came whole needs no parser: it took a tenth of a chunk's time
    if (this.#between && text.length <= this.#maxEventChars) text = this.#readPlain(text, returns)
    if (text === '') return
    if (returns) text = text.replace(/\r\n?/g, '\n')
    this.#parser ??= this.#makeParser()
    this.#parser.feed(text)
    this.#between = text.endsWith('\n\n')
  }

  end(): void {
    const text = this.#decoder.end()
    if (this.#parser === undefined && text === '') return
    this.#parser ??= this.#makeParser()
    this.#parser.feed(`${text}\n\n`)
  }

  /**
   * Reads the events with one line of data, and a name at most, from the start of a text.
   * @param returns whether the text has carriage returns
   * @returns the rest, for the parser
   */
  #readPlain(text: string, returns: boolean): string {
    const onEvent = this.#onEvent
    let lead = this.#lead
    let from = 0
    while (from < text.length) {
      let start = from + lead.length
      if (text.slice(from, start) !== lead) {
        plainLead.lastIndex = from
        const found = plainLead.exec(text)
        if (!found) break
        // a copy: the part of a text keeps all of it
        lead = ` ${found[0]}`.slice(1)
        this.#lead = lead
        this.#name = found[1] && ` ${found[1]}`.slice(1)
        start = plainLead.lastIndex
      }
      let end = text.indexOf('\n', start)
      if (end < 0) break
      let next = end + 2
      if (returns && text.charCodeAt(end - 1) === carriageReturn) {
        if (text.charCodeAt(end + 1) !== carriageReturn) break
        end--
        next = end + 4
      }
      if (text.charCodeAt(next - 1) !== lineFeed) break
      const data = text.slice(start, end)
      if (returns && data.includes('\r')) break
      this.#stray = ''
      onEvent(this.#name, data)
      from = next
    }
    return from === 0 ? text : text.slice(from)
  }

  #makeParser(): EventSourceParser {
    return createParser({
      onEvent: ({ event, data }) => {
        this.#stray = ''
        this.#onEvent(event, data)
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') throw error
        if (error.type === 'unknown-field' && error.line !== undefined) this.#addStray(error.line)
      },
      maxBufferSize: this.#maxEventChars,
    })
  }

  #addStray(line: string): void {
    if (this.#stray === '' && !line.trimStart().startsWith('{')) return
    this.#stray += line
    if (this.#stray.length === line.length) this.#tries = 0
    if (this.#stray.length > maxStrayChars) this.#stray = ''
    else if (line.trimEnd().endsWith('}') && ++this.#tries <= maxTries && isErrorBody(this.#stray)) {
      const body = this.#stray
      this.#stray = ''
      this.#onEvent(undefined, body)
    }
  }
}

const lineFeed = 10
const carriageReturn = 13
const plainLead = /(?:event: ([^\r\n]+)\r?\n)?data: /y
const maxStrayChars = 64 * 1024
/** Parses of one stray body, which would else take quadratic time. */
const maxTries = 64

function isErrorBody(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'error' in body
  } catch {
    return false
  }
}
