import { describe, expect, it } from 'vitest'
import { dep, failure, held, nothing, setup } from './helpers.js'

const embed = [dep('a', { order: 1 }, 'embed'), dep('b', { order: 2 }, 'embed')]
const rank = ['a', 'b'].map((id, at) => ({
  id,
  modelName: 'rank',
  params: { model: `cohere/${id}`, apiKey: 'k', order: at },
}))

describe('embedding()', () => {
  it('goes to a deployment, and moves on when that fails', async () => {
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

  it('in several requests is one call of the deployment', async () => {
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
      tokens: usage.total_tokens,
      successes: 1,
    })
    expect(at.router.snapshot().budgets[0]).toMatchObject({ reserved: 0 })
    expect(at.router.snapshot().budgets[0]?.spent).toBeCloseTo(usage.total_tokens / 1_000_000, 9)
  })

  it('that fails in one of several requests gives everything back once', async () => {
    const at = setup({ modelList: [dep('a', {}, 'embed')], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 500 })
    await failure(at.router.embedding({ model: 'embed', input: Array.from({ length: 5_000 }, (_, i) => `text ${i}`) }))
    expect(held(at.router)).toEqual(nothing)
    expect(at.router.deployment('a')).toMatchObject({ failures: 1, successes: 0 })
  })

  it('falls back, and refuses what is wrong', async () => {
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
  it('goes to a deployment, moves on, and has its meta', async () => {
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

it('asks a group for what its provider does not have in vain, and says so', async () => {
  const at = setup({ modelList: [dep('a', { model: 'anthropic/claude-sonnet-4-5' }, 'claude')] })
  const error = await failure(at.router.embedding({ model: 'claude', input: 'x' }))
  expect(error.message).toContain('has no embedding models')
  expect(held(at.router)).toEqual(nothing)
})
