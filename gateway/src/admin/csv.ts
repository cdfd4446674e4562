import { badRequest } from '../refusal.js'
import { AdminAnswer, type AdminRequest } from '../types.js'
import { param } from './fields.js'

/** The answer as CSV if the request has `format=csv`. The answer must be a list, or have one. */
export function withCsv(request: AdminRequest, answer: unknown): unknown {
  const format = param(request, 'format')
  if (format === undefined || format === 'json' || answer instanceof AdminAnswer) return answer
  if (format !== 'csv') throw badRequest(`'format' must be 'json' or 'csv'; got '${format}'.`, 'format')
  const rows = Array.isArray(answer) ? answer : listIn(answer as object)
  if (!Array.isArray(rows)) throw badRequest('This answer is no list, so it has no form as CSV.', 'format')
  const columns = [...new Set(rows.flatMap((row: object) => Object.keys(row)))]
  return csv(columns, rows as Record<string, unknown>[])
}

/** The list of an answer: `rows`, or else the last list of objects. */
function listIn(answer: { readonly rows?: unknown }): unknown {
  const isList = (value: unknown) => Array.isArray(value) && value.every((row) => typeof row === 'object')
  return answer.rows ?? Object.values(answer).findLast(isList)
}

/** A table as CSV. A text that begins like a formula does not become one in a spreadsheet. */
export function csv(columns: readonly string[], rows: Rows): AdminAnswer {
  return new AdminAnswer(head(columns) + lines(columns, rows), 200, csvHeaders)
}

const csvHeaders = { 'content-type': 'text/csv; charset=utf-8' }

type Rows = readonly Readonly<Record<string, unknown>>[]

/** A long table as CSV, page by page. The first page is awaited, so that a refusal has its status. */
export async function csvPages(columns: readonly string[], pages: AsyncGenerator<Rows>): Promise<AdminAnswer> {
  const first = await pages.next()
  async function* parts() {
    yield head(columns) + lines(columns, first.done ? [] : first.value)
    for await (const rows of pages) yield lines(columns, rows).slice(1)
  }
  return new AdminAnswer(parts(), 200, csvHeaders)
}

const head = (columns: readonly string[]) => columns.map(cell).join(',')

const lines = (columns: readonly string[], rows: Rows) =>
  `\n${rows.map((row) => `${columns.map((name) => cell(row[name])).join(',')}\n`).join('')}`

function cell(value: unknown): string {
  const plain = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
