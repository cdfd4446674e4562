import type { LedgerRow } from '../store/rows.js'
import { chunks, placeholders, type SqlRow, type SqlRunner, type SqlValue } from '../store/sql.js'
import { insertCalls } from './calls-table.js'

/**
 * A call may be given up as unknown, because its process seemed to have ended, and settled afterwards: then the settlement counts. A
 * background response is booked by an estimate, until its usage is known.
 * Returns the rows that were replaced, and adds their ids to `fresh`.
 */
export async function replaceUnknown(
  tx: SqlRunner,
  rows: readonly LedgerRow[],
  fresh: Set<string>,
): Promise<Map<string, LedgerRow>> {
  const replaced = new Map<string, LedgerRow>()
  const settled = rows.filter(({ id, outcome }) => !fresh.has(id) && outcome !== 'unknown')
  for (const group of chunks(settled, 100, tx.engine)) {
    const found = await tx.query(
      `DELETE FROM llmux_calls WHERE (outcome = 'unknown' OR (outcome = 'success' AND cost_state = 'unknown' AND operation = 'responses')) AND rolled = 1 AND id IN ${placeholders(1, group.length)} RETURNING *`,
      group.map(({ id }) => id),
    )
    for (const row of found) replaced.set(String(row.id), storedRow(row))
    const again = group.filter(({ id }) => replaced.has(id))
    if (again.length > 0) for (const id of await insertCalls(tx, again)) fresh.add(id)
  }
  return replaced
}

const textOf = (value: SqlValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

/** A row of a call, as the database has it. */
const storedRow = (row: SqlRow): LedgerRow => ({
  id: String(row.id),
  startedAt: Number(row.at),
  durationMs: Number(row.duration_ms),
  operation: String(row.operation),
  path: String(row.path),
  keyHash: String(row.key_hash),
  keyAlias: textOf(row.key_alias),
  userId: textOf(row.user_id),
  teamId: textOf(row.team_id),
  organizationId: textOf(row.organization_id),
  customerId: textOf(row.customer_id),
  tags: JSON.parse(String(row.tags)) as string[],
  modelGroup: String(row.model_group),
  model: String(row.model),
  provider: String(row.provider),
  deployment: String(row.deployment),
  outcome: String(row.outcome),
  errorStatus: row.error_status == null ? null : Number(row.error_status),
  errorMessage: textOf(row.error_message),
  inputTokens: Number(row.input_tokens),
  outputTokens: Number(row.output_tokens),
  cachedTokens: Number(row.cached_tokens),
  cacheHit: Number(row.cache_hit) === 1,
  stream: Number(row.stream) === 1,
  nanos: Number(row.nanos),
  costState: String(row.cost_state) as LedgerRow['costState'],
  metadata: JSON.parse(String(row.metadata)) as Record<string, unknown>,
  ip: textOf(row.ip),
})
