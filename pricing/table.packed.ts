import { deflateRawSync } from 'node:zlib'
import { tables } from './table.generated.js'

/**
 * The price table as base64 of deflated JSON, a third of its size, for bundles. Evaluated by the build (tsup.config.ts): the package
 * contains the text only.
 */
export const packedTables = deflateRawSync(JSON.stringify(tables), { level: 9 }).toString('base64')
