import { describe, expect, it } from 'vitest'
import type { BatchItem, Client, LLMError } from '../../src/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const one of items) found.push(one)
  return found
}

const onS3 = { storage: 's3://bucket/batches', role: 'arn:aws:iam::123456789012:role/batch' }

/** A host, and further fields that its batches need. */
const hosts = [
  { model: 'openai/gpt-4o-mini', create: {}, half: true },
  { model: 'azure/gpt-4o-mini', create: {}, half: true },
  { model: 'groq/llama-3.3-70b-versatile', create: {}, half: true },
  { model: 'together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo', create: {}, half: true },
  { model: 'together_ai/openai/gpt-oss-120b', create: {}, half: false },
  { model: 'mistral/mistral-small-latest', create: {}, half: true },
  { model: 'anthropic/claude-haiku-4-5', create: {}, half: true },
  { model: 'gemini/gemini-2.5-flash', create: {}, half: true },
  { model: 'vertex_ai/gemini-2.5-flash', create: { storage: 'gs://bucket/batches' }, half: true },
  { model: 'vertex_ai/claude-haiku-4-5', create: { storage: 'gs://bucket/batches' }, half: true },
  { model: 'bedrock/amazon.nova-lite-v1:0', create: onS3, half: true },
  { model: 'bedrock/invoke/anthropic.claude-3-5-haiku-20241022-v1:0', create: onS3, half: true },
] as const

const chats = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ messages: user(`n${at}`), max_tokens: 50 }))

const shown = (item: BatchItem) =>
  item.status === 'done'
    ? item.answer.choices[0]?.message.content
    : `${item.error.code} ${item.error.providerCode ?? ''}`.trim()

describe.each(hosts)('batches of $model', ({ model, create, half }) => {
  const provider = model.slice(0, model.indexOf('/'))
  const open = (): Client =>
    client({
      maxRetryDelay: 1,
      providers: {
        [provider]: {
          apiKey: 'canary-key',
          apiBase: sim().base(provider),
          ...(provider === 'vertex_ai' && {
            project: 'p',
            location: 'us-central1',
            apiKey: undefined,
            authToken: 'canary-token',
          }),
          ...(provider === 'bedrock' && {
            apiKey: undefined,
            region: 'us-east-1',
            accessKeyId: 'AKIACANARY',
            secretAccessKey: 'canary-secret',
          }),
        },
      },
    })
  const made = (one: Client, count = 4) => one.batches.create({ model, requests: chats(count), ...create })
  const ended = async (one: Client, count = 4) => one.batches.wait(await made(one, count), { pollInterval: 1 })

  it('has answers in the order of the requests, priced as a batch', async () => {
    sim().batch({ polls: 2 })
    const one = open()
    const start = await made(one)
    expect(start).toMatchObject({ provider, object: 'batch', request_counts: { completed: 0, failed: 0 } })
    const batch = await one.batches.wait(start, { pollInterval: 1 })
    expect(batch.status).toBe('completed')
    const items = await all(one.batches.results({ ...start, ...batch }))
    expect(items.map(shown)).toEqual([0, 1, 2, 3].map((at) => `You said: n${at}`))
    const [first] = items
    const single = await one.completion({ model, messages: user('n0'), max_tokens: 50 })
    if (first?.status !== 'done') throw new Error('not done')
    expect(first.answer.usage).toEqual(single.usage)
    expect(first.answer.meta.cost.total).toBeCloseTo((single.meta.cost.total ?? Number.NaN) * (half ? 0.5 : 1), 12)
  })

  it('has typed errors for requests that fail, and for those that expire', async () => {
    sim().batch({ outcome: 'expired', runs: 3 })
    sim().fail(
      ({ body, operation }) =>
        operation === 'chat' && JSON.stringify(body).includes('n1') ? { kind: 'status', status: 400 } : undefined,
      { times: 99 },
    )
    const one = open()
    const batch = await ended(one)
    const items = await all(one.batches.results(batch))
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(items.map((item) => (item.status === 'done' ? 'done' : item.error.code))).toEqual([
      'done',
      'bad_request',
      'done',
      'timeout',
    ])
  })

  it('is cancelled, and has errors for what did not run', async () => {
    sim().batch({ polls: 50 })
    const one = open()
    const start = await made(one)
    await one.batches.cancel(start)
    const batch = await one.batches.wait(start, { pollInterval: 1 })
    expect(batch.status).toBe('cancelled')
    expect((await all(one.batches.results({ ...start, ...batch }))).map(shown)).toEqual(
      Array(4).fill('aborted batch_cancelled'),
    )
  })

  it('polls a slow batch, lists it, and refuses its results before its end', async () => {
    sim().batch({ polls: 4 })
    const one = open()
    const start = await made(one)
    expect(await rejection(all(one.batches.results(start)))).toMatchObject({ code: 'bad_request' })
    expect((await all(one.batches.list({ provider }))).map(({ id }) => id)).toEqual([start.id])
    const states: string[] = []
    await one.batches.wait(start, { pollInterval: 1, onProgress: ({ status }) => states.push(status) })
    expect(states.at(-1)).toBe('completed')
    expect(states.length).toBeGreaterThan(1)
  })

  it('continues a download that was cut', async () => {
    const one = open()
    const batch = await ended(one, 40)
    let cuts = 0
    // the results are the last thing that is requested
    sim().fail(
      ({ method, path }) =>
        method === 'GET' && /content|results|download|alt=media|\.out$/.test(path) && cuts++ < 1
          ? { kind: 'cut' }
          : undefined,
      { times: 9 },
    )
    const items = await all(one.batches.results(batch))
    expect(items.filter(({ status }) => status === 'done')).toHaveLength(40)
    expect(cuts).toBeGreaterThan(1)
  })

  it('reports a wrong key as such', async () => {
    const one = open()
    sim().fail({ kind: 'status', status: 401 }, { times: 9 })
    const error = await rejection(made(one))
    expect(error).toMatchObject({ code: 'authentication', provider })
    expect(error.message).not.toContain('canary')
    expect(await rejection(all(one.batches.list({ provider })))).toMatchObject({ code: 'authentication' })
  })
})

describe('batches in a bucket', () => {
  const aws = { region: 'eu-west-1', accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret' }
  const open = () =>
    client({
      providers: {
        bedrock: { apiBase: sim().url, ...aws },
        vertex_ai: { apiBase: sim().url, project: 'p', location: 'us-central1', authToken: 'canary-token' },
      },
    })
  const model = 'bedrock/amazon.nova-lite-v1:0'

  it('need storage, and on Bedrock a role, before anything is sent', async () => {
    const one = open()
    const requests = chats(1)
    expect((await rejection(one.batches.create({ model, requests }))).message).toMatch(
      /^'storage' must be 's3:\/\/bucket\/folder' for Amazon Bedrock; got undefined/,
    )
    const storage = 's3://bucket'
    expect((await rejection(one.batches.create({ model, requests, storage }))).message).toMatch(
      /^'role' must be the ARN/,
    )
    const vertex = { model: 'vertex_ai/gemini-2.5-flash', requests, storage }
    expect((await rejection(one.batches.create(vertex))).message).toMatch(/^'storage' must be 'gs:\/\/bucket\/folder'/)
    expect(sim().requests).toEqual([])
  })

  it('are signed for each service, with the hash of no body at S3', async () => {
    await open().batches.create({ model, requests: chats(1), ...onS3 })
    const [put, post] = sim().requests
    expect(put).toMatchObject({ method: 'PUT', path: expect.stringMatching(/^\/bucket\/batches\/llmux-\w+\.jsonl$/) })
    expect(put?.headers.authorization).toMatch(
      /Credential=AKIACANARY\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=[^,]*x-amz-content-sha256/,
    )
    expect(put?.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD')
    expect(put?.headers['content-length']).toMatch(/^\d+$/)
    expect(post?.headers.authorization).toMatch(/\/eu-west-1\/bedrock\/aws4_request/)
    expect(post?.body).toMatchObject({
      modelId: 'amazon.nova-lite-v1:0',
      modelInvocationType: 'Converse',
      roleArn: onS3.role,
      clientRequestToken: expect.stringMatching(/^llmux-/),
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket/batches/' } },
    })
  })

  it('refuse tools over Converse, with the way to have them', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'f', parameters: { type: 'object', properties: {} } } },
    ]
    const error = await rejection(
      open().batches.create({ model, requests: [{ ...chats(1)[0], messages: user('x'), tools }], ...onS3 }),
    )
    expect(error.message).toMatch(/Use 'bedrock\/invoke\/amazon\.nova-lite-v1:0'\.$/)
  })

  it.each([
    ['bedrock', 's3://bucket/folder/a (1).txt'],
    ['vertex_ai', 'gs://bucket/folder/a (1).txt'],
  ])('%s has files there', async (provider, storage) => {
    const { files } = open()
    const file = await files.create({ provider, storage, file: new Uint8Array([104, 105]) })
    expect(file).toMatchObject({ id: storage, provider, bytes: 2, filename: 'a (1).txt' })
    expect((await all(files.list({ provider, storage: storage.slice(0, 18) }))).map(({ id }) => id)).toEqual([storage])
    expect(await files.retrieve(file)).toMatchObject({ id: storage, bytes: 2 })
    expect(Buffer.concat(await all(files.content(file))).toString()).toBe('hi')
    await files.delete(file)
    expect(await rejection(all(files.content(file)))).toMatchObject({ code: 'not_found' })
  })

  it('are rejected as a whole with the reason', async () => {
    sim().batch({ outcome: 'failed', errors: [{ message: 'The role has no access to the bucket.' }] })
    const one = open()
    const made = await one.batches.create({ model, requests: chats(2), ...onS3 })
    const error = await rejection(all(one.batches.results(await one.batches.wait(made, { pollInterval: 1 }))))
    expect(error.message).toMatch(/^Amazon Bedrock rejected the whole batch: The role has no access to the bucket\. /)
  })
})

describe('batches of embeddings', () => {
  const open = (): Client =>
    client({
      providers: {
        gemini: { apiKey: 'canary-key', apiBase: sim().base('gemini') },
        vertex_ai: { project: 'p', location: 'us-central1', authToken: 't', apiBase: sim().base('vertex_ai') },
      },
    })
  const storage = 'gs://bucket/batches'
  const requests = [
    { input: 'red', dimensions: 8, input_type: 'search_document' },
    { input: ['blue'], dimensions: 8 },
  ]

  it.each([
    [
      'gemini/gemini-embedding-001',
      {},
      {
        key: 'llmux-0',
        request: {
          model: 'models/gemini-embedding-001',
          content: { parts: [{ text: 'red' }] },
          outputDimensionality: 8,
          taskType: 'RETRIEVAL_DOCUMENT',
        },
      },
    ],
    [
      'vertex_ai/gemini-embedding-001',
      { storage },
      {
        key: 'llmux-0',
        request: {
          content: { parts: [{ text: 'red' }] },
          embed_content_config: { task_type: 'RETRIEVAL_DOCUMENT', output_dimensionality: 8 },
        },
      },
    ],
  ])('are in the documented form: %s', async (model, create, line) => {
    const one = open()
    const made = await one.batches.create({ model, method: 'embedding', requests, ...create })
    expect(made.endpoint).toBe(':embedContent')
    const batch = await one.batches.wait(made, { pollInterval: 1 })
    const items = await all(one.batches.results<'embedding'>(batch))
    expect(
      items.map((item) => item.status === 'done' && item.answer.data.map((each) => each.embedding.length)),
    ).toEqual([[8], [8]])
    const provider = model.slice(0, model.indexOf('/'))
    const file = await all(await one.files.content({ provider, id: batch.input_file_id ?? '' }))
    expect(JSON.parse(Buffer.concat(file).toString().split('\n')[0] ?? '')).toEqual(line)
  })

  it('have one text in each request', async () => {
    const several = [{ input: ['red', 'blue'] }]
    for (const [model, create] of [
      ['gemini/gemini-embedding-001', {}],
      ['vertex_ai/gemini-embedding-001', { storage }],
    ] as const) {
      const made = open().batches.create({ model, method: 'embedding', requests: several, ...create })
      expect(await rejection(made)).toMatchObject({ code: 'bad_request', param: 'input' })
    }
  })

  it('are refused for models of Vertex AI whose rows have no ids', async () => {
    const model = 'vertex_ai/text-embedding-005'
    const made = open().batches.create({ model, method: 'embedding', requests: [{ input: 'red' }], storage })
    expect(await rejection(made)).toMatchObject({ code: 'bad_request', param: 'model' })
  })
})

describe.each(['anthropic', 'gemini', 'mistral', 'together_ai'])('files of %s', (provider) => {
  it('are uploaded, listed, read and deleted', async () => {
    const { files } = client({ providers: { [provider]: { apiKey: 'any', apiBase: sim().base(provider) } } })
    const file = await files.create({ provider, file: new Blob(['hello']), filename: 'greeting.txt' })
    expect(file).toMatchObject({ object: 'file', provider, bytes: 5, filename: 'greeting.txt' })
    expect((await all(files.list({ provider }))).map(({ id }) => id)).toEqual([file.id])
    expect((await files.retrieve(file)).bytes).toBe(5)
    expect(Buffer.concat(await all(files.content(file))).toString()).toBe('hello')
    expect(await files.delete(file)).toEqual({ id: file.id, deleted: true })
    expect(await rejection(files.retrieve(file))).toMatchObject({ code: 'not_found' })
  })
})
