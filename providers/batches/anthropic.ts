import type { BatchStatus } from '../../src/types/batch.js'
import type {
  BatchHost,
  BatchJob,
  FileHost,
  HostBatch,
  HostFile,
  HostHttp,
  HostResult,
  Json,
  Page,
  Upload,
} from './contract.js'
import { count, list, object, seconds, statusOf, text } from './fields.js'
import { noStorage, segment } from './openai.js'

/** Message Batches: the requests are the body, the results a file. https://platform.claude.com/docs/en/build-with-claude/batch-processing */

const base = '/v1/messages/batches'
const pageSize = 100

export const anthropic: BatchHost = Object.freeze({
  limits: Object.freeze({ most: 100_000, bytes: 256 * 1024 * 1024 }),
  operations: Object.freeze(['completion'] as const),
  line: ({ id, body }) => `{"custom_id":${JSON.stringify(id)},"params":${body}}`,
  create: async (job: BatchJob, http: HostHttp) =>
    batchOf(await http.json({ method: 'POST', path: base, headers: job.headers, body: inOneBody(job.lines) })),
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: `${base}/${segment(id)}` })),
  cancel: async (id: string, http: HostHttp) =>
    batchOf(await http.json({ method: 'POST', path: `${base}/${segment(id)}/cancel`, idempotent: true })),
  async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const page = await http.json({ path: `${base}?${pageQuery(after)}` })
    return { items: list(page.data).map(batchOf), next: page.has_more === true ? text(page.last_id) : undefined }
  },
  async *results({ id }: HostBatch, http: HostHttp): AsyncGenerator<HostResult> {
    for await (const line of http.lines({ path: `${base}/${segment(id)}/results` })) yield resultOf(object(line))
  },
  files: anthropicFiles(),
} satisfies BatchHost)

const pageQuery = (after: string | undefined) =>
  `limit=${pageSize}${after === undefined ? '' : `&after_id=${encodeURIComponent(after)}`}`

const opening = new TextEncoder().encode('{"requests":[')
const closing = new TextEncoder().encode(']}')
const lineEnd = 0x0a
const comma = 0x2c

/** Lines as the items of a list: JSON has no line ends of its own. */
function inOneBody(lines: Upload): Upload {
  const { size } = lines
  return {
    size: size === undefined ? undefined : size - 1 + opening.length + closing.length,
    repeatable: lines.repeatable,
    async *open() {
      yield opening
      let read = 0
      for await (const block of lines.open()) {
        read += block.length
        const last = read === size
        const items = Uint8Array.from(last ? block.subarray(0, -1) : block)
        for (let at = items.indexOf(lineEnd); at >= 0; at = items.indexOf(lineEnd, at + 1)) items[at] = comma
        yield items
      }
      yield closing
    },
  }
}

const notRun: Readonly<Record<string, 'expired' | 'cancelled'>> = { expired: 'expired', canceled: 'cancelled' }

const statusOfType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
}

function resultOf(line: Json): HostResult {
  const id = text(line.custom_id)
  const { type, message, error } = object(line.result)
  if (type === 'succeeded') return { id, body: message }
  const reason = typeof type === 'string' ? notRun[type] : undefined
  if (reason) return { id, notRun: reason }
  const kind = text(object(object(error).error).type) ?? text(object(error).type) ?? ''
  return { id, failure: { status: statusOfType[kind] ?? 500, body: error } }
}

const states: Readonly<Record<string, BatchStatus>> = { in_progress: 'in_progress', canceling: 'cancelling' }

function batchOf(batch: Json): HostBatch {
  const counts = object(batch.request_counts)
  const [processing = 0, succeeded = 0, errored = 0, canceled = 0, expired = 0] = [
    ...['processing', 'succeeded', 'errored', 'canceled', 'expired'].map((name) => count(counts[name])),
  ]
  const total = processing + succeeded + errored + canceled + expired
  // one state has all ends: the counts tell them apart
  const end = batch.cancel_initiated_at && canceled > 0 ? 'cancelled' : expired > 0 ? 'expired' : 'completed'
  return {
    id: text(batch.id) ?? '',
    endpoint: '/v1/messages',
    status: batch.processing_status === 'ended' ? end : statusOf(states, batch.processing_status),
    request_counts: { total, completed: succeeded, failed: errored },
    created_at: seconds(batch.created_at) ?? 0,
    ended_at: seconds(batch.ended_at),
    expires_at: seconds(batch.expires_at),
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/files */
function anthropicFiles(): FileHost {
  const headers = { 'anthropic-beta': 'files-api-2025-04-14' }
  const fileOf = (file: Json): HostFile => ({
    id: text(file.id) ?? '',
    bytes: count(file.size_bytes) ?? 0,
    filename: text(file.filename) ?? '',
    purpose: '',
    created_at: seconds(file.created_at) ?? 0,
    type: text(file.mime_type),
  })
  return {
    async create({ purpose: _, storage, ...file }, http) {
      if (storage !== undefined) throw noStorage(storage)
      return fileOf(await http.form({ path: '/v1/files', headers }, {}, file))
    },
    retrieve: async (id, http) => fileOf(await http.json({ path: `/v1/files/${segment(id)}`, headers })),
    async list(after, _, http) {
      const page = await http.json({ path: `/v1/files?${pageQuery(after)}`, headers })
      return { items: list(page.data).map(fileOf), next: page.has_more === true ? text(page.last_id) : undefined }
    },
    content: (id) => ({ path: `/v1/files/${segment(id)}/content`, headers }),
    delete: async (id, http) =>
      text((await http.json({ method: 'DELETE', path: `/v1/files/${segment(id)}`, headers })).id) === id,
  }
}
