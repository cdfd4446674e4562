import { type Json, list, parseJson, record, string } from '../json.js'
import type { RawReply } from '../reply.js'
import type { Incoming } from '../wire/wire.js'
import { notFound, writeFiles } from './openai.js'
import { type BatchStore, isDone, isFailed, type StoredBatch, type StoredBatchRun } from './store.js'

/** Batch jobs; its files are OpenAI's. https://docs.mistral.ai/api/endpoint/batch */

export function mistralBatches(
  { method, path, text }: Incoming,
  store: BatchStore,
  run: StoredBatchRun,
): RawReply | undefined {
  const found = /\/batch\/jobs(?:\/([^/?]+))?(?:\/(cancel))?(?:\?|$)/.exec(path)
  if (!found) return undefined
  const [, id, action] = found
  if (id === undefined && method === 'POST') {
    const given = record(parseJson(text))
    const file = store.files.get(String(list(given.input_files)[0]))
    if (!file) return notFound('No such file.')
    const requests = file.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { custom_id: name, body } = record(parseJson(line))
        return {
          id: string(name) ?? '',
          path: string(given.endpoint) ?? '',
          body: { model: given.model, ...record(body) },
        }
      })
    return { body: card(store.addBatch(store.nextId('job-'), requests, given, run), store) }
  }
  if (id === undefined) {
    const query = new URLSearchParams(path.split('?')[1])
    const [number, size] = [Number(query.get('page') ?? 0), Number(query.get('page_size') ?? 100)]
    const all = [...store.batches.values()].reverse().map((batch) => card(batch, store))
    return { body: { object: 'list', data: all.slice(number * size, (number + 1) * size), total: all.length } }
  }
  const batch = store.batches.get(decodeURIComponent(id))
  if (!batch) return notFound(`No job ${id}.`)
  if (action === 'cancel') batch.cancel()
  else batch.poll()
  return { body: card(batch, store) }
}

const states = {
  running: 'RUNNING',
  cancelling: 'CANCELLATION_REQUESTED',
  completed: 'SUCCESS',
  failed: 'FAILED',
  expired: 'TIMEOUT_EXCEEDED',
  cancelled: 'CANCELLED',
} as const

function card(batch: StoredBatch, store: BatchStore): Json {
  if (batch.isOver) writeFiles(batch, store)
  const { given, plan, state, files, requests, createdAt } = batch
  return {
    id: batch.id,
    object: 'batch',
    input_files: given.input_files,
    endpoint: given.endpoint,
    model: given.model,
    metadata: given.metadata ?? null,
    status: states[state],
    errors: state === 'failed' ? (plan.errors ?? []).map(({ message }) => ({ message, count: 1 })) : [],
    output_file: files.output ?? null,
    error_file: files.error ?? null,
    created_at: createdAt,
    completed_at: batch.isOver ? createdAt + 60 : null,
    total_requests: requests.length,
    completed_requests: batch.results.length,
    succeeded_requests: batch.count(isDone),
    failed_requests: batch.count(isFailed),
  }
}
