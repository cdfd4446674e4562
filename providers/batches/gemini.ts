import { BadRequestError, got } from '../../src/errors.js'
import type { Settings } from '../contract.js'
import type {
  BatchHost,
  BatchJob,
  FileHost,
  HostBatch,
  HostFile,
  HostHttp,
  HostResult,
  Json,
  NamedUpload,
  Page,
} from './contract.js'
import { count, list, object, seconds, statusOf, text } from './fields.js'
import { googleFailure, googleStates, oneText, versionIn } from './google.js'
import { noStorage } from './openai.js'

/** https://ai.google.dev/gemini-api/docs/batch-api */

const version = 'v1beta'
const at = (path: string) => (_: Settings, basePath: string) => `${versionIn(basePath, version)}${path}`
const query = (after: string | undefined) =>
  `pageSize=100${after === undefined ? '' : `&pageToken=${encodeURIComponent(after)}`}`

export const gemini: BatchHost = Object.freeze({
  limits: Object.freeze({ most: Number.POSITIVE_INFINITY, bytes: 2 * 1024 ** 3 }),
  operations: Object.freeze(['completion', 'embedding'] as const),
  line: ({ id, body, endpoint }) =>
    `{"key":${JSON.stringify(id)},"request":${endpoint === ':batchEmbedContents' ? embedRequest(body) : body}}`,
  async create(job: BatchJob, http: HostHttp) {
    const { name, model, lines, operation } = job
    const input = { name: `${name}.jsonl`, type: 'application/jsonl', size: lines.size, repeatable: lines.repeatable }
    const file = await upload({ ...input, open: () => lines.open() }, http)
    const body = JSON.stringify({ batch: { display_name: name, input_config: { file_name: file.id } } })
    const action = operation === 'embedding' ? 'asyncBatchEmbedContent' : 'batchGenerateContent'
    const path = at(`/models/${encodeURIComponent(model)}:${action}`)
    return batchOf(await http.json({ method: 'POST', path, body }))
  },
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: at(`/${named(id, 'batches')}`) })),
  async cancel(id: string, http: HostHttp) {
    await http.json({ method: 'POST', path: at(`/${named(id, 'batches')}:cancel`), idempotent: true })
    return batchOf(await http.json({ path: at(`/${named(id, 'batches')}`) }))
  },
  async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const page = await http.json({ path: at(`/batches?${query(after)}`) })
    return { items: list(page.operations).map(batchOf), next: text(page.nextPageToken) }
  },
  async *results({ id, output_file_id: file }: HostBatch, http: HostHttp): AsyncGenerator<HostResult> {
    if (file !== undefined) {
      for await (const line of http.lines(files.content(file))) yield resultOf(object(line))
      return
    }
    // batches of other makers may have the answers in themselves
    const { inlinedResponses } = outputOf(await http.json({ path: at(`/${named(id, 'batches')}`) }))
    for (const one of list(object(inlinedResponses).inlinedResponses)) yield resultOf(one)
  },
  get files() {
    return files
  },
} satisfies BatchHost)

/** The request of one text: https://ai.google.dev/gemini-api/docs/batch-api#batch-embedding */
function embedRequest(body: string): string {
  const [request, ...more] = list(object(JSON.parse(body)).requests)
  if (!request || more.length > 0) throw oneText('gemini')
  return JSON.stringify(request)
}

function resultOf(line: Json): HostResult {
  const { key, response, error, metadata } = line
  const id = text(key) ?? text(object(metadata).key)
  return response === undefined || error ? googleFailure(id, object(error)) : { id, body: response }
}

const outputOf = ({ response, metadata }: Json): Json => ({ ...object(object(metadata).output), ...object(response) })

function batchOf(operation: Json): HostBatch {
  const facts = operation.metadata === undefined ? operation : object(operation.metadata)
  const stats = object(facts.batchStats)
  const reason = text(object(operation.error).message)
  return {
    id: text(operation.name) ?? '',
    model: text(facts.model)?.replace(/^models\//, ''),
    name: text(facts.displayName),
    endpoint: /EmbedContentBatch$/.test(text(facts['@type']) ?? '') ? ':embedContent' : ':generateContent',
    status: statusOf(googleStates, facts.state),
    request_counts: {
      total: count(stats.requestCount) ?? 0,
      completed: count(stats.successfulRequestCount) ?? 0,
      failed: count(stats.failedRequestCount) ?? 0,
    },
    created_at: seconds(facts.createTime) ?? 0,
    ended_at: seconds(facts.endTime),
    input_file_id: text(object(facts.inputConfig).fileName),
    output_file_id: text(outputOf(operation).responsesFile),
    errors: reason === undefined ? undefined : [{ message: reason }],
  }
}

/** A name of a resource, which is part of the path. */
function named(id: string, kind: string): string {
  if (new RegExp(`^${kind}/[\\w-]+$`).test(id)) return id
  throw new BadRequestError(`'id' must be '${kind}/…'; ${got(id)}.`, { param: 'id' })
}

/** https://ai.google.dev/api/files#method:-media.upload: the first request gets a URL, the second sends the file to it. */
async function upload(file: NamedUpload, http: HostHttp): Promise<HostFile> {
  const { headers } = await http.send({
    method: 'POST',
    path: `/upload/${version}/files`,
    headers: {
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-type': file.type,
      ...(file.size !== undefined && { 'x-goog-upload-header-content-length': String(file.size) }),
    },
    body: JSON.stringify({ file: { display_name: file.name } }),
    idempotent: true,
  })
  const url = String(headers['x-goog-upload-url'] ?? '')
  if (!URL.canParse(url))
    throw new BadRequestError(`Gemini named no address for the upload of ${file.name}. Try again.`)
  const { origin, pathname, search } = new URL(url)
  const sent = { 'x-goog-upload-offset': '0', 'x-goog-upload-command': 'upload, finalize' }
  const answer = await http.json({ method: 'POST', origin, path: pathname + search, headers: sent, body: file })
  return fileOf(object(answer.file))
}

const fileOf = (file: Json): HostFile => ({
  id: text(file.name) ?? '',
  bytes: count(file.sizeBytes) ?? 0,
  filename: text(file.displayName) ?? '',
  purpose: '',
  created_at: seconds(file.createTime) ?? 0,
  expires_at: seconds(file.expirationTime),
  type: text(file.mimeType),
})

const files: FileHost = {
  async create({ purpose: _, storage, ...file }, http) {
    if (storage !== undefined) throw noStorage(storage)
    return upload(file, http)
  },
  retrieve: async (id, http) => fileOf(await http.json({ path: at(`/${named(id, 'files')}`) })),
  async list(after, _, http) {
    const page = await http.json({ path: at(`/files?${query(after)}`) })
    return { items: list(page.files).map(fileOf), next: text(page.nextPageToken) }
  },
  content: (id) => ({ path: `/download/${version}/${named(id, 'files')}:download?alt=media` }),
  async delete(id, http) {
    await http.json({ method: 'DELETE', path: at(`/${named(id, 'files')}`) })
    return true
  },
}
