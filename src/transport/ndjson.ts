import { utf8Decoder } from '../platform/index.js'
import type { Framer, OnEvent } from './framer.js'

/**
 * Newline-delimited JSON (Ollama). A last line without a line break counts too.
 * @param maxLineChars maximum length of a line, in characters
 * @throws {Error} from `push` if a line exceeds it
 */
export function ndjson(onEvent: OnEvent, maxLineChars = 64 * 1024 * 1024): Framer {
  const decoder = utf8Decoder()
  let rest = ''
  const take = (line: string) => {
    const data = line.trim()
    if (data !== '') onEvent(undefined, data)
  }
  return {
    push(bytes) {
      // only new text is searched, so that a line in many packets takes linear time
      const text = decoder.write(bytes)
      let from = 0
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
        const line = rest + text.slice(from, at)
        rest = ''
        from = at + 1
        take(line)
      }
      rest += text.slice(from)
      if (rest.length > maxLineChars) throw new Error(`a line of more than ${maxLineChars} characters`)
    },
    end() {
      const line = rest + decoder.end()
      rest = ''
      take(line)
    },
  }
}
