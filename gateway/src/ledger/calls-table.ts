import type { CallDetail, LedgerRow } from '../store/rows.js'
import { chunks, placeholders, type SqlRow, type SqlRunner, type SqlValue } from '../store/sql.js'

/** Columns of `llmux_calls`, with the value of each. */
const columns: readonly (readonly [name: string, value: (row: LedgerRow) => SqlValue])[] = [
  ['id', (row) => row.id],
  ['at', (row) => row.startedAt],
  ['duration_ms', (row) => row.durationMs],
  ['operation', (row) => row.operation],
  ['path', (row) => row.path],
  ['key_hash', (row) => row.keyHash],
  ['key_alias', (row) => row.keyAlias],
  ['user_id', (row) => row.userId],
  ['team_id', (row) => row.teamId],
  ['organization_id', (row) => row.organizationId],
  ['customer_id', (row) => row.customerId],
  ['tags', (row) => JSON.stringify(row.tags)],
  ['model_group', (row) => row.modelGroup],
  ['model', (row) => row.model],
  ['provider', (row) => row.provider],
  ['deployment', (row) => row.deployment],
  ['outcome', (row) => row.outcome],
  ['error_status', (row) => row.errorStatus],
  ['error_message', (row) => row.errorMessage],
  ['input_tokens', (row) => row.inputTokens],
  ['output_tokens', (row) => row.outputTokens],
  ['cached_tokens', (row) => row.cachedTokens],
  ['cache_hit', (row) => (row.cacheHit ? 1 : 0)],
  ['stream', (row) => (row.stream ? 1 : 0)],
  ['nanos', (row) => row.nanos],
  ['cost_state', (row) => row.costState],
  ['metadata', (row) => JSON.stringify(row.metadata)],
  ['ip', (row) => row.ip],
  // a journal of the release before has no values of the columns below
  ['first_token_ms', (row) => row.firstTokenMs ?? null],
  ['cache_write_tokens', (row) => row.cacheWriteTokens ?? null],
  ['reasoning_tokens', (row) => row.reasoningTokens ?? null],
  ['retries', (row) => row.retries ?? null],
  ['fallbacks', (row) => row.fallbacks ?? null],
  ['saved_nanos', (row) => row.savedNanos ?? null],
  ['provider_request_id', (row) => row.providerRequestId ?? null],
  ['detail', (row) => (row.detail ? JSON.stringify(row.detail) : null)],
  ['rolled', () => 1],
]

const names = columns.map(([name]) => name).join(', ')
/** SQLite allows 32,766 parameters in a statement, and long statements are slow to prepare. */
const rowsPerStatement = 100

/** Writes calls, each once. Returns the ids that were not there before. */
export async function insertCalls(tx: SqlRunner, rows: readonly LedgerRow[]): Promise<Set<string>> {
  const fresh = new Set<string>()
  for (const group of chunks(rows, rowsPerStatement, tx.engine)) {
    if (tx.engine === 'sqlite' && (await insertNew(tx, group))) {
      for (const { id } of group) fresh.add(id)
      await insertTags(tx, group, fresh)
      continue
    }
    const written = await (tx.engine === 'sqlite' ? insertUnknown(tx, group) : insert(tx, group, ' RETURNING id'))
    if (written.length > 0) await insertTags(tx, group, new Set(written.map(({ id }) => String(id))))
    for (const { id } of written) fresh.add(String(id))
    if (written.length < group.length) await insertNamesakes(tx, group, fresh)
  }
  return fresh
}

function valuesOf(rows: readonly LedgerRow[]): SqlValue[] {
  const values: SqlValue[] = []
  for (const row of rows) for (const [, value] of columns) values.push(value(row))
  return values
}

const insert = (tx: SqlRunner, rows: readonly LedgerRow[], more = '') =>
  tx.query(
    // without a column: the next release may divide the table, whose key then has the time as well
    `INSERT INTO llmux_calls (${names}) VALUES ${placeholders(rows.length, columns.length)} ON CONFLICT DO NOTHING${more}`,
    valuesOf(rows),
  )

/**
 * Writes calls if the ids of all are new, as they nearly always are: without a look for each of them first. SQLite takes back the whole
 * statement otherwise, and the transaction goes on.
 */
async function insertNew(tx: SqlRunner, rows: readonly LedgerRow[]): Promise<boolean> {
  const text = `INSERT INTO llmux_calls (${names}) VALUES ${placeholders(rows.length, columns.length)}`
  try {
    await tx.query(text, valuesOf(rows))
    return true
  } catch (error) {
    if (!/^SQLITE_CONSTRAINT/.test(String((error as { code?: unknown }).code ?? ''))) throw error
    return false
  }
}

/** Writes calls whose id is new, and returns their ids. SQLite has one writer, so nothing changes between the two statements. */
async function insertUnknown(tx: SqlRunner, rows: readonly LedgerRow[]): Promise<{ id: string }[]> {
  const known = await tx.query(
    `SELECT id FROM llmux_calls WHERE id IN ${placeholders(1, rows.length)}`,
    rows.map(({ id }) => id),
  )
  const left = new Map<string, LedgerRow>()
  for (const row of rows) if (!left.has(row.id)) left.set(row.id, row)
  for (const { id } of known) left.delete(String(id))
  const fresh = [...left.values()]
  for (const group of chunks(fresh, rowsPerStatement, tx.engine)) await insert(tx, group)
  return fresh.map(({ id }) => ({ id }))
}

/**
 * Writes calls whose id another call has, such as one of another process: a client may send an id twice. A call that was written before
 * has the same time and key, so a repetition changes nothing.
 */
async function insertNamesakes(tx: SqlRunner, rows: readonly LedgerRow[], fresh: Set<string>): Promise<void> {
  const left = rows.filter(({ id }) => !fresh.has(id))
  if (left.length === 0) return
  const found = await tx.query(
    `SELECT id, at, key_hash FROM llmux_calls WHERE id IN ${placeholders(1, left.length)}`,
    left.map(({ id }) => id),
  )
  const known = new Map(found.map((row) => [String(row.id), row]))
  for (const row of left) {
    const other = known.get(row.id)
    if (!other || (Number(other.at) === row.startedAt && other.key_hash === row.keyHash)) continue
    const own = await insertCalls(tx, [{ ...row, id: `${row.id}~${row.startedAt.toString(36)}` }])
    if (own.size > 0) fresh.add(row.id)
  }
}

/** Tags find their calls through a table of their own. */
async function insertTags(tx: SqlRunner, rows: readonly LedgerRow[], fresh: ReadonlySet<string>): Promise<void> {
  const found = rows
    .filter(({ id, tags }) => tags.length > 0 && fresh.has(id))
    .flatMap(({ id, startedAt, tags }) => [...new Set(tags)].map((tag) => [tag, startedAt, id] as const))
  for (const group of chunks(found, 500, tx.engine)) {
    await tx.query(
      `INSERT INTO llmux_call_tags (tag, at, id) VALUES ${placeholders(group.length, 3)} ON CONFLICT DO NOTHING`,
      group.flat(),
    )
  }
}

/** The facts of a call that are stored as JSON. Rows of the release before have none. */
export const detailOf = ({ detail }: SqlRow): Partial<CallDetail> =>
  typeof detail === 'string' ? (JSON.parse(detail) as CallDetail) : {}
