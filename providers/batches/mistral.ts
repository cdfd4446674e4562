import type { BatchStatus } from '../../src/types/batch.js'
import type { BatchHost, BatchJob, HostBatch, HostHttp, Json, Page } from './contract.js'
import { count, list, seconds, statusOf, text, texts } from './fields.js'
import { fileResults, nameField, openaiFiles, segment, upload } from './openai.js'

/** https://docs.mistral.ai/capabilities/batch */

const jobs = '/batch/jobs'
const pageSize = 100
const hours = /^(\d+)h$/

const files = openaiFiles((resource) => () => resource)

export const mistral: BatchHost = Object.freeze({
  limits: Object.freeze({ most: 1_000_000, bytes: 512 * 1024 * 1024 }),
  operations: Object.freeze(['completion', 'embedding'] as const),
  line: ({ id, body }) => `{"custom_id":${JSON.stringify(id)},"body":${body}}`,
  async create(job: BatchJob, http: HostHttp) {
    const body = JSON.stringify({
      input_files: [await upload(job, files, http)],
      endpoint: `/v1${job.endpoint}`,
      model: job.model,
      timeout_hours: Number(hours.exec(job.window ?? '')?.[1] ?? 24),
      metadata: { ...job.metadata, [nameField]: job.name },
    })
    return batchOf(await http.json({ method: 'POST', path: jobs, body }))
  },
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: `${jobs}/${segment(id)}` })),
  cancel: async (id: string, http: HostHttp) =>
    batchOf(await http.json({ method: 'POST', path: `${jobs}/${segment(id)}/cancel`, idempotent: true })),
  async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const number = Number(after ?? 0)
    const page = await http.json({ path: `${jobs}?page=${number}&page_size=${pageSize}&order_by=-created` })
    const items = list(page.data).map(batchOf)
    const more = (number + 1) * pageSize < (count(page.total) ?? 0)
    return { items, next: more && items.length > 0 ? String(number + 1) : undefined }
  },
  results: (batch: HostBatch, http: HostHttp) => fileResults(batch, files, http),
  files: {
    ...files,
    async list(after, _, http) {
      const number = Number(after ?? 0)
      const page = await http.json({ path: `/files?page=${number}&page_size=${pageSize}` })
      const items = list(page.data).map((file) => ({
        id: text(file.id) ?? '',
        bytes: count(file.bytes) ?? 0,
        filename: text(file.filename) ?? '',
        purpose: text(file.purpose) ?? '',
        created_at: seconds(file.created_at) ?? 0,
      }))
      const more = (number + 1) * pageSize < (count(page.total) ?? 0)
      return { items, next: more && items.length > 0 ? String(number + 1) : undefined }
    },
  },
} satisfies BatchHost)

const states: Readonly<Record<string, BatchStatus>> = {
  QUEUED: 'validating',
  RUNNING: 'in_progress',
  SUCCESS: 'completed',
  FAILED: 'failed',
  TIMEOUT_EXCEEDED: 'expired',
  CANCELLATION_REQUESTED: 'cancelling',
  CANCELLED: 'cancelled',
}

function batchOf(job: Json): HostBatch {
  const { [nameField]: name, ...metadata } = texts(job.metadata) ?? {}
  const errors = list(job.errors).map(({ message }) => ({ message: text(message) ?? 'no message' }))
  const [input] = Array.isArray(job.input_files) ? job.input_files : []
  return {
    id: text(job.id) ?? '',
    model: text(job.model),
    name,
    endpoint: text(job.endpoint) ?? '',
    status: statusOf(states, job.status),
    request_counts: {
      total: count(job.total_requests) ?? 0,
      completed: count(job.succeeded_requests) ?? 0,
      failed: count(job.failed_requests) ?? 0,
    },
    created_at: seconds(job.created_at) ?? 0,
    ended_at: seconds(job.completed_at),
    input_file_id: text(input),
    output_file_id: text(job.output_file),
    error_file_id: text(job.error_file),
    errors: errors.length > 0 ? errors : undefined,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  }
}
