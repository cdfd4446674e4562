import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient, Router } from '../../src/index.js'
import { createHandler, type HandlerOptions, type HandlerTarget, memoryResponseStore } from '../../src/server/index.js'

const mock = mockProvider()
const providers = { openai: { apiKey: 'k' }, anthropic: { apiKey: 'k' } }
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
afterEach(() => mock.reset())

const owned: HandlerOptions = { authorize: ({ headers }) => headers.authorization }

/** The `openai` package of several owners in front of one handler. */
function setUp(target: HandlerTarget = client) {
  const store = memoryResponseStore()
  const handler = createHandler(target, { ...owned, store })
  return (apiKey = 'one') =>
    new OpenAI({
      apiKey,
      maxRetries: 0,
      baseURL: 'http://llmux/v1',
      fetch: (url, init) => handler(new Request(url as string, init as RequestInit)),
    })
}

const model = 'openai/gpt-4o-mini'
const upstream = () => mock.requests.map(({ method, path }) => `${method} ${path}`)

describe('background responses of a server', () => {
  it('are read at their host until they are complete, then from the store', async () => {
    const sdk = setUp()
    const { id, status } = await sdk().responses.create({ model, input: 'Hi', background: true })
    expect(status).toBe('queued')
    expect((await sdk().responses.retrieve(id)).status).toBe('in_progress')
    const done = await sdk().responses.retrieve(id)
    expect(done).toMatchObject({ status: 'completed', output_text: 'You said: Hi' })
    expect(await sdk().responses.retrieve(id)).toMatchObject({ status: 'completed' })
    expect(upstream()).toEqual(['POST /v1/responses', `GET /v1/responses/${id}`, `GET /v1/responses/${id}`])
    const next = await sdk().responses.create({ model, input: 'And now?', previous_response_id: id })
    expect(next.output_text).toBe('You said: And now?')
    expect(JSON.stringify(mock.requests.at(-1)?.body)).toContain('You said: Hi')
  })

  it('can be cancelled, and streamed from any event on', async () => {
    const sdk = setUp()
    const { id } = await sdk().responses.create({ model, input: 'Hi', background: true })
    expect((await sdk().responses.cancel(id)).status).toBe('cancelled')
    expect((await sdk().responses.retrieve(id)).status).toBe('cancelled')
    const made = await sdk().responses.create({ model, input: 'one two', background: true })
    const types: string[] = []
    for await (const event of await sdk().responses.retrieve(made.id, { stream: true, starting_after: 3 })) {
      types.push(event.type)
    }
    expect(types[0]).toBe('response.output_text.delta')
    expect(types.at(-1)).toBe('response.completed')
    expect(upstream().at(-1)).toBe(`GET /v1/responses/${made.id}?stream=true&starting_after=3`)
  })

  it('are deleted at their host too', async () => {
    const sdk = setUp()
    const { id } = await sdk().responses.create({ model, input: 'Hi' })
    await sdk().responses.delete(id)
    expect(upstream().at(-1)).toBe(`DELETE /v1/responses/${id}`)
    await expect(sdk().responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('belong to their owner: no request of another one reaches the host', async () => {
    const sdk = setUp()
    const { id } = await sdk('one').responses.create({ model, input: 'Hi', background: true })
    const other = sdk('two').responses
    const attempts = [
      () => other.retrieve(id),
      () => other.retrieve(id, { stream: true }),
      () => other.cancel(id),
      () => other.delete(id),
      () => other.inputItems.list(id),
      () => other.retrieve('resp_of_another_account'),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    expect(upstream()).toEqual(['POST /v1/responses'])
    expect((await sdk('one').responses.retrieve(id)).status).toBe('in_progress')
  })

  it('are found by a Router at the account that made them', async () => {
    const router = new Router({
      client: { dispatcher: mock.dispatcher },
      modelList: ['one', 'two', 'three'].map((apiKey) => ({
        modelName: 'group',
        id: apiKey,
        params: { model, apiKey },
      })),
    })
    const sdk = setUp(router)
    for (let round = 0; round < 4; round++) {
      const { id } = await sdk().responses.create({ model: 'group', input: `Hi ${round}`, background: true })
      expect((await sdk().responses.cancel(id)).status).toBe('cancelled')
    }
    await router.close()
  })

  it('are refused where only the store has the response', async () => {
    const sdk = setUp()
    const { id } = await sdk().responses.create({ model: 'anthropic/claude-sonnet-4-5', input: 'Hi' })
    await expect(sdk().responses.cancel(id)).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(sdk().responses.retrieve(id, { stream: true })).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await sdk().responses.delete(id)
    await expect(sdk().responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })
})

describe('POST /v1/responses/compact', () => {
  it('compacts a conversation, and one that the store has', async () => {
    const sdk = setUp()
    const direct = await sdk().responses.compact({ model, input: 'A long story' })
    expect(direct).toMatchObject({ object: 'response.compaction', output: [{ role: 'user' }, { type: 'compaction' }] })
    const { id } = await sdk().responses.create({ model, input: 'Hello' })
    await sdk().responses.compact({ model, previous_response_id: id })
    expect(JSON.stringify(mock.requests.at(-1)?.body)).toContain('You said: Hello')
    const before = mock.requests.length
    const foreign = { model, input: 'More', previous_response_id: id }
    for (const attempt of [sdk('two').responses.compact(foreign), sdk('two').responses.create(foreign)]) {
      await expect(attempt).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    }
    expect(mock.requests).toHaveLength(before)
  })
})
