import { StringDecoder } from 'node:string_decoder'
import { createParser } from 'eventsource-parser'
import type { Framer, OnEvent } from './framer.js'

/**
 * Server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Unlike a browser, it delivers a last event without a blank line after it, which some hosts omit.
 * @param maxEventChars maximum length of an event, in characters
 * @throws {Error} from `push` if an event exceeds it
 */
export function sse(onEvent: OnEvent, maxEventChars = 64 * 1024 * 1024): Framer {
  const decoder = new StringDecoder('utf8')
  let first = true
  /** Lines that are not of the format: some hosts send an error as bare JSON in the middle of a stream. */
  let stray = ''
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
      if (stray.length > maxStrayChars) stray = ''
      else if (error.line.trimEnd().endsWith('}') && isErrorBody(stray)) {
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
      if (text !== '') parser.feed(text)
    },
    end() {
      parser.feed(`${decoder.end()}\n\n`)
    },
  }
}

const maxStrayChars = 64 * 1024

function isErrorBody(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'error' in body
  } catch {
    return false
  }
}
