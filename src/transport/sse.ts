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
  const parser = createParser({
    onEvent: (message) => onEvent(message.event, message.data),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error
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
