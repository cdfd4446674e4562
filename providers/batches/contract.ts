import type { BatchObject, BatchOperation, FileObject } from '../../src/types/batch.js'
import type { HeaderFields, Provider, ResponseHeaders, Settings } from '../contract.js'

/** The interfaces of a provider's batches and files. */

/** JSON of a provider. */
export type Json = Readonly<Record<string, unknown>>

/** A body that is sent as it is read. */
export interface Upload {
  /** Size in bytes, if known. */
  readonly size: number | undefined
  /** False if it can be read once only: a failed request is then not repeated. */
  readonly repeatable: boolean
  open(): AsyncIterable<Uint8Array>
}

/** A request to a provider. */
export interface HostRequest {
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with query under the base. */
  readonly path: string | ((settings: Settings, basePath: string) => string)
  /** Another origin of the provider's own, from its answer (an upload). It gets no credential, as the URL holds one. */
  readonly origin?: string
  /** Lower-case names. */
  readonly headers?: HeaderFields
  readonly body?: string | Upload
  /** True if sending it twice is harmless. @default true, unless it is a POST */
  readonly idempotent?: boolean
}

/** An answer. */
export interface HostReply {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly text: string
}

/** Sends requests to one provider with its credentials. Failures are errors of llmux. */
export interface HostHttp {
  readonly settings: Settings
  /** Whether requests go to the provider's own host. */
  readonly ownHost: boolean
  send(request: HostRequest): Promise<HostReply>
  /** The answer as JSON. An empty answer is `{}`. */
  json(request: HostRequest): Promise<Json>
  /** The body as it arrives. A broken download is continued. */
  bytes(request: HostRequest): AsyncIterable<Uint8Array>
  /** The lines of a file of JSON as they arrive. */
  lines(request: HostRequest): AsyncIterable<unknown>
  /** Uploads a file as a form. */
  form(request: HostRequest, fields: Readonly<Record<string, string>>, file: NamedUpload): Promise<Json>
  /** The same for the service that has the files, with its own address and signature. */
  readonly storage: HostHttp
}

/** A file to upload. */
export interface NamedUpload extends Upload {
  readonly name: string
  readonly type: string
}

/** A request in the provider's form. */
export interface EncodedItem {
  readonly id: string
  /** The body of the single call, as JSON. */
  readonly body: string
  readonly model: string
  /** The API of the single call: `/chat/completions`, `/embeddings`, `/converse` … */
  readonly endpoint: string
}

/** A batch to start. */
export interface BatchJob {
  readonly name: string
  readonly model: string
  readonly endpoint: string
  readonly operation: BatchOperation
  readonly count: number
  /** The lines, each with a line end. */
  readonly lines: Upload
  /** Headers that the requests need, such as beta flags. */
  readonly headers: HeaderFields
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly window: string | undefined
  readonly storage: string | undefined
  readonly role: string | undefined
}

/** A batch without the fields that are the same everywhere. */
export type HostBatch = Omit<BatchObject, 'object' | 'provider'>
/** A file without the fields that are the same everywhere. */
export type HostFile = Omit<FileObject, 'object' | 'provider'>

/** One result: a body that the dialect decodes, an error that it reads, or the reason why the request did not run. */
export interface HostResult {
  readonly id: string | undefined
  readonly body?: unknown
  readonly failure?: { readonly status: number; readonly body: unknown }
  readonly notRun?: 'expired' | 'cancelled'
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** For the next page; undefined on the last one. */
  readonly next: string | undefined
}

/** Files of a provider. A provider with a bucket gets its `storage` as `http`. */
export interface FileHost {
  create(
    file: NamedUpload & { readonly purpose: string; readonly storage: string | undefined },
    http: HostHttp,
  ): Promise<HostFile>
  retrieve(id: string, http: HostHttp): Promise<HostFile>
  list(after: string | undefined, storage: string | undefined, http: HostHttp): Promise<Page<HostFile>>
  /** The request for its content. */
  content(id: string): HostRequest
  delete(id: string, http: HostHttp): Promise<boolean>
}

/** Batches of a provider. */
export interface BatchHost {
  /** Requests and bytes of one batch. */
  readonly limits: { readonly most: number; readonly fewest?: number; readonly bytes: number }
  /** Methods whose requests it takes. */
  readonly operations: readonly BatchOperation[]
  /** Checks what the caller must supply, before anything is written. @throws {BadRequestError} */
  check?(job: Pick<BatchJob, 'storage' | 'role' | 'window'>): void
  /** A line of the file. @throws {BadRequestError} if a batch can't have the request */
  line(item: EncodedItem): string
  create(job: BatchJob, http: HostHttp): Promise<HostBatch>
  retrieve(id: string, http: HostHttp): Promise<HostBatch>
  cancel(id: string, http: HostHttp): Promise<HostBatch>
  list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>>
  results(batch: HostBatch, http: HostHttp): AsyncIterable<HostResult>
  readonly files: FileHost
  /** The prefix of the model that selects the API of a batch (`responses/`, `invoke/`). */
  route?(batch: HostBatch): string
  /** The service that has the batches, if it is another one than that of calls. */
  api?(provider: Provider): Provider
  /** The service that has the files, if it is another one. */
  storage?(provider: Provider): Provider
}
