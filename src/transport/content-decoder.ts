import type { Transform } from 'node:stream'
import { zlib } from '../platform/builtins.js'
import { ContentEncodingError, type DecodedSink, type Decoder } from './content-coding.js'
import { zstdDecoder } from './zstd-decoder.js'

/** More stacked codings than any server uses: such a body is passed on undecoded. */
const maxCodings = 5

/**
 * The codings of a `content-encoding` header in the order of decoding; empty for a body that is not encoded or whose coding is
 * unknown. https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding
 */
export function codingsOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return none
  const codings = String(header)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim().replace(/^x-/, ''))
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (codings.length === 0 || codings.length > maxCodings) return none
  return codings.every((coding) => Object.hasOwn(decoders, coding)) ? codings.reverse() : none
}

const none: readonly string[] = Object.freeze([])

/** A decoder for a body with this `content-encoding`; undefined for one that is not encoded. */
export function contentDecoder(header: string | readonly string[] | undefined, sink: DecodedSink): Decoder | undefined {
  const codings = codingsOf(header)
  return codings.length > 0 ? new ContentDecoder(codings, sink) : undefined
}

/** Decodes the body of one response. Bytes arrive at the sink in order; the sink bounds their number. */
class ContentDecoder implements Decoder {
  readonly #codings: readonly string[]
  readonly #sink: DecodedSink
  #chain: Transform[] = []
  /** The first bytes, until there are enough to recognise the format. */
  #head: Buffer | undefined
  /** The header names a coding, but the body is plain: some proxies decode without removing it. */
  #plain = false
  #closed = false
  #paused = false

  constructor(codings: readonly string[], sink: DecodedSink) {
    this.#codings = codings
    this.#sink = sink
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return
    const chunk = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.#plain) return this.#sink.data(chunk)
    const [first] = this.#chain
    if (first) return void first.write(chunk)
    const head = this.#head ? Buffer.concat([this.#head, chunk]) : chunk
    this.#head = head
    if (head.length >= signatureBytes) this.#start(head)
  }

  end(): void {
    if (this.#closed) return
    if (!this.#plain && this.#chain.length === 0) {
      if (!this.#head) return this.#finish()
      this.#start(this.#head)
    }
    if (this.#plain) this.#finish()
    else this.#chain[0]?.end()
  }

  pause(): void {
    this.#paused = true
    this.#chain.at(-1)?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#chain.at(-1)?.resume()
  }

  /** Releases the decoders. The sink receives nothing more. */
  close(): void {
    this.#closed = true
    for (const one of this.#chain) one.destroy()
  }

  #start(head: Buffer): void {
    this.#head = undefined
    const [coding = ''] = this.#codings
    if (!isEncoded(coding, head)) {
      this.#plain = true
      return this.#sink.data(head)
    }
    try {
      this.#chain = this.#codings.map((name, at) => (decoders[name] ?? unsupported)(at === 0 ? head : undefined))
    } catch (error) {
      return this.#fail(error)
    }
    for (const [at, one] of this.#chain.entries()) {
      one.on('error', (error) => this.#fail(error))
      const next = this.#chain[at + 1]
      if (next) one.pipe(next)
      else {
        one.on('data', (chunk: Buffer) => {
          if (!this.#closed) this.#sink.data(chunk)
        })
        one.on('end', () => this.#finish())
        if (this.#paused) one.pause()
      }
    }
    this.#chain[0]?.write(head)
  }

  #finish(): void {
    if (this.#closed) return
    this.close()
    this.#sink.end()
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.close()
    const reason = error instanceof Error ? error.message : String(error)
    const codings = [...this.#codings].reverse().join(', ')
    this.#sink.fail(new ContentEncodingError(`its content-encoding '${codings}' could not be decoded: ${reason}`))
  }
}

/** A truncated body ends like a closed connection; decoded bytes are delivered at once, as streams need. */
const lenient = (flush: number) => ({ flush, finishFlush: flush })

type MakeDecoder = (head: Buffer | undefined) => Transform

const unzip = () => zlib().createUnzip(lenient(zlib().constants.Z_SYNC_FLUSH))

const decoders: Readonly<Record<string, MakeDecoder>> = {
  gzip: unzip,
  // with a zlib header by RFC 9110; some servers omit it
  deflate: (head) =>
    head && !hasZlibHeader(head) ? zlib().createInflateRaw(lenient(zlib().constants.Z_SYNC_FLUSH)) : unzip(),
  br: () => zlib().createBrotliDecompress(lenient(zlib().constants.BROTLI_OPERATION_FLUSH)),
  // node:zlib has zstd since Node.js 22.15, but stops after the first frame of a body
  zstd: zstdDecoder,
}

const unsupported: MakeDecoder = () => {
  throw new Error('The content-encoding is not supported.')
}

const signatureBytes = 4

/** False if the body evidently lacks the coding that its header names. Brotli has no signature. */
function isEncoded(coding: string, head: Buffer): boolean {
  switch (coding) {
    case 'gzip':
      return head[0] === 0x1f && head[1] === 0x8b
    case 'zstd':
      return (
        head.length >= 4 && (head.readUInt32LE(0) === 0xfd2fb528 || (head.readUInt32LE(0) & 0xfffffff0) === 0x184d2a50)
      )
    default:
      return true
  }
}

const hasZlibHeader = (head: Buffer): boolean =>
  head.length >= 2 && ((head[0] ?? 0) & 0x0f) === 8 && (((head[0] ?? 0) << 8) | (head[1] ?? 0)) % 31 === 0
