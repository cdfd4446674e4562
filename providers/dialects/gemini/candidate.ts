import { joinFields } from './deltas.js'
import { type Candidate, type Fields, isFields } from './wire.js'

/** What is read into the message and the choice, and needs no other place. */
const read: ReadonlySet<string> = new Set(['index', 'content', 'finishReason', 'logprobsResult', 'tokenCount'])

/** What the events of a stream say of a candidate beside its content. The last word counts, and citations add up. */
export function mergeCandidate(before: Fields, candidate: Candidate): Fields {
  const merged: Fields = { ...before }
  for (const [name, value] of Object.entries(candidate)) {
    if (read.has(name) || isEmpty(value)) continue
    const old = merged[name]
    merged[name] = name === 'citationMetadata' && isFields(old) && isFields(value) ? joinFields(old, value) : value
  }
  return merged
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)

/** Grounding, safety ratings and the like, for the choice: OpenAI's shape has no place for them. */
export function candidateExtras(candidate: Fields): Fields | undefined {
  const extras: Fields = {}
  for (const [name, value] of Object.entries(candidate)) extras[toSnake(name)] = value
  return Object.keys(extras).length > 0 ? extras : undefined
}

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
