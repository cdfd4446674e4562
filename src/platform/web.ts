import { inflateSync } from 'fflate'
import { packedTables } from '../../pricing/table.packed.js'
import { unpackBytes, unpackTables } from '../../pricing/unpack.js'
import type { DecodedSink, Decoder } from '../transport/content-coding.js'
import type { Transport } from '../transport/transport.js'
import type { Utf8Decoder } from './node.js'

// --- bytes ---------------------------------------------------------------------------------------------------------

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const utf8 = (bytes: Uint8Array, from = 0, to = bytes.length): string => decoder.decode(bytes.subarray(from, to))

export const fromUtf8 = (text: string): Uint8Array => encoder.encode(text)

/** Characters per call of `String.fromCharCode()`, whose arguments go on the stack. */
const slice = 8192

export function base64(bytes: Uint8Array | string): string {
  const all = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
  let binary = ''
  for (let at = 0; at < all.length; at += slice) binary += String.fromCharCode(...all.subarray(at, at + slice))
  return btoa(binary)
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(plainBase64(text))
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** `atob()` accepts neither base64url nor foreign characters, nor a single character at the end. */
function plainBase64(text: string): string {
  const end = text.indexOf('=')
  let plain = end < 0 ? text : text.slice(0, end)
  if (/[^A-Za-z0-9+/]/.test(plain)) {
    plain = plain
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .replace(/[^A-Za-z0-9+/]/g, '')
  }
  return plain.length % 4 === 1 ? plain.slice(0, -1) : plain
}

export function concat(
  chunks: readonly Uint8Array[],
  size = chunks.reduce((sum, { length }) => sum + length, 0),
): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

export function utf8Decoder(): Utf8Decoder {
  const pieces = new TextDecoder('utf-8', { ignoreBOM: true })
  return { write: (bytes) => pieces.decode(bytes, { stream: true }), end: () => pieces.decode() }
}

// --- hashes --------------------------------------------------------------------------------------------------------

export { crc32 } from './crc32.js'
export { digest, hmacSha256 } from './hashes.js'

// --- the process ---------------------------------------------------------------------------------------------------

/** The parts of Node's `process` that Bun, Deno and workers with Node.js compatibility have too. */
interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stderr?: { write?(text: string): unknown }
  on?(event: 'beforeExit', listener: () => void): unknown
  off?(event: 'beforeExit', listener: () => void): unknown
  getBuiltinModule?(name: string): unknown
}

/** Reads a part of `process`. Deno throws without a permission, and Vercel's edge runtime for parts that it lacks. */
function fromProcess<Value>(read: (process: ProcessLike) => Value): Value | undefined {
  try {
    const { process } = globalThis as { process?: ProcessLike }
    return process && read(process)
  } catch {
    return undefined
  }
}

export const environment = (name: string): string | undefined => fromProcess(({ env }) => env?.[name])

/** A module of Node.js, if the runtime has it. */
export const builtinModule = (name: string): unknown => fromProcess((process) => process.getBuiltinModule?.(name))

export function writeError(text: string): void {
  const written = fromProcess(({ stderr }) => stderr?.write?.(text) !== undefined)
  // biome-ignore lint/suspicious/noConsole: workers and browsers have no other place for lines
  if (!written) console.error(text.trimEnd())
}

export function beforeExit(listener: () => void): () => void {
  fromProcess((process) => process.on?.('beforeExit', listener))
  return () => void fromProcess((process) => process.off?.('beforeExit', listener))
}

export type Turn = unknown

type Immediate = { setImmediate?: (run: () => void) => Turn; clearImmediate?: (turn: Turn) => void }

export function nextTurn(run: () => void): Turn {
  const { setImmediate } = globalThis as Immediate
  return setImmediate ? setImmediate(run) : setTimeout(run, 0)
}

export function cancelTurn(turn: Turn): void {
  const { clearImmediate } = globalThis as Immediate
  if (clearImmediate) clearImmediate(turn)
  else clearTimeout(turn as number)
}

/** Undefined, because `fetch` delivers one piece of a body at a time. */
export const afterPromises: ((run: () => void) => void) | undefined = undefined

/** The part of a diagnostics channel that is used. */
interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

const silent: Channel = { hasSubscribers: false, publish: () => {} }

/** A diagnostics channel, if the runtime has them. */
export function channel(name: string): Channel {
  const module = builtinModule('node:diagnostics_channel') as { channel?(name: string): Channel } | undefined
  return module?.channel?.(name) ?? silent
}

export function isBoxedPrimitive(value: unknown): boolean {
  const tag = Object.prototype.toString.call(value)
  return typeof value === 'object' && /^\[object (?:String|Number|Boolean|Symbol|BigInt)\]$/.test(tag)
}

// --- prices --------------------------------------------------------------------------------------------------------

let tables: Readonly<Record<string, string>> | undefined

/** Unpacked with the first cost: bundles for workers have a limit. */
export function priceTables(): Readonly<Record<string, string>> {
  tables ??= Object.freeze(unpackTables(utf8(inflateSync(unpackBytes(packedTables())))))
  return tables
}

// --- the network ---------------------------------------------------------------------------------------------------

/** `fetch` decodes bodies itself. */
export const contentDecoder = (_: string | readonly string[] | undefined, __: DecodedSink): Decoder | undefined =>
  undefined

export const loadTransport = (): Promise<Transport> => import('../transport/fetch-transport.js')
