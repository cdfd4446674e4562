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

/** Model invocation jobs of Bedrock, and objects of S3 by path. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html */

export function bedrockBatches(
  { method, path, text }: Incoming,
  store: BatchStore,
  run: StoredBatchRun,
): RawReply | undefined {
  const [plain = ''] = path.split('?')
  const [, plural, id, action] = /\/model-invocation-job(s?)(?:\/([^/]+))?(?:\/(stop))?$/.exec(plain) ?? []
  if (plural === 's')
    return { body: { invocationJobSummaries: [...store.batches.values()].reverse().map((one) => card(one, store)) } }
  if (id === undefined) return create(record(parseJson(text)), store, run)
  const batch = store.batches.get(decodeURIComponent(id))
  if (!batch) return { status: 404, body: { message: 'The provided job was not found.' } }
  if (action === 'stop') {
    batch.cancel()
    return { body: {} }
  }
  if (method === 'GET') batch.poll()
  return { body: card(batch, store) }
}

export function s3Objects({ method, path, text }: Incoming, store: BatchStore): RawReply | undefined {
  const [plain = '', query = ''] = path.split('?')
  const [, bucket = '', key = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(plain) ?? []
  const id = `s3://${bucket}/${key.split('/').map(decodeURIComponent).join('/')}`
  if (method === 'PUT') {
    store.addFile(id, id, '', text)
    return { body: '' }
  }
  if (key === '') {
    const start = `s3://${bucket}/${new URLSearchParams(query).get('prefix') ?? ''}`
    const found = [...store.files.values()].filter((file) => file.id.startsWith(start))
    const contents = found.map((file) => entry(file, `s3://${bucket}/`)).join('')
    return { headers: xml, body: `<?xml version="1.0"?><ListBucketResult>${contents}</ListBucketResult>` }
  }
  const file = store.files.get(id)
  if (!file) {
    const body =
      '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>'
    return { status: 404, headers: xml, body }
  }
  if (method !== 'DELETE') return { body: file.text }
  store.files.delete(id)
  return { status: 204, body: '' }
}

const xml = { 'content-type': 'application/xml' }

const entry = ({ id, text, createdAt }: StoredFile, start: string): string => {
  const time = new Date(createdAt * 1000).toISOString()
  const key = id.slice(start.length).replaceAll('&', '&amp;')
  return `<Contents><Key>${key}</Key><LastModified>${time}</LastModified><Size>${Buffer.byteLength(text)}</Size></Contents>`
}

function create(given: Json, store: BatchStore, run: StoredBatchRun): RawReply {
  const input = String(record(record(given.inputDataConfig).s3InputDataConfig).s3Uri)
  const file = store.files.get(input)
  if (!file) return { status: 400, body: { message: `The S3 object ${input} was not found.` } }
  const model = encodeURIComponent(String(given.modelId))
  const path = `/model/${model}/${given.modelInvocationType === 'Converse' ? 'converse' : 'invoke'}`
  const requests = file.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { recordId, modelInput } = record(parseJson(line))
      return { id: string(recordId) ?? '', path, body: record(modelInput) }
    })
  const arn = `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/${store.nextId('j')}`
  store.addBatch(arn, requests, given, run)
  return { body: { jobArn: arn } }
}

const states = {
  running: 'InProgress',
  cancelling: 'Stopping',
  completed: 'Completed',
  failed: 'Failed',
  expired: 'Expired',
  cancelled: 'Stopped',
} as const

function card(batch: StoredBatch, store: BatchStore): Json {
  const { given, state, plan, createdAt, isOver, id, requests } = batch
  const input = String(record(record(given.inputDataConfig).s3InputDataConfig).s3Uri)
  const folder = String(record(record(given.outputDataConfig).s3OutputDataConfig).s3Uri)
  if (isOver && state !== 'failed' && batch.files.output === undefined) {
    batch.files.output = `${folder}${id.slice(id.lastIndexOf('/') + 1)}/${input.slice(input.lastIndexOf('/') + 1)}.out`
    const lines = batch.results.flatMap((result): readonly object[] => {
      const { request, body, notRun, status } = result
      const line = { recordId: result.id, modelInput: request.body }
      if (notRun === 'cancelled') return []
      if (isDone(result)) return [{ ...line, modelOutput: body }]
      const errorMessage = string(record(body).message) ?? 'expired'
      return [
        {
          ...line,
          error: { errorCode: notRun ? 408 : status, errorMessage, expired: notRun === 'expired', retryable: false },
        },
      ]
    })
    store.addFile(batch.files.output, batch.files.output, '', jsonLines(lines))
  }
  const time = new Date(createdAt * 1000).toISOString()
  return {
    jobArn: id,
    jobName: given.jobName,
    clientRequestToken: given.clientRequestToken,
    modelId: given.modelId,
    modelInvocationType: given.modelInvocationType,
    roleArn: given.roleArn,
    status: states[state],
    ...(state === 'failed' && { message: plan.errors?.[0]?.message ?? 'Failed.' }),
    submitTime: time,
    ...(isOver && { endTime: time }),
    inputDataConfig: given.inputDataConfig,
    outputDataConfig: given.outputDataConfig,
    totalRecordCount: requests.length,
    processedRecordCount: batch.results.length,
    successRecordCount: batch.count(isDone),
    errorRecordCount: batch.count(isFailed),
  }
}
