import { type Fields, isFields } from './kit.js'

/** The fields that a stream cuts in pieces. */
const growing = ['text', 'summary', 'data'] as const

/**
 * OpenRouter's `reasoning_details`, with the pieces of a stream put together again: neighbours of one type and index are one
 * detail. https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
 */
export function mergedDetails(details: readonly unknown[]): unknown[] {
  const merged: unknown[] = []
  for (const detail of details) {
    const last = merged.at(-1)
    if (isFields(detail) && isFields(last) && isPiece(last, detail)) merged[merged.length - 1] = join(last, detail)
    else merged.push(detail)
  }
  return merged
}

/** A detail with another id, or with data of its own, is whole. */
const isPiece = (last: Fields, next: Fields): boolean =>
  last.type === next.type &&
  last.type !== 'reasoning.encrypted' &&
  last.index === next.index &&
  last.index !== undefined &&
  !last.signature &&
  (last.id == null || next.id == null || last.id === next.id)

function join(last: Fields, next: Fields): Fields {
  const joined: Fields = { ...last }
  for (const name in next) {
    const value = next[name]
    if (value === null || value === undefined) continue
    const grows = (growing as readonly string[]).includes(name) && typeof value === 'string'
    joined[name] = grows && typeof last[name] === 'string' ? last[name] + value : value
  }
  return joined
}
