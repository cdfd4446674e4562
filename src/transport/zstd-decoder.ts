import type { Transform, TransformCallback } from 'node:stream'
import { stream } from '../platform/builtins.js'

/** https://www.rfc-editor.org/rfc/rfc9659: a response may not need a larger window. */
const maxWindow = 8 * 1024 * 1024
const maxBlock = 128 * 1024
/** The decoder moves its window with each block: bytes moved before other work gets its turn. */
const turnBytes = 128 * 1024 * 1024

interface FrameHeader {
  readonly length: number
  readonly window: number
  /** Bytes of the checksum after the last block. */
  readonly checksum: number
}

/** The part of `fzstd` that is used: bytes must end with a block. */
interface BlockDecoder {
  push(bytes: Uint8Array, final?: boolean): void
}

let Decoder: (new () => Transform) | undefined

/**
 * Zstandard, the same on every version of Node.js. Bounds the window and the block size, and splits frames into blocks, so that each is
 * delivered with its last byte.
 * https://www.rfc-editor.org/rfc/rfc8878
 */
export function zstdDecoder(): Transform {
  Decoder ??= makeClass(stream())
  return new Decoder()
}

/** Made with the first body: the import of node:stream takes 3 % of the time that the import of undici takes. */
function makeClass(base: typeof import('node:stream')): new () => Transform {
  return class ZstdDecoder extends base.Transform {
    #create: ((onData: (bytes: Uint8Array) => void) => BlockDecoder) | undefined
    #decoder: BlockDecoder | undefined
    #frame: FrameHeader | undefined
    #held: Buffer[] = []
    #size = 0
    /** Bytes needed before the next parse can succeed. */
    #wanted = 0
    /** Bytes of a skippable frame that are still to come. */
    #skip = 0
    /** Continues when the reader wants more. */
    #waiting: (() => void) | undefined

    override _construct(done: (error?: Error | null) => void): void {
      import('fzstd').then(
        ({ Decompress }) => {
          this.#create = (onData) => new Decompress(onData)
          done()
        },
        (error: Error) => done(error),
      )
    }

    override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
      this.#held.push(chunk)
      this.#size += chunk.length
      if (this.#size < this.#wanted) return done()
      const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held, this.#size)
      this.#decode(bytes, 0, done)
    }

    override _read(size: number): void {
      const waiting = this.#waiting
      if (!waiting) return super._read(size)
      this.#waiting = undefined
      waiting()
    }

    /** A truncated body ends like a closed connection. */
    override _flush(done: TransformCallback): void {
      done()
    }

    #decode(bytes: Buffer, from: number, done: TransformCallback): void {
      let at = from
      let moved = 0
      try {
        for (;;) {
          if (this.destroyed) return
          const next = this.#next(bytes, at)
          if (next === at) break
          at = next
          moved += this.#frame?.window ?? 0
          if (moved < turnBytes) continue
          const again = () => setImmediate(() => this.#decode(bytes, at, done))
          if (this.readableLength < this.readableHighWaterMark) again()
          else this.#waiting = again
          return
        }
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)))
      }
      this.#held = at < bytes.length ? [bytes.subarray(at)] : []
      this.#size = bytes.length - at
      done()
    }

    /** Decodes the next part at `at` and returns its end; `at` if it is incomplete. */
    #next(bytes: Buffer, at: number): number {
      const left = bytes.length - at
      this.#wanted = 1
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, left)
        this.#skip -= skipped
        return at + skipped
      }
      return this.#frame ? this.#nextBlock(bytes, at, this.#frame) : this.#nextFrame(bytes, at)
    }

    #nextFrame(bytes: Buffer, at: number): number {
      const left = bytes.length - at
      if (left === 0) return at
      this.#wanted = 8
      if (left < 8) return at
      const magic = bytes.readUInt32LE(at)
      if ((magic & 0xfffffff0) === 0x184d2a50) {
        this.#skip = bytes.readUInt32LE(at + 4)
        return at + 8
      }
      if (magic !== 0xfd2fb528) throw new Error('invalid zstd data')
      this.#wanted = headerLength(bytes[at + 4] ?? 0)
      if (left < this.#wanted) return at
      const frame = frameHeader(bytes.subarray(at, at + this.#wanted))
      this.#frame = frame
      this.#decoder = this.#create?.((data) => {
        if (data.length > 0 && !this.destroyed) this.push(data)
      })
      this.#decoder?.push(bytes.subarray(at, at + frame.length))
      return at + frame.length
    }

    #nextBlock(bytes: Buffer, at: number, frame: FrameHeader): number {
      const left = bytes.length - at
      this.#wanted = 3
      if (left < 3) return at
      const header = bytes.readUIntLE(at, 3)
      const last = (header & 1) === 1
      const type = (header >> 1) & 3
      const size = header >> 3
      if (size > maxBlock || type === 3) throw new Error('invalid zstd block')
      // a block of one repeated byte has no other content
      const length = 3 + (type === 1 ? 1 : size) + (last ? frame.checksum : 0)
      this.#wanted = length
      if (left < length) return at
      this.#decoder?.push(bytes.subarray(at, at + length), last)
      if (last) {
        this.#frame = undefined
        this.#decoder = undefined
      }
      return at + length
    }
  }
}

/** Bytes of a frame's header, by its descriptor. */
function headerLength(descriptor: number): number {
  const single = (descriptor >> 5) & 1
  const sizeFlag = descriptor >> 6
  return 5 + (single ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0) + (sizeFlag ? 1 << sizeFlag : single)
}

const dictionaryBytes = [0, 1, 2, 4]

/** @throws {Error} if the frame can't be decoded, or only with too much memory */
function frameHeader(bytes: Buffer): FrameHeader {
  const descriptor = bytes[4] ?? 0
  if (descriptor & 8) throw new Error('invalid zstd data')
  const dictionary = dictionaryBytes[descriptor & 3] ?? 0
  const single = (descriptor & 0x20) !== 0
  let window: number
  if (single) {
    const at = 5 + dictionary
    const size = bytes.length - at
    window = size === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, size) + (size === 2 ? 256 : 0)
  } else {
    const base = 2 ** (10 + ((bytes[5] ?? 0) >> 3))
    window = base + (base / 8) * ((bytes[5] ?? 0) & 7)
  }
  if (window > maxWindow) throw new Error(`a zstd window of ${window} bytes; at most ${maxWindow} are allowed`)
  if (dictionary > 0 && bytes.subarray(single ? 5 : 6, (single ? 5 : 6) + dictionary).some((byte) => byte !== 0))
    throw new Error('a zstd dictionary is needed')
  return { length: bytes.length, window, checksum: descriptor & 4 ? 4 : 0 }
}
