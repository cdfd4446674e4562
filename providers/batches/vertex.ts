import { BadRequestError } from '../../src/errors.js'
import type { Provider, Settings } from '../contract.js'
import { type BucketObject, bucketObject, nameIn, under } from './bucket.js'
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

/** Batch predictions, with files in Cloud Storage. https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini */

const vertexName = 'Vertex AI'
/** The label of a request that has its id: rows come back in any order. */
const idLabel = 'llmux_id'

const parent = (path: string) => (settings: Settings, basePath: string) => {
  const { project, location = 'global' } = settings
  if (!project) {
    throw new BadRequestError(
      `'project' must be set for batches of ${vertexName}; got an API key alone. Pass project, or set VERTEXAI_PROJECT.`,
      {
        provider: 'vertex_ai',
        param: 'project',
      },
    )
  }
  const place = `/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`
  return `${versionIn(basePath, 'v1')}${place}${path}`
}

const job =
  (id: string, action = '') =>
  (_: Settings, basePath: string) => {
    if (/^projects\/[\w-]+\/locations\/[\w-]+\/batchPredictionJobs\/\w+$/.test(id))
      return `${versionIn(basePath, 'v1')}/${id}${action}`
    throw new BadRequestError(`'id' must be 'projects/…/batchPredictionJobs/…'; got '${id.slice(0, 80)}'.`, {
      param: 'id',
    })
  }

export const vertex: BatchHost = Object.freeze({
  limits: Object.freeze({ most: 200_000, bytes: 1024 ** 3 }),
  operations: Object.freeze(['completion', 'embedding'] as const),
  storage: storageOf,
  check({ storage }) {
    bucketObject(storage, 'gs', 'storage', vertexName)
  },
  line({ id, body, endpoint, model }) {
    if (endpoint === ':rawPredict' && model.startsWith('claude-'))
      return `{"custom_id":${JSON.stringify(id)},"request":${body}}`
    if (endpoint === ':predict') return embedLine(id, body, model)
    if (endpoint !== ':generateContent') {
      throw new BadRequestError(`Batches of ${vertexName} must be of Gemini or Claude models; got '${model}'.`, {
        provider: 'vertex_ai',
        param: 'model',
      })
    }
    const label = `"${idLabel}":${JSON.stringify(id)}`
    if (!body.includes('"labels"')) return `{"request":{"labels":{${label}},${body.slice(1)}}`
    const request = object(JSON.parse(body))
    return JSON.stringify({ request: { ...request, labels: { ...object(request.labels), [idLabel]: id } } })
  },
  async create({ name, model, lines, storage }: BatchJob, http: HostHttp) {
    const folder = bucketObject(storage, 'gs', 'storage', vertexName)
    const input = under(folder, `${name}.jsonl`)
    const file = { name: `${name}.jsonl`, type: 'application/jsonl', size: lines.size, repeatable: lines.repeatable }
    await put(input, { ...file, open: () => lines.open() }, http.storage)
    const publisher = model.startsWith('claude-') ? 'anthropic' : 'google'
    const body = JSON.stringify({
      displayName: name,
      model: `publishers/${publisher}/models/${model}`,
      inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: [uriOf(input)] } },
      outputConfig: {
        predictionsFormat: 'jsonl',
        gcsDestination: { outputUriPrefix: uriOf(under(folder, `${name}-output`)) },
      },
    })
    return batchOf(await http.json({ method: 'POST', path: parent('/batchPredictionJobs'), body }))
  },
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: job(id) })),
  async cancel(id: string, http: HostHttp) {
    await http.json({ method: 'POST', path: job(id, ':cancel'), body: '{}', idempotent: true })
    return batchOf(await http.json({ path: job(id) }))
  },
  async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const query = `pageSize=100${after === undefined ? '' : `&pageToken=${encodeURIComponent(after)}`}`
    const page = await http.json({ path: parent(`/batchPredictionJobs?${query}`) })
    return { items: list(page.batchPredictionJobs).map(batchOf), next: text(page.nextPageToken) }
  },
  async *results({ output_file_id: folder }: HostBatch, http: HostHttp): AsyncGenerator<HostResult> {
    if (folder === undefined) return
    const { storage } = http
    let after: string | undefined
    do {
      const page = await files.list(after, folder, storage)
      for (const { id } of page.items) {
        if (!/predictions[^/]*\.jsonl$/.test(id)) continue
        for await (const line of storage.lines(files.content(id))) yield resultOf(object(line))
      }
      after = page.next
    } while (after !== undefined)
  },
  get files() {
    return files
  },
} satisfies BatchHost)

/** https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/embeddings/batch-prediction-genai-embeddings */
function embedLine(id: string, body: string, model: string): string {
  if (!model.startsWith('gemini-embedding-')) {
    throw new BadRequestError(
      `Batches of embeddings on ${vertexName} must be of Gemini Embedding, as rows of other models have no ids; got '${model}'. Use embedding().`,
      { provider: 'vertex_ai', param: 'model' },
    )
  }
  const { instances, parameters } = object(JSON.parse(body))
  const [instance, ...more] = list(instances)
  if (!instance || more.length > 0) throw oneText('vertex_ai')
  const { content, ...own } = instance
  const config = {
    ...own,
    ...Object.fromEntries(Object.entries(object(parameters)).map(([name, value]) => [toSnake(name), value])),
  }
  const request = {
    content: { parts: [{ text: content }] },
    ...(Object.keys(config).length > 0 && { embed_content_config: config }),
  }
  return JSON.stringify({ key: id, request })
}

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A row has the request, and the answer or the reason in `status`. */
function resultOf({ custom_id: custom, key, request, response, status }: Json): HostResult {
  const id = text(custom) ?? text(key) ?? text(object(object(request).labels)[idLabel])
  const answer = object(response)
  const reason = text(status)
  if (answer.type === 'error') return { id, failure: { status: 400, body: answer } }
  if (Object.keys(answer).length > 0 && reason === undefined) return { id, body: answer }
  return googleFailure(id, errorIn(reason ?? 'no response'))
}

/** `Bad Request: {"error": {…}}`, or a sentence. */
function errorIn(reason: string): Json {
  try {
    const parsed = object(JSON.parse(reason.slice(reason.indexOf('{'))))
    const error = object(parsed.error)
    if (error.message !== undefined) return error
  } catch {
    // a sentence
  }
  return { code: 400, message: reason }
}

function batchOf(made: Json): HostBatch {
  const stats = object(made.completionStats)
  const [completed = 0, failed = 0, open = 0] = [
    ...['successfulCount', 'failedCount', 'incompleteCount'].map((name) => count(stats[name])),
  ].map((value) => Math.max(0, value ?? 0))
  const reason = text(object(made.error).message)
  const [input] = (object(object(made.inputConfig).gcsSource).uris as readonly unknown[] | undefined) ?? []
  const model = text(made.model)?.replace(/^.*\/models\//, '')
  return {
    id: text(made.name) ?? '',
    model,
    name: text(made.displayName),
    endpoint: model?.includes('embedding') ? ':embedContent' : ':generateContent',
    status: statusOf(googleStates, made.state),
    request_counts: { total: completed + failed + open, completed, failed },
    created_at: seconds(made.createTime) ?? 0,
    ended_at: seconds(made.endTime),
    input_file_id: text(input),
    output_file_id: text(object(made.outputInfo).gcsOutputDirectory),
    errors: reason === undefined ? undefined : [{ message: reason }],
  }
}

/** Cloud Storage with the credentials of Vertex AI. https://cloud.google.com/storage/docs/json_api */
function storageOf(provider: Provider): Provider {
  const address = Object.freeze({ ...provider.address, base: 'https://storage.googleapis.com', env: Object.freeze([]) })
  return Object.create(provider, { address: { value: address }, name: { value: 'Google Cloud Storage' } })
}

const uriOf = ({ bucket, key }: BucketObject): string => `gs://${bucket}/${key}`

async function put({ bucket, key }: BucketObject, file: NamedUpload, storage: HostHttp): Promise<HostFile> {
  const path = `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(key)}`
  const headers = { 'content-type': file.type }
  return fileOf(await storage.json({ method: 'POST', path, headers, body: file, idempotent: true }))
}

const fileOf = (made: Json): HostFile => {
  const key = text(made.name) ?? ''
  return {
    id: `gs://${text(made.bucket) ?? ''}/${key}`,
    bytes: count(made.size) ?? 0,
    filename: nameIn(key),
    purpose: '',
    created_at: seconds(made.timeCreated) ?? 0,
    type: text(made.contentType),
  }
}

const objectPath = (id: string): string => {
  const { bucket, key } = bucketObject(id, 'gs', 'id', vertexName)
  return `/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}`
}

const files: FileHost = {
  create: ({ purpose: _, storage, ...file }, http) =>
    put(bucketObject(storage, 'gs', 'storage', vertexName), file, http),
  retrieve: async (id, http) => fileOf(await http.json({ path: objectPath(id) })),
  async list(after, storage, http) {
    const { bucket, key } = bucketObject(storage, 'gs', 'storage', vertexName)
    const query = `prefix=${encodeURIComponent(key)}${after === undefined ? '' : `&pageToken=${encodeURIComponent(after)}`}`
    const page = await http.json({ path: `/storage/v1/b/${bucket}/o?${query}` })
    return { items: list(page.items).map(fileOf), next: text(page.nextPageToken) }
  },
  content: (id) => ({ path: `${objectPath(id)}?alt=media` }),
  async delete(id, http) {
    await http.send({ method: 'DELETE', path: objectPath(id) })
    return true
  },
}
