import type { Stage } from './stream.js'
import { type Fields, fields, type StreamEvent } from './texts.js'

/** Ends a stream once `count` returns an error. It goes in front of hooks, which may hold text back. */
export class BudgetStage implements Stage {
  readonly #operation: string
  readonly #count: (tokens: number) => Error | undefined

  /** @param count receives the tokens of each event */
  constructor(operation: string, count: (tokens: number) => Error | undefined) {
    this.#operation = operation
    this.#count = count
  }

  /**
   * Counts events without parsing them, as long as they are chunks of a chat with text and nothing else, as almost all are.
   * @param from start of an event
   * @returns the end of the last event that was counted, and a refusal of the next one
   */
  skim(part: string, from: number): { readonly end: number; readonly error: Error | undefined } {
    let at = from
    while (this.#operation === 'chat' && at < part.length) {
      const end = part.indexOf('\n\n', at)
      const delta = part.indexOf(plainDelta, at)
      if (end < 0 || delta < 0 || delta > end || !part.startsWith('data: ', at)) break
      const text = textAt(part, delta + plainDelta.length)
      if (!text || text.end > end || part.charCodeAt(text.end + 1) !== closingBrace) break
      const error = text.tokens > 0 ? this.#count(text.tokens) : undefined
      if (error) return { end: at, error }
      at = end + 2
    }
    return { end: at, error: undefined }
  }

  async push(events: readonly StreamEvent[]): Promise<StreamEvent[]> {
    for (const { data } of events) {
      const tokens = data ? tokensOf(this.#operation, data) : 0
      const error = tokens > 0 ? this.#count(tokens) : undefined
      if (error) throw error
    }
    return [...events]
  }

  async end(): Promise<StreamEvent[]> {
    return []
  }
}

const plainDelta = '"delta":{"content":"'
const closingBrace = 0x7d
const quote = 0x22
const backslash = 0x5c
const letterU = 0x75

/** The tokens of a text in JSON, and the place of its closing quote. */
function textAt(json: string, from: number): { readonly tokens: number; readonly end: number } | undefined {
  let tokens = 0
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === quote) return { tokens, end: at }
    if (code === backslash) {
      const unicode = json.charCodeAt(at + 1) === letterU
      at += unicode ? 5 : 1
      tokens += unicode ? 0.6 : 0.25
    } else tokens += code < 0x80 ? 0.25 : 0.6
  }
  return undefined
}

/** Rough number of tokens in the new texts of an event: text, thinking, and arguments of tools. */
export function tokensOf(operation: string, event: Fields): number {
  switch (operation) {
    case 'chat':
      return sum(event.choices, (choice) => tokensIn(choice.delta))
    case 'completion':
      return sum(event.choices, (choice) => tokensIn(choice.text))
    case 'messages': {
      const { text, thinking, partial_json } = fields(event.delta)
      return event.type === 'content_block_delta' ? tokensIn([text, thinking, partial_json]) : 0
    }
    case 'responses':
      return typeof event.type === 'string' && event.type.endsWith('.delta') ? tokensIn(event.delta) : 0
    case 'generateContent':
      return sum(event.candidates, (candidate) => sum(fields(candidate.content).parts, partOf))
    default:
      return 0
  }
}

const partOf = ({ text, functionCall }: Fields) => tokensIn([text, fields(functionCall).args])

const sum = (list: unknown, of: (entry: Fields) => number) =>
  Array.isArray(list) ? list.reduce((total: number, entry) => total + of(fields(entry)), 0) : 0

/** Fields of deltas that are no text of the model. */
const marks: ReadonlySet<string> = new Set(['role', 'id', 'type', 'name', 'signature', 'encrypted_content', 'data'])

function tokensIn(value: unknown, depth = 6): number {
  if (typeof value === 'string') return tokensOfText(value)
  if (typeof value !== 'object' || value === null || depth === 0) return 0
  if (Array.isArray(value)) return value.reduce((total: number, entry) => total + tokensIn(entry, depth - 1), 0)
  let total = 0
  for (const [name, entry] of Object.entries(value)) if (!marks.has(name)) total += tokensIn(entry, depth - 1)
  return total
}

/** Four characters a token in ASCII, fewer in other scripts. */
function tokensOfText(text: string): number {
  let tokens = 0
  for (let at = 0; at < text.length; at++) tokens += text.charCodeAt(at) < 0x80 ? 0.25 : 0.6
  return tokens
}
