import { describe, expect, it } from 'vitest'
import { type FaultSource, mockProvider, type ReplySource } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'

const mocked = () => {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, providers: { openai: { apiKey: 'any' } } })
  return {
    mock,
    ask: () => client.completion({ model: 'openai/m', messages: [{ role: 'user', content: 'Hi' }], stream: true }),
  }
}

describe('a script', () => {
  it.each([
    [42, 'A reply must be a string, an object or a function; got 42.'],
    [null, 'A reply must be a string, an object or a function; got null.'],
    [{ txt: 'Hi' }, "'txt' is not a known reply field. Known fields: text, "],
    [{ text: 7 }, "'text' must be of type string; got 7."],
    [{ chunks: 'Hi' }, "'chunks' must be of type array; got 'Hi'."],
    [{ raw: { events: 'data' } }, "'raw.events' must be an array; got 'data'."],
    [{ raw: { events: ['a', 3] } }, "'raw.events[1]' must be a string or an object; got 3."],
  ])('rejects the reply %j', (reply, message) => {
    expect(() => mocked().mock.reply(reply as unknown as ReplySource)).toThrow(message)
  })

  it.each([
    ['reset', "A fault must be an object or a function; got 'reset'."],
    [{ kind: 'explode' }, "'kind' of a fault must be one of status, slow-headers, "],
    [{ kind: 'toString' }, "got 'toString'."],
  ])('rejects the fault %j', (fault, message) => {
    expect(() => mocked().mock.fail(fault as unknown as FaultSource)).toThrow(message)
  })

  it('rejects a misspelt option', () => {
    expect(() => mocked().mock.reply('Hi', { time: 2 } as object)).toThrow("'time' is not a known script option field.")
  })

  it('sends a raw event that is an object as JSON', async () => {
    const { mock, ask } = mocked()
    const choices = [{ index: 0, delta: { role: 'assistant', content: 'Good day' }, finish_reason: 'stop' }]
    mock.reply({
      raw: { events: [{ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices }, '[DONE]'] },
    })
    expect(await (await ask()).text()).toBe('Good day')
  })

  it('sends the name of a raw event', async () => {
    const { mock } = mocked()
    const client = createClient({ dispatcher: mock.dispatcher, providers: { anthropic: { apiKey: 'any' } } })
    mock.reply({
      raw: { events: [{ event: 'error', data: { type: 'error', error: { type: 'api_error', message: 'Down' } } }] },
    })
    const request = {
      model: 'anthropic/claude-sonnet-4-5',
      messages: [{ role: 'user' as const, content: 'Hi' }],
      max_tokens: 9,
    }
    await expect(client.completion({ ...request, stream: true, maxRetries: 0 })).rejects.toThrow('Down')
  })
})

describe('embeddings', () => {
  it.each([
    ['mistral/mistral-embed', 'string'],
    ['openai/text-embedding-3-small', 'undefined'],
  ])('of %s have an id of type %s', async (model, type) => {
    const mock = mockProvider()
    const providers = { openai: { apiKey: 'any' }, mistral: { apiKey: 'any' } }
    const answers: unknown[] = []
    const client = createClient({ dispatcher: mock.dispatcher, providers })
    const { meta } = await client.embedding({ model, input: 'Hi' })
    answers.push(meta.status)
    const response = await (await import('undici')).request('http://simulated.test/v1/embeddings', {
      method: 'POST',
      dispatcher: mock.dispatcher,
      headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
      body: JSON.stringify({ model: model.split('/')[1], input: ['Hi'] }),
    })
    const body = (await response.body.json()) as { id?: unknown }
    expect([...answers, typeof body.id]).toEqual([200, type])
  })
})
