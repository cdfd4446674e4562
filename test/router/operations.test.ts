import { describe, expect, it } from 'vitest'
import { dep, failure, held, nothing, setup, TestClock } from './helpers.js'

const embed = [dep('a', { order: 1 }, 'embed'), dep('b', { order: 2 }, 'embed')]
const rank = ['a', 'b'].map((id, at) => ({
  id,
  modelName: 'rank',
  params: { model: `cohere/${id}`, apiKey: 'k', order: at },
}))

describe('embedding()', () => {
  it('retries on another deployment when the first one fails', async () => {
    const at = setup({ modelList: embed })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
    const answer = await at.router.embedding({ model: 'embed', input: ['one', 'two'] })
    expect(answer.data).toHaveLength(2)
    expect(answer.meta.router).toMatchObject({ modelGroup: 'embed', deployment: 'b' })
    expect(answer.meta.attempts).toMatchObject([
      { deployment: 'a', outcome: 'internal_server' },
      { deployment: 'b', outcome: 'success' },
    ])
    expect(held(at.router)).toEqual(nothing)
    const vectors = await at.router.embedding({ model: 'embed', input: 'one', vectorType: 'float32' })
    expect(vectors.data[0]?.embedding).toBeInstanceOf(Float32Array)
  })

  it('in several batches counts as one call of the deployment', async () => {
    const at = setup({
      modelList: [dep('a', { rpm: 5, tpm: 1_000_000, maxBudget: 5, prices: { input: 1, output: 0 } }, 'embed')],
    })
    const answer = await at.router.embedding({
      model: 'embed',
      input: Array.from({ length: 3_000 }, (_, i) => `text ${i}`),
    })
    expect(answer.data).toHaveLength(3_000)
    expect(at.mock.requests.length).toBeGreaterThan(1)
    const { usage } = answer
    expect(at.router.deployment('a')).toMatchObject({
      inFlight: 0,
      requests: 1,
      tokens: usage?.total_tokens,
      successes: 1,
    })
    expect(at.router.snapshot().budgets[0]).toMatchObject({ reserved: 0 })
    expect(at.router.snapshot().budgets[0]?.spent).toBeCloseTo((usage?.total_tokens ?? 0) / 1_000_000, 9)
  })

  it('that fails in one of several batches is settled once', async () => {
    const at = setup({ modelList: [dep('a', {}, 'embed')], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 500 })
    await failure(at.router.embedding({ model: 'embed', input: Array.from({ length: 5_000 }, (_, i) => `text ${i}`) }))
    expect(held(at.router)).toEqual(nothing)
    expect(at.router.deployment('a')).toMatchObject({ failures: 1, successes: 0 })
  })

  it('falls back, and rejects wrong input', async () => {
    const at = setup({ modelList: [...embed, dep('c', {}, 'other')], fallbacks: [{ embed: ['other'] }], numRetries: 1 })
    for (const model of ['a', 'b']) at.mock.fail({ kind: 'status', status: 500 }, { model })
    const answer = await at.router.embedding({ model: 'embed', input: 'one' })
    expect(answer.meta.router).toMatchObject({ deployment: 'c', fallbacks: 1 })
    expect(await failure(at.router.embedding({ model: 'embed', input: [] }))).toMatchObject({ code: 'bad_request' })
    expect(await failure(at.router.embedding({ model: 'embed', input: 'x', apiKey: 'x' }))).toMatchObject({
      param: 'apiKey',
    })
    expect(held(at.router)).toEqual(nothing)
  })
})

describe('rerank()', () => {
  const documents = ['about cats', 'about dogs', 'about cars']
  it('retries on another deployment, and reports both attempts', async () => {
    const at = setup({ modelList: rank })
    at.mock.fail({ kind: 'status', status: 429 }, { model: 'a' })
    const answer = await at.router.rerank({ model: 'rank', query: 'dogs', documents })
    expect(answer.results[0]?.index).toBe(1)
    expect(answer.meta.router).toMatchObject({ modelGroup: 'rank', deployment: 'b' })
    expect(answer.meta.attempts).toHaveLength(2)
    expect(at.router.deployment('a')?.status).toBe('cooldown')
    expect(held(at.router)).toEqual(nothing)
  })
})

const tokenPrices = { prices: { input: 1_000_000, output: 1_000_000 } }

describe('responses()', () => {
  it('retries on another deployment, and reports both attempts', async () => {
    const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })] })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
    at.mock.reply({ text: 'Hello' })
    const answer = await at.router.responses({ model: 'gpt', input: 'Hi' })
    expect(answer.output_text).toBe('Hello')
    expect(answer.meta.router).toMatchObject({ requested: 'gpt', modelGroup: 'gpt', deployment: 'b' })
    expect(answer.meta.attempts).toMatchObject([
      { deployment: 'a', outcome: 'internal_server' },
      { deployment: 'b', outcome: 'success' },
    ])
    expect(held(at.router)).toEqual(nothing)
  })

  it('streams, counts tokens and charges budgets', async () => {
    const at = setup({ modelList: [dep('a', { tpm: 1_000, maxBudget: 100, ...tokenPrices })] })
    at.mock.reply({ text: 'one two', usage: { promptTokens: 3, completionTokens: 4 } })
    const stream = await at.router.responses({ model: 'gpt', input: 'Hi', stream: true, max_output_tokens: 20 })
    expect(held(at.router)).toMatchObject({ inFlight: 1, calls: 1 })
    expect(at.router.snapshot().budgets[0]?.reserved).toBeGreaterThan(20)
    expect((await stream.final()).output_text).toBe('one two')
    expect(stream.meta.router).toMatchObject({ deployment: 'a' })
    expect(held(at.router)).toEqual(nothing)
    expect(at.router.deployment('a')).toMatchObject({ requests: 1, tokens: 7, successes: 1 })
    expect(at.router.snapshot().budgets[0]?.spent).toBeCloseTo(7, 9)
  })

  it('falls back to another group, and reports the events', async () => {
    const at = setup({ modelList: ['a', dep('c', {}, 'other')], fallbacks: [{ gpt: ['other'] }], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 503 }, { model: 'a' })
    const answer = await at.router.responses({ model: 'gpt', input: 'Hi' })
    expect(answer.meta.router).toMatchObject({ deployment: 'c', fallbacks: 1 })
    expect(at.events.map(({ type }) => type)).toEqual(['pick', 'failure', 'fallback', 'pick', 'success'])
  })

  it('selects a deployment whose context window holds the input', async () => {
    const short = { prices: { input: 1, output: 1, maxInputTokens: 50 } }
    const at = setup({ modelList: [dep('short', short), dep('long')] })
    expect((await at.router.responses({ model: 'gpt', input: 'word '.repeat(400) })).meta.router?.deployment).toBe(
      'long',
    )
  })

  it('enforces the limits of requests', async () => {
    const at = setup(
      { modelList: [dep('a', { rpm: 1 })], enforceLimits: true, queue: false },
      { clock: new TestClock({ frozen: true }) },
    )
    await at.router.responses({ model: 'gpt', input: 'Hi' })
    const error = await failure(at.router.responses({ model: 'gpt', input: 'Hi' }))
    expect(error).toMatchObject({ code: 'no_deployments_available', retryAfterMs: expect.any(Number) })
  })

  it('rejects a wrong input before a deployment is called', async () => {
    const at = setup({ modelList: ['a'] })
    const error = await failure(at.router.responses({ model: 'gpt', input: 5 as unknown as string }))
    expect(error).toMatchObject({ code: 'bad_request', param: 'input' })
    expect(at.mock.requests).toHaveLength(0)
    expect(held(at.router)).toEqual(nothing)
  })

  it('has no cache', async () => {
    const at = setup({ modelList: ['a'] })
    const error = await failure(at.router.responses({ model: 'gpt', input: 'Hi', cache: {} } as never))
    expect(error).toMatchObject({ code: 'bad_request', param: 'cache' })
  })
})

describe('moderation()', () => {
  it('retries on another deployment, and reports both attempts', async () => {
    const at = setup({ modelList: [dep('a', { order: 1 }, 'safety'), dep('b', { order: 2 }, 'safety')] })
    at.mock.fail({ kind: 'status', status: 429 }, { model: 'a' })
    const answer = await at.router.moderation({ model: 'safety', input: ['one', 'two'] })
    expect(answer.results).toHaveLength(2)
    expect(answer.meta.router).toMatchObject({ modelGroup: 'safety', deployment: 'b' })
    expect(answer.meta.attempts).toHaveLength(2)
    expect(at.router.deployment('a')?.status).toBe('cooldown')
    expect(held(at.router)).toEqual(nothing)
  })

  it('goes to the group that the call names', async () => {
    const at = setup({ modelList: [dep('a', {}, 'safety')] })
    const error = await failure(at.router.moderation({ input: 'x' } as never))
    expect(error).toMatchObject({ code: 'bad_request', param: 'model' })
  })

  it('calls its callbacks with its name', async () => {
    const seen: string[] = []
    const callbacks = [{ onSuccess: ({ operation }: { operation: string }) => void seen.push(operation) }]
    const at = setup({ modelList: [dep('a', {}, 'safety')], callbacks })
    await at.router.moderation({ model: 'safety', input: 'x' })
    await at.router.responses({ model: 'safety', input: 'x' })
    await at.router.flush()
    expect(seen).toEqual(['moderation', 'responses'])
  })
})

it('an operation that the provider lacks is rejected with the reason', async () => {
  const at = setup({ modelList: [dep('a', { model: 'anthropic/claude-sonnet-4-5' }, 'claude')] })
  const error = await failure(at.router.embedding({ model: 'claude', input: 'x' }))
  expect(error.message).toContain('has no embedding models')
  expect(held(at.router)).toEqual(nothing)
})
