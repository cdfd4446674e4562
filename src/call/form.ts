import type { FormFile } from '../../providers/contract.js'
import type { Upload } from '../../providers/shared/media-dialects.js'
import { BadRequestError, got } from '../errors.js'
import { concat, fromUtf8 } from '../platform/index.js'
import type { FileInput } from '../types/bytes.js'

export type { Upload }

/**
 * Reads a file into memory. Synchronous, unless it is a Blob.
 * @param param its name, for messages
 * @param usual name and type of a file without them
 * @throws {BadRequestError} if it is no file
 */
export function readFile(param: string, file: FileInput, usual: Omit<Upload, 'data'>): Upload | Promise<Upload> {
  const isObject = typeof file === 'object' && file !== null
  const { data, filename, type } =
    isObject && 'data' in file ? file : { data: file, filename: undefined, type: undefined }
  const name = filename ?? nameOf(data) ?? usual.name
  const as = (bytes: Uint8Array, own?: string): Upload => ({ name, type: type || own || usual.type, data: bytes })
  if (data instanceof Uint8Array) return as(data)
  if (data instanceof ArrayBuffer) return as(new Uint8Array(data))
  if (data instanceof Blob) return data.arrayBuffer().then((bytes) => as(new Uint8Array(bytes), data.type))
  throw new BadRequestError(
    `'${param}' must be a Blob, a Uint8Array, an ArrayBuffer or { data, filename }; ${got(data)}.`,
    { param },
  )
}

/** Name of a `File`. */
function nameOf(data: unknown): string | undefined {
  const { name } = data as { readonly name?: unknown }
  return typeof name === 'string' && name !== '' ? name : undefined
}

const lineEnd = '\r\n'

/**
 * Writes a form. https://datatracker.ietf.org/doc/html/rfc7578
 * @param fields a list becomes one field `name[]` per item, an object its JSON; undefined and null are left out
 * @param random 0 to 1, for the boundary
 */
export function writeForm(
  fields: Readonly<Record<string, unknown>>,
  files: readonly FormFile[],
  random: number,
): { readonly type: string; readonly body: Uint8Array } {
  const boundary = `llmux-${random.toString(36).slice(2)}-${files.length}`
  const parts: Uint8Array[] = []
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
  return { type: `multipart/form-data; boundary=${boundary}`, body: concat(parts) }
}

/** Escapes as browsers do. https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const quoted = (name: string) => name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22')
