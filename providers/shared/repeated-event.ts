/** Events before the first is taken as a pattern: short streams would not get back what it costs. */
const before = 6
/** Misses in a row after which a stream is not compared any more: hosts that pad each event would pay for nothing. */
const mostMisses = 8

/**
 * Reads events of a stream that differ in one text only. Most events of an answer do, and a comparison with the last one costs a third
 * of parsing it. An event is read from its pattern only if it is the same document except for that string; all others are parsed.
 */
export class RepeatedEvent {
  readonly #name: string
  /** The text of a parsed event, at the place that matters. */
  readonly #textIn: (event: unknown) => unknown
  #head = ''
  #tail = ''
  #seen = 0
  #misses = 0

  /** @param name of the field with the text */
  constructor(name: string, textIn: (event: unknown) => unknown) {
    this.#name = name
    this.#textIn = textIn
  }

  /** The text of an event that is like the learned one; undefined if it must be parsed. */
  match(data: string): string | undefined {
    const head = this.#head
    if (head === '') return undefined
    const end = data.length - this.#tail.length
    // slices are compared as memory; startsWith() reads one character after the other, which took longer than parsing
    if (end > head.length && data.slice(0, head.length) === head && data.slice(end) === this.#tail) {
      const text = data.slice(head.length, end)
      const read = special.test(text) ? unescaped(text) : text
      if (read !== undefined) {
        this.#misses = 0
        return read
      }
    }
    if (++this.#misses >= mostMisses) this.#head = ''
    return undefined
  }

  /** Takes an event, whose only variable part is this text, as the pattern. @returns true if it is the pattern now */
  learn(data: string, text: string): boolean {
    if (++this.#seen < before || this.#seen > before + mostMisses || special.test(text)) return false
    for (const field of [`"${this.#name}":"`, `"${this.#name}": "`]) {
      const at = data.indexOf(`${field}${text}"`)
      if (at < 0) continue
      const head = data.slice(0, at + field.length)
      const tail = data.slice(head.length + text.length)
      // the same text may be elsewhere in the event: the pattern must change the right one
      if (this.#textIn(parsed(`${head}${probe}${tail}`)) !== probe) continue
      this.#head = head
      this.#tail = tail
      return true
    }
    return false
  }
}

const probe = '\u2592'
/** Characters that a JSON string has in escaped form only. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end or break a JSON string
const special = /["\\\u0000-\u001f]/

/** Undefined if it is not the inside of one JSON string. */
function unescaped(text: string): string | undefined {
  const value = parsed(`"${text}"`)
  return typeof value === 'string' ? value : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
