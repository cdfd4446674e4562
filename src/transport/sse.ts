import { createParser } from 'eventsource-parser'
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
  const parser = createParser({
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
      // Others it reads itself, but in a long text it searches for them from every line on. A search in every chunk would cost
      // more than the rest of this function.
      afterReturn = text.charCodeAt(text.length - 1) === carriageReturn
      if (afterReturn || (text.length > longText && text.includes('\r'))) text = text.replace(/\r\n?/g, '\n')
      if (text !== '') parser.feed(text)
    },
    end() {
      parser.feed(`${decoder.end()}\n\n`)
    },
  }
}

const lineFeed = 10
const carriageReturn = 13
const longText = 2048
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
