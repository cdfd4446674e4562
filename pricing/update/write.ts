import { decodeTable, encodeTable } from '../codec.js'
import type { ProviderTable } from '../schema.js'
import type { Pins } from './fetch.js'

/** The module that ships: one string per provider, a row a line, so that a change of a price is a change of a line. */
export function moduleText(tables: ReadonlyMap<string, ProviderTable>, pins: Pins): string {
  let rows = 0
  const providers = [...tables].map(([provider, table]) => {
    for (const id of Object.keys(table.m))
      if (/[\s|]/.test(id)) throw new Error(`'${id}' of ${provider} has a space or a bar.`)
    rows += Object.keys(table.m).length
    return `  ${/^[a-z_][a-z0-9_]*$/.test(provider) ? provider : `'${provider}'`}: \`${encodeTable(table)}\`,\n`
  })
  const text = providers.join('')
  if (/\$\{|\\/.test(text)) throw new Error('A row has what a template literal would read.')
  const sources = [...pins.npm, pins.wheel].map(
    ({ name, version, date }) => `  { name: '${name}', version: '${version}', date: '${date}' },\n`,
  )
  return `// Made by \`npm run pricing:update\`: change overrides.json or update/pins.json and run it again. The letters stand in codec.ts and schema.ts.

/** The date that the prices reach to. */
export const asOf = '${pins.asOf}'

/** Ids in the table, aliases included. */
export const rows = ${rows}

export const sources = [
${sources.join('')}] as const

/** Each provider's rows, written as codec.ts says. */
export const tables: Readonly<Record<string, string>> = Object.freeze({
${text}})
`
}

/** The tables of a module's text, as they were written. */
export function tablesIn(module: string): Map<string, ProviderTable> {
  const tables = new Map<string, ProviderTable>()
  for (const [, name, text] of module.matchAll(/^ {2}'?([a-z0-9_-]+)'?: `([^`]*)`,$/gm)) {
    tables.set(name ?? '', decodeTable(text ?? ''))
  }
  return tables
}
