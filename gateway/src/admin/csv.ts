import { badRequest } from '../refusal.js'
import { AdminAnswer, type AdminRequest } from '../types.js'
import { param } from './fields.js'

/** The answer as CSV if the request has `format=csv`. The answer must be a list, or have one under `rows`. */
export function withCsv(request: AdminRequest, answer: unknown): unknown {
  const format = param(request, 'format')
  if (format === undefined || format === 'json' || answer instanceof AdminAnswer) return answer
  if (format !== 'csv') throw badRequest(`'format' must be 'json' or 'csv'; got '${format}'.`, 'format')
  const rows = Array.isArray(answer) ? answer : (answer as { rows?: unknown }).rows
  if (!Array.isArray(rows)) throw badRequest('This answer is no list, so it has no form as CSV.', 'format')
  const columns = [...new Set(rows.flatMap((row: object) => Object.keys(row)))]
  return csv(columns, rows as Record<string, unknown>[])
}

/** A table as CSV. A text that begins like a formula does not become one in a spreadsheet. */
export function csv(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): AdminAnswer {
  const lines = rows.map((row) => columns.map((name) => cell(row[name])).join(','))
  return new AdminAnswer(`${[columns.join(','), ...lines].join('\n')}\n`, 200, {
    'content-type': 'text/csv; charset=utf-8',
  })
}

function cell(value: unknown): string {
  const plain = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
