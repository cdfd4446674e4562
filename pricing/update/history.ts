/** A price that changed is kept with the time until which it held. */
import type { Card, ProviderTable, Row } from '../schema.js'
import type { History } from './build.js'

export interface Change {
  provider: string
  id: string
  model: string
  was: Card
  is: Card
}

const rates = [
  'i',
  'o',
  'r',
  'w',
  'W',
  'n',
  'a',
  'A',
  'ra',
  'g',
  'G',
  'R',
  'q',
  'I',
  'P',
  'S',
  'T',
  'c',
  't',
  'z',
] as const

/** Models whose price is another than in the table before. */
export function changes(
  before: ReadonlyMap<string, ProviderTable>,
  after: ReadonlyMap<string, ProviderTable>,
): Change[] {
  const found: Change[] = []
  for (const [provider, { m }] of after) {
    const old = before.get(provider)?.m
    if (!old) continue
    for (const id of Object.keys(m)) {
      const [one, other] = [rowOf(old, id), rowOf(m, id)]
      if (!one || !other) continue
      const [was, is] = [cardOf(one), cardOf(other)]
      if (JSON.stringify(was) !== JSON.stringify(is) && was.i !== undefined)
        found.push({ provider, id, model: `${provider}/${id}`, was, is })
    }
  }
  return found
}

const rowOf = (m: ProviderTable['m'], id: string): Row | undefined => {
  const row = m[id]
  if (typeof row !== 'string') return row
  const target = m[row]
  return typeof target === 'string' ? undefined : target
}

function cardOf(row: Row): Card {
  const card: Record<string, unknown> = {}
  for (const key of rates) if (row[key] !== undefined) card[key] = row[key]
  return card as Card
}

/** The history with the prices that have just passed. A correction of what was never true belongs into the overrides, with `h`. */
export function extendHistory(history: History, changed: readonly Change[], asOf: string): History {
  if (changed.length === 0) return history
  const longer = structuredClone(history)
  for (const { provider, id, was } of changed) {
    const shelf = longer[provider] ?? {}
    const past = shelf[id] ?? []
    longer[provider] = shelf
    shelf[id] = past
    const until = `${asOf}T00:00:00Z`
    if (!past.some(([time]) => time >= until)) past.push([until, was])
  }
  return longer
}
