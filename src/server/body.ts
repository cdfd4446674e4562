import { BadRequestError } from '../errors.js'
import { builtinModule } from '../platform/index.js'
import { Refusal, tooLarge } from './errors.js'

/** Joins the parts of a body. */
export function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = parts
  if (first && parts.length === 1) return first
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Reads a body up to a limit. */
export async function readAll(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return joined(parts, length)
    length += value.length
    if (length > limit) {
      // a stream that fails while it is cancelled changes nothing
      await reader.cancel().catch(() => {})
      throw tooLarge(limit)
    }
    parts.push(value)
  }
}

const formats: Readonly<Record<string, 'gzip' | 'deflate'>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' }

/**
 * Decompresses a body: gzip and deflate on every runtime, zstd on those with Node's function (Node.js from 22.15, Bun).
 * @throws {Refusal} if the encoding is unknown, or the result is above the limit
 * @throws {BadRequestError} if the bytes have another encoding
 */
export async function decompressed(body: Uint8Array, encoding: string, limit: number): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase()
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined
  const zstd = name === 'zstd' ? zstdFunction() : undefined
  if (!format && !zstd) {
    const known = zstdFunction() ? 'gzip, deflate or zstd' : 'gzip or deflate'
    throw new Refusal(415, `'content-encoding' must be ${known}; got '${encoding.slice(0, 40)}'.`)
  }
  try {
    if (zstd) return await zstd(body, limit)
    const stream = new Blob([body as Uint8Array<ArrayBuffer>]).stream()
    return await readAll(stream.pipeThrough(new DecompressionStream(format ?? 'gzip')), limit)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new BadRequestError(`The body of a request must be compressed with ${name}, as 'content-encoding' says.`, {
      cause: error,
    })
  }
}

type Decompress = (body: Uint8Array, limit: number) => Promise<Uint8Array>

interface ZlibModule {
  zstdDecompress?(
    body: Uint8Array,
    options: { maxOutputLength: number },
    done: (error: { code?: string } | null, result: Uint8Array) => void,
  ): void
}

function zstdFunction(): Decompress | undefined {
  const zlib = builtinModule('node:zlib') as ZlibModule | undefined
  if (!zlib?.zstdDecompress) return undefined
  return (body, limit) =>
    new Promise((resolve, reject) => {
      zlib.zstdDecompress?.(body, { maxOutputLength: limit }, (error, result) => {
        if (!error) resolve(result)
        else reject(error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : error)
      })
    })
}
