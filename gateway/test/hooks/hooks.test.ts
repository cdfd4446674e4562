import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defineHooks, type Hook } from '../../src/hooks/types.js'
import { startGateway } from '../http/start.js'
import { apis, ask, newKey, spendOf } from './apis.js'

let simulator: Simulator
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  simulator.reset()
})
afterAll(() => simulator.close())

/** A gateway with hooks: `fast` behind OpenAI's API, `claude` and `flash` behind those of their vendors. */
async function start(hooks: Hook | readonly Hook[], more: object = {}) {
  const openai = { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'k' }
  const gateway = await startGateway({
    hooks,
    config: {
      model_list: [
        { model_name: 'fast', litellm_params: openai },
        { model_name: 'other', litellm_params: { ...openai, model: 'openai/gpt-4o' } },
        {
          model_name: 'claude',
          litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: simulator.anthropicBase, api_key: 'k' },
        },
        {
          model_name: 'flash',
          litellm_params: { model: 'gemini/gemini-2.5-flash', api_base: simulator.base('gemini'), api_key: 'k' },
        },
      ],
      router_settings: { num_retries: 0 },
      ...more,
    },
  })
  const { url } = await gateway.listen({ port: 0 })
  stops.push(() => gateway.stop())
  return { gateway, url }
}

const word = 'forbidden'
const long = (middle: string) => `${'Some harmless words. '.repeat(20)}${middle}${' More harmless words.'.repeat(20)}`
const both = apis.flatMap((api) => [false, true].map((stream) => ({ api, stream })))

describe('before', () => {
  const hooks = defineHooks({
    name: 'words',
    onFailure: 'closed',
    before({ params }) {
      const text = JSON.stringify(params)
      if (text.includes(word)) return { action: 'refuse', message: 'This word is not allowed.', status: 403 }
      if (text.includes('opening hours')) return { action: 'answer', text: 'From 9 to 5.' }
      if (text.includes('Ada')) return { action: 'change', params: JSON.parse(text.replaceAll('Ada', 'Person')) }
    },
  })

  it.each(both)('refuses in the API of the client: $api, stream $stream', async ({ api, stream }) => {
    const server = await start(hooks)
    const key = await newKey(server)
    const { status, error } = await ask(server, api, `Say ${word}`, { stream, key })
    expect(status).toBe(403)
    expect(error?.message).toBe('This word is not allowed.')
    if (api === 'messages') expect(error?.type).toBe('permission_error')
    else if (api.startsWith('gemini')) expect(error?.status).toBe('PERMISSION_DENIED')
    else expect(error).toMatchObject({ type: 'guardrail_refused', code: '403' })
    expect(simulator.requests).toHaveLength(0)
    expect(await spendOf(server, key)).toBe(0)
  })

  it.each(both)('answers without a provider: $api, stream $stream', async ({ api, stream }) => {
    const server = await start(hooks)
    const key = await newKey(server)
    const { status, text, headers } = await ask(server, api, 'The opening hours?', { stream, key })
    expect([status, text]).toEqual([200, 'From 9 to 5.'])
    expect(headers.get('x-litellm-response-cost')).toBe('0')
    expect(headers.get('x-litellm-applied-guardrails')).toBe('words')
    expect(simulator.requests).toHaveLength(0)
    expect(await spendOf(server, key)).toBe(0)
  })

  it.each(both)('changes parameters: $api, stream $stream', async ({ api, stream }) => {
    const server = await start(hooks)
    const { status, text } = await ask(server, api, 'I am Ada', { stream })
    expect(status).toBe(200)
    expect(text).toContain('I am Person')
    expect(JSON.stringify(simulator.requests.map(({ body }) => body))).not.toContain('Ada')
  })

  it('changes the model, and the key must have access to it', async () => {
    const server = await start({
      name: 'route',
      onFailure: 'closed',
      before: () => ({ action: 'change', model: 'other' }),
    })
    const allowed = await ask(server, 'chat', 'Hello')
    expect(allowed.data[0].model).toBe('fast')
    expect(simulator.requests[0]?.model).toBe('gpt-4o')
    const key = await newKey(server, { models: ['fast'] })
    const denied = await ask(server, 'chat', 'Hello', { key })
    expect(denied.status).toBe(403)
    expect(simulator.requests).toHaveLength(1)
  })

  it('sets no destination, no credential and no other form of the answer', async () => {
    const server = await start({
      name: 'too-much',
      onFailure: 'closed',
      before: () => ({
        action: 'change',
        params: { api_base: 'http://127.0.0.1:9', apiKey: 'x', stream: true, temperature: 0.5, top_p: undefined },
      }),
    })
    const { status, data } = await ask(server, 'chat', 'Hello', { more: { top_p: 0.1 } })
    expect(status).toBe(200)
    expect(data[0].object).toBe('chat.completion')
    const { body } = simulator.requests[0] ?? {}
    expect(body).toMatchObject({ temperature: 0.5 })
    expect(body).not.toHaveProperty('top_p')
  })

  it('sees the caller, but no secrets', async () => {
    let seen = ''
    const server = await start({
      name: 'look',
      onFailure: 'closed',
      before: (call) => {
        seen = JSON.stringify(call)
      },
    })
    const key = await newKey(server, {
      key_alias: 'alice',
      metadata: { cost_center: 7, tags: ['blue'], api_key: 'hidden-1', logging: [{ secret: 'hidden-2' }] },
    })
    await ask(server, 'messages', 'Hello', { key })
    expect(JSON.parse(seen)).toMatchObject({
      operation: 'messages',
      dialect: 'anthropic',
      requestedModel: 'fast',
      caller: { keyAlias: 'alice', master: false, tags: ['blue'], metadata: { cost_center: 7 } },
    })
    expect(seen).not.toContain('hidden')
    expect(seen).not.toContain(key)
  })
})

describe('after', () => {
  const hooks = defineHooks({
    name: 'answers',
    onFailure: 'closed',
    after({ text }) {
      if (text.includes(word)) return { action: 'refuse', message: 'The answer is not allowed.' }
      if (text.includes('Ada')) return { action: 'change', text: text.replaceAll('Ada', 'Person') }
    },
  })
  const models = ['fast', 'claude', 'flash']

  it.each(both)('refuses an answer, whose cost is booked: $api, stream $stream', async ({ api, stream }) => {
    const server = await start(hooks)
    for (const model of models) {
      const key = await newKey(server)
      const { status, error, raw } = await ask(server, api, long(word), { stream, key, model })
      expect(status).toBe(stream ? 200 : 400)
      expect(error?.message).toBe('The answer is not allowed.')
      expect(raw).not.toContain('harmless')
      expect(await spendOf(server, key)).toBeGreaterThan(0)
    }
  })

  it.each(both)('changes an answer: $api, stream $stream', async ({ api, stream }) => {
    const server = await start(hooks)
    for (const model of models) {
      const { status, text, raw } = await ask(server, api, 'I am Ada', { stream, model })
      expect(status).toBe(200)
      expect(text).toContain('I am Person')
      expect(raw).not.toContain('Ada')
    }
  })

  it.each([false, true])('keeps a response as its client got it, stream %s', async (stream) => {
    const server = await start(hooks)
    const stored = (id: string) =>
      fetch(`${server.url}/v1/responses/${id}`, {
        headers: { authorization: `Bearer ${server.gateway.masterKey.value}` },
      })
    const changed = await ask(server, 'responses', 'I am Ada', { stream })
    const text = await (await stored(idOf(changed.data))).text()
    expect(text).toContain('I am Person')
    expect(text).not.toContain('Ada')
    const refused = await ask(server, 'responses', word, { stream })
    const id = idOf(refused.data)
    expect(id === undefined ? 404 : (await stored(id)).status).toBe(404)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
const idOf = (data: any[]) => data.map((one) => one.response?.id ?? one.id).find((id) => id !== undefined)

describe('a window of a stream', () => {
  const hooks = defineHooks({
    name: 'windows',
    onFailure: 'closed',
    window: { size: 40, stride: 10 },
    onStream({ text }) {
      if (text.includes(word)) return { action: 'refuse', message: 'The answer ends here.' }
      if (text.includes('Ada Lovelace')) return { action: 'change', text: text.replaceAll('Ada Lovelace', 'Person') }
    },
  })

  it.each(apis)('ends a stream in the middle, and books what was used: %s', async (api) => {
    const server = await start(hooks)
    for (const model of ['fast', 'claude', 'flash']) {
      const key = await newKey(server)
      const { status, text, error, raw } = await ask(server, api, long(word), { stream: true, key, model })
      expect(status).toBe(200)
      expect(text).toContain('Some harmless words. Some')
      expect(text).not.toContain(word)
      expect(raw).not.toContain('More')
      expect(raw).not.toContain('[DONE]')
      expect(error?.message).toBe('The answer ends here.')
      if (api === 'messages') expect(raw).toMatch(/event: error\ndata: .*"invalid_request_error"/)
      if (api === 'responses') expect(raw).toMatch(/event: response.failed\n[\s\S]*event: error\n/)
      await expect.poll(() => spendOf(server, key)).toBeGreaterThan(0)
    }
  })

  it.each(apis)('replaces a phrase across events, before any of it is out: %s', async (api) => {
    const server = await start(hooks)
    for (const model of ['fast', 'claude', 'flash']) {
      const plain = await ask(server, api, long('I am nobody.'), { stream: true, model })
      const { text, raw } = await ask(server, api, long('I am Ada Lovelace.'), { stream: true, model })
      expect(text).toBe(plain.text.replace('nobody', 'Person'))
      expect(raw).not.toMatch(/Ada|Lovelace/)
    }
  })

  it('is not larger than asked, and overlaps with the next', async () => {
    const windows: string[] = []
    const server = await start({
      name: 'sizes',
      onFailure: 'closed',
      window: { size: 60, stride: 20 },
      onStream: ({ text }) => {
        windows.push(text)
      },
    })
    const plain = long('')
    const { text } = await ask(server, 'chat', plain, { stream: true })
    expect(text).toContain(plain)
    const event = 12
    for (const one of windows) expect(one.length).toBeLessThanOrEqual(60 + 2 * event)
    // every phrase of 40 characters is in one of them
    for (let at = 0; at + 40 <= text.length; at++) {
      const phrase = text.slice(at, at + 40)
      expect(
        windows.filter((one) => one.includes(phrase)),
        `${at} ${phrase}`,
      ).not.toEqual([])
    }
  })

  it('leaves a stream without text to change as it is, byte for byte', async () => {
    const body = { more: { seed: 4 } }
    const server = await start({ name: 'watch', onFailure: 'closed', onStream: () => undefined })
    const without = await start([])
    for (const api of ['chat', 'messages', 'gemini array'] as const) {
      const shape = (raw: string) => raw.replace(/"(id|responseId|created|created_at)": ?("[^"]*"|\d+)/g, '')
      const options = { stream: true, model: 'claude', ...(api === 'chat' && body) }
      const plain = await ask(without, api, long(''), options)
      expect(shape((await ask(server, api, long(''), options)).raw)).toBe(shape(plain.raw))
    }
  })
})

describe('a hook that fails', () => {
  const never = () => new Promise<undefined>(() => {})
  const broken = {
    throws: () => {
      throw new Error('Broken: sk-inside')
    },
    hangs: never,
    'returns nonsense': () => ({ action: 'perhaps' }) as never,
  }
  const stages = ['before', 'onStream', 'after'] as const
  const cases = Object.keys(broken).flatMap((kind) =>
    stages.map((stage) => ({ kind: kind as keyof typeof broken, stage })),
  )

  it.each(cases)('refuses the call if it is closed: $stage $kind', async ({ kind, stage }) => {
    const server = await start({ name: 'bad', onFailure: 'closed', timeout: 50, [stage]: broken[kind] })
    for (const api of ['chat', 'messages', 'responses', 'gemini'] as const) {
      const { status, error, raw } = await ask(server, api, long(''), { stream: stage === 'onStream' })
      expect(status).toBe(stage === 'onStream' ? 200 : 503)
      expect(error?.message).toBe("The hook 'bad' has failed.")
      expect(raw).not.toContain('harmless')
      expect(raw).not.toContain('sk-inside')
    }
  })

  it.each(cases)('goes on if it is open: $stage $kind', async ({ kind, stage }) => {
    const server = await start({ name: 'bad', onFailure: 'open', timeout: 20, [stage]: broken[kind] })
    const { status, text, error } = await ask(server, 'chat', 'Hello there', { stream: stage === 'onStream' })
    expect(status).toBe(200)
    expect(error).toBeUndefined()
    expect(text).toContain('Hello there')
  })
})

describe('scope', () => {
  const refuse = (name: string, more: Partial<Hook>): Hook => ({
    name,
    onFailure: 'closed',
    before: () => ({ action: 'refuse', message: name }),
    ...more,
  })
  const refusals = async (hook: Hook, calls: Parameters<typeof ask>[3][], api: 'chat' | 'messages' = 'chat') => {
    const server = await start(hook)
    const keys: Record<string, string> = { alice: await newKey(server, { key_alias: 'alice' }) }
    const found: boolean[] = []
    for (const { key, ...rest } of calls.map((call) => ({ ...call }))) {
      const options = { ...rest, ...(key !== undefined && { key: keys[key] ?? '' }) }
      found.push((await ask(server, api, 'Hello', options)).status === 400)
    }
    return found
  }

  it('limits a hook to keys', async () => {
    expect(await refusals(refuse('a', { for: { keys: ['ali*'] } }), [{ key: 'alice' }, {}])).toEqual([true, false])
  })

  it('limits a hook to models', async () => {
    const hook = refuse('b', { for: { models: ['cl*'] } })
    expect(await refusals(hook, [{ model: 'claude' }, { model: 'fast' }])).toEqual([true, false])
  })

  it('limits a hook to routes', async () => {
    const hook = refuse('c', { for: { routes: ['messages'] } })
    expect(await refusals(hook, [{}])).toEqual([false])
    expect(await refusals(hook, [{}], 'messages')).toEqual([true])
  })

  it('runs a hook that is off by default for calls that name it', async () => {
    const hook = refuse('d', { defaultOn: false })
    const calls = [{}, { more: { guardrails: ['d'] } }, { more: { metadata: { guardrails: ['d'] } } }]
    expect(await refusals(hook, calls)).toEqual([false, true, true])
  })

  it('refuses the name of an unknown guardrail', async () => {
    const server = await start(refuse('e', { defaultOn: false }))
    const { status, error } = await ask(server, 'chat', 'Hello', { more: { guardrails: ['f'] } })
    expect([status, error?.param]).toEqual([400, 'guardrails'])
  })
})
