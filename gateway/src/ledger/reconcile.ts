import { toDollars } from '../limits/money.js'
import { badRequest } from '../refusal.js'
import type { Sql } from '../store/sql.js'
import { type ExportLine, plainModel, readExport } from './exports.js'
import { nanosOf, sums, Where } from './queries.js'

/** Amounts of one side. */
interface Amounts {
  readonly dollars: number
  readonly inputTokens: number
  readonly outputTokens: number
}

const none: Amounts = { dollars: 0, inputTokens: 0, outputTokens: 0 }

/**
 * Compares a provider's export with the daily sums of the ledger, by day and by model. Providers count days in UTC as the ledger does.
 * @param tolerance share by which two amounts may differ
 */
export async function reconcile(sql: Sql, csv: string, provider: string | undefined, tolerance: number) {
  const found = readExport(csv)
  const days = found.lines.map(({ day }) => day).sort()
  const [from, to] = [days[0], days.at(-1)]
  if (!from || !to) throw badRequest("'csv' has no line with an amount.", 'csv')
  const where = new Where()
    .and('day >= ?', from)
    .and('day <= ?', to)
    .and('provider = ?', provider ?? found.provider)
  const rows = await sums(sql, 'llmux_daily', ['day', 'model'], where)
  const own = rows.map((row) => ({
    day: String(row.day),
    model: plainModel(String(row.model)),
    dollars: toDollars(nanosOf({ nanos: row.nanos ?? 0 })),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
  }))
  const theirs = found.lines.map((line) => ({
    ...amountsOf(line),
    day: line.day,
    model: line.model && plainModel(line.model),
  }))
  const inDollars = found.form.endsWith('costs')
  const compare = (nameOf: (line: { day: string; model?: string | undefined }) => string) => {
    const names = [...new Set([...theirs.map(nameOf), ...own.map(nameOf)])].sort()
    return names.map((name) => {
      const provider = add(theirs.filter((line) => nameOf(line) === name))
      const ledger = add(own.filter((line) => nameOf(line) === name))
      const pick = ({ dollars, inputTokens, outputTokens }: Amounts) =>
        inDollars ? { spend: dollars } : { input_tokens: inputTokens, output_tokens: outputTokens }
      const measure = (amounts: Amounts) => (inDollars ? amounts.dollars : amounts.inputTokens + amounts.outputTokens)
      const difference = measure(ledger) - measure(provider)
      const share = measure(provider) === 0 ? (difference === 0 ? 0 : null) : difference / measure(provider)
      return {
        name,
        provider: pick(provider),
        ledger: pick(ledger),
        difference: Number(difference.toFixed(9)),
        share: share === null ? null : Number(share.toFixed(6)),
        matches: share !== null && Math.abs(share) <= tolerance,
      }
    })
  }
  const byModel = theirs.every(({ model }) => model === undefined) ? [] : compare(({ model }) => model ?? 'unnamed')
  const total = compare(() => 'total')[0]
  return {
    form: found.form,
    provider: provider ?? found.provider,
    from,
    to,
    matches: total?.matches ?? false,
    total,
    days: compare(({ day }) => day),
    models: byModel,
  }
}

const amountsOf = ({ dollars = 0, inputTokens = 0, outputTokens = 0 }: ExportLine): Amounts => ({
  dollars,
  inputTokens,
  outputTokens,
})

const add = (lines: readonly Amounts[]): Amounts =>
  lines.reduce(
    (sum, line) => ({
      dollars: sum.dollars + line.dollars,
      inputTokens: sum.inputTokens + line.inputTokens,
      outputTokens: sum.outputTokens + line.outputTokens,
    }),
    none,
  )
