import type { ModelPrices } from 'llmux'
import { actorOf } from '../admin/context.js'
import { amount, bodyOf, type Fields, flag, isFields, requiredText, text } from '../admin/fields.js'
import { Section } from '../config/checker.js'
import { pricesOf } from '../config/prices.js'
import type { LedgerReader } from '../ledger/reader.js'
import type { ModelCatalog } from '../models/catalog.js'
import type { PriceBook, StoredPrice } from '../models/price-book.js'
import { badRequest, notFound } from '../refusal.js'
import type { AdminRequest, AdminRoute } from '../types.js'

export interface PriceParts {
  readonly book: PriceBook
  readonly catalog: ModelCatalog
  readonly reader: LedgerReader
  /** `llmux_settings.prices_url`: a table in LiteLLM's form. */
  readonly pricesUrl: () => string | undefined
  readonly now: () => number
  /** Longest time in which a table is read, in milliseconds. @default 20_000 */
  readonly readMs?: number
}

/** The last table that was taken over completely. */
interface LastTable {
  readonly url: string
  readonly tag: string
  /** The deployed models and the overrides: with others, more rows of the same table may count. */
  readonly used: string
}

const dayMs = 86_400_000
const mostBytes = 32 * 1024 * 1024

/** Prices that change while the gateway runs, the rating of past calls by them, and the check against exports of providers. */
export function priceRoutes(parts: PriceParts): AdminRoute[] {
  const { book } = parts
  const last: { table: LastTable | undefined } = { table: undefined }
  return [
    { method: 'GET', path: '/spend/prices', handler: () => ({ prices: book.list().map(shown) }) },
    { method: 'POST', path: '/spend/prices', handler: (request) => add(parts, request) },
    {
      method: 'POST',
      path: '/spend/prices/delete',
      handler: async (request) => {
        const id = requiredText(bodyOf(request), 'id')
        if (!(await book.remove(id, actorOf(request.principal).user)))
          throw notFound(`There is no price '${id}'.`, 'id')
        return { deleted: id }
      },
    },
    { method: 'POST', path: '/spend/prices/refresh', handler: (request) => refresh(parts, last, request) },
    { method: 'POST', path: '/spend/rerate', handler: (request) => rerate(parts, request) },
    { method: 'GET', path: '/spend/ratings', handler: async () => ({ ratings: await parts.reader.ratings() }) },
    { method: 'POST', path: '/spend/reconcile', handler: (request) => reconcile(parts, request) },
  ]
}

const shown = ({ id, model, prices, effectiveAt, source, createdAt, createdBy }: StoredPrice) => ({
  id,
  model,
  prices_per_million: prices,
  effective_at: new Date(effectiveAt).toISOString(),
  source,
  created_at: new Date(createdAt).toISOString(),
  created_by: createdBy,
})

/** Prices of a body in LiteLLM's names, per token. */
function pricesIn(body: Fields): ModelPrices | undefined {
  // a negative price would add to a budget
  for (const name of Object.keys(body)) if (/_cost/.test(name)) amount(body, name)
  const found = pricesOf(new Section([], body), new Section([], {}))
  const { input, output } = (found ?? {}) as ModelPrices
  return found && (input !== undefined || output !== undefined || Object.keys(found).length > 0) ? found : undefined
}

function timeOf(body: Fields, name: string): number | undefined {
  const value = text(body, name)
  if (value === undefined || value === null) return undefined
  const at = Date.parse(value)
  if (Number.isNaN(at))
    throw badRequest(`'${name}' must be a day or a time such as '2026-12-01'; got '${value}'.`, name)
  return at
}

async function add({ book, catalog, now }: PriceParts, request: AdminRequest) {
  const body = bodyOf(request)
  const model = requiredText(body, 'model')
  const prices = pricesIn(body)
  if (!prices) throw badRequest("The body must have prices, such as 'input_cost_per_token'.", 'input_cost_per_token')
  const effectiveAt = timeOf(body, 'effective_at') ?? now()
  const stored = await book.add({ model, prices, effectiveAt, source: 'override' }, actorOf(request.principal).user)
  return { ...shown(stored), deployments: deploymentsOf(catalog, model) }
}

/** Deployments that a price is for. A wildcard has no price of its own. */
const deploymentsOf = (catalog: ModelCatalog, model: string) =>
  catalog.entries
    .filter(({ modelName, config }) => [config.id, modelName, config.params.model].includes(model))
    .map(({ config }) => config.id)

/** Takes the prices of deployed models out of a table, as far as they differ. */
async function refresh(
  { book, catalog, pricesUrl, now, readMs = 20_000 }: PriceParts,
  last: { table: LastTable | undefined },
  request: AdminRequest,
) {
  const url = pricesUrl()
  if (!url) throw badRequest('No table of prices is configured: llmux_settings.prices_url.')
  const models = new Set(catalog.entries.map(({ config }) => config.params.baseModel ?? config.params.model))
  const overrides = book.list().flatMap(({ id, source }) => (source === 'override' ? [id] : []))
  const used = JSON.stringify([[...models].sort(), overrides.sort()])
  const known = last.table?.url === url && last.table.used === used ? last.table.tag : undefined
  const found = await read(url, known, readMs)
  if (!found) return { models: models.size, changed: [] }
  const { table, tag } = found
  const changed: StoredPrice[] = []
  for (const model of models) {
    const row = table[model] ?? table[model.slice(model.indexOf('/') + 1)]
    const prices = isFields(row) ? pricesIn(priceFields(row)) : undefined
    if (!prices) continue
    const known = book.at([model], now())
    if (known?.source === 'override' || (known && JSON.stringify(known.prices) === JSON.stringify(prices))) continue
    const price = { model, prices, effectiveAt: now(), source: 'refresh' as const }
    changed.push(await book.add(price, actorOf(request.principal).user))
  }
  last.table = tag === undefined ? undefined : { url, tag, used }
  return { models: models.size, changed: changed.map(shown) }
}

const priceFields = (row: Fields): Fields =>
  Object.fromEntries(
    Object.entries(row).filter(([name, value]) => /_cost/.test(name) && typeof value === 'number' && value >= 0),
  )

/**
 * Reads a table of prices; undefined if it is still the known one.
 * @param known `ETag` of the table that was read before
 */
async function read(url: string, known: string | undefined, readMs: number) {
  let table: unknown
  let tag: string | undefined
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(readMs),
      headers: { accept: 'application/json', ...(known !== undefined && { 'if-none-match': known }) },
    })
    if (response.status === 304 && known !== undefined) return undefined
    if (!response.ok) throw new Error(`status ${response.status}`)
    tag = response.headers.get('etag') ?? undefined
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > mostBytes) throw new Error('the table is too large')
      parts.push(part)
    }
    table = JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (error) {
    throw badRequest(`The table of prices was not read: ${error instanceof Error ? error.message : String(error)}.`)
  }
  if (!isFields(table)) throw badRequest('The table of prices must be a JSON object of models.')
  return { table, tag }
}

async function rerate({ book, reader, now }: PriceParts, request: AdminRequest) {
  const body = bodyOf(request)
  const from = timeOf(body, 'start_date')
  const until = timeOf(body, 'end_date')
  if (from === undefined) throw badRequest("'start_date' must be a day or a time.", 'start_date')
  const own = pricesIn(body)
  const stamp = now()
  const conditions = {
    from,
    until: until === undefined ? stamp : until + ((text(body, 'end_date') ?? '').length <= 10 ? dayMs : 0),
    model: text(body, 'model') ?? undefined,
    group: text(body, 'model_group') ?? undefined,
    provider: text(body, 'provider') ?? undefined,
    deployment: text(body, 'deployment') ?? undefined,
    unknownOnly: flag(body, 'only_unknown') === true,
  }
  const rating = await reader.rate({
    conditions,
    dryRun: flag(body, 'dry_run') === true,
    actor: actorOf(request.principal).user,
    prices: (row) => {
      if (own) return { id: `body-${stamp}-${JSON.stringify(own)}`, prices: own }
      const names = [row.deployment, row.model_group, row.model].map(String)
      return book.at(names, Number(row.at))
    },
  })
  return {
    id: rating.id,
    dry_run: flag(body, 'dry_run') === true,
    calls: rating.calls,
    changed: rating.changed,
    spend_before: Number(rating.before) / 1e9,
    spend_after: Number(rating.after) / 1e9,
  }
}

async function reconcile({ reader }: PriceParts, request: AdminRequest) {
  const body = bodyOf(request)
  const csv = body.csv
  if (typeof csv !== 'string' || csv === '') throw badRequest("'csv' must be the text of an export.", 'csv')
  if (csv.length > mostBytes) throw badRequest(`'csv' must have at most ${mostBytes} characters.`, 'csv')
  const tolerance = body.tolerance ?? 0.01
  if (typeof tolerance !== 'number' || !(tolerance >= 0))
    throw badRequest("'tolerance' must be a share such as 0.01.", 'tolerance')
  return await reader.reconcile(csv, text(body, 'provider') ?? undefined, tolerance)
}
