/**
 * `npm run pricing:update`: makes the price table, and the names that `KnownModel` has, from the pinned sources and our overrides.
 *   --check      changes nothing; fails where the committed table is not what the inputs make
 *   --offline    fetches nothing: what is not in the cache is an error
 *   --cache DIR  where the sources are kept
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type History } from './build.js'
import { fetchSources, type Pins } from './fetch.js'
import { changes, extendHistory } from './history.js'
import { knownModels, knownModelsText } from './known.js'
import { type Accepted, lint } from './lint.js'
import type { Overrides } from './overrides.js'
import { disagreementTable, report } from './report.js'
import { moduleText, tablesIn } from './write.js'

const { values: flags } = parseArgs({
  options: { check: { type: 'boolean' }, offline: { type: 'boolean' }, cache: { type: 'string' } },
})

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

const home = resolve('pricing')
const namesFile = resolve('src/types/known-models.generated.ts')
const cache = resolve(flags.cache ?? 'node_modules/.cache/llmux-pricing')

const json = async <Shape>(file: string): Promise<Shape> =>
  JSON.parse(await readFile(join(home, file), 'utf8')) as Shape
const textOf = (file: string): Promise<string> => readFile(join(home, file), 'utf8').catch(() => '')

const pins = await json<Pins>('update/pins.json')
const overrides = await json<Overrides & { accepted: Accepted[] }>('overrides.json')
const history = await json<History>('history.json')
const committed = await textOf('table.generated.ts')
const before = tablesIn(committed)

const raw = await fetchSources(pins, cache, flags.offline === true)
let built = build(raw, overrides, history, pins.asOf)
const changed = changes(before, built.tables)
const extended = flags.check ? history : extendHistory(history, changed, pins.asOf)
if (extended !== history) built = build(raw, overrides, extended, pins.asOf)
const problems = lint(built.tables, overrides.accepted, flags.check ? undefined : before)
const text = moduleText(built.tables, pins)
const summary = report(built, pins, problems)
const names = knownModels(raw, pins)
const namesText = knownModelsText(names, pins)

if (flags.check) {
  const committedNames = await readFile(namesFile, 'utf8').catch(() => '')
  const same = text === committed && summary === (await textOf('REPORT.md')) && namesText === committedNames
  say(
    same
      ? 'The price table and the names of models are what their inputs make.'
      : 'The price table or the names of models are not what their inputs make: run npm run pricing:update.',
  )
  if (!same) process.exitCode = 1
} else {
  await writeFile(join(home, 'table.generated.ts'), text)
  await writeFile(join(home, 'REPORT.md'), summary)
  await writeFile(namesFile, namesText)
  if (extended !== history) await writeFile(join(home, 'history.json'), `${JSON.stringify(extended, null, 2)}\n`)
  await writeFile(join(cache, 'disagreements.tsv'), disagreementTable(built.disagreements))
  for (const { model, was, is } of changed) say(`changed  ${model}  ${JSON.stringify(was)} -> ${JSON.stringify(is)}`)
  say(
    `${built.tables.size} providers, ${[...built.tables.values()].reduce((sum, { m }) => sum + Object.keys(m).length, 0)} rows, ${Buffer.byteLength(text)} bytes; ${names.length} names`,
  )
}
for (const { rule, model, message } of problems) say(`${rule}  ${model}: ${message}`)
if (problems.length > 0) process.exitCode = 1
