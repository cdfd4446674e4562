import { BadRequestError, got } from '../../src/errors.js'
import type { BatchStatus } from '../../src/types/batch.js'
import type { Settings } from '../contract.js'
import type {
  BatchHost,
  BatchJob,
  EncodedItem,
  FileHost,
  HostBatch,
  HostFile,
  HostHttp,
  HostResult,
  Json,
  Page,
} from './contract.js'
import { count, list, object, seconds, statusOf, text, texts } from './fields.js'

/**
 * Batches and files of OpenAI, Azure OpenAI and Groq: a file of requests, and files of answers and of failures.
 * https://platform.openai.com/docs/guides/batch
 */

/** Differences of hosts with these APIs. */
export interface OpenAIHostOptions {
  readonly limits: BatchHost['limits']
  readonly operations?: BatchHost['operations']
  /** Path of `/files` or `/batches` under the base. @default the same */
  readonly path?: (resource: string, settings: Settings, basePath: string) => string
  /** Before the path of an API in lines and batches. @default '/v1' */
  readonly prefix?: string
  readonly lines?: BatchHost['line']
  readonly files?: Partial<FileHost>
}

/** The field of `metadata` that has the label of a batch. */
export const nameField = 'llmux_name'
const modelField = 'llmux_model'
const pageSize = 100

export function openaiHost(options: OpenAIHostOptions): BatchHost {
  const { limits, prefix = '/v1', path = (resource) => resource } = options
  const at = (resource: string) => (settings: Settings, basePath: string) => path(resource, settings, basePath)
  const files = { ...openaiFiles(at), ...options.files }
  return Object.freeze({
    limits,
    operations: options.operations ?? (['completion', 'embedding'] as const),
    line:
      options.lines ??
      (({ id, body, endpoint }: EncodedItem) =>
        `{"custom_id":${JSON.stringify(id)},"method":"POST","url":${JSON.stringify(prefix + endpoint)},"body":${body}}`),
    async create(job: BatchJob, http: HostHttp) {
      const input = await upload(job, files, http)
      const body = JSON.stringify({
        input_file_id: input,
        endpoint: prefix + job.endpoint,
        completion_window: job.window ?? '24h',
        metadata: { ...job.metadata, [nameField]: job.name, [modelField]: job.model },
      })
      return batchOf(await http.json({ method: 'POST', path: at('/batches'), body }))
    },
    retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: at(`/batches/${segment(id)}`) })),
    cancel: async (id: string, http: HostHttp) =>
      batchOf(await http.json({ method: 'POST', path: at(`/batches/${segment(id)}/cancel`), idempotent: true })),
    async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
      const query = `limit=${pageSize}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`
      const page = await http.json({ path: at(`/batches?${query}`) })
      const items = list(page.data).map(batchOf)
      return { items, next: page.has_more === true ? (text(page.last_id) ?? items.at(-1)?.id) : undefined }
    },
    results: (batch: HostBatch, http: HostHttp) => fileResults(batch, files, http),
    files,
  })
}

/** Uploads the lines of a batch. */
export async function upload(job: BatchJob, files: FileHost, http: HostHttp): Promise<string> {
  const { lines, name } = job
  const file = { name: `${name}.jsonl`, type: 'application/jsonl', purpose: 'batch', storage: undefined }
  const { id } = await files.create(
    { ...file, size: lines.size, repeatable: lines.repeatable, open: () => lines.open() },
    http,
  )
  return id
}

/** Answers and failures, each in a file of its own. Failures come first: they are fewer, and are held until their turn. */
export async function* fileResults(
  { error_file_id: failed, output_file_id: answered }: HostBatch,
  files: FileHost,
  http: HostHttp,
): AsyncGenerator<HostResult> {
  for (const id of [failed, answered]) {
    if (id === undefined) continue
    for await (const line of http.lines(files.content(id))) yield resultOf(object(line))
  }
}

const notRun: Readonly<Record<string, 'expired' | 'cancelled'>> = {
  batch_expired: 'expired',
  batch_cancelled: 'cancelled',
}

/** A line of a file of answers or failures. */
export function resultOf({ custom_id: given, response: got, error }: Json): HostResult {
  const id = text(given)
  const { code, message } = object(error)
  const response = object(got)
  const status = count(response.status_code)
  const reason = typeof code === 'string' ? notRun[code] : undefined
  if (reason) return { id, notRun: reason }
  // some hosts leave the status out
  if (status === undefined ? Object.keys(response).length > 0 && !error : status < 300)
    return { id, body: response.body }
  const failure = object(response.body).error === undefined && error ? { error: { code, message } } : response.body
  return { id, failure: { status: status ?? 400, body: failure } }
}

const statuses: Readonly<Record<string, BatchStatus>> = Object.fromEntries(
  (
    ['validating', 'in_progress', 'finalizing', 'cancelling', 'completed', 'failed', 'expired', 'cancelled'] as const
  ).flatMap((status) => [
    [status, status],
    [status.toUpperCase(), status],
  ]),
)

export function batchOf(batch: Json): HostBatch {
  const { [nameField]: name, [modelField]: model, ...metadata } = texts(batch.metadata) ?? {}
  const counts = object(batch.request_counts)
  const errors = list(object(batch.errors).data).map(({ message, code, line }) => ({
    message: text(message) ?? 'no message',
    code: text(code),
    line: count(line),
  }))
  const ended = ['completed_at', 'failed_at', 'expired_at', 'cancelled_at'].map((field) => seconds(batch[field]))
  return {
    id: text(batch.id) ?? '',
    model: model ?? text(batch.model),
    name,
    endpoint: text(batch.endpoint) ?? '',
    status: statusOf(statuses, batch.status),
    request_counts: {
      total: count(counts.total) ?? 0,
      completed: count(counts.completed) ?? 0,
      failed: count(counts.failed) ?? 0,
    },
    created_at: seconds(batch.created_at) ?? 0,
    ended_at: ended.find((time) => time !== undefined),
    expires_at: seconds(batch.expires_at),
    input_file_id: text(batch.input_file_id),
    output_file_id: text(batch.output_file_id),
    error_file_id: text(batch.error_file_id),
    errors: errors.length > 0 ? errors : undefined,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  }
}

type At = (resource: string) => (settings: Settings, basePath: string) => string

/** https://platform.openai.com/docs/api-reference/files */
export function openaiFiles(at: At): FileHost {
  return {
    create: async ({ purpose, storage, ...file }, http) => {
      if (storage !== undefined) throw noStorage(storage)
      return fileOf(await http.form({ path: at('/files') }, { purpose }, file))
    },
    retrieve: async (id, http) => fileOf(await http.json({ path: at(`/files/${segment(id)}`) })),
    async list(after, _, http): Promise<Page<HostFile>> {
      const page = await http.json({
        path: at(`/files?limit=${pageSize}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`),
      })
      const items = list(page.data).map(fileOf)
      return { items, next: page.has_more === true ? (text(page.last_id) ?? items.at(-1)?.id) : undefined }
    },
    content: (id) => ({ path: at(`/files/${segment(id)}/content`) }),
    delete: async (id, http) =>
      (await http.json({ method: 'DELETE', path: at(`/files/${segment(id)}`) })).deleted !== false,
  }
}

export const fileOf = (file: Json): HostFile => ({
  id: text(file.id) ?? '',
  bytes: count(file.bytes) ?? 0,
  filename: text(file.filename) ?? '',
  purpose: text(file.purpose) ?? '',
  created_at: seconds(file.created_at) ?? 0,
  expires_at: seconds(file.expires_at),
})

export const noStorage = (storage: unknown) =>
  new BadRequestError(
    `'storage' must be left out at this provider; ${got(storage)}. Bedrock and Vertex AI have files in buckets.`,
    {
      param: 'storage',
    },
  )

/** An id in a path. */
export function segment(id: string): string {
  if (/^\.*$/.test(id))
    throw new BadRequestError("'id' must be an id of the provider; got an empty one.", { param: 'id' })
  return encodeURIComponent(id)
}
