import { channel } from 'node:diagnostics_channel'
import { StringDecoder } from 'node:string_decoder'
import { types } from 'node:util'
import { packedTables } from '../../pricing/table.packed.js'
import { unpackBytes, unpackTables } from '../../pricing/unpack.js'
import type { Transport } from '../transport/transport.js'
import { crypto, zlib } from './builtins.js'
import { crc32 as shortCrc32 } from './crc32.js'

// --- bytes ---------------------------------------------------------------------------------------------------------

const bufferOf = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Decodes UTF-8, from one place to another. Invalid bytes become U+FFFD; a byte order mark is kept. */
export const utf8 = (bytes: Uint8Array, from?: number, to?: number): string =>
  bufferOf(bytes).toString('utf8', from, to)

/** Encodes text as UTF-8. */
export const fromUtf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8')

/** Encodes bytes, or the UTF-8 of a text, as base64. */
export const base64 = (bytes: Uint8Array | string): string =>
  (typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bufferOf(bytes)).toString('base64')

/** Decodes base64 or base64url. White space and other foreign characters are skipped, and padding is optional. */
export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64')

export const concat = (chunks: readonly Uint8Array[], size?: number): Uint8Array => Buffer.concat(chunks, size)

/** A UTF-8 decoder for text that arrives in pieces. */
export interface Utf8Decoder {
  write(bytes: Uint8Array): string
  end(): string
}

export const utf8Decoder = (): Utf8Decoder => new Pieces()

/** Holds nothing after a piece whose last byte is ASCII. Streams share it for those: it is faster than `utf8()`, and one each would be half a kilobyte. */
const shared = new StringDecoder('utf8')

class Pieces implements Utf8Decoder {
  /** Made for the first piece that ends within a character: it takes half a kilobyte, and 2 µs. */
  #decoder: StringDecoder | undefined

  write(bytes: Uint8Array): string {
    if (this.#decoder === undefined) {
      if ((bytes[bytes.length - 1] ?? 0) < 0x80) return shared.write(bytes)
      this.#decoder = new StringDecoder('utf8')
    }
    return this.#decoder.write(bytes)
  }

  end(): string {
    return this.#decoder?.end() ?? ''
  }
}

// --- hashes --------------------------------------------------------------------------------------------------------

/** Hashes the UTF-8 of a text. */
export const digest = (algorithm: 'sha1' | 'sha256', text: string, encoding: 'hex' | 'base64url'): string =>
  crypto().hash(algorithm, text, encoding)

export const hmacSha256 = (key: Uint8Array | string, text: string): Uint8Array =>
  crypto().createHmac('sha256', key).update(text, 'utf8').digest()

let zlibCrc32: typeof import('node:zlib').crc32 | undefined

/**
 * The checksum of AWS's event streams, of bytes from one place to another. A call into zlib, with a view of the bytes, takes as long as 300
 * bytes here.
 * @param before the checksum of the bytes before them
 */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length, before = 0): number {
  if (to - from < 300) return shortCrc32(bytes, from, to, before)
  zlibCrc32 ??= zlib().crc32
  return zlibCrc32(bytes.subarray(from, to), before)
}

// --- the process ---------------------------------------------------------------------------------------------------

export { channel }

export const builtinModule = (name: string): unknown => process.getBuiltinModule(name)

export const environment = (name: string): string | undefined => process.env[name]

/** Writes to stderr. */
export function writeError(text: string): void {
  process.stderr.write(text)
}

/** Runs the listener when the event loop is empty. Returns a function that removes it. */
export function beforeExit(listener: () => void): () => void {
  process.on('beforeExit', listener)
  return () => process.off('beforeExit', listener)
}

export type Turn = NodeJS.Immediate

/** Runs a function after the input that is waiting. */
export const nextTurn = (run: () => void): Turn => setImmediate(run)
export const cancelTurn = (turn: Turn | undefined): void => clearImmediate(turn)

/** Fake timers of tests may replace it, and queueMicrotask(). */
const ownNextTick = process.nextTick
const settled = Promise.resolve()

/** Runs a function when all promises that can settle have settled, before the next input. Undefined if input comes in pieces of their own. */
export const afterPromises: ((run: () => void) => void) | undefined = (run) => {
  // ticks that are called for in a callback of a socket run before its promises
  settled.then(() => ownNextTick(run))
}

export const isBoxedPrimitive = (value: unknown): boolean => types.isBoxedPrimitive(value)

// --- prices --------------------------------------------------------------------------------------------------------

let tables: Readonly<Record<string, string>> | undefined

/** The encoded rows of the price table by provider, unpacked with the first cost: most imports need none. */
export function priceTables(): Readonly<Record<string, string>> {
  tables ??= Object.freeze(unpackTables(zlib().inflateRawSync(unpackBytes(packedTables())).toString('utf8')))
  return tables
}

// --- the network ---------------------------------------------------------------------------------------------------

export { contentDecoder } from '../transport/content-decoder.js'

/** Loaded with the first call: undici's agent takes about 30 ms of CPU time. */
export const loadTransport = (): Promise<Transport> => import('../transport/undici-transport.js')
