import { type Fields, fieldsIn, textIn } from '../../fields.js'

/**
 * Stop sequences, which the Responses API does not have: the model writes on, and the answer is cut at the first sequence. Each message of
 * the output is searched by itself.
 */
export class StopCutter {
  /** True after a stop sequence: the answer is over. */
  cut = false
  readonly #stops: readonly string[]
  readonly #longest: number
  #held = ''

  constructor(stops: readonly string[]) {
    this.#stops = stops
    this.#longest = Math.max(...stops.map(({ length }) => length))
  }

  /** Takes text and returns the part that can't belong to a stop sequence. */
  push(text: string): string {
    const all = this.#held + text
    const at = stopIn(all, this.#stops)
    this.cut = at >= 0
    const length = this.cut ? at : all.length - this.#begun(all)
    this.#held = this.cut ? '' : all.slice(length)
    return all.slice(0, length)
  }

  /** The text that was held back, at the end of a message. */
  flush(): string {
    const text = this.#held
    this.#held = ''
    return text
  }

  /** Length of the longest end of a text that begins a stop sequence. */
  #begun(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      if (this.#stops.some((stop) => stop.length > length && text.endsWith(stop.slice(0, length)))) return length
    }
    return 0
  }
}

/** Start of the stop sequence that is complete first, or -1. */
function stopIn(text: string, stops: readonly string[]): number {
  let start = -1
  let end = Number.POSITIVE_INFINITY
  for (const stop of stops) {
    const at = text.indexOf(stop)
    if (at < 0 || at + stop.length > end || (at + stop.length === end && at > start)) continue
    start = at
    end = at + stop.length
  }
  return start
}

/** The output up to the first stop sequence; undefined if it has none. */
export function cutOutput(
  output: readonly Fields[],
  stops: readonly string[],
  isSkipped: (item: Fields) => boolean,
): readonly Fields[] | undefined {
  for (const [index, item] of output.entries()) {
    if (item.type !== 'message' || isSkipped(item)) continue
    const parts = fieldsIn(item.content)
    const at = stopIn(parts.map(textOfPart).join(''), stops)
    if (at >= 0) return [...output.slice(0, index), { ...item, content: cutParts(parts, at) }]
  }
  return undefined
}

const textOfPart = (part: Fields): string => (part.type === 'output_text' ? (textIn(part, 'text') ?? '') : '')

function cutParts(parts: readonly Fields[], length: number): Fields[] {
  const kept: Fields[] = []
  let left = length
  for (const part of parts) {
    const text = textOfPart(part).slice(0, left)
    left -= text.length
    const annotations = fieldsIn(part.annotations).filter(({ end_index: end }) => Number(end ?? 0) <= text.length)
    const tokens = tokensUpTo(fieldsIn(part.logprobs), text.length)
    kept.push({ ...part, text, annotations, ...(tokens.length > 0 ? { logprobs: tokens } : { logprobs: undefined }) })
    if (left === 0) break
  }
  return kept
}

/** The tokens within the first characters of a text. */
export function tokensUpTo<Token extends { token?: unknown }>(tokens: readonly Token[], length: number): Token[] {
  let end = 0
  return tokens.filter(({ token }) => {
    end += String(token ?? '').length
    return end <= length
  })
}
