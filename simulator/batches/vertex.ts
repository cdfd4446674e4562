import { type Json, list, parseJson, record, string } from '../json.js'
import type { RawReply } from '../reply.js'
import type { Incoming } from '../wire/wire.js'
import { notFound } from './gemini.js'
import {
  type BatchStore,
  isDone,
  isFailed,
  jsonLines,
  type StoredBatch,
  type StoredBatchRun,
  type StoredFile,
} from './store.js'

/** Batch prediction jobs of Vertex AI, and the objects of Cloud Storage. https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs */

export function vertexBatches(incoming: Incoming, store: BatchStore, run: StoredBatchRun): RawReply | undefined {
  const { method, path, text } = incoming
  const [plain = '', query = ''] = path.split('?')
  const [, bucket, object] = /\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(plain) ?? []
  if (bucket !== undefined) return objects(incoming, bucket, object, new URLSearchParams(query), store)
  const [, parent = '', id, action] =
    /\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/batchPredictionJobs(?:\/(\w+))?(?::(\w+))?$/.exec(plain) ?? []
  if (id === undefined && method === 'POST') return create(parent, record(parseJson(text)), store, run)
  if (id === undefined)
    return { body: { batchPredictionJobs: [...store.batches.values()].reverse().map((one) => card(one, store)) } }
  const batch = store.batches.get(`${parent}/batchPredictionJobs/${id}`)
  if (!batch) return notFound(`Job ${id}`)
  if (action === 'cancel') {
    batch.cancel()
    return { body: {} }
  }
  batch.poll()
  return { body: card(batch, store) }
}

function objects(
  { method, text }: Incoming,
  bucket: string,
  object: string | undefined,
  query: URLSearchParams,
  store: BatchStore,
): RawReply {
  if (object === undefined && method === 'POST') {
    const id = `gs://${bucket}/${query.get('name')}`
    return { body: fileCard(store.addFile(id, id, '', text)) }
  }
  if (object === undefined) {
    const start = `gs://${bucket}/${query.get('prefix') ?? ''}`
    return { body: { items: [...store.files.values()].filter(({ id }) => id.startsWith(start)).map(fileCard) } }
  }
  const file = store.files.get(`gs://${bucket}/${decodeURIComponent(object)}`)
  if (!file) return notFound(`Object ${object}`)
  if (method === 'DELETE') {
    store.files.delete(file.id)
    return { status: 204, body: '' }
  }
  return query.get('alt') === 'media' ? { body: file.text } : { body: fileCard(file) }
}

function create(parent: string, given: Json, store: BatchStore, run: StoredBatchRun): RawReply {
  const [uri] = list(record(record(given.inputConfig).gcsSource).uris)
  const file = store.files.get(String(uri))
  if (!file) return notFound(`Object ${uri}`)
  const model = String(given.model)
  const action = model.includes('/anthropic/') ? 'rawPredict' : 'generateContent'
  const requests = file.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { custom_id: id, key, request } = record(parseJson(line))
      if (key !== undefined) {
        const { content, embed_content_config: config } = record(request)
        const body = { content, outputDimensionality: record(config).output_dimensionality }
        return { id: String(key), path: `/v1beta/models/${model.split('/').at(-1)}:embedContent`, body }
      }
      const label = record(record(request).labels).llmux_id
      return { id: string(id) ?? String(label), path: `/v1/${parent}/${model}:${action}`, body: record(request) }
    })
  const id = `${parent}/batchPredictionJobs/${store.nextId('')}`
  return { body: card(store.addBatch(id, requests, given, run), store) }
}

const states = {
  running: 'RUNNING',
  cancelling: 'CANCELLING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
} as const

function card(batch: StoredBatch, store: BatchStore): Json {
  const { given, state, plan, createdAt, isOver, requests } = batch
  const destination = String(record(record(given.outputConfig).gcsDestination).outputUriPrefix)
  const folder = `${destination}/prediction-model-2026`
  if (isOver && state !== 'failed' && batch.files.output === undefined) {
    batch.files.output = folder
    const lines = batch.results.map((result) => {
      const { request, body, notRun } = result
      const embeds = request.path.endsWith(':embedContent')
      const own = embeds ? { key: result.id } : request.body.labels === undefined ? { custom_id: result.id } : {}
      const failure = notRun
        ? { error: { code: notRun === 'expired' ? 4 : 1, message: 'Not run.' } }
        : isDone(result)
          ? undefined
          : { error: { code: result.status, ...record(record(body).error) } }
      const status = failure ? `Bad Request: ${JSON.stringify(failure)}` : ''
      return { ...own, status, processed_time: '', request: request.body, response: failure ? {} : body }
    })
    store.addFile(`${folder}/predictions.jsonl`, 'predictions.jsonl', '', jsonLines(lines))
  }
  const time = new Date(createdAt * 1000).toISOString()
  return {
    name: batch.id,
    displayName: given.displayName,
    model: given.model,
    inputConfig: given.inputConfig,
    outputConfig: given.outputConfig,
    state: `JOB_STATE_${states[state]}`,
    createTime: time,
    ...(isOver && {
      endTime: time,
      completionStats: {
        successfulCount: String(batch.count(isDone)),
        failedCount: String(batch.count(isFailed)),
        incompleteCount: String(requests.length - batch.count(isDone) - batch.count(isFailed)),
      },
    }),
    ...(batch.files.output !== undefined && { outputInfo: { gcsOutputDirectory: folder } }),
    ...(state === 'failed' && { error: { code: 3, message: plan.errors?.[0]?.message ?? 'Failed.' } }),
  }
}

const fileCard = ({ id, text, createdAt }: StoredFile): Json => {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/(.*)$/.exec(id) ?? []
  const size = String(Buffer.byteLength(text))
  return { kind: 'storage#object', name, bucket, size, timeCreated: new Date(createdAt * 1000).toISOString() }
}
