import { BadRequestError, got } from '../../src/errors.js'
import { type SigningService, signRequest } from '../aws/credentials.js'
import { regionalHost } from '../aws/region.js'
import type { Provider, Settings, Signable } from '../contract.js'
import { type BucketObject, bucketObject, nameIn, strict, under } from './bucket.js'
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

/** Model invocation jobs, with files in S3. https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html */

const name = 'Amazon Bedrock'
const jobs = '/model-invocation-job'
const jobPath = (id: string, action = ''): string => `${jobs}/${strict(id)}${action}`

const states = {
  Submitted: 'validating',
  Validating: 'validating',
  Scheduled: 'in_progress',
  InProgress: 'in_progress',
  Completed: 'completed',
  PartiallyCompleted: 'completed',
  Failed: 'failed',
  Stopping: 'cancelling',
  Stopped: 'cancelled',
  Expired: 'expired',
} as const

export const bedrock: BatchHost = Object.freeze({
  limits: Object.freeze({ most: 50_000, bytes: 1024 ** 3 }),
  operations: Object.freeze(['completion', 'embedding'] as const),
  api: controlPlane,
  storage: s3,
  route: ({ endpoint }: HostBatch) => (endpoint === '/invoke' ? 'invoke/' : ''),
  check({ storage, role }) {
    bucketObject(storage, 's3', 'storage', name)
    if (typeof role === 'string' && role.startsWith('arn:')) return
    // https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html
    throw new BadRequestError(
      `'role' must be the ARN of a service role that may read and write the bucket; ${got(role)}.`,
      { provider: 'bedrock', param: 'role' },
    )
  },
  line({ id, body, endpoint, model }) {
    if (endpoint === '/converse' && body.includes('"toolConfig":')) {
      throw new BadRequestError(
        `'tools' must be sent with InvokeModel in batches of ${name}; got Converse. Use 'bedrock/invoke/${model}'.`,
        { provider: 'bedrock', param: 'tools' },
      )
    }
    return `{"recordId":${JSON.stringify(id)},"modelInput":${body}}`
  },
  async create(job: BatchJob, http: HostHttp) {
    const { lines, endpoint, window } = job
    const folder = bucketObject(job.storage, 's3', 'storage', name)
    const input = under(folder, `${job.name}.jsonl`)
    const file = {
      name: `${job.name}.jsonl`,
      type: 'application/jsonl',
      size: lines.size,
      repeatable: lines.repeatable,
    }
    await put(input, { ...file, open: () => lines.open() }, http.storage)
    const hours = Number(/^(\d+)h$/.exec(window ?? '')?.[1])
    const body = JSON.stringify({
      jobName: job.name,
      clientRequestToken: job.name,
      roleArn: job.role,
      modelId: job.model,
      modelInvocationType: endpoint === '/converse' ? 'Converse' : 'InvokeModel',
      inputDataConfig: { s3InputDataConfig: { s3Uri: uriOf(input), s3InputFormat: 'JSONL' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `${uriOf(folder)}/` } },
      ...(hours > 0 && { timeoutDurationInHours: hours }),
    })
    // the token makes a second request harmless
    const { jobArn } = await http.json({ method: 'POST', path: jobs, body, idempotent: true })
    return batchOf(await http.json({ path: jobPath(text(jobArn) ?? '') }))
  },
  retrieve: async (id: string, http: HostHttp) => batchOf(await http.json({ path: jobPath(id) })),
  async cancel(id: string, http: HostHttp) {
    await http.json({ method: 'POST', path: jobPath(id, '/stop'), idempotent: true })
    return batchOf(await http.json({ path: jobPath(id) }))
  },
  async list(after: string | undefined, http: HostHttp): Promise<Page<HostBatch>> {
    const query = `maxResults=100${after === undefined ? '' : `&nextToken=${strict(after)}`}&sortBy=CreationTime&sortOrder=Descending`
    const page = await http.json({ path: `${jobs}s?${query}` })
    return { items: list(page.invocationJobSummaries).map(batchOf), next: text(page.nextToken) }
  },
  async *results({ output_file_id: file }: HostBatch, http: HostHttp): AsyncGenerator<HostResult> {
    if (file === undefined) return
    for await (const line of http.storage.lines(files.content(file))) yield resultOf(object(line))
  },
  get files() {
    return files
  },
} satisfies BatchHost)

function resultOf({ recordId, modelOutput, error }: Json): HostResult {
  const id = text(recordId)
  if (modelOutput !== undefined) return { id, body: modelOutput }
  const { errorCode, errorMessage, expired } = object(error)
  if (expired === true) return { id, notRun: 'expired' }
  return { id, failure: { status: count(errorCode) ?? 500, body: { message: text(errorMessage) ?? 'no message' } } }
}

function batchOf(job: Json): HostBatch {
  const id = text(job.jobArn) ?? ''
  const model = text(job.modelId)?.replace(/^arn:[^/]*\//, '')
  const status = statusOf(states, job.status)
  const input = text(object(object(job.inputDataConfig).s3InputDataConfig).s3Uri)
  const folder = text(object(object(job.outputDataConfig).s3OutputDataConfig).s3Uri)?.replace(/\/$/, '')
  const reason = text(job.message)
  const hasOutput = status === 'completed' || status === 'expired' || status === 'cancelled'
  const invoke = /embed/.test(model ?? '') ? '/invoke (embeddings)' : '/invoke'
  return {
    id,
    model,
    name: text(job.jobName),
    endpoint: job.modelInvocationType === 'Converse' ? '/converse' : invoke,
    status,
    request_counts: {
      total: count(job.totalRecordCount) ?? 0,
      completed: count(job.successRecordCount) ?? 0,
      failed: count(job.errorRecordCount) ?? 0,
    },
    created_at: seconds(job.submitTime) ?? 0,
    ended_at: seconds(job.endTime),
    expires_at: seconds(job.jobExpirationTime),
    input_file_id: input,
    output_file_id: hasOutput && input && folder ? `${folder}/${nameIn(id)}/${nameIn(input)}.out` : undefined,
    errors: status === 'failed' ? [{ message: reason ?? 'no message' }] : undefined,
  }
}

/** Jobs are at another host than calls. */
function controlPlane(provider: Provider): Provider {
  const address = Object.freeze({
    ...provider.address,
    base: ({ region = '' }: Settings) => `https://bedrock.${regionalHost(region, 'bedrock')}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_BEDROCK', 'AWS_ENDPOINT_URL']),
  })
  return Object.create(provider, { address: { value: address } })
}

const s3Signer: SigningService = Object.freeze({
  provider: 'bedrock',
  name: 'Amazon S3',
  service: 's3',
  otherwise: 'A Bedrock API key has no access to S3.',
})

/** The bucket, with AWS keys: API keys of Bedrock are not valid there. */
function s3(provider: Provider): Provider {
  const address = Object.freeze({
    ...provider.address,
    base: ({ region = '' }: Settings) => `https://s3.${regionalHost(region, 'bedrock')}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']),
  })
  const authorize = (request: Signable, settings: Settings) => {
    const headers = { ...request.headers, 'x-amz-content-sha256': unsigned }
    return signRequest({ ...request, headers }, settings, s3Signer)
  }
  return Object.create(provider, {
    address: { value: address },
    name: { value: 'Amazon S3' },
    auth: { value: Object.freeze({ ...provider.auth, schemes: Object.freeze([]) }) },
    authorize: { value: authorize },
  })
}

/** Bodies are sent as they are read, so their hash is not known at the start. */
const unsigned = 'UNSIGNED-PAYLOAD'
const s3Headers = Object.freeze({ 'x-amz-content-sha256': unsigned })

const uriOf = ({ bucket, key }: BucketObject): string => (key === '' ? `s3://${bucket}` : `s3://${bucket}/${key}`)
const pathOf = ({ bucket, key }: BucketObject): string => `/${bucket}/${key.split('/').map(strict).join('/')}`
const objectOf = (id: string): BucketObject => bucketObject(id, 's3', 'id', name)

async function put(at: BucketObject, file: NamedUpload, storage: HostHttp): Promise<HostFile> {
  const headers = { ...s3Headers, 'content-type': file.type }
  await storage.send({ method: 'PUT', path: pathOf(at), headers, body: file })
  return { id: uriOf(at), bytes: file.size ?? 0, filename: nameIn(at.key), purpose: '', created_at: 0, type: file.type }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
async function listObjects(uri: string, after: string | undefined, storage: HostHttp): Promise<Page<HostFile>> {
  const { bucket, key } = bucketObject(uri, 's3', 'storage', name)
  const token = after === undefined ? '' : `continuation-token=${strict(after)}&`
  const { text: xml } = await storage.send({
    path: `/${bucket}?${token}list-type=2&prefix=${strict(key)}`,
    headers: s3Headers,
  })
  const field = (part: string, tag: string) => unescaped(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(part)?.[1] ?? '')
  const items = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, part = '']): HostFile => {
    const object = field(part, 'Key')
    return {
      id: uriOf({ bucket, key: object }),
      bytes: Number(field(part, 'Size')),
      filename: nameIn(object),
      purpose: '',
      created_at: seconds(field(part, 'LastModified')) ?? 0,
    }
  })
  return { items, next: field(xml, 'NextContinuationToken') || undefined }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescaped = (value: string): string =>
  value.replace(/&(\w+);/g, (whole, entity: string) => entities[entity] ?? whole)

const files: FileHost = {
  create: ({ purpose: _, storage, ...file }, http) => put(bucketObject(storage, 's3', 'storage', name), file, http),
  async retrieve(id, http) {
    let after: string | undefined
    do {
      const page = await listObjects(id, after, http)
      const found = page.items.find((one) => one.id === id)
      if (found) return found
      after = page.next
    } while (after !== undefined)
    // the error of S3 for a missing object
    const { text: body } = await http.send({ path: pathOf(objectOf(id)), headers: s3Headers })
    return { id, bytes: body.length, filename: nameIn(id), purpose: '', created_at: 0 }
  },
  list: (after, storage, http) => listObjects(storage ?? '', after, http),
  content: (id) => ({ path: pathOf(objectOf(id)), headers: s3Headers }),
  async delete(id, http) {
    await http.send({ method: 'DELETE', path: pathOf(objectOf(id)), headers: s3Headers })
    return true
  },
}
