import { afterEach, describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { costPerToken, createClient, type ResponsesEvent, Router } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const mock = mockProvider()
const providers = {
  ...Object.fromEntries(['openai', 'xai', 'groq', 'anthropic', 'hosted_vllm'].map((id) => [id, { apiKey: 'k' }])),
  hosted_vllm: { apiKey: 'k', apiBase: 'http://vllm.example/v1' },
  azure: { apiKey: 'k', apiBase: 'https://example.openai.azure.com', apiVersion: '2025-04-01-preview' },
}
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
const { storedResponses } = client
const model = 'openai/gpt-4o'
afterEach(() => mock.reset())

const last = () => mock.requests.at(-1)

describe('storedResponses', () => {
  it('retrieves the states of a background response, and its cost at the end', async () => {
    const queued = await client.responses({ model, input: 'Hi', background: true })
    expect(queued).toMatchObject({ status: 'queued', output: [] })
    expect(queued.meta.cost.total).toBeUndefined()
    const request = { model, response_id: queued.id }
    expect((await storedResponses.retrieve(request)).status).toBe('in_progress')
    const done = await storedResponses.retrieve(request)
    expect(last()).toMatchObject({ method: 'GET', path: `/v1/responses/${queued.id}`, body: undefined })
    expect(last()?.headers).toMatchObject({ authorization: 'Bearer k' })
    expect(done).toMatchObject({ status: 'completed', output_text: 'You said: Hi' })
    expect(done.meta).toMatchObject({ operation: 'responses', provider: 'openai', status: 200 })
    expect(done.meta.usage).toMatchObject({ prompt_tokens: expect.any(Number) })
    expect(done.meta.cost.total).toBeGreaterThan(0)
  })

  it('bills the windows of 2 and 8 hours with their discounts', async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 }
    const price = (completionWindow?: string, serviceTier?: string) =>
      costPerToken({ model: 'openai/gpt-4o', usage, completionWindow, serviceTier }).total ?? 0
    expect(price('2h')).toBeCloseTo(price() * 0.7, 12)
    expect(price('8h')).toBeCloseTo(price() * 0.6, 12)
    expect(price('soonest')).toBe(price())
    expect(price('2h', 'priority')).toBe(price(undefined, 'priority'))
    const { id } = await client.responses({
      model,
      input: 'Hi',
      background: true,
      background_options: { completion_window: '8h' },
    })
    expect(last()?.body).toMatchObject({ background_options: { completion_window: '8h' } })
    await storedResponses.retrieve({ model, response_id: id })
    const plain = await storedResponses.retrieve({ model, response_id: id })
    const inWindow = await storedResponses.retrieve({ model, response_id: id, completion_window: '8h' })
    expect(inWindow.meta.cost.total).toBeCloseTo((plain.meta.cost.total ?? 0) * 0.6, 12)
  })

  it('streams a stored response again, from any event on', async () => {
    const stream = await client.responses({ model, input: 'one two', stream: true })
    const all: ResponsesEvent[] = []
    for await (const event of stream) all.push(event)
    const response_id = stream.soFar.id
    const again = await storedResponses.retrieve({ model, response_id, stream: true })
    const events: ResponsesEvent[] = []
    for await (const event of again) events.push(event)
    expect(events).toEqual(all)
    expect(again.meta.cost.total).toBeGreaterThan(0)
    const rest = await storedResponses.retrieve({ model, response_id, stream: true, starting_after: 4 })
    expect(last()?.path).toBe(`/v1/responses/${response_id}?stream=true&starting_after=4`)
    expect((await rest.final()).output_text).toBe('You said: one two')
  })

  it('cancels and deletes', async () => {
    const { id } = await client.responses({ model, input: 'Hi', background: true })
    expect(await storedResponses.cancel({ model, response_id: id })).toMatchObject({ id, status: 'cancelled' })
    expect(last()).toMatchObject({ method: 'POST', path: `/v1/responses/${id}/cancel` })
    expect(await storedResponses.delete({ model, response_id: id })).toEqual({ id, deleted: true })
    expect(last()).toMatchObject({ method: 'DELETE', path: `/v1/responses/${id}` })
    expect(await rejection(storedResponses.retrieve({ model, response_id: id }))).toMatchObject({ code: 'not_found' })
  })

  it('lists the input in pages', async () => {
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }))
    const { id } = await client.responses({ model, input })
    const request = { model, response_id: id, order: 'asc', limit: 2 } as const
    const first = await storedResponses.inputItems(request)
    expect(first).toMatchObject({ data: [{ content: 'a' }, { content: 'b' }], has_more: true })
    const second = await storedResponses.inputItems({ ...request, after: first.last_id, include: ['x', 'y'] })
    expect(second).toMatchObject({ data: [{ content: 'c' }], has_more: false })
    expect(decodeURIComponent(last()?.path ?? '')).toContain(`&limit=2&order=asc&include[]=x&include[]=y`)
    expect(second.meta).toMatchObject({ status: 200, cost: { total: undefined } })
  })

  it('uses the address of the host', async () => {
    const raw = { body: { id: 'resp/1', object: 'response', status: 'completed', output: [], model: 'm' } }
    mock.reply({ raw }, { times: 3 })
    await storedResponses.retrieve({ model: 'azure/mine', response_id: 'resp/1' })
    expect(last()?.path).toBe('/openai/responses/resp%2F1?api-version=2025-04-01-preview')
    await storedResponses.cancel({ model: 'hosted_vllm/m', response_id: 'r' })
    expect(last()?.path).toBe('/v1/responses/r/cancel')
    await storedResponses.retrieve({ model: 'xai/grok-4', response_id: 'r' })
    expect(last()?.path).toBe('/v1/responses/r')
  })

  it('names the hosts that can, where one can not', async () => {
    const request = { response_id: 'r' }
    expect(await rejection(storedResponses.retrieve({ model: 'groq/openai/gpt-oss-20b', ...request }))).toMatchObject({
      code: 'bad_request',
      message: "Groq can't return stored responses. Hosts that can: OpenAI, Azure OpenAI, xAI, Fireworks AI and vLLM.",
    })
    expect(await rejection(storedResponses.cancel({ model: 'xai/grok-4', ...request }))).toMatchObject({
      message: expect.stringContaining('OpenAI, Azure OpenAI and vLLM'),
    })
    expect(await rejection(storedResponses.delete({ model: 'anthropic/claude-sonnet-4-5', ...request }))).toMatchObject(
      { code: 'bad_request' },
    )
    expect(await rejection(storedResponses.retrieve({ model, response_id: '' }))).toMatchObject({
      param: 'response_id',
    })
    expect(mock.requests).toHaveLength(0)
  })

  it('maps errors of the host', async () => {
    mock.fail({ kind: 'status', status: 401 })
    const denied = storedResponses.retrieve({ model, response_id: 'r' })
    expect(await rejection(denied)).toMatchObject({ code: 'authentication' })
    const { id } = await client.responses({ model, input: 'Hi' })
    const synchronous = storedResponses.cancel({ model, response_id: id })
    expect(await rejection(synchronous)).toMatchObject({ code: 'bad_request', status: 400 })
  })
})

describe('storedResponses of a Router', () => {
  const routerOf = (affinity?: false) =>
    new Router({
      client: { dispatcher: mock.dispatcher },
      modelList: ['one', 'two', 'three'].map((apiKey) => ({
        modelName: 'group',
        id: apiKey,
        params: { model, apiKey },
      })),
      ...(affinity === false && { affinity }),
      numRetries: 0,
    })

  it('asks the deployment that made the response', async () => {
    await using router = routerOf()
    for (let round = 0; round < 5; round++) {
      const { id, meta } = await router.responses({ model: 'group', input: `Hi ${round}`, background: true })
      const before = mock.requests.length
      expect(await router.storedResponses.retrieve({ model: 'group', response_id: id })).toMatchObject({ id })
      expect(await router.storedResponses.retrieve({ response_id: id })).toMatchObject({ id })
      expect(mock.requests.slice(before).map(({ headers }) => headers.authorization)).toEqual(
        Array(2).fill(`Bearer ${meta.router?.deployment}`),
      )
    }
  })

  it('looks for a response that it does not remember', async () => {
    await using router = routerOf(false)
    const { id } = await router.responses({ model: 'group', input: 'Hi', background: true })
    expect(await router.storedResponses.cancel({ model: 'group', response_id: id })).toMatchObject({
      status: 'cancelled',
    })
    expect(await rejection(router.storedResponses.retrieve({ response_id: id }))).toMatchObject({ param: 'model' })
    expect(await rejection(router.storedResponses.retrieve({ model: 'group', response_id: 'other' }))).toMatchObject({
      code: 'not_found',
    })
    expect(await rejection(router.storedResponses.retrieve({ model: 'none', response_id: id }))).toMatchObject({
      param: 'model',
    })
  })
})

describe('compactResponse()', () => {
  it('compacts a conversation, with usage and cost', async () => {
    const input = [{ role: 'user' as const, content: 'A long story' }]
    const answer = await client.compactResponse({ model, input, instructions: 'Be brief' })
    expect(last()).toMatchObject({ path: '/v1/responses/compact', body: { model: 'gpt-4o', input } })
    expect(answer).toMatchObject({
      object: 'response.compaction',
      output: [{ role: 'user' }, { type: 'compaction' }],
      usage: { output_tokens: 20 },
    })
    expect(answer.meta).toMatchObject({ operation: 'compactResponse', usage: { completion_tokens: 20 } })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
    await client.compactResponse({ model: 'azure/mine', previous_response_id: 'r' })
    expect(last()?.path).toBe('/openai/responses/compact?api-version=2025-04-01-preview')
  })

  it('rejects other hosts, and a request without a conversation', async () => {
    expect(await rejection(client.compactResponse({ model: 'groq/m', input: 'x' }))).toMatchObject({
      message: 'Groq has no compaction here. OpenAI and Azure do.',
    })
    expect(await rejection(client.compactResponse({ model }))).toMatchObject({ param: 'input' })
  })

  it('goes to the deployment of the response that it continues', async () => {
    await using router = new Router({
      client: { dispatcher: mock.dispatcher },
      modelList: ['one', 'two', 'three'].map((apiKey) => ({
        modelName: 'group',
        id: apiKey,
        params: { model, apiKey },
      })),
    })
    for (let round = 0; round < 5; round++) {
      const { id, meta } = await router.responses({ model: 'group', input: `Hi ${round}` })
      const compacted = await router.compactResponse({ model: 'group', previous_response_id: id })
      expect(compacted.meta.router?.deployment).toBe(meta.router?.deployment)
    }
  })
})
