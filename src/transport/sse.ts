import { createParser, type EventSourceParser } from 'eventsource-parser'
import { utf8Decoder } from '../platform/index.js'
import type { Framer, OnEvent } from './framer.js'

/**
 * Server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Unlike a browser, it delivers a last event without a blank line after it, which some hosts omit.
 * @param maxEventChars maximum length of an event, in characters
 * @throws {Error} from `push` if an event exceeds it
 */
export function sse(onEvent: OnEvent, maxEventChars = 64 * 1024 * 1024): Framer {
  const decoder = utf8Decoder()
  let first = true
  /** The input so far ends with a carriage return: a line feed after it belongs to the same line end. */
  let afterReturn = false
  /** Lines that are not of the format: some hosts send an error as bare JSON in the middle of a stream. */
  let stray = ''
  let tries = 0
  /** Made for the first text that is not plain: most streams have none, and its functions take a kilobyte. */
  let parser: EventSourceParser | undefined
  const makeParser = () =>
    createParser({
      onEvent(message) {
        stray = ''
        onEvent(message.event, message.data)
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') throw error
        if (error.type !== 'unknown-field' || error.line === undefined) return
        if (stray === '' && !error.line.trimStart().startsWith('{')) return
        stray += error.line
        if (stray.length === error.line.length) tries = 0
        if (stray.length > maxStrayChars) stray = ''
        else if (error.line.trimEnd().endsWith('}') && ++tries <= maxTries && isErrorBody(stray)) {
          const body = stray
          stray = ''
          onEvent(undefined, body)
        }
      },
      maxBufferSize: maxEventChars,
    })
  /** The parser holds nothing: the input so far ends with an event. */
  let between = true
  /** The lines before the data of the last event, and its name. Most events of a stream begin alike. */
  let lead = 'data: '
  let name: string | undefined

  /**
   * Reads the events with one line of data, and a name at most, from the start of a text.
   * @param returns whether the text has carriage returns
   * @returns the rest, for the parser
   */
  function readPlain(text: string, returns: boolean): string {
    let from = 0
    while (from < text.length) {
      let start = from + lead.length
      if (text.slice(from, start) !== lead) {
        plainLead.lastIndex = from
        const found = plainLead.exec(text)
        if (!found) break
        lead = found[0]
        name = found[1]
        start = plainLead.lastIndex
      }
      const feed = text.indexOf('\n', start)
      if (feed < 0) break
      const width = returns && text.charCodeAt(feed - 1) === carriageReturn ? 2 : 1
      const next = feed + 1 + width
      if (text.charCodeAt(next - 1) !== lineFeed || (width === 2 && text.charCodeAt(feed + 1) !== carriageReturn)) break
      const data = text.slice(start, next - width - width)
      if (returns && data.includes('\r')) break
      stray = ''
      onEvent(name, data)
      from = next
    }
    return from === 0 ? text : text.slice(from)
  }

  return {
    push(bytes) {
      let text = decoder.write(bytes)
      if (first && text !== '') {
        first = false
        if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
      }
      if (text === '') return
      if (afterReturn && text.charCodeAt(0) === lineFeed) text = text.slice(1)
      // The parser holds a carriage return at the end back until it sees the next character, and with it the event that it ends.
      // Others it reads itself, but in a long text it searches for them from every line on.
      afterReturn = text.charCodeAt(text.length - 1) === carriageReturn
      const returns = text.includes('\r')
      // an event that came whole needs no parser: it took a tenth of a chunk's time
      if (between && text.length <= maxEventChars) text = readPlain(text, returns)
      if (text === '') return
      if (returns) text = text.replace(/\r\n?/g, '\n')
      parser ??= makeParser()
      parser.feed(text)
      between = text.endsWith('\n\n')
    },
    end() {
      const text = decoder.end()
      if (parser === undefined && text === '') return
      parser ??= makeParser()
      parser.feed(`${text}\n\n`)
    },
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
