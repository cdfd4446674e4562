import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient } from '../../src/index.js'
import { createHandler, type HandlerOptions, memoryResponseStore } from '../../src/server/index.js'

let simulator: Simulator
let client: Client

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({ maxRetries: 0, providers: { openai: at('openai'), anthropic: at('anthropic') } })
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const models = ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o-mini'] as const
const [model] = models

/** The `openai` package in front of a handler. */
const sdk = (options?: HandlerOptions, apiKey = 'one') =>
  new OpenAI({
    apiKey,
    maxRetries: 0,
    baseURL: 'http://llmux/v1',
    fetch: (url, init) => createOnce(options)(new Request(url as string, init as RequestInit)),
  })

const handlers = new Map<HandlerOptions | undefined, ReturnType<typeof createHandler>>()
function createOnce(options: HandlerOptions | undefined) {
  const handler = handlers.get(options) ?? createHandler(client, options)
  handlers.set(options, handler)
  return handler
}

const sent = () => JSON.stringify(simulator.requests.at(-1)?.body)

describe.each(models)('a stream of the Responses API with %s', (name) => {
  it('ends with response.failed and error if the connection to the model breaks', async () => {
    simulator.fail({ kind: 'cut', afterChunks: 3 })
    const response = await createOnce(undefined)(
      new Request('http://llmux/v1/responses', {
        method: 'POST',
        body: JSON.stringify({ model: name, input: 'one two three four five six', stream: true }),
      }),
    )
    const text = await response.text()
    const events = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(String(data)))
    const [failed, error] = events.slice(-2)
    expect(failed).toMatchObject({
      type: 'response.failed',
      response: { id: events[0].response.id, status: 'failed', error: { code: 'server_error' } },
    })
    expect(error).toMatchObject({ type: 'error', code: failed.response.error.code, error: { message: error.message } })
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    expect(text).not.toContain('response.completed')
  })

  it('throws the error in the openai package', async () => {
    simulator.fail({ kind: 'cut', afterChunks: 3 })
    const stream = sdk().responses.stream({ model: name, input: 'one two three four five six' })
    await expect(stream.finalResponse()).rejects.toThrow(OpenAI.APIError)
  })

  it('repeats the id of the response that it continues', async () => {
    const first = await sdk().responses.create({ model: name, input: 'Hi' })
    const ids: unknown[] = []
    const stream = await sdk().responses.create({
      model: name,
      input: 'More',
      previous_response_id: first.id,
      stream: true,
    })
    for await (const event of stream) if ('response' in event) ids.push(event.response.previous_response_id)
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids)).toEqual(new Set([first.id]))
    const second = await sdk().responses.create({ model: name, input: 'More', previous_response_id: first.id })
    expect(second.previous_response_id).toBe(first.id)
  })
})

it('passes a web search on to Claude, and leaves out tools that the model does not have', async () => {
  const tools = [
    { type: 'web_search' as const, search_context_size: 'low' as const },
    { type: 'image_generation' as const },
    { type: 'function' as const, name: 'read', parameters: { type: 'object' }, strict: false },
  ]
  const namesSent = () =>
    (simulator.requests.at(-1)?.body as { tools: { name: string }[] } | undefined)?.tools.map(({ name }) => name)
  await sdk().responses.create({ model: 'anthropic/claude-sonnet-4-5', input: 'Hi', tools })
  expect(namesSent()).toEqual(['read', 'web_search'])
  await sdk().responses.create({ model: 'openai/gpt-4o-mini', input: 'Hi', tools })
  expect(sent()).toContain('image_generation')
})

describe('stored responses', () => {
  it('are continued over several turns, with the instructions of the last request', async () => {
    const openai = sdk()
    const first = await openai.responses.create({ model, input: 'First question', instructions: 'Be brief' })
    const second = await openai.responses.create({ model, input: 'Second', previous_response_id: first.id })
    await openai.responses.create({ model, input: 'Third', previous_response_id: second.id })
    const body = sent()
    for (const text of ['First question', 'You said: First question', 'Second', 'Third']) expect(body).toContain(text)
    expect(body).not.toContain('Be brief')
  })

  it('are unknown if the request said so, or if there is no store', async () => {
    const unknown = async (openai: OpenAI, store?: boolean) => {
      const first = await openai.responses.create({ model, input: 'Hi', ...(store === false && { store }) })
      const next = openai.responses.create({ model, input: 'More', previous_response_id: first.id })
      await expect(next).rejects.toThrow(first.id)
    }
    await unknown(sdk(), false)
    const none = { store: false } as const
    await unknown(sdk(none))
  })

  it('belong to an owner', async () => {
    const options: HandlerOptions = {
      authorize: ({ headers }) => ({ team: headers.authorization === 'Bearer three' ? 'b' : 'a' }),
      store: memoryResponseStore({ owner: (context) => (context as { team: string }).team }),
    }
    const { id, output } = await sdk(options, 'one').responses.create({ model, input: 'Hi' })
    const again = (apiKey: string) => sdk(options, apiKey).responses.retrieve(id)
    expect((await again('two')).output).toEqual(output)
    await expect(again('three')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    const input = [{ type: 'item_reference' as const, id: output[0]?.id ?? '' }]
    const foreign = sdk(options, 'three').responses.create({ model, input })
    await expect(foreign).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(foreign).rejects.toThrow(`Item with id '${output[0]?.id}' not found.`)
    await expect(sdk(options, 'three').responses.delete(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await sdk(options, 'two').responses.delete(id)
    await expect(again('one')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })
})

describe('memoryResponseStore()', () => {
  const message = (id: string) => ({ type: 'message', id })
  const stored = (id: string, ...output: object[]) => ({ response: { id, output }, input: [] as unknown[] })

  it('removes the answer that was unused for the longest time', async () => {
    const store = memoryResponseStore({ maxResponses: 2 })
    await store.put('r1', stored('r1', message('m1')), 'a')
    await store.put('r2', stored('r2', message('m2')), 'a')
    expect(await store.item('m1', 'a')).toEqual(message('m1'))
    await store.put('r3', stored('r3'), 'a')
    expect(await store.get('r1', 'a')).toBeDefined()
    expect(await store.get('r2', 'a')).toBeUndefined()
    expect(await store.item('m2', 'a')).toBeUndefined()
  })

  it('keeps within its size', async () => {
    const store = memoryResponseStore({ maxBytes: 10_000 })
    const long = (id: string, length: number) => ({ ...stored(id), input: ['x'.repeat(length)] })
    for (let turn = 0; turn < 50; turn++) await store.put(`r${turn}`, long(`r${turn}`, 1000), 'a')
    const kept = await Promise.all(Array.from({ length: 50 }, (_, turn) => store.get(`r${turn}`, 'a')))
    expect(kept.filter(Boolean).length).toBeGreaterThan(5)
    expect(kept.filter(Boolean).length).toBeLessThan(10)
    await store.put('huge', long('huge', 20_000), 'a')
    expect(await store.get('huge', 'a')).toBeUndefined()
    expect(await store.get('r49', 'a')).toBeDefined()
  })

  it('knows the answers and the items of other owners', async () => {
    const store = memoryResponseStore()
    await store.put('r1', stored('r1', message('m1')), 'a')
    const foreign = (owner: string) => Promise.all(['r1', 'm1', 'r2'].map((id) => store.isForeign?.(id, owner)))
    expect(await foreign('a')).toEqual([false, false, false])
    expect(await foreign('b')).toEqual([true, true, false])
  })

  it("keeps an owner's answer if another owner has one with the same id", async () => {
    const store = memoryResponseStore()
    await store.put('r1', stored('r1', message('m1')), 'a')
    await store.put('r1', stored('r1', message('m1')), 'b')
    expect(await store.get('r1', 'a')).toBeDefined()
    expect(await store.get('r1', 'b')).toBeUndefined()
    expect(await store.delete('r1', 'b')).toBe(false)
  })
})

describe('a response that is not stored', () => {
  it("is a 404 without a code, as in OpenAI's API", async () => {
    const handler = createHandler(createClient())
    for (const [method, path] of [
      ['GET', 'resp_gone'],
      ['DELETE', 'resp_gone'],
      ['GET', 'resp_gone/input_items'],
    ] as const) {
      const { status, body } = await handler.handle({ method, url: `/v1/responses/${path}`, headers: {} })
      expect(status).toBe(404)
      expect(JSON.parse(String(body))).toEqual({
        error: {
          message: "Response with id 'resp_gone' not found.",
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      })
    }
  })

  it('is a 400 with the code that makes clients send the whole conversation', async () => {
    const client = createClient({ providers: { anthropic: { apiKey: 'k' } } })
    const request = { model: 'anthropic/claude-sonnet-4-5', input: 'More', previous_response_id: 'resp_gone' }
    const { status, body } = await createHandler(client).handle({
      method: 'POST',
      url: '/v1/responses',
      headers: {},
      body: JSON.stringify(request),
    })
    expect(status).toBe(400)
    expect(JSON.parse(String(body)).error).toMatchObject({
      type: 'invalid_request_error',
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
    await client.close()
  })
})

describe('the input items of a stored response', () => {
  it('are listed in pages, the newest first, with those of the previous response', async () => {
    const openai = sdk()
    const first = await openai.responses.create({ model, input: 'one' })
    const second = await openai.responses.create({ model, input: 'two', previous_response_id: first.id })

    const newest = await openai.responses.inputItems.list(second.id, { limit: 2 })
    expect(newest.has_more).toBe(true)
    const all = []
    for await (const item of newest) all.push(item)
    expect(all).toHaveLength(3)
    expect(all[0]).toMatchObject({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'two' }] })
    expect(new Set(all.map(({ id }) => id)).size).toBe(3)

    const oldest = await openai.responses.inputItems.list(second.id, { order: 'asc' })
    expect(oldest.data.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toReversed())
  })

  it('belong to the owner of the response', async () => {
    const store = memoryResponseStore({ owner: (context) => (context as { team?: string }).team })
    const options = {
      store,
      authorize: ({ headers }: { headers: object }) => ({ team: Reflect.get(headers, 'authorization') }),
    }
    const { id } = await sdk(options, 'one').responses.create({ model, input: 'secret' })
    expect((await sdk(options, 'one').responses.inputItems.list(id)).data).toHaveLength(1)
    await expect(sdk(options, 'two').responses.inputItems.list(id)).rejects.toMatchObject({ status: 404 })
    await expect(sdk(options, 'two').responses.delete(id)).rejects.toMatchObject({ status: 404 })
  })

  it('refuses a wrong limit or place', async () => {
    const openai = sdk()
    const { id } = await openai.responses.create({ model, input: 'one' })
    await expect(openai.responses.inputItems.list(id, { limit: 0 })).rejects.toThrow(
      "'limit' must be an integer from 1 to 100; got '0'.",
    )
    await expect(openai.responses.inputItems.list(id, { after: 'x' })).rejects.toThrow(
      "'after' must be the id of an item",
    )
  })
})
