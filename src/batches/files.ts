import type { HostFile, HostHttp, NamedUpload } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { openFile } from '../call/form.js'
import { BadRequestError, got } from '../errors.js'
import type {
  FileCreateRequest,
  FileListRequest,
  FileObject,
  FileOptions,
  FileReference,
  Files,
} from '../types/batch.js'
import type { FileInput } from '../types/bytes.js'
import { type Place, placeOfProvider } from './place.js'

const createNames: ReadonlySet<string> = new Set([
  ...['provider', 'file', 'filename', 'purpose', 'storage', 'storageBase'],
])
const listNames: ReadonlySet<string> = new Set(['provider', 'limit', 'storage', 'storageBase'])
const referenceNames: ReadonlySet<string> = new Set(['storageBase'])

/** Files of a client. */
export class FileResource implements Files {
  readonly #context: ClientContext

  constructor(context: ClientContext) {
    this.#context = context
  }

  async create(request: FileCreateRequest): Promise<FileObject> {
    const { provider: prefix, file, purpose = 'batch', storage, filename } = request
    const place = await placeOfProvider(this.#context, prefix, request, createNames)
    const upload = uploadOf(file, filename)
    const made = await place.host.files.create(
      { ...upload, open: () => upload.open(), purpose, storage },
      httpOf(place),
    )
    return complete(made, place.provider)
  }

  async retrieve(file: FileReference, options: FileOptions = {}): Promise<FileObject> {
    const { place, id } = await this.#placeOf(file, options)
    return complete(await place.host.files.retrieve(id, httpOf(place)), place.provider)
  }

  async *list(request: FileListRequest): AsyncGenerator<FileObject, undefined> {
    const { provider: prefix, limit = Number.POSITIVE_INFINITY, storage } = request
    const place = await placeOfProvider(this.#context, prefix, request, listNames)
    let after: string | undefined
    let listed = 0
    do {
      const page = await place.host.files.list(after, storage, httpOf(place))
      for (const file of page.items) {
        if (listed++ >= limit) return undefined
        yield complete(file, place.provider)
      }
      after = page.next
    } while (after !== undefined && listed < limit)
    return undefined
  }

  async *content(file: FileReference, options: FileOptions = {}): AsyncGenerator<Uint8Array, undefined> {
    const { place, id } = await this.#placeOf(file, options)
    yield* httpOf(place).bytes(place.host.files.content(id))
    return undefined
  }

  async delete(file: FileReference, options: FileOptions = {}): Promise<{ id: string; deleted: boolean }> {
    const { place, id } = await this.#placeOf(file, options)
    return { id, deleted: await place.host.files.delete(id, httpOf(place)) }
  }

  async #placeOf(reference: FileReference, options: FileOptions): Promise<{ place: Place; id: string }> {
    const { provider, id } = (reference ?? {}) as { provider?: unknown; id?: unknown }
    if (typeof id !== 'string' || id === '') {
      throw new BadRequestError(`A file must be { provider, id }, such as the result of create(); ${got(reference)}.`)
    }
    return { place: await placeOfProvider(this.#context, provider, options, referenceNames), id }
  }
}

const httpOf = ({ host, http }: Place): HostHttp => (host.storage ? http.storage : http)

const complete = (file: HostFile, { id }: Provider): FileObject => ({ ...file, object: 'file', provider: id })

const usualName = 'file.jsonl'
const usualType = 'application/octet-stream'

/** @throws {BadRequestError} if it is no file */
function uploadOf(file: FileInput | AsyncIterable<Uint8Array>, filename: string | undefined): NamedUpload {
  if (typeof file === 'object' && file !== null && Symbol.asyncIterator in file) {
    const source = file
    return { name: filename ?? usualName, type: usualType, size: undefined, repeatable: false, open: () => source }
  }
  const { name, type, data } = openFile('file', file, { name: usualName, type: usualType })
  const named = { name: filename ?? name, type, repeatable: true }
  if (!(data instanceof Uint8Array)) return { ...named, size: data.size, open: () => data.open() }
  return {
    ...named,
    size: data.length,
    async *open() {
      yield data
    },
  }
}
