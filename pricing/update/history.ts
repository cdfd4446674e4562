/** Prices that have changed, with the time until which they applied. */
import { isDeepStrictEqual } from 'node:util'
import { cardFields, type PriceRow, type ProviderTable, type RateCard } from '../schema.js'

/** Earlier cards that the sources no longer have: provider, model id, time and card. */
export type History = Record<string, Record<string, [string, RateCard][]>>

export interface PriceChange {
  provider: string
  id: string
  model: string
  before: RateCard
  after: RateCard
}

/** Search fees are left out: they are not kept per card. */
const addedFees: ReadonlySet<string> = new Set([
  'perWebSearch',
  'perSearchedAnswer',
  'perMapsSearch',
  'perContainerGigabyte',
])
const comparedFields = cardFields.filter((name) => !addedFees.has(name))

/** Models whose price differs from the previous table. */
export function findChanges(
  before: ReadonlyMap<string, ProviderTable>,
  after: ReadonlyMap<string, ProviderTable>,
): PriceChange[] {
  const found: PriceChange[] = []
  for (const [provider, { models }] of after) {
    const old = before.get(provider)?.models
    if (!old) continue
    for (const id of Object.keys(models)) {
      const [one, other] = [resolveAlias(old, id), resolveAlias(models, id)]
      if (!one || !other) continue
      const [was, is] = [pickCard(one), pickCard(other)]
      if (!isDeepStrictEqual(was, is) && was.input !== undefined)
        found.push({ provider, id, model: `${provider}/${id}`, before: was, after: is })
    }
  }
  return found
}

const resolveAlias = (models: ProviderTable['models'], id: string): PriceRow | undefined => {
  const row = models[id]
  if (typeof row !== 'string') return row
  const target = models[row]
  return typeof target === 'string' ? undefined : target
}

function pickCard(row: PriceRow): RateCard {
  const card: Record<string, unknown> = {}
  for (const name of comparedFields) if (row[name] !== undefined) card[name] = row[name]
  return card as RateCard
}

/** Adds the prices that have just ended. Corrections of wrong prices belong in overrides.json, under `earlier`. */
export function extendHistory(history: History, changes: readonly PriceChange[], asOf: string): History {
  if (changes.length === 0) return history
  const longer = structuredClone(history)
  for (const { provider, id, before } of changes) {
    const models = longer[provider] ?? {}
    const past = models[id] ?? []
    longer[provider] = models
    models[id] = past
    const until = `${asOf}T00:00:00Z`
    if (!past.some(([time]) => time >= until)) past.push([until, before])
  }
  return longer
}
