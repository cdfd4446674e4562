import type { ProviderTable } from '../schema.js'
import type { Built } from './build.js'
import type { Pins } from './fetch.js'
import type { Problem } from './lint.js'
import type { Disagreement } from './merge.js'

/** `pricing/REPORT.md`: what the table has, and where its sources contradict one another. */
export function report({ tables, disagreements, needless }: Built, pins: Pins, problems: readonly Problem[]): string {
  const outvoted = disagreements.filter((one) => one.outvoted)
  const models = new Set(disagreements.map(({ model }) => model))
  const lines = [
    '# The price table',
    '',
    'Made by `npm run pricing:update`, together with `table.generated.ts`.',
    '',
    `- Prices as of ${pins.asOf}; ${tables.size} providers, ${count(tables, () => true)} ids, of which ${count(tables, (row) => typeof row === 'string')} are other names.`,
    `- Sources: ${[...pins.npm, pins.wheel].map(({ name, version, date }) => `${name} ${version} (${date})`).join(', ')}.`,
    `- Lint: ${problems.length === 0 ? 'clean' : `${problems.length} problems`}.`,
    `- Sources contradict one another in ${disagreements.length} prices of ${models.size} models; in ${outvoted.length} of them two or more agree against the one that was taken.`,
    `- Overrides that say what the sources say: ${needless.length === 0 ? 'none' : needless.join(', ')}.`,
    '',
    '## Providers',
    '',
    [...tables].map(([provider, { m }]) => `${provider} ${Object.keys(m).length}`).join(', '),
    '',
    '## Taken against two that agree',
    '',
    ...tableOf([
      ['model', 'price', 'taken', 'from', 'others'],
      ...outvoted.map(({ model, field, taken, from, others }) => [model, field, String(taken), from, words(others)]),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

/** Every contradiction, for a spreadsheet. */
export function disagreementTable(disagreements: readonly Disagreement[]): string {
  const lines = disagreements.map(({ model, field, taken, from, others }) =>
    [model, field, taken, from, words(others)].join('\t'),
  )
  return `model\tfield\ttaken\tfrom\tothers\n${lines.join('\n')}\n`
}

const words = (others: Record<string, number>): string =>
  Object.entries(others)
    .map(([source, value]) => `${source} ${value}`)
    .join(', ')

const count = (tables: ReadonlyMap<string, ProviderTable>, wanted: (row: unknown) => boolean): number =>
  [...tables.values()].reduce((sum, { m }) => sum + Object.values(m).filter(wanted).length, 0)
