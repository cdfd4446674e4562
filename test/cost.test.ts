import { describe, expect, it } from 'vitest'
import { completionCost, costPerToken, registerModel } from '../src/index.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()

describe('the cost of a call', () => {
  it.each([
    ['openai/gpt-4o', 1000 * 2.5e-6 + 100 * 1e-5],
    ['anthropic/claude-sonnet-4-5', 1000 * 3e-6 + 100 * 1.5e-5],
  ])('of %s is on meta, with its parts, streamed or not', async (model, expected) => {
    sim().reply({ text: 'Hello', usage: { promptTokens: 1000, completionTokens: 100 } }, { times: 2 })
    const whole = await client().completion({ model, messages: user('hi') })
    expect(whole.meta.cost.total).toBeCloseTo(expected, 12)
    expect(whole.meta.cost).toMatchObject({ source: 'table', row: expect.stringContaining(model.split('/')[0] ?? '') })
    expect(completionCost(whole)).toBe(whole.meta.cost.total)
    const stream = await client().completion({ model, messages: user('hi'), stream: true })
    await stream.final()
    expect(stream.meta.cost).toEqual(whole.meta.cost)
    expect(completionCost(await stream.final())).toBe(whole.meta.cost.total)
  })

  it.each(['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'])(
    'of a stream of %s that was left is counted on what came, and says so',
    async (model) => {
      const words = Array.from({ length: 40 }, (_, at) => `word${at} `)
      sim().reply({ text: words.join(''), chunks: words, chunkDelayMs: 10 }, { times: 2 })
      const stream = await client().completion({ model, messages: user('Tell me a story.'), stream: true })
      let seen = 0
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++seen === 10) break
      const { cost, usage } = stream.meta
      expect(cost.estimated).toBe(true)
      expect(cost.total).toBeGreaterThan(0)
      expect(usage).toMatchObject({ completion_tokens: expect.any(Number) })
      const all = await (await client().completion({ model, messages: user('Tell me a story.'), stream: true })).final()
      expect(cost.total).toBeLessThan(all.meta.cost.total ?? 0)
      expect(all.meta.cost.estimated).toBeUndefined()
    },
  )

  it('is undefined where no price is known, with near ids; and what the client was told, where it was', async () => {
    const own = client()
    const unknown = await own.completion({ model: 'openai/gpt-4o-mini-of-mine', messages: user('hi') })
    expect(unknown.meta.cost).toMatchObject({ total: undefined, reason: 'unknown_model', near: expect.any(Array) })
    expect(completionCost(unknown)).toBeUndefined()
    own.registerModel('openai/gpt-4o-mini-of-mine', { input: 1, output: 2 })
    sim().reply({ text: 'x', usage: { promptTokens: 1_000_000, completionTokens: 1_000_000 } }, { times: 2 })
    const known = await own.completion({ model: 'openai/gpt-4o-mini-of-mine', messages: user('hi') })
    expect(known.meta.cost).toMatchObject({ total: 3, input: 1, output: 2, source: 'registry' })
    const other = await client().completion({ model: 'openai/gpt-4o-mini-of-mine', messages: user('hi') })
    expect(other.meta.cost.total).toBeUndefined()
  })

  it('takes the base model of a name that says nothing', async () => {
    sim().reply({ text: 'x', usage: { promptTokens: 1_000_000, completionTokens: 0 } })
    const request = { model: 'openai/my-deployment', messages: user('hi'), baseModel: 'openai/gpt-4o' }
    expect((await client().completion(request)).meta.cost.total).toBeCloseTo(2.5, 9)
  })

  it('is undefined where there is no usage', async () => {
    sim().reply({ text: 'x', usage: null })
    const { meta } = await client().completion({ model: 'openai/gpt-4o', messages: user('hi') })
    expect(meta.cost).toEqual({ total: undefined, reason: 'missing_usage' })
  })

  it('of embeddings is summed over all parts of a list', async () => {
    const answer = await client().embedding({
      model: 'openai/text-embedding-3-small',
      input: Array.from({ length: 3000 }, () => 'word'),
    })
    const { total } = costPerToken({
      model: 'openai/text-embedding-3-small',
      usage: { ...answer.usage, completion_tokens: 0 },
    })
    expect(answer.meta.cost.total).toBeCloseTo(total ?? Number.NaN, 15)
    expect(total).toBeGreaterThan(0)
  })

  it('is not there for a call that failed', async () => {
    sim().fail({ kind: 'status', status: 400 })
    expect(await rejection(client().completion({ model: 'openai/gpt-4o', messages: user('hi') }))).toMatchObject({
      code: 'bad_request',
    })
  })
})

it('registerModel holds for the top-level functions', () => {
  registerModel('mine/large', { input: 5, output: 10 })
  expect(
    costPerToken({
      model: 'mine/large',
      usage: { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
    }).total,
  ).toBe(5)
})
