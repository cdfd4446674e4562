import { type Json, parseJson, record, records, string } from '../json.js'
import type { RawReply } from '../reply.js'
import type { Incoming } from '../wire/wire.js'
import { page, uploaded } from './openai.js'
import {
  type BatchStore,
  isDone,
  isFailed,
  jsonLines,
  type StoredBatch,
  type StoredBatchRun,
  type StoredFile,
} from './store.js'

/** Message Batches and Files. https://platform.claude.com/docs/en/api/messages/batches */

export function anthropicBatches(incoming: Incoming, store: BatchStore, run: StoredBatchRun): RawReply | undefined {
  const { method, path, headers, text } = incoming
  const found = /\/v1\/(messages\/batches|files)(?:\/([^/?]+))?(?:\/(results|cancel|content))?(?:\?|$)/.exec(path)
  if (!found) return undefined
  const [, resource, id, action] = found
  if (resource === 'files') return files(method, path, id, action, uploaded(text, headers['content-type']), store)
  if (id === undefined && method === 'POST') {
    const given = record(parseJson(text))
    const requests = records(given.requests).map(({ custom_id: name, params }) => ({
      id: string(name) ?? '',
      path: '/v1/messages',
      body: record(params),
    }))
    return { body: card(store.addBatch(store.nextId('msgbatch_'), requests, given, run)) }
  }
  if (id === undefined) return page([...store.batches.values()].reverse().map(card), path)
  const batch = store.batches.get(decodeURIComponent(id))
  if (!batch) return notFound(`Message Batch ${id} not found.`)
  if (action === 'results') return { headers: { 'content-type': 'application/x-jsonl' }, body: results(batch) }
  if (action === 'cancel') batch.cancel()
  else batch.poll()
  return { body: card(batch) }
}

const results = (batch: StoredBatch): string =>
  jsonLines(
    batch.results.map((result) => ({
      custom_id: result.id,
      result: result.notRun
        ? { type: result.notRun === 'expired' ? 'expired' : 'canceled' }
        : isDone(result)
          ? { type: 'succeeded', message: result.body }
          : { type: 'errored', error: result.body },
    })),
  )

function card(batch: StoredBatch): Json {
  const { isOver, state, requests, createdAt } = batch
  const date = (seconds: number) => new Date(seconds * 1000).toISOString()
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: isOver ? 'ended' : state === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: {
      processing: isOver ? 0 : requests.length,
      succeeded: batch.count(isDone),
      errored: batch.count(isFailed),
      canceled: batch.count(({ notRun }) => notRun === 'cancelled'),
      expired: batch.count(({ notRun }) => notRun === 'expired'),
    },
    created_at: date(createdAt),
    expires_at: date(createdAt + 86_400),
    ended_at: isOver ? date(createdAt + 60) : null,
    cancel_initiated_at: state === 'cancelling' || state === 'cancelled' ? date(createdAt + 30) : null,
    archived_at: null,
    results_url: isOver ? `https://api.anthropic.com/v1/messages/batches/${batch.id}/results` : null,
  }
}

function files(
  method: string,
  path: string,
  id: string | undefined,
  action: string | undefined,
  { name, content }: { name: string; content: string },
  store: BatchStore,
): RawReply {
  if (id === undefined) {
    if (method === 'POST') return { body: fileCard(store.addFile(store.nextId('file_'), name, '', content)) }
    return page([...store.files.values()].map(fileCard), path)
  }
  const file = store.files.get(decodeURIComponent(id))
  if (!file) return notFound(`File not found: ${id}`)
  if (method === 'DELETE') {
    store.files.delete(file.id)
    return { body: { id: file.id, type: 'file_deleted' } }
  }
  return action === 'content' ? { body: file.text } : { body: fileCard(file) }
}

const fileCard = ({ id, name, text, createdAt }: StoredFile): Json => ({
  id,
  type: 'file',
  filename: name,
  mime_type: 'application/octet-stream',
  size_bytes: Buffer.byteLength(text),
  created_at: new Date(createdAt * 1000).toISOString(),
  downloadable: true,
})

const notFound = (message: string): RawReply => ({
  status: 404,
  body: { type: 'error', error: { type: 'not_found_error', message } },
})
