import { StringDecoder } from 'node:string_decoder'
import { createParser } from 'eventsource-parser'
import type { Framer, OnEvent } from './framer.js'

/**
 * Server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html
 * Unlike a browser it delivers a last event that has no blank line behind it: some hosts leave it out.
 * @param maxEventChars the longest event that is waited for
 * @throws {Error} from `push`, where an event grows beyond that
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
