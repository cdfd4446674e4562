import type { KeyRow } from '../store/rows.js'
import type { SqlRunner, SqlValue } from '../store/sql.js'
import type { Directory } from './directory.js'
import { readBodies } from './row-loader.js'

/** Fields of a key by which it is found. */
export type KeyField =
  | 'key_alias'
  | 'user_id'
  | 'team_id'
  | 'organization_id'
  | 'created_at'
  | 'updated_at'
  | 'max_budget'

/** Most keys of a list without pages: the newest. */
export const mostListed = 1_000
/** Most keys that are sorted by another field than their creation. */
export const mostSorted = 10_000

/** Which keys to find. All conditions must hold. */
export interface KeyFilter {
  readonly token?: string | undefined
  readonly key_alias?: string | undefined
  readonly organization_id?: string | undefined
  /** `null` finds keys without a user. */
  readonly user_id?: string | null | undefined
  readonly team_id?: string | undefined
  /** Keys of the user, or those of them within one team, and keys of the teams. */
  readonly visible?:
    | { readonly userId: string | null; readonly within?: string | undefined; readonly teams: readonly string[] }
    | undefined
  /** A part of the alias, in any case. */
  readonly search?: string | undefined
  /** Also rotated keys that may still be used. @default false */
  readonly replaced?: boolean | undefined
  readonly withAlias?: boolean | undefined
}

/** A page of a list. */
export interface KeyPage {
  readonly by?: KeyField | 'spend' | undefined
  readonly ascending?: boolean | undefined
  readonly limit: number
  readonly offset?: number | undefined
  /** Number of all keys of the list, if it is known: a page near its end is read from there. */
  readonly total?: number | undefined
}

/**
 * A field of a key in SQL. Rows of other collections may be encrypted: they are no JSON. The indexes of the schema have the same text.
 */
export function keyField(engine: SqlRunner['engine'], name: KeyField | 'extra.replaced_by'): string {
  const path = name.split('.')
  const read =
    engine === 'postgres'
      ? `CAST(body AS json)${path.map((part, at) => `${at === path.length - 1 ? ' ->> ' : ' -> '}'${part}'`).join('')}`
      : `json_extract(body, '$.${name}')`
  return `(CASE WHEN collection = 'keys' THEN ${read} END)`
}

/** The condition that a row is a key which exists. */
export const isKey = "collection = 'keys' AND body IS NOT NULL"
/** The same for keys that no other has replaced. */
export const isCurrentKey = (engine: SqlRunner['engine']) =>
  `${isKey} AND ${keyField(engine, 'extra.replaced_by')} IS NULL`

/** Finds keys, the newest first. */
export async function findKeys(
  directory: Directory,
  runner: SqlRunner,
  filter: KeyFilter,
  { by = 'created_at', ascending = false, limit, offset = 0, total }: KeyPage = { limit: mostListed },
): Promise<KeyRow[]> {
  const behind = total === undefined ? 0 : total - offset - limit
  if (total !== undefined && offset > total / 2) {
    const page = { by, ascending: !ascending, limit: Math.min(limit, total - offset), offset: Math.max(0, behind) }
    return page.limit <= 0 ? [] : (await findKeys(directory, runner, filter, page)).reverse()
  }
  const { text, values } = conditionOf(runner, filter)
  const direction = ascending ? 'ASC' : 'DESC'
  const order = orderOf(runner, by, direction)
  // a page is found in the index alone, before its rows are read
  const rows = await runner.query(
    `SELECT llmux_rows.id, llmux_rows.body FROM (
       SELECT llmux_rows.id AS found${by === 'spend' ? ', nanos' : ''} FROM ${rowsFor(runner, filter)}${by === 'spend' ? withSpend : ''}
       WHERE ${text} ORDER BY ${order}, llmux_rows.id ${direction} LIMIT ${limit} OFFSET ${offset}
     ) AS page JOIN llmux_rows ON llmux_rows.collection = 'keys' AND llmux_rows.id = page.found
     ORDER BY ${by === 'spend' ? order.replace('nanos', 'page.nanos') : order}, llmux_rows.id ${direction}`,
    values,
  )
  return directory.rows('keys', rows)
}

/** Whether the conditions of a list leave few keys, which another index finds than that in the order of creation. */
const isNarrow = ({ token, key_alias, user_id, team_id, visible }: KeyFilter): boolean =>
  [token, key_alias, user_id, team_id, visible].some((value) => value !== undefined)

/** The table. SQLite takes the index of the primary key, and sorts, unless it is told another one. */
function rowsFor({ engine }: SqlRunner, filter: KeyFilter): string {
  if (engine === 'postgres' || isNarrow(filter)) return 'llmux_rows'
  if (filter.withAlias || filter.search !== undefined) return 'llmux_rows INDEXED BY llmux_keys_alias'
  return filter.replaced ? 'llmux_rows' : 'llmux_rows INDEXED BY llmux_keys_created'
}

/** Keys with the highest spend. Sums are fewer bytes than rows: they are sorted first. */
export async function largestKeys(directory: Directory, runner: SqlRunner, limit: number): Promise<KeyRow[]> {
  // keys that were deleted have sums too
  const sums = await runner.query(
    // the index has the order of the names: SQLite would read each row of the table by itself
    `SELECT SUBSTR(subject, 5) AS id FROM llmux_spend${runner.engine === 'sqlite' ? ' NOT INDEXED' : ''}
     WHERE period = 'total' AND subject LIKE 'key:%'
     ORDER BY nanos DESC LIMIT ${2 * limit + 100}`,
  )
  const ids = sums.map(({ id }) => String(id))
  const bodies = await readBodies(runner, 'keys', ids)
  const found = ids.flatMap((id) => {
    const body = bodies.get(id)
    return body === undefined ? [] : [{ id, body }]
  })
  const rows = directory.rows('keys', found.slice(0, limit))
  if (rows.length === limit) return rows
  const known = new Set(ids)
  const others = await findKeys(directory, runner, {}, { limit: limit + known.size })
  return [...rows, ...others.filter(({ token }) => !known.has(token))].slice(0, limit)
}

/** All keys of a user or of a team, those that were replaced too, for a change of them. */
export async function allKeys(
  directory: Directory,
  tx: SqlRunner,
  filter: Pick<KeyFilter, 'user_id' | 'team_id'>,
): Promise<KeyRow[]> {
  const found = await findKeys(directory, tx, { ...filter, replaced: true }, { limit: Number.MAX_SAFE_INTEGER })
  return found
}

const withSpend =
  " LEFT JOIN llmux_spend ON llmux_spend.subject = 'key:' || llmux_rows.id AND llmux_spend.period = 'total'"

function orderOf({ engine }: SqlRunner, by: KeyField | 'spend', direction: string): string {
  if (by === 'spend') return `COALESCE(nanos, 0) ${direction}`
  const field = keyField(engine, by)
  if (by === 'max_budget') {
    const amount = engine === 'postgres' ? `CAST(${field} AS double precision)` : field
    // no budget is the largest
    return `CASE WHEN ${field} IS NULL THEN 1 ELSE 0 END ${direction}, ${amount} ${direction}`
  }
  return by === 'created_at' ? `${field} ${direction}` : `COALESCE(${field}, '') ${direction}`
}

export async function countKeys(runner: SqlRunner, filter: KeyFilter): Promise<number> {
  if (filter.withAlias && filter.replaced && filter.search === undefined && !isNarrow(filter)) {
    // Postgres counts all keys in an index alone, but reads the rows for a condition on a field
    const [all, without] = await Promise.all(
      ['', ` AND ${keyField(runner.engine, 'key_alias')} IS NULL`].map((condition) =>
        runner.query(`SELECT COUNT(*) AS count FROM ${rowsFor(runner, filter)} WHERE ${isKey}${condition}`),
      ),
    )
    return Number(all?.[0]?.count) - Number(without?.[0]?.count)
  }
  const { text, values } = conditionOf(runner, filter)
  const [row] = await runner.query(`SELECT COUNT(*) AS count FROM ${rowsFor(runner, filter)} WHERE ${text}`, values)
  return Number(row?.count)
}

/** Numbers of keys of users. */
export async function countKeysOf(runner: SqlRunner, users: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const field = keyField(runner.engine, 'user_id')
  for (let at = 0; at < users.length; at += 100) {
    const group = users.slice(at, at + 100)
    const rows = await runner.query(
      `SELECT ${field} AS owner, COUNT(*) AS count FROM llmux_rows WHERE ${isKey} AND ${field} IN (${group.map(() => '?').join(',')}) GROUP BY ${field}`,
      group,
    )
    for (const { owner, count } of rows) counts.set(String(owner), Number(count))
  }
  return counts
}

/** Aliases of keys in order. */
export async function findAliases(runner: SqlRunner, filter: KeyFilter, page: KeyPage): Promise<string[]> {
  const named: KeyFilter = { ...filter, withAlias: true, replaced: true }
  const { text, values } = conditionOf(runner, named)
  const field = keyField(runner.engine, 'key_alias')
  const rows = await runner.query(
    `SELECT ${field} AS alias FROM ${rowsFor(runner, named)} WHERE ${text} ORDER BY ${field} LIMIT ${page.limit} OFFSET ${page.offset ?? 0}`,
    values,
  )
  return rows.map(({ alias }) => String(alias))
}

function conditionOf({ engine }: SqlRunner, filter: KeyFilter): { text: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const parts = [filter.replaced ? isKey : isCurrentKey(engine)]
  // Postgres takes the condition of an index for a narrow one, and would read all keys in the order of creation
  if (engine === 'postgres' && !filter.replaced && isNarrow(filter))
    parts[0] = `${isKey} AND COALESCE(${keyField(engine, 'extra.replaced_by')}, '') = ''`
  const field = (name: KeyField) => keyField(engine, name)
  for (const name of ['key_alias', 'user_id', 'team_id', 'organization_id'] as const) {
    const value = filter[name]
    if (value === undefined) continue
    if (value === null) parts.push(`${field(name)} IS NULL`)
    else {
      parts.push(`${field(name)} = ?`)
      values.push(value)
    }
  }
  if (filter.token !== undefined) {
    parts.push('llmux_rows.id = ?')
    values.push(filter.token)
  }
  if (filter.withAlias) parts.push(`${field('key_alias')} IS NOT NULL`)
  if (filter.search !== undefined) {
    // databases may lower the letters of ASCII alone: others are found as they are written, too
    const alias = field('key_alias')
    parts.push(`(LOWER(${alias}) LIKE ? ESCAPE '!' OR ${alias} LIKE ? ESCAPE '!')`)
    const part = filter.search.replace(/[!%_]/g, '!$&')
    values.push(`%${part.toLowerCase()}%`, `%${part}%`)
  }
  if (filter.visible) {
    const { userId, within, teams } = filter.visible
    const inTeam = within === undefined ? '' : ` AND ${field('team_id')} = ?`
    const own = userId === null ? [] : [`(${field('user_id')} = ?${inTeam})`]
    const ofTeams = teams.length === 0 ? [] : [`${field('team_id')} IN (${teams.map(() => '?').join(',')})`]
    parts.push(`(${[...own, ...ofTeams].join(' OR ') || '1 = 0'})`)
    if (userId !== null) values.push(userId, ...(within === undefined ? [] : [within]))
    values.push(...teams)
  }
  return { text: parts.join(' AND '), values }
}
