import { type Json, parseJson, record, string } from '../json.js'
import type { RawReply } from '../reply.js'
import type { Incoming } from '../wire/wire.js'
import {
  type BatchStore,
  isDone,
  isFailed,
  jsonLines,
  type StoredBatch,
  type StoredBatchRun,
  type StoredFile,
} from './store.js'

/** Batches and files of the Gemini API. https://ai.google.dev/api/batch-api */

export function geminiBatches(
  { method, path, headers, text }: Incoming,
  store: BatchStore,
  run: StoredBatchRun,
): RawReply | undefined {
  const [plain = '', query = ''] = path.split('?')
  if (plain.endsWith('/upload/v1beta/files')) {
    const id = new URLSearchParams(query).get('upload_id')
    if (id === null) {
      const upload = store.nextId('upload')
      const display = string(record(record(parseJson(text)).file).display_name) ?? ''
      store.uploads.set(upload, display)
      const host = headers.host === undefined ? 'https://generativelanguage.googleapis.com' : `http://${headers.host}`
      return { headers: { 'x-goog-upload-url': `${host}/upload/v1beta/files?upload_id=${upload}` }, body: {} }
    }
    const file = store.addFile(store.nextId('files/f'), store.uploads.get(id) ?? '', '', text)
    return { body: { file: fileCard(file) } }
  }
  const [, model, named] = /\/models\/([^/]+):(batchGenerateContent|asyncBatchEmbedContent)$/.exec(plain) ?? []
  if (model !== undefined) {
    const embeds = named === 'asyncBatchEmbedContent'
    return create(decodeURIComponent(model), record(parseJson(text)), embeds, store, run)
  }
  const [, kind = '', id, action] = /\/(files|batches)(?:\/([\w-]+))?(?::(\w+))?$/.exec(plain) ?? []
  if (kind === 'files') {
    if (id === undefined) return { body: { files: [...store.files.values()].map(fileCard) } }
    const file = store.files.get(`files/${id}`)
    if (!file) return notFound(`File ${id}`)
    if (action === 'download') return { headers: { 'content-type': 'application/octet-stream' }, body: file.text }
    if (method === 'DELETE') store.files.delete(file.id)
    return { body: method === 'DELETE' ? {} : fileCard(file) }
  }
  if (id === undefined)
    return { body: { operations: [...store.batches.values()].reverse().map((one) => card(one, store)) } }
  const batch = store.batches.get(`batches/${id}`)
  if (!batch) return notFound(`Batch ${id}`)
  if (action === 'cancel') {
    batch.cancel()
    return { body: {} }
  }
  batch.poll()
  return { body: card(batch, store) }
}

function create(model: string, given: Json, embeds: boolean, store: BatchStore, run: StoredBatchRun): RawReply {
  const batch = record(given.batch)
  const input = string(record(batch.input_config).file_name) ?? ''
  const file = store.files.get(input)
  if (!file) return notFound(`File ${input}`)
  const requests = file.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { key, request } = record(parseJson(line))
      return {
        id: string(key) ?? '',
        path: `/v1beta/models/${encodeURIComponent(model)}:${embeds ? 'embedContent' : 'generateContent'}`,
        body: record(request),
      }
    })
  const made = store.addBatch(store.nextId('batches/b'), requests, { ...batch, model, embeds }, run)
  return { body: card(made, store) }
}

const states = {
  running: 'RUNNING',
  cancelling: 'RUNNING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
} as const

function card(batch: StoredBatch, store: BatchStore): Json {
  const { given, state, plan, requests, createdAt, isOver } = batch
  if (isOver && state !== 'failed' && batch.files.output === undefined) {
    const lines = batch.results.map(({ id, body, notRun, ...rest }) => {
      if (notRun)
        return {
          key: id,
          error: notRun === 'expired' ? { code: 4, message: 'Expired.' } : { code: 1, message: 'Cancelled.' },
        }
      return isDone({ id, body, ...rest })
        ? { key: id, response: body }
        : { key: id, error: record(record(body).error) }
    })
    batch.files.output = store.addFile(store.nextId('files/r'), 'responses', '', jsonLines(lines)).id
  }
  const time = new Date(createdAt * 1000).toISOString()
  const stats = {
    requestCount: String(requests.length),
    successfulRequestCount: String(batch.count(isDone)),
    failedRequestCount: String(batch.count(isFailed)),
    ...(!isOver && { pendingRequestCount: String(requests.length) }),
  }
  return {
    name: batch.id,
    metadata: {
      '@type': `type.googleapis.com/google.ai.generativelanguage.v1main.${given.embeds ? 'Embed' : 'Generate'}ContentBatch`,
      model: `models/${given.model}`,
      displayName: given.display_name,
      inputConfig: { fileName: record(given.input_config).file_name },
      state: `BATCH_STATE_${states[state]}`,
      createTime: time,
      updateTime: time,
      ...(isOver && { endTime: time }),
      batchStats: stats,
      name: batch.id,
    },
    ...(isOver && { done: true }),
    ...(batch.files.output !== undefined && { response: { responsesFile: batch.files.output } }),
    ...(state === 'failed' && { error: { code: 3, message: plan.errors?.[0]?.message ?? 'Failed.' } }),
  }
}

const fileCard = ({ id, name, text, createdAt }: StoredFile): Json => ({
  name: id,
  displayName: name,
  mimeType: 'application/jsonl',
  sizeBytes: String(Buffer.byteLength(text)),
  createTime: new Date(createdAt * 1000).toISOString(),
  state: 'ACTIVE',
})

export const notFound = (what: string): RawReply => ({
  status: 404,
  body: { error: { code: 404, message: `${what} not found.`, status: 'NOT_FOUND' } },
})
