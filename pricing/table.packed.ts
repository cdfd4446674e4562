import { deflateRawSync } from 'node:zlib'
import { tables } from './table.generated.js'
import { packBytes } from './unpack.js'

/**
 * The price table as text for bundles, a quarter of its size: providers with their number of rows, all ids, and all rows, because like is
 * best beside like. Evaluated by the build (tsup.config.ts): the package contains the text only.
 */
export function packedTables(): string {
  const providers: string[] = []
  const ids: string[] = []
  const rows: string[] = []
  for (const [provider, text] of Object.entries(tables)) {
    const lines = text.split('\n')
    providers.push(`${provider} ${lines.length}`)
    for (const line of lines) {
      const space = line.indexOf(' ')
      ids.push(line.slice(0, space))
      rows.push(line.slice(space + 1))
    }
  }
  return packBytes(deflateRawSync([providers.join(','), ...ids, ...rows].join('\n'), { level: 9 }))
}
