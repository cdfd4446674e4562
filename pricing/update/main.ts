/**
 * `npm run pricing:update`: builds the price table and the names of `KnownModel` from the pinned sources and our overrides.
 *   --check      changes nothing; fails if the committed files differ from the ones that the inputs produce
 *   --offline    downloads nothing: a source that is not in the cache is an error
 *   --cache DIR  folder of the downloaded sources
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.js'
import { fetchSources, type Pins } from './fetch.js'
import { extendHistory, findChanges, type History } from './history.js'
import { knownModels, knownModelsText } from './known-models.js'
import { type Accepted, lint } from './lint.js'
import type { Overrides } from './overrides.js'
import { disagreementTable, report } from './report.js'
import { moduleText, tablesIn } from './write.js'

const { values: flags } = parseArgs({
  options: { check: { type: 'boolean' }, offline: { type: 'boolean' }, cache: { type: 'string' } },
})

const print = (line: string): boolean => process.stdout.write(`${line}\n`)

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
const previous = tablesIn(committed)

const raw = await fetchSources(pins, cache, flags.offline === true)
let built = build(raw, overrides, history, pins.asOf)
const changed = findChanges(previous, built.tables)
const extended = flags.check ? history : extendHistory(history, changed, pins.asOf)
if (extended !== history) built = build(raw, overrides, extended, pins.asOf)
const problems = lint(built.tables, overrides.accepted, flags.check ? undefined : previous)
const text = moduleText(built.tables, pins)
const summary = report(built, pins, overrides, problems)
const names = knownModels(raw, pins, overrides.rows)
const namesText = knownModelsText(names, pins)

if (flags.check) {
  const committedNames = await readFile(namesFile, 'utf8').catch(() => '')
  const same = text === committed && summary === (await textOf('REPORT.md')) && namesText === committedNames
  print(
    same
      ? 'The price table and the names of models are up to date with their inputs.'
      : 'The price table or the names of models differ from their inputs. Run: npm run pricing:update',
  )
  if (!same) process.exitCode = 1
} else {
  await writeFile(join(home, 'table.generated.ts'), text)
  await writeFile(join(home, 'REPORT.md'), summary)
  await writeFile(namesFile, namesText)
  if (extended !== history) await writeFile(join(home, 'history.json'), `${JSON.stringify(extended, null, 2)}\n`)
  await writeFile(join(cache, 'disagreements.tsv'), disagreementTable(built.comparison.disagreements))
  for (const { model, before, after } of changed)
    print(`changed  ${model}  ${JSON.stringify(before)} -> ${JSON.stringify(after)}`)
  print(
    `${built.tables.size} providers, ${[...built.tables.values()].reduce((sum, { models }) => sum + Object.keys(models).length, 0)} rows, ${Buffer.byteLength(text)} bytes; ${Object.values(names).flat().length} names`,
  )
}
for (const { rule, model, message } of problems) print(`${rule}  ${model}: ${message}`)
if (problems.length > 0) process.exitCode = 1
