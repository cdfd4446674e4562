import { describe, expect, it } from 'vitest'
import { type CallMeta, completionCost, costPerToken, createClient, registerModel } from '../src/index.js'
import { startHosts } from './helpers/hosts.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()

describe('the cost of a call', () => {
  it.each([
    ['openai/gpt-4o', 1000 * 2.5e-6 + 100 * 1e-5],
    ['anthropic/claude-sonnet-4-5', 1000 * 3e-6 + 100 * 1.5e-5],
  ])('of %s is on meta with its parts, streamed or not', async (model, expected) => {
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
    'of an abandoned stream of %s is estimated from the received text and marked as such',
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

  it('is undefined with similar ids if there is no price, unless the client registers one', async () => {
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

  it('uses the base model of a name that identifies no model', async () => {
    sim().reply({ text: 'x', usage: { promptTokens: 1_000_000, completionTokens: 0 } })
    const request = { model: 'openai/my-deployment', messages: user('hi'), baseModel: 'openai/gpt-4o' }
    expect((await client().completion(request)).meta.cost.total).toBeCloseTo(2.5, 9)
  })

  it('is undefined without usage', async () => {
    sim().reply({ text: 'x', usage: null })
    const { meta } = await client().completion({ model: 'openai/gpt-4o', messages: user('hi') })
    expect(meta.cost).toEqual({ total: undefined, reason: 'missing_usage' })
  })

  it('of embeddings is the sum of all requests', async () => {
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

  it('is absent for a failed call', async () => {
    sim().fail({ kind: 'status', status: 400 })
    expect(await rejection(client().completion({ model: 'openai/gpt-4o', messages: user('hi') }))).toMatchObject({
      code: 'bad_request',
    })
  })
})

describe('the cost of a recorded answer', () => {
  const costOf = async (operation: 'completion' | 'embedding', request: Record<string, unknown>, body: unknown) => {
    await using hosts = await startHosts(() => ({ body }))
    const own = createClient({ dispatcher: hosts.dispatcher })
    const call = own[operation] as unknown as (request: object) => Promise<{ readonly meta: CallMeta }>
    return (await call({ apiKey: 'k', ...request })).meta
  }
  const chat = { messages: user('hi') }

  it('bills OpenAI’s cache writes of 12 hours at their own rate', async () => {
    const { cost, usage } = await costOf(
      'completion',
      { model: 'openai/responses/gpt-6-luna', ...chat },
      {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model: 'gpt-6-luna',
        output: [{ type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }],
        usage: {
          input_tokens: 3000,
          input_tokens_details: {
            cache_write_tokens: 3000,
            cache_write_tokens_details: { ttl_30m_tokens: 1000, ttl_12h_tokens: 2000 },
          },
          output_tokens: 0,
          total_tokens: 3000,
        },
      },
    )
    expect(usage).toMatchObject({
      prompt_tokens_details: {
        cache_creation_token_details: { ephemeral_30m_input_tokens: 1000, ephemeral_12h_input_tokens: 2000 },
      },
    })
    expect(cost.cacheWrite).toBeCloseTo((1000 * 0.125 + 2000 * 0.25) / 1e6, 12)
  })

  it('bills file searches of the Responses API by the call', async () => {
    const { cost } = await costOf(
      'completion',
      { model: 'openai/responses/gpt-6-luna', ...chat },
      {
        id: 'resp_2',
        object: 'response',
        status: 'completed',
        model: 'gpt-6-luna',
        output: [
          { type: 'file_search_call', id: 'f1', status: 'completed', queries: ['a', 'b'] },
          { type: 'file_search_call', id: 'f2', status: 'failed', queries: [] },
          { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
        ],
        usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
      },
    )
    expect(cost.tools).toBe(0.0025)
  })

  it('bills Anthropic’s advisor at the rates of its model', async () => {
    const iteration = (type: string, model: string, input: number, output: number) => ({
      type,
      model,
      input_tokens: input,
      output_tokens: output,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
    })
    const { cost } = await costOf(
      'completion',
      { model: 'anthropic/claude-sonnet-5', ...chat },
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-5',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        usage: {
          input_tokens: 500,
          output_tokens: 50,
          iterations: [
            iteration('message', 'claude-sonnet-5', 500, 50),
            iteration('advisor_message', 'claude-opus-5', 2000, 300),
          ],
        },
      },
    )
    expect(cost.auxiliary).toBeCloseTo((2000 * 5 + 300 * 25) / 1e6, 12)
    expect(cost.total).toBeCloseTo((500 * 2 + 50 * 10) / 1e6 + (cost.auxiliary ?? 0), 12)
  })

  it('is undefined for embeddings without usage', async () => {
    const request = { model: 'gemini/gemini-embedding-001', input: ['a'] }
    const { cost, usage } = await costOf('embedding', request, { embeddings: [{ values: [0.5, 0.25] }] })
    expect(cost).toMatchObject({ total: undefined, reason: 'missing_usage' })
    expect(usage).toBeUndefined()
  })

  it('bills images of Cohere’s embeddings one by one', async () => {
    const { cost } = await costOf(
      'embedding',
      { model: 'cohere/embed-english-v3.0', input: ['data:image/png;base64,iVBORw0KGgo='], input_type: 'image' },
      { id: 'e', embeddings: { float: [[0.5]] }, texts: [], meta: { billed_units: { images: 1 } } },
    )
    expect(cost.total).toBe(0.0001)
  })
})

it('applies registerModel() to the top-level functions', () => {
  registerModel('mine/large', { input: 5, output: 10 })
  expect(
    costPerToken({
      model: 'mine/large',
      usage: { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
    }).total,
  ).toBe(5)
})
