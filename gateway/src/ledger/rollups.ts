import type { LedgerRow } from '../store/rows.js'
import { chunks, placeholders, type Sql, type SqlRow, type SqlRunner } from '../store/sql.js'

/** The UTC day of a time, such as `2026-11-29`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** The UTC hour of a time, such as `2026-11-29T18`. */
export const hourOf = (at: number): string => new Date(at).toISOString().slice(0, 13)

/** Dimensions of `llmux_totals`. `model` is `provider/model`, `group` the name in the request. */
export const dimensions = [
  ...(['all', 'key', 'user', 'team', 'organization', 'customer', 'tag'] as const),
  ...(['group', 'model', 'provider', 'deployment', 'outcome'] as const),
] as const
export type Dimension = (typeof dimensions)[number]

/** Dimensions whose sums by the hour are written with each call. */
const hourlyDimensions: ReadonlySet<Dimension> = new Set([
  'all',
  'key',
  'group',
  'model',
  'provider',
  'deployment',
  'outcome',
])

/** Dimensions whose sums by the hour are made once the hour has ended. */
export const closedHourDimensions: ReadonlySet<Dimension> = new Set(['user', 'team', 'organization', 'customer', 'tag'])

/** Milliseconds for which sums by the hour are kept. Customers are many. */
export const keptHoursMs = (dimension: Dimension): number => (dimension === 'customer' ? 8 : 35) * 86_400_000

/** Sums of `llmux_totals`. */
export const measures = [
  ...(['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'cache_hits', 'unknown_costs'] as const),
  ...(['retries', 'fallbacks', 'duration_ms', 'first_token_ms', 'first_tokens', 'nanos', 'saved_nanos'] as const),
] as const

const totalsKeys = 'grain, dimension, period, name'

/**
 * Adds new calls to all rollups, in the transaction that writes them.
 * @param sign -1 takes calls out again
 */
export async function addRollups(tx: SqlRunner, rows: readonly LedgerRow[], sign: 1 | -1 = 1): Promise<void> {
  if (rows.length === 0) return
  const kinds = alike(rows)
  await addDaily(tx, kinds, sign)
  await addDailyTags(tx, kinds, sign)
  await addTotals(tx, kinds.flatMap(totalsOf).map(signed(sign)))
}

/** Calls of one hour with the same names, and their sums in the order of `measures`. */
interface Kind {
  readonly row: LedgerRow
  readonly sums: number[]
}

/** Adds up calls of one kind first: a call has up to forty places, which differ between kinds only. */
function alike(rows: readonly LedgerRow[]): Kind[] {
  const found = new Map<string, Kind>()
  let last: Kind | undefined
  for (const row of rows) {
    if (last && isAlike(last.row, row)) {
      addSums(last.sums, sumsOf(row))
      continue
    }
    const { keyHash, userId, teamId, organizationId, customerId, tags } = row
    const owners = `${keyHash}\n${userId}\n${teamId}\n${organizationId}\n${customerId}\n${tags.length > 0 ? JSON.stringify(tags) : ''}`
    const target = `${row.modelGroup}\n${row.model}\n${row.provider}\n${row.deployment}\n${row.outcome}\n${row.path}`
    const key = `${Math.floor(row.startedAt / 3_600_000)}\n${owners}\n${target}`
    const sums = sumsOf(row)
    const kind = found.get(key)
    if (kind) addSums(kind.sums, sums)
    else found.set(key, { row, sums })
    last = kind ?? found.get(key)
  }
  return [...found.values()]
}

/** Whether the places of two calls are the same; false if that is not to be seen at once. */
const isAlike = (one: LedgerRow, other: LedgerRow): boolean =>
  one.keyHash === other.keyHash &&
  one.userId === other.userId &&
  one.teamId === other.teamId &&
  one.organizationId === other.organizationId &&
  one.customerId === other.customerId &&
  one.tags.length + other.tags.length === 0 &&
  one.modelGroup === other.modelGroup &&
  one.model === other.model &&
  one.provider === other.provider &&
  one.deployment === other.deployment &&
  one.outcome === other.outcome &&
  one.path === other.path &&
  Math.floor(one.startedAt / 3_600_000) === Math.floor(other.startedAt / 3_600_000)

function addSums(sums: number[], more: readonly number[]): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (more[at] ?? 0)
}

const signed =
  (sign: 1 | -1) =>
  ([place, sums]: Share): Share =>
    sign === 1 ? [place, sums] : [place, sums.map((value) => -value)]

/** A share of a call in `llmux_totals`: its place, and its values. */
export type Share = readonly [place: readonly string[], sums: readonly number[]]

const totalsOf = ({ row, sums }: Kind): Share[] => sharesOf(row.startedAt, namesOf(row), sums)

/** The values of a call, in the order of `measures`. */
const sumsOf = (row: LedgerRow): number[] => [
  1,
  isFailure(row) ? 1 : 0,
  row.inputTokens,
  row.outputTokens,
  row.cachedTokens,
  row.cacheHit ? 1 : 0,
  row.costState === 'unknown' ? 1 : 0,
  row.retries ?? 0,
  row.fallbacks ?? 0,
  row.durationMs,
  row.firstTokenMs ?? 0,
  row.firstTokenMs == null ? 0 : 1,
  row.nanos,
  row.savedNanos ?? 0,
]

type Measure = (typeof measures)[number]

/** Some of the sums of a kind, by their names. */
const only =
  (names: readonly Measure[]) =>
  (sums: readonly number[]): number[] =>
    names.map((name) => sums[measures.indexOf(name)] ?? 0)

const namesOf = (row: LedgerRow): Readonly<Record<Dimension, string | null | readonly string[]>> => ({
  all: '',
  key: row.keyHash,
  user: row.userId,
  team: row.teamId,
  organization: row.organizationId,
  customer: row.customerId,
  tag: row.tags,
  group: row.modelGroup,
  model: row.model,
  provider: row.provider,
  deployment: row.deployment,
  outcome: row.outcome,
})

/** Places of a call, by day and by hour. Calls without a subject add up under the empty name. */
function sharesOf(
  at: number,
  names: Readonly<Record<Dimension, string | null | readonly string[]>>,
  sums: readonly number[],
): Share[] {
  const shares: Share[] = []
  const day = dayOf(at)
  const hour = hourOf(at)
  for (const dimension of dimensions) {
    const name = names[dimension] ?? ''
    for (const one of typeof name === 'string' ? [name] : new Set(name)) {
      shares.push([['day', dimension, day, one], sums])
      if (hourlyDimensions.has(dimension)) shares.push([['hour', dimension, hour, one], sums])
    }
  }
  return shares
}

const dailyDimensions: readonly (readonly [Dimension, column: string])[] = [
  ['key', 'key_hash'],
  ['user', 'user_id'],
  ['team', 'team_id'],
  ['customer', 'customer_id'],
  ['group', 'model_group'],
  ['model', 'model'],
  ['provider', 'provider'],
  ['deployment', 'deployment'],
]

/** The shares of a row of `llmux_daily` or `llmux_daily_tags`, for sums that come without calls. */
export function dailyShares(row: SqlRow): Share[] {
  const sums = measures.map((name) => Number(row[name] ?? 0))
  const day = String(row.day)
  if (row.tag !== undefined) return [[['day', 'tag', day, String(row.tag)], sums]]
  const names = dailyDimensions.map(([dimension, column]) => [dimension, String(row[column] ?? '')] as const)
  return [['all', ''] as const, ...names].map(([dimension, name]) => [['day', dimension, day, name], sums])
}

/** Adds to `llmux_totals`. */
export const addTotals = (tx: SqlRunner, shares: readonly Share[]): Promise<void> =>
  upsert(tx, 'llmux_totals', totalsKeys, measures.join(', '), addUp(shares))

/** Adds calls of the release before, which writes no totals, until none is left. Returns their number. */
export async function rollUpOlder(sql: Sql, most = 500): Promise<number> {
  let done = 0
  for (;;) {
    const count = await sql.transaction(async (tx) => {
      const rows = await tx.query(
        `UPDATE llmux_calls SET rolled = 1 WHERE id IN (SELECT id FROM llmux_calls WHERE rolled IS NULL LIMIT ?) AND rolled IS NULL RETURNING *`,
        [most],
      )
      await addTotals(tx, rows.flatMap(storedShares))
      await addDailyCustomers(tx, rows.flatMap(customerShare))
      return rows.length
    })
    done += count
    if (count < most) return done
  }
}

const number = (value: unknown) => Number(value ?? 0)

/** The shares of a stored call. */
function storedShares(row: SqlRow): Share[] {
  const text = (name: string) => (row[name] === null || row[name] === undefined ? null : String(row[name]))
  return sharesOf(
    number(row.at),
    {
      all: '',
      key: text('key_hash'),
      user: text('user_id'),
      team: text('team_id'),
      organization: text('organization_id'),
      customer: text('customer_id'),
      tag: JSON.parse(text('tags') ?? '[]') as string[],
      group: text('model_group'),
      model: text('model'),
      provider: text('provider'),
      deployment: text('deployment'),
      outcome: text('outcome'),
    },
    [
      1,
      row.outcome === 'success' ? 0 : 1,
      number(row.input_tokens),
      number(row.output_tokens),
      number(row.cached_tokens),
      number(row.cache_hit),
      row.cost_state === 'unknown' ? 1 : 0,
      number(row.retries),
      number(row.fallbacks),
      number(row.duration_ms),
      number(row.first_token_ms),
      row.first_token_ms === null || row.first_token_ms === undefined ? 0 : 1,
      number(row.nanos),
      number(row.saved_nanos),
    ],
  )
}

/** The share of a stored call in `llmux_daily_customers`. */
function customerShare(row: SqlRow): Share[] {
  if (!row.customer_id) return []
  const text = (name: string) => String(row[name] ?? '')
  const names = dailyKeys.split(', ').slice(1).map(text)
  const failed = row.outcome === 'success' ? 0 : 1
  const unknown = row.cost_state === 'unknown' ? 1 : 0
  const tokens = [number(row.input_tokens), number(row.output_tokens), number(row.cached_tokens)]
  const sums = [1, failed, ...tokens, number(row.cache_hit), unknown, number(row.duration_ms), number(row.nanos)]
  return [[[dayOf(number(row.at)), ...names], sums]]
}

/** Adds up rows by a key; the sums are sorted by key, so that processes lock rows in the same order. */
function addUp(rows: readonly (readonly [key: readonly string[], sums: readonly number[]])[]): [string[], number[]][] {
  const found = new Map<string, [string[], number[]]>()
  for (const [key, sums] of rows) {
    const name = key.join('\n')
    const known = found.get(name)
    if (!known) found.set(name, [[...key], [...sums]])
    else for (const [at, value] of sums.entries()) known[1][at] = (known[1][at] ?? 0) + value
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

async function upsert(
  tx: SqlRunner,
  table: string,
  keys: string,
  sums: string,
  rows: readonly [string[], number[]][],
): Promise<void> {
  const names = sums.split(', ')
  const width = keys.split(', ').length + names.length
  for (const group of chunks(rows, 100, tx.engine)) {
    await tx.query(
      `INSERT INTO ${table} (${keys}, ${sums}) VALUES ${placeholders(group.length, width)}
       ON CONFLICT (${keys}) DO UPDATE SET ${names.map((name) => `${name} = ${table}.${name} + excluded.${name}`).join(', ')}`,
      group.flatMap(([key, values]) => [...key, ...values]),
    )
  }
}

const isFailure = ({ outcome }: LedgerRow) => outcome !== 'success'

/** Columns of `llmux_daily` and `llmux_daily_customers`. */
const dailyKeys = 'day, key_hash, user_id, team_id, customer_id, model_group, model, provider, deployment, path'
const dailySums =
  'calls, failures, input_tokens, output_tokens, cached_tokens, cache_hits, unknown_costs, duration_ms, nanos'

async function addDaily(tx: SqlRunner, kinds: readonly Kind[], sign: 1 | -1): Promise<void> {
  const place = (row: LedgerRow, customer: string) => [
    ...[dayOf(row.startedAt), row.keyHash, row.userId ?? '', row.teamId ?? '', customer],
    ...[row.modelGroup, row.model, row.provider, row.deployment, row.path],
  ]
  const shares = kinds.map(({ row, sums }): Share => [place(row, ''), dailyOf(sums)])
  await upsert(tx, 'llmux_daily', dailyKeys, dailySums, addUp(shares.map(signed(sign))))
  await addDailyCustomers(
    tx,
    kinds
      .flatMap(({ row, sums }): Share[] => (row.customerId ? [[place(row, row.customerId), dailyOf(sums)]] : []))
      .map(signed(sign)),
  )
}

const dailyOf = only([
  ...(['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'cache_hits'] as const),
  ...(['unknown_costs', 'duration_ms', 'nanos'] as const),
])

const dailyTagOf = only([
  ...(['calls', 'failures', 'input_tokens', 'output_tokens', 'cached_tokens', 'duration_ms', 'nanos'] as const),
])

const addDailyCustomers = (tx: SqlRunner, shares: readonly Share[]) =>
  upsert(tx, 'llmux_daily_customers', dailyKeys, dailySums, addUp(shares))

const addDailyTags = (tx: SqlRunner, kinds: readonly Kind[], sign: 1 | -1) =>
  upsert(
    tx,
    'llmux_daily_tags',
    'day, tag, key_hash, model_group, model, provider, path',
    'calls, failures, input_tokens, output_tokens, cached_tokens, duration_ms, nanos',
    addUp(
      kinds
        .flatMap(({ row, sums }) =>
          [...new Set(row.tags)].map(
            (tag): Share => [
              [dayOf(row.startedAt), tag, row.keyHash, row.modelGroup, row.model, row.provider, row.path],
              dailyTagOf(sums),
            ],
          ),
        )
        .map(signed(sign)),
    ),
  )

/** Changes the money of a stored call in all rollups. @param unknown change of the number of unknown costs */
export async function addDifference(tx: SqlRunner, row: SqlRow, nanos: number, unknown: number): Promise<void> {
  const only = (name: (typeof measures)[number]) => (name === 'nanos' ? nanos : name === 'unknown_costs' ? unknown : 0)
  const totals = storedShares(row).map(([place]): Share => [place, measures.map(only)])
  await addTotals(tx, totals)
  const text = (name: string) => String(row[name] ?? '')
  const day = dayOf(number(row.at))
  const owners = [text('key_hash'), text('user_id'), text('team_id')]
  const rest = ['model_group', 'model', 'provider', 'deployment', 'path'].map(text)
  const sums = [0, 0, 0, 0, 0, 0, unknown, 0, nanos]
  // calls of the release before are in the daily sums with their customer
  const customer = text('customer_id')
  const [old] = customer
    ? await tx.query(
        `SELECT day FROM llmux_daily WHERE ${dailyKeys
          .split(', ')
          .map((name) => `${name} = ?`)
          .join(' AND ')}`,
        [day, ...owners, customer, ...rest],
      )
    : []
  await upsert(tx, 'llmux_daily', dailyKeys, dailySums, [[[day, ...owners, old ? customer : '', ...rest], sums]])
  if (customer) await addDailyCustomers(tx, [[[day, ...owners, customer, ...rest], sums]])
  const tags = new Set(JSON.parse(text('tags') || '[]') as string[])
  const target = [text('model_group'), text('model'), text('provider'), text('path')]
  await upsert(
    tx,
    'llmux_daily_tags',
    'day, tag, key_hash, model_group, model, provider, path',
    'calls, failures, input_tokens, output_tokens, cached_tokens, duration_ms, nanos',
    [...tags].sort().map((tag) => [
      [day, tag, text('key_hash'), ...target],
      [0, 0, 0, 0, 0, 0, nanos],
    ]),
  )
}
