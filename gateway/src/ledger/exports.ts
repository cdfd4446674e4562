import { badRequest } from '../refusal.js'

/** A line of a provider's export, added up by day and model. */
export interface ExportLine {
  readonly day: string
  /** Name at the provider; undefined if the export is by day only. */
  readonly model: string | undefined
  readonly dollars: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

export interface ProviderExport {
  readonly form: 'openai costs' | 'openai usage' | 'anthropic costs' | 'anthropic usage'
  readonly provider: 'openai' | 'anthropic'
  readonly lines: readonly ExportLine[]
}

interface Form {
  readonly form: ProviderExport['form']
  readonly provider: ProviderExport['provider']
  /** Columns by which the form is known. */
  readonly columns: readonly string[]
  readonly day: string
  readonly model: string | undefined
  readonly dollars?: string
  readonly input?: readonly string[]
  readonly output?: string
}

const forms: readonly Form[] = [
  {
    form: 'anthropic usage',
    provider: 'anthropic',
    columns: ['usage_date_utc', 'model_version', 'usage_output_tokens'],
    day: 'usage_date_utc',
    model: 'model_version',
    input: [
      ...['usage_input_tokens_no_cache', 'usage_input_tokens_cache_write_5m', 'usage_input_tokens_cache_write_1h'],
      // exports before writes had two lives name them together
      ...['usage_input_tokens_cache_write', 'usage_input_tokens_cache_read'],
    ],
    output: 'usage_output_tokens',
  },
  {
    form: 'anthropic costs',
    provider: 'anthropic',
    columns: ['usage_date_utc', 'model', 'cost_usd'],
    day: 'usage_date_utc',
    model: 'model',
    dollars: 'cost_usd',
  },
  {
    form: 'openai costs',
    provider: 'openai',
    columns: ['start_time_iso', 'amount_value'],
    day: 'start_time_iso',
    // a line item is `model, kind of tokens`
    model: 'line_item',
    dollars: 'amount_value',
  },
  {
    form: 'openai usage',
    provider: 'openai',
    columns: ['start_time_iso', 'input_tokens', 'output_tokens'],
    day: 'start_time_iso',
    model: 'model',
    input: ['input_tokens'],
    output: 'output_tokens',
  },
]

/** Reads the CSV that the console of OpenAI or Anthropic exports. @throws a refusal for another form */
export function readExport(text: string): ProviderExport {
  const [header = [], ...rows] = csvRows(text)
  const names = header.map((name) => name.trim().replace(/^\uFEFF/, ''))
  const found = forms.find(({ columns }) => columns.every((column) => names.includes(column)))
  if (!found)
    throw badRequest(
      `'csv' must be an export of costs or usage by OpenAI or Anthropic; its first line is '${names.join(',').slice(0, 200)}'.`,
      'csv',
    )
  const at = (row: readonly string[], column: string | undefined) =>
    column === undefined ? '' : (row[names.indexOf(column)] ?? '').trim()
  const number = (value: string) => (value === '' ? 0 : Number(value))
  const sums = new Map<
    string,
    { day: string; model: string | undefined; dollars: number; input: number; output: number }
  >()
  for (const row of rows) {
    const day = at(row, found.day).slice(0, 10)
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) continue
    const amounts = [found.dollars, ...(found.input ?? []), found.output].map((column) => number(at(row, column)))
    if (amounts.some(Number.isNaN))
      throw badRequest(`The line of ${day} in 'csv' has an amount that is no number.`, 'csv')
    const [dollars = 0, ...tokens] = amounts
    const output = tokens.pop() ?? 0
    const input = tokens.reduce((sum, count) => sum + count, 0)
    if (dollars === 0 && input === 0 && output === 0) continue
    const model = modelName(at(row, found.model))
    const key = `${day} ${model ?? ''}`
    const sum = sums.get(key) ?? { day, model, dollars: 0, input: 0, output: 0 }
    sum.dollars += dollars
    sum.input += input
    sum.output += output
    sums.set(key, sum)
  }
  return {
    form: found.form,
    provider: found.provider,
    lines: [...sums.values()].map(({ day, model, dollars, input, output }) => ({
      day,
      model,
      dollars: found.dollars ? dollars : undefined,
      inputTokens: found.input ? input : undefined,
      outputTokens: found.output ? output : undefined,
    })),
  }
}

/** `gpt-5.4-2026-03-01, cached input` and `Claude Haiku 4.5` as the ids of models. */
const modelName = (text: string): string | undefined =>
  text.split(',', 1)[0]?.trim().toLowerCase().replace(/ /g, '-') || undefined

/** A name without dots, the date of a snapshot and the provider, so that both sides can be compared. */
export const plainModel = (name: string): string =>
  name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/\./g, '-')
    .replace(/-(20\d{2}-?\d{2}-?\d{2}|latest)$/, '')

/** Rows of CSV, with quoted cells. */
function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[at + 1] === '"') {
        cell += '"'
        at++
      } else quoted = false
    } else if (char === '"') quoted = true
    else if (char === ',' || char === '\t') {
      row.push(cell)
      cell = ''
    } else if (char === '\n') {
      rows.push([...row, cell])
      row = []
      cell = ''
    } else if (char !== '\r') cell += char
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows.filter((cells) => cells.some((value) => value !== ''))
}
