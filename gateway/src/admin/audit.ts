import type { SqlValue } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import type { AdminContext } from './context.js'
import { counted, pageOf, param } from './fields.js'

export function auditRoutes(context: AdminContext): AdminRoute[] {
  return [{ method: 'GET', path: '/audit', handler: (request) => list(context, request) }]
}

/** The lines of the audit, newest first. Lines are only ever added. */
async function list({ sql }: AdminContext, request: AdminRequest) {
  const page = pageOf(request, 'page_size', 10, 500)
  const conditions: string[] = []
  const values: SqlValue[] = []
  for (const [name, column] of [
    ['changed_by', 'actor'],
    ['changed_by_api_key', 'actor_key'],
    ['action', 'action'],
    ['table_name', 'collection'],
    ['object_id', 'row_id'],
  ] as const) {
    const value = param(request, name)
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  const [total] = await sql.query(`SELECT COUNT(*) AS lines FROM llmux_audit ${where}`, values)
  const rows = await sql.query(`SELECT * FROM llmux_audit ${where} ORDER BY at DESC, id LIMIT ? OFFSET ?`, [
    ...values,
    page.size,
    (page.page - 1) * page.size,
  ])
  const count = Number(total?.lines ?? 0)
  return {
    audit_logs: rows.map((row) => ({
      id: row.id,
      updated_at: new Date(Number(row.at)).toISOString(),
      changed_by: row.actor,
      changed_by_api_key: row.actor_key,
      action: row.action,
      table_name: row.collection,
      object_id: row.row_id,
      before_value: parse(row.before_value),
      updated_values: parse(row.after_value),
    })),
    ...counted(count, page),
  }
}

const parse = (value: SqlValue | undefined) => (typeof value === 'string' ? JSON.parse(value) : null)
