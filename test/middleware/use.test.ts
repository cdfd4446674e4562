import { describe, expect, it } from 'vitest'
import {
  type ChatCompletionChunk,
  type LLMError,
  type Middleware,
  memoryCache,
  PermissionDeniedError,
  Router,
  type SettledRecord,
} from '../../src/index.js'
import { createHandler } from '../../src/server/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const request = { model: 'openai/gpt-4o', messages: user('hi') }

const noting = (name: string, notes: string[]): Middleware => ({
  onRequest: () => void notes.push(`${name} request`),
  onResponse: () => void notes.push(`${name} response`),
  onChunk: () => void notes.push(`${name} chunk`),
})

describe('use()', () => {
  it('passes requests in the order of addition, answers in reverse', async () => {
    const notes: string[] = []
    const made = client().use(noting('a', notes), noting('b', notes)).use(noting('c', notes))
    await made.completion(request)
    expect(notes).toEqual(['a request', 'b request', 'c request', 'c response', 'b response', 'a response'])
  })

  it('sends the changed request and leaves the object of the caller as it is', async () => {
    const given = { ...request }
    await client()
      .use({
        onRequest: async (call) => {
          if (call.operation === 'chat') call.request.messages = user('changed')
        },
      })
      .completion(given)
    expect(JSON.stringify(sim().requests[0]?.body)).toContain('changed')
    expect(given).toEqual(request)
  })

  it('returns the changed answer with its meta', async () => {
    const answer = await client()
      .use({
        onResponse(call) {
          if (call.operation === 'chat') return { ...call.answer, id: 'mine' }
        },
      })
      .completion(request)
    expect(answer.id).toBe('mine')
    expect(answer.meta.provider).toBe('openai')
  })

  it('answers in place of the model, with text or an answer', async () => {
    const records: SettledRecord[] = []
    const made = client({ onSettled: (record: SettledRecord) => records.push(record) }).use({
      onRequest: () => 'from the rules',
    })
    const answer = await made.completion(request)
    expect(answer.choices[0]?.message.content).toBe('from the rules')
    expect(answer.meta).toMatchObject({ status: 0, cost: { total: 0 }, attempts: [] })
    const stream = await made.completion({ ...request, stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('from the rules')
    expect((await stream.final()).choices[0]?.finish_reason).toBe('stop')
    const message = await made.messages({ model: 'x', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] })
    expect(message.content).toMatchObject([{ type: 'text', text: 'from the rules' }])
    const events = await made.messages({
      model: 'x',
      max_tokens: 5,
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    })
    const types: string[] = []
    for await (const event of events) types.push(event.type)
    expect(types.at(-1)).toBe('message_stop')
    expect((await made.responses({ model: 'x', input: 'hi' })).output_text).toBe('from the rules')
    expect(sim().requests).toHaveLength(0)
    expect(records).toHaveLength(0)
  })

  it('rejects a string as the answer of an operation that writes no text', async () => {
    const made = client().use({ onRequest: () => 'text' })
    const error = await rejection(made.embedding({ model: 'openai/text-embedding-3-small', input: 'a' }))
    expect(error.message).toBe("onRequest() must return an answer of embedding, an object; got 'text'.")
  })

  it('refuses a call with an error of the hook', async () => {
    const made = client().use({
      onRequest() {
        throw new PermissionDeniedError('not on Sundays')
      },
    })
    expect((await rejection(made.completion(request))).message).toBe('not on Sundays')
    expect(sim().requests).toHaveLength(0)
  })

  it('changes, splits and drops chunks, and assembles the answer from them', async () => {
    sim().reply({ text: ['one', ' two', ' three'].join('') })
    const made = client().use({
      onChunk(call) {
        if (call.operation !== 'chat') return
        const [choice] = call.chunk.choices
        const text = choice?.delta.content
        if (!choice || !text) return
        if (text.includes('two')) return []
        const half = (content: string): ChatCompletionChunk => ({
          ...call.chunk,
          choices: [{ ...choice, delta: { content } }],
        })
        return [half(text.toUpperCase()), half('!')]
      },
    })
    const stream = await made.completion({ ...request, stream: true, stream_options: { include_usage: true } })
    let text = ''
    let usage: unknown
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).not.toContain('two')
    expect(text).toMatch(/^ONE!.*THREE!$/)
    const answer = await stream.final()
    expect(answer.choices[0]?.message.content).toBe(text)
    expect(answer.usage).toEqual(usage)
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('gives onResponse the assembled answer of a stream, and final() its result', async () => {
    sim().reply('abc')
    const made = client().use({
      onResponse(call) {
        if (call.operation === 'chat') return { ...call.answer, id: `${call.answer.choices[0]?.message.content} seen` }
      },
    })
    const stream = await made.completion({ ...request, stream: true })
    expect((await stream.final()).id).toBe('abc seen')
  })

  it('ends a stream with the error of a hook and closes its connection', async () => {
    sim().reply({ text: 'a b c d e f g h' })
    let chunks = 0
    const made = client().use({
      onChunk() {
        if (++chunks === 3) throw new PermissionDeniedError('enough')
      },
    })
    const stream = await made.completion({ ...request, stream: true })
    const error = await rejection(
      (async () => {
        for await (const _ of stream);
      })(),
    )
    expect(error.message).toBe('enough')
    expect(error.partial?.choices[0]?.message.content).not.toBe('')
  })

  it('aborts the stream of the provider if its reader leaves', async () => {
    sim().reply('word '.repeat(200))
    const stream = await client()
      .use({ onChunk: () => {} })
      .completion({ ...request, stream: true })
    for await (const _ of stream) break
    const error = await rejection(stream.final())
    expect(error.code).toBe('aborted')
  })

  it('recovers from an error with another request', async () => {
    sim().fail({ kind: 'status', status: 500 })
    const made = client({ maxRetries: 0 }).use({
      onError: (call) => call.send({ ...call.request, messages: user('again') }) as Promise<object>,
    })
    expect((await made.completion(request)).choices[0]?.message.content).toBe('You said: again')
  })

  it('surrounds the cache, so that a changed request has its own entry', async () => {
    let name = 'a'
    const made = client({ cache: memoryCache() }).use({
      onRequest(call) {
        if (call.operation === 'chat') call.request.messages = user(name)
      },
    })
    await made.completion(request)
    expect((await made.completion(request)).meta.cache.hit).toBe(true)
    name = 'b'
    expect((await made.completion(request)).meta.cache.hit).toBe(false)
  })

  it('sees embeddings and counted tokens', async () => {
    const seen: string[] = []
    const made = client().use({ onRequest: (call) => void seen.push(call.operation) })
    await made.embedding({ model: 'openai/text-embedding-3-small', input: 'a' })
    await made.countTokens({ model: 'anthropic/claude-sonnet-4-5', messages: user('a') })
    expect(seen).toEqual(['embedding', 'countTokens'])
  })

  it('runs once per call of a Router, around its retries', async () => {
    sim().fail({ kind: 'status', status: 500 })
    const notes: string[] = []
    const router = new Router({
      modelList: [{ modelName: 'chat', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase: sim().openaiBase } }],
      maxRetryDelay: 1,
    }).use(noting('a', notes))
    await router.completion({ model: 'chat', messages: user('hi') })
    expect(notes).toEqual(['a request', 'a response'])
    await router.close()
  })

  it('runs in a handler for the API of the client', async () => {
    const seen: string[] = []
    const handler = createHandler(client()).use({
      onRequest(call) {
        seen.push(call.operation)
        expect('signal' in call.request).toBe(false)
        if (call.operation === 'messages') return 'blocked'
      },
    })
    const post = (path: string, body: object) =>
      handler(new Request(`http://x${path}`, { method: 'POST', body: JSON.stringify(body) }))
    const chat = await post('/v1/chat/completions', { ...request, stream: true })
    expect(await chat.text()).toContain('[DONE]')
    const message = (await (await post('/v1/messages', { ...request, max_tokens: 5 })).json()) as { content: object[] }
    expect(message.content).toMatchObject([{ type: 'text', text: 'blocked' }])
    expect(seen).toEqual(['chat', 'messages'])
  })

  it('rejects what is no middleware', () => {
    expect(() => client().use({ onRequests: () => {} } as never)).toThrow(
      "Unknown hook 'onRequests'. Known hooks: onRequest, onResponse, onChunk, onError.",
    )
    expect(() => client().use('x' as never)).toThrow(/must be middleware such as .*; got 'x'\./)
    expect(() => client().use({ onChunk: 5 } as never)).toThrow("'onChunk' must be a function; got 5.")
  })
})
