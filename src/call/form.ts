import type { FileContent, FileSource, FormFile } from '../../providers/contract.js'
import type { SentFile, Upload } from '../../providers/shared/media-dialects.js'
import { BadRequestError, got, LLMError } from '../errors.js'
import { concat, fromUtf8 } from '../platform/index.js'
import type { FileInput, FileOpener } from '../types/bytes.js'

export type { Upload }

/**
 * Reads a file into memory. Synchronous for bytes.
 * @param param its name, for messages
 * @param usual name and type of a file without them
 * @throws {BadRequestError} if it is no file
 */
export function readFile(param: string, file: FileInput, usual: Omit<Upload, 'data'>): Upload | Promise<Upload> {
  return intoMemory(openFile(param, file, usual))
}

export function intoMemory(file: SentFile): Upload | Promise<Upload> {
  const { data } = file
  return data instanceof Uint8Array ? { ...file, data } : readAll(data).then((bytes) => ({ ...file, data: bytes }))
}

/** Size up to which a file is read into memory: a body in one piece is cheaper, and browsers send no streams over HTTP/1. */
const smallSize = 1024 * 1024

export const isSmall = ({ data }: SentFile): boolean =>
  data instanceof Uint8Array || (data.size !== undefined && data.size <= smallSize)

async function readAll(source: FileSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of source.open()) parts.push(part)
  return concat(parts)
}

/**
 * A file that is read when it is sent.
 * @param param its name, for messages
 * @param usual name and type of a file without them
 * @throws {BadRequestError} if it is no file
 */
export function openFile(param: string, file: FileInput, usual: Omit<Upload, 'data'>): SentFile {
  const isObject = typeof file === 'object' && file !== null
  const { data, filename, type, size } =
    isObject && 'data' in file ? file : { data: file, filename: undefined, type: undefined, size: undefined }
  const name = filename ?? nameOf(data) ?? usual.name
  const as = (content: FileContent, own?: string) => ({ name, type: type || own || usual.type, data: content })
  if (data instanceof Uint8Array) return as(data)
  if (data instanceof ArrayBuffer) return as(new Uint8Array(data))
  if (data instanceof Blob)
    return as(
      sourceOf(param, () => data.stream(), data.size),
      data.type,
    )
  if (typeof data === 'function' && isObject) {
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
      throw new BadRequestError(`'${param}.size' must be the length of the file in bytes; ${got(size)}.`, {
        param: `${param}.size`,
      })
    }
    return as(sourceOf(param, data, size))
  }
  throw new BadRequestError(
    `'${param}' must be a Blob, a Uint8Array, an ArrayBuffer or { data, filename }; ${got(data)}.`,
    { param },
  )
}

/** Name of a `File`. */
function nameOf(data: unknown): string | undefined {
  const { name } = data as { readonly name?: unknown }
  return typeof data === 'object' && typeof name === 'string' && name !== '' ? name : undefined
}

/** A source whose failures are errors of the request: another attempt can't repair them. */
const sourceOf = (param: string, opener: FileOpener, size: number | undefined): FileSource => ({
  size,
  async *open() {
    let sent = 0
    try {
      for await (const part of chunksOf(await opener())) {
        sent += part.length
        if (size !== undefined && sent > size) break
        yield part
      }
    } catch (error) {
      if (LLMError.is(error)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new BadRequestError(`'${param}' could not be read: ${reason}.`, { param, cause: error })
    }
    if (size === undefined || sent === size) return
    const count = sent > size ? `more than ${size}` : sent
    throw new BadRequestError(
      `'${param}.size' must be the length of the file; got ${size}, and the stream has ${count} bytes. Leave it out if the length is unknown.`,
      { param: `${param}.size` },
    )
  },
})

/** Not every runtime iterates a `ReadableStream`. */
async function* chunksOf(
  stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!('getReader' in stream)) {
    for await (const part of stream) yield bytesOf(part)
    return
  }
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield bytesOf(value)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function bytesOf(part: unknown): Uint8Array {
  if (part instanceof Uint8Array) return part
  if (typeof part === 'string') return fromUtf8(part)
  throw new TypeError(`its stream must have chunks of bytes; ${got(part)}`)
}

const lineEnd = '\r\n'

/**
 * Writes a form. It stays in memory unless a file does not. https://datatracker.ietf.org/doc/html/rfc7578
 * @param fields a list becomes one field `name[]` per item, an object its JSON; undefined and null are left out
 * @param random 0 to 1, for the boundary
 */
export function writeForm(
  fields: Readonly<Record<string, unknown>>,
  files: readonly FormFile[],
  random: number,
): { readonly type: string; readonly body: FileContent } {
  const boundary = `llmux-${random.toString(36).slice(2)}-${files.length}`
  const parts: FileContent[] = []
  const head = (name: string, more: string) =>
    `--${boundary}${lineEnd}Content-Disposition: form-data; name="${quoted(name)}"${more}${lineEnd}${lineEnd}`
  for (const name in fields) {
    const value = fields[name]
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null) continue
      const text = typeof one === 'object' ? JSON.stringify(one) : String(one)
      parts.push(fromUtf8(`${head(Array.isArray(value) ? `${name}[]` : name, '')}${text}${lineEnd}`))
    }
  }
  for (const { field, name, type, data } of files) {
    const more = `; filename="${quoted(name)}"${lineEnd}Content-Type: ${type.replace(/[\r\n]/g, '')}`
    parts.push(fromUtf8(head(field, more)), data, fromUtf8(lineEnd))
  }
  parts.push(fromUtf8(`--${boundary}--${lineEnd}`))
  return { type: `multipart/form-data; boundary=${boundary}`, body: join(parts) }
}

function join(parts: readonly FileContent[]): FileContent {
  const inMemory = parts.filter((part) => part instanceof Uint8Array)
  if (inMemory.length === parts.length) return concat(inMemory)
  const sizes = parts.map((part) => (part instanceof Uint8Array ? part.length : part.size))
  return {
    size: sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0),
    async *open() {
      for (const part of parts) {
        if (part instanceof Uint8Array) yield part
        else yield* part.open()
      }
    },
  }
}

/** Escapes as browsers do. https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const quoted = (name: string) => name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22')
