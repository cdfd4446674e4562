import type { ProviderTable } from '../schema.js'
import type { Pins } from './fetch.js'

/** The module that ships: one string per provider, a row a line, so that a change of a price is a change of a line. */
export function moduleText(tables: ReadonlyMap<string, ProviderTable>, pins: Pins): string {
  let rows = 0
  const providers = [...tables].map(([provider, { d, m }]) => {
    const lines = Object.entries(m).map(([id, row]) => `${JSON.stringify(id)}:${JSON.stringify(row)}`)
    rows += lines.length
    const defaults = d ? `"d":${JSON.stringify(d)},` : ''
    return `  ${/^[a-z_][a-z0-9_]*$/.test(provider) ? provider : JSON.stringify(provider).replaceAll('"', "'")}: \`{${defaults}"m":{\n${lines.join(',\n')}}}\`,\n`
  })
  const text = providers.join('')
  if (/\$\{|\\/.test(text)) throw new Error('A row has what a template literal would read.')
  const sources = [...pins.npm, pins.wheel].map(
    ({ name, version, date }) => `  { name: '${name}', version: '${version}', date: '${date}' },\n`,
  )
  return `// Made by \`npm run pricing:update\`: change overrides.json or update/pins.json and run it again. The keys stand in schema.ts.

/** The date that the prices reach to. */
export const asOf = '${pins.asOf}'

/** Ids in the table, aliases included. */
export const rows = ${rows}

export const sources = [
${sources.join('')}] as const

/** Each provider's {@link ProviderTable} as JSON, read when it is first asked for. */
export const tables: Readonly<Record<string, string>> = Object.freeze({
${text}})
`
}

/** The tables of a module's text, as they were written. */
export function tablesIn(text: string): Map<string, ProviderTable> {
  const tables = new Map<string, ProviderTable>()
  for (const [, name, json] of text.matchAll(/^ {2}'?([a-z0-9_-]+)'?: `([^`]*)`,$/gm)) {
    tables.set(name ?? '', JSON.parse(json ?? '{}') as ProviderTable)
  }
  return tables
}
