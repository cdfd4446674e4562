/**
 * Modules of Node.js that few calls need, loaded with their first use: together their import takes a tenth of the time that the import of undici
 * takes.
 */
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')
export const stream = (): typeof import('node:stream') => process.getBuiltinModule('node:stream')

let loadedCrypto: typeof import('node:crypto') | undefined

/** Kept: each key of a cache is a hash. */
export function crypto(): typeof import('node:crypto') {
  loadedCrypto ??= process.getBuiltinModule('node:crypto')
  return loadedCrypto
}
