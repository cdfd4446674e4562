import type { BatchHost, BatchJob, HostBatch, HostHttp, Json, Page } from './contract.js'
import { list, object, seconds, text } from './fields.js'
import { fileOf, fileResults, noStorage, batchOf as openaiBatchOf, openaiFiles, segment, upload } from './openai.js'

/** https://docs.together.ai/docs/batch-inference */

const shared = openaiFiles((resource) => () => resource)
const files: BatchHost['files'] = {
  ...shared,
  async create({ purpose, storage, ...file }, http) {
    if (storage !== undefined) throw noStorage(storage)
    const fields = { purpose: purpose === 'batch' ? 'batch-api' : purpose, file_name: file.name }
    return fileOf(await http.form({ path: '/files/upload' }, fields, file))
  },
  async list(_, __, http) {
    return { items: list((await http.json({ path: '/files' })).data).map(fileOf), next: undefined }
  },
}

export const together: BatchHost = Object.freeze({
  limits: Object.freeze({ most: 50_000, bytes: 100 * 1024 * 1024 }),
  operations: Object.freeze(['completion'] as const),
  line: ({ id, body }) => `{"custom_id":${JSON.stringify(id)},"body":${body}}`,
  async create(job: BatchJob, http: HostHttp) {
    const body = JSON.stringify({
      input_file_id: await upload(job, files, http),
      endpoint: `/v1${job.endpoint}`,
      completion_window: job.window ?? '24h',
    })
    // the answer has the batch in `job`, later ones have it alone
    const { job: made, ...rest } = await http.json({ method: 'POST', path: '/batches', body })
    return batchOf(object(made ?? rest))
  },
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: `/batches/${segment(id)}` })),
  cancel: async (id: string, http: HostHttp) =>
    batchOf(await http.json({ method: 'POST', path: `/batches/${segment(id)}/cancel`, idempotent: true })),
  async list(_: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const answer = (await http.json({ path: '/batches' })) as unknown
    return { items: list(Array.isArray(answer) ? answer : object(answer).data).map(batchOf), next: undefined }
  },
  results: (batch: HostBatch, http: HostHttp) => fileResults(batch, files, http),
  files,
} satisfies BatchHost)

/** It reports its progress in percent and no counts. */
function batchOf(job: Json): HostBatch {
  const reason = text(job.error)
  return {
    ...openaiBatchOf(job),
    model: text(job.model_id),
    expires_at: seconds(job.job_deadline),
    errors: reason === undefined ? undefined : [{ message: reason }],
  }
}
