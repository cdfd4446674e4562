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

/** Files and batches of OpenAI, Azure OpenAI and Groq. https://platform.openai.com/docs/api-reference/batch */

/** Undefined if the request is for another API. */
export function openaiBatches(
  { method, path, headers, text }: Incoming,
  store: BatchStore,
  run: StoredBatchRun,
): RawReply | undefined {
  const [, resource, id, action] = /\/(files|batches)(?:\/([^/?]+))?(?:\/(content|cancel))?(?:\?|$)/.exec(path) ?? []
  if (resource === undefined) return undefined
  if (resource === 'files') {
    if (method === 'POST' && (id === undefined || id === 'upload')) {
      const { name, purpose, content } = uploaded(text, headers['content-type'])
      return { body: fileCard(store.addFile(store.nextId('file-'), name, purpose, content)) }
    }
    if (id === undefined) return page([...store.files.values()].map(fileCard), path)
    const file = store.files.get(decodeURIComponent(id))
    if (!file) return notFound(`No such File object: ${id}`)
    if (method === 'DELETE') {
      store.files.delete(file.id)
      return { body: { id: file.id, object: 'file', deleted: true } }
    }
    return action === 'content'
      ? { headers: { 'content-type': 'application/octet-stream' }, body: file.text }
      : { body: fileCard(file) }
  }
  if (method === 'POST' && id === undefined) return create(record(parseJson(text)), store, run)
  if (id === undefined) {
    const cards = [...store.batches.values()].reverse().map((batch) => batchCard(batch, store))
    return page(cards, path)
  }
  const batch = store.batches.get(decodeURIComponent(id))
  if (!batch) return notFound(`No batch found with id '${id}'.`)
  if (action === 'cancel') batch.cancel()
  else batch.poll()
  return { body: batchCard(batch, store) }
}

function create(given: Json, store: BatchStore, run: StoredBatchRun): RawReply {
  const file = store.files.get(string(given.input_file_id) ?? '')
  if (!file) return notFound(`No such File object: ${given.input_file_id}`)
  const endpoint = string(given.endpoint) ?? ''
  const requests = file.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { custom_id: id, body } = record(parseJson(line))
      return { id: string(id) ?? '', path: endpoint, body: record(body) }
    })
  const card = batchCard(store.addBatch(store.nextId('batch_'), requests, given, run), store)
  // Together's answer
  return { body: file.purpose === 'batch-api' ? { job: card } : card }
}

const states = {
  running: 'in_progress',
  cancelling: 'cancelling',
  completed: 'completed',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
} as const

function batchCard(batch: StoredBatch, store: BatchStore): Json {
  if (batch.isOver) writeFiles(batch, store)
  const { given, state, plan, files, createdAt } = batch
  const errors = plan.errors?.map(({ message, code = 'invalid_json_line', line = null }) => ({
    code,
    message,
    line,
    param: null,
  }))
  return {
    id: batch.id,
    object: 'batch',
    endpoint: given.endpoint,
    errors: state === 'failed' ? { object: 'list', data: errors ?? [] } : null,
    input_file_id: given.input_file_id,
    completion_window: given.completion_window,
    status: states[state],
    output_file_id: files.output ?? null,
    error_file_id: files.error ?? null,
    created_at: createdAt,
    expires_at: createdAt + 86_400,
    [`${state === 'running' ? 'in_progress' : state}_at`]: createdAt + 60,
    request_counts: {
      total: batch.requests.length,
      completed: batch.count(isDone),
      failed: batch.count(isFailed),
    },
    metadata: given.metadata ?? null,
  }
}

export function writeFiles(batch: StoredBatch, store: BatchStore): void {
  if (batch.files.written !== undefined) return
  batch.files.written = 'yes'
  const done = batch.results.filter(isDone).map(({ id, body }) => ({
    id: `batch_req_${id}`,
    custom_id: id,
    response: { status_code: 200, request_id: `req_${id}`, body },
    error: null,
  }))
  const failed = batch.results
    .filter((result) => !isDone(result))
    .map(({ id, status, body, notRun }) =>
      notRun
        ? {
            id: `batch_req_${id}`,
            custom_id: id,
            response: null,
            error: { code: `batch_${notRun}`, message: 'This request could not be executed.' },
          }
        : {
            id: `batch_req_${id}`,
            custom_id: id,
            response: { status_code: status, request_id: `req_${id}`, body },
            error: null,
          },
    )
  for (const [kind, lines] of [
    ['output', done],
    ['error', failed],
  ] as const) {
    if (lines.length === 0) continue
    const name = `${batch.id}_${kind}.jsonl`
    batch.files[kind] = store.addFile(store.nextId('file-'), name, 'batch_output', jsonLines(lines)).id
  }
}

/** The file and the fields of a form. */
export function uploaded(
  text: string,
  contentType: string | undefined,
): { name: string; purpose: string; content: string } {
  const boundary = /boundary="?([^";]+)/i.exec(contentType ?? '')?.[1] ?? ''
  let name = ''
  let purpose = ''
  let content = ''
  for (const part of text.split(`--${boundary}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, end)
    const value = part.slice(end + 4, -2)
    const filename = /filename="([^"]*)"/.exec(head)?.[1]
    if (filename !== undefined) {
      name = filename
      content = value
    } else if (/name="purpose"/.test(head)) purpose = value
  }
  return { name, purpose, content }
}

const fileCard = ({ id, name, purpose, text, createdAt }: StoredFile): Json => ({
  id,
  object: 'file',
  bytes: Buffer.byteLength(text),
  created_at: createdAt,
  filename: name,
  purpose,
  status: 'processed',
})

/** A page after the id in the query. */
export function page(cards: readonly Json[], path: string): RawReply {
  const query = new URLSearchParams(path.split('?')[1])
  const after = query.get('after') ?? query.get('after_id')
  const start = after === null ? 0 : cards.findIndex(({ id }) => id === after) + 1
  const data = cards.slice(start, start + Number(query.get('limit') ?? 20))
  const more = start + data.length < cards.length
  return {
    body: { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: more },
  }
}

export const notFound = (message: string): RawReply => ({
  status: 404,
  body: { error: { message, type: 'invalid_request_error', param: 'id', code: null } },
})
