import type { StreamCount } from '../types.js'
import type { Stage } from './stream.js'
import { type Fields, fields, type StreamEvent } from './texts.js'

/** Ends a stream that uses up a budget. It goes in front of hooks, which may hold text back. */
export class BudgetStage implements Stage {
  readonly #operation: string
  readonly #counter: StreamCount

  constructor(operation: string, counter: StreamCount) {
    this.#operation = operation
    this.#counter = counter
  }

  async push(events: readonly StreamEvent[]): Promise<StreamEvent[]> {
    for (const { data } of events) {
      const tokens = data ? tokensOf(this.#operation, data) : 0
      const error = tokens > 0 ? this.#counter.count(tokens) : undefined
      if (error) throw error
    }
    return [...events]
  }

  async end(): Promise<StreamEvent[]> {
    return []
  }
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
