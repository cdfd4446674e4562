/**
 * llmux against real endpoints: every one that the environment names. The variables are in README.md beside this file.
 * Nothing here depends on what a model says, only on what the API promises.
 */
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  AbortError,
  AuthenticationError,
  type CompletionRequest,
  completion,
  createClient,
  embedding,
  LLMError,
  NotFoundError,
} from '../../src/index.js'

interface Target {
  readonly name: string
  readonly provider: 'openai' | 'anthropic'
  readonly model: string
  readonly apiKey: string
  readonly apiBase: string | undefined
  /** Whether the endpoint refuses a wrong key. */
  readonly checksKey: boolean
}

const { env } = process

/** Every model has hundreds of tokens to say to this. */
const LONG = 'Write an essay about the history of Rome.'

function* targets(): Generator<Target> {
  const local = { apiKey: env.LLMUX_LIVE_KEY ?? 'none', checksKey: env.LLMUX_LIVE_KEY !== undefined }
  const model = env.LLMUX_LIVE_MODEL ?? 'default'
  if (env.LLMUX_LIVE_BASE) {
    yield {
      name: `OpenAI-compatible at ${env.LLMUX_LIVE_BASE}`,
      provider: 'openai',
      model,
      apiBase: env.LLMUX_LIVE_BASE,
      ...local,
    }
  }
  if (env.LLMUX_LIVE_ANTHROPIC_BASE) {
    const apiBase = env.LLMUX_LIVE_ANTHROPIC_BASE
    yield { name: `Anthropic-compatible at ${apiBase}`, provider: 'anthropic', model, apiBase, ...local }
  }
  if (env.OPENAI_API_KEY) {
    const model = env.LLMUX_LIVE_OPENAI_MODEL ?? 'gpt-4o-mini'
    yield { name: 'OpenAI', provider: 'openai', model, apiKey: env.OPENAI_API_KEY, apiBase: undefined, checksKey: true }
  }
  if (env.ANTHROPIC_API_KEY) {
    const model = env.LLMUX_LIVE_ANTHROPIC_MODEL ?? 'claude-3-5-haiku-latest'
    yield {
      name: 'Anthropic',
      provider: 'anthropic',
      model,
      apiKey: env.ANTHROPIC_API_KEY,
      apiBase: undefined,
      checksKey: true,
    }
  }
}

const found = [...targets()]

if (found.length === 0) {
  console.warn(
    '\nLIVE TESTS: nothing configured, so nothing was tried against a real LLM. Set LLMUX_LIVE_BASE (with LLMUX_LIVE_MODEL and ' +
      'LLMUX_LIVE_KEY), OPENAI_API_KEY or ANTHROPIC_API_KEY, or run `node scripts/live-server.mjs npm run test:live`.\n',
  )
  describe.skip('live', () => {
    test('nothing configured', () => {})
  })
}

describe.each(found)('$name', (target) => {
  const to = {
    model: `${target.provider}/${target.model}`,
    apiKey: target.apiKey,
    ...(target.apiBase === undefined ? {} : { apiBase: target.apiBase }),
    temperature: 0,
    maxRetries: 1,
  }
  const ask = (content: string) => [{ role: 'user' as const, content }]

  test('chat', async () => {
    const answer = await completion({ ...to, messages: ask('Say hello.'), max_tokens: 64 })
    const choice = answer.choices[0]
    report(target, 'chat', choice?.message.content, { usage: answer.usage, ms: Math.round(answer.meta.latencyMs) })
    expect(answer.object).toBe('chat.completion')
    expect(answer.id).toBeTruthy()
    expect(choice?.message.role).toBe('assistant')
    expect(choice?.message.content).toBeTruthy()
    expect(['stop', 'length']).toContain(choice?.finish_reason)
    expectUsage(answer.usage)
    expect(answer.meta).toMatchObject({ provider: target.provider, model: target.model, status: 200, retries: 0 })
    expect(JSON.parse(JSON.stringify(answer))).not.toHaveProperty('meta')
  })

  test('max_tokens ends with length', async () => {
    const answer = await completion({ ...to, messages: ask(LONG), max_tokens: 8 })
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(8)
  })

  test('a stop word ends with stop, and is not in the answer', async () => {
    const messages = ask('Repeat exactly: one two three four five')
    const free = await completion({ ...to, messages, max_tokens: 48 })
    const text = free.choices[0]?.message.content ?? ''
    // a word that the model is known to say
    const word =
      text
        .split(/\s+/)
        .slice(1)
        .find((candidate) => /^[a-z]{3,}$/i.test(candidate)) ?? 'three'
    const answer = await completion({ ...to, messages, max_tokens: 48, stop: [word] })
    const content = answer.choices[0]?.message.content ?? ''
    report(target, 'stop', `${JSON.stringify(text)} stopped at ${JSON.stringify(word)}: ${JSON.stringify(content)}`)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(content).not.toContain(word)
  })

  test('streaming', async () => {
    const stream = await completion({
      ...to,
      messages: ask(LONG),
      max_tokens: 40,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let chunks = 0
    let finish: string | null | undefined
    let usage: unknown
    const arrivals = new Set<number>()
    const ids = new Set<string>()
    for await (const chunk of stream) {
      chunks++
      ids.add(chunk.id)
      const choice = chunk.choices[0]
      if (choice?.delta.content) arrivals.add(Math.floor(performance.now() / 5))
      text += choice?.delta.content ?? ''
      finish = choice?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    const whole = await stream.final()
    report(target, 'stream', text, {
      chunks,
      firstTokenMs: Math.round(stream.meta.timeToFirstTokenMs ?? -1),
      usage: whole.usage,
    })
    expect(chunks).toBeGreaterThan(3)
    expect(ids.size).toBe(1)
    // they came one after the other, not all at the end
    expect(arrivals.size).toBeGreaterThan(1)
    expect(['stop', 'length']).toContain(finish)
    expect(whole.choices[0]?.message.content).toBe(text)
    expect(whole.choices[0]?.finish_reason).toBe(finish)
    expectUsage(whole.usage)
    expect(usage).toEqual(whole.usage)
    expect(stream.meta.timeToFirstTokenMs).toBeLessThanOrEqual(stream.meta.latencyMs)
  })

  test('many turns', async () => {
    const first = await completion({ ...to, messages: ask('My name is Ada.'), max_tokens: 24 })
    const message = first.choices[0]?.message
    if (!message) throw new Error('no choice')
    const messages: CompletionRequest['messages'] = [
      { role: 'system', content: 'Answer in one short sentence.' },
      ...ask('My name is Ada.'),
      message,
      ...ask('What is my name?'),
    ]
    const answer = await completion({ ...to, messages, max_tokens: 24 })
    report(target, 'turns', answer.choices[0]?.message.content)
    expect(answer.choices[0]?.message.content).toBeTruthy()
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(first.usage?.prompt_tokens ?? Number.POSITIVE_INFINITY)
  })

  test('JSON by a schema', async ({ skip }) => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, country: { type: 'string' } },
      required: ['city', 'country'],
      additionalProperties: false,
    }
    const answer = await completion({
      ...to,
      messages: ask('Where is the Eiffel Tower? Answer with city and country as JSON.'),
      max_tokens: 120,
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
    }).catch((error: unknown) => {
      // a server without it says so: that is its answer, and ours is to name it
      if (LLMError.is(error) && (error.code === 'bad_request' || error.code === 'unsupported_params'))
        return skip(error.message)
      throw error
    })
    const content = answer.choices[0]?.message.content ?? ''
    report(target, 'json_schema', content, { warnings: answer.meta.warnings })
    if (target.provider === 'anthropic' && target.apiBase !== undefined && !isJSON(content)) {
      return skip('this endpoint does not hold the model to the schema')
    }
    expect(Object.keys(JSON.parse(content)).sort()).toEqual(['city', 'country'])
  })

  test.runIf(target.provider === 'openai')('JSON without a schema', async () => {
    const answer = await completion({
      ...to,
      messages: ask('Give me the JSON object {"ok": true} and nothing else.'),
      max_tokens: 200,
      response_format: { type: 'json_object' },
    })
    const content = answer.choices[0]?.message.content ?? ''
    report(target, 'json_object', content)
    if (answer.choices[0]?.finish_reason === 'stop') expect(typeof JSON.parse(content)).toBe('object')
    else expect(content.trim()).toMatch(/^[{[]/)
  })

  test('a tool', async ({ skip }) => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'get_weather', description: 'The weather of a city', parameters },
      },
    ]
    const messages: CompletionRequest['messages'] = ask('What is the weather in Paris?')
    const answer = await completion({ ...to, messages, tools, tool_choice: 'required', max_tokens: 100 })
    const message = answer.choices[0]?.message
    const call = message?.tool_calls?.[0]
    if (!message || call?.type !== 'function') return skip(`the model called no tool and said: ${message?.content}`)
    expect(call.function.name).toBe('get_weather')
    expect(JSON.parse(call.function.arguments)).toHaveProperty('city')
    const result = { role: 'tool' as const, tool_call_id: call.id, content: 'sunny, 20 degrees' }
    const second = await completion({ ...to, messages: [...messages, message, result], tools, max_tokens: 60 })
    expect(second.choices[0]?.message.content).toBeTruthy()
  })

  test('a tool call in the history', async () => {
    const call = {
      id: 'call_1',
      type: 'function' as const,
      function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
    }
    const answer = await completion({
      ...to,
      messages: [
        ...ask('What is the weather in Paris?'),
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny, 20 degrees' },
      ],
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }],
      max_tokens: 32,
    })
    expect(answer.choices).toHaveLength(1)
    expectUsage(answer.usage)
  })

  test('aborting a stream closes its socket and throws AbortError', async () => {
    await using relay = await relayTo(target)
    const abort = new AbortController()
    const stream = await completion({
      ...to,
      ...relay.to,
      messages: ask(LONG),
      max_tokens: 800,
      stream: true,
      signal: abort.signal,
    })
    let chunks = 0
    const reading = (async () => {
      for await (const _ of stream) if (++chunks === 5) abort.abort(new Error('enough'))
    })()
    const error = await reading.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(AbortError)
    expect(chunks).toBeLessThan(200)
    if (relay.closed) await expect(relay.closed(), 'the socket closes').resolves.toBe(true)
  })

  test('leaving the loop closes the socket', async () => {
    await using relay = await relayTo(target)
    const messages = ask(LONG)
    const stream = await completion({ ...to, ...relay.to, messages, max_tokens: 800, stream: true })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 5) break
    expect(chunks).toBe(5)
    if (relay.closed) await expect(relay.closed(), 'the socket closes').resolves.toBe(true)
  })

  test('a signal ends a call that waits', async () => {
    const messages = ask(LONG)
    const before = performance.now()
    const error = await completion({ ...to, messages, max_tokens: 2000, signal: AbortSignal.timeout(150) }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(AbortError)
    expect(performance.now() - before).toBeLessThan(5000)
  })

  test.runIf(target.checksKey)('a wrong key is an AuthenticationError without the key in it', async () => {
    const apiKey = 'sk-wrong-0123456789abcdef'
    const error = await completion({ ...to, apiKey, messages: ask('hi'), max_tokens: 4 }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ status: 401, provider: target.provider, retryable: false })
    expect(JSON.stringify(error)).not.toContain(apiKey)
  })

  test.runIf(target.apiBase !== undefined)('a wrong path is a NotFoundError', async () => {
    const apiBase = `${target.apiBase}/no/such/path`
    const error = await completion({ ...to, apiBase, messages: ask('hi'), max_tokens: 4 }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ status: 404, retryable: false })
  })

  test('a wrong model is a NotFoundError, or the server answers for any name', async () => {
    const model = `${target.provider}/no-such-model-of-anyone`
    const outcome = await completion({ ...to, model, messages: ask('hi'), max_tokens: 4 }).catch(
      (reason: unknown) => reason,
    )
    if (LLMError.is(outcome)) expect(outcome).toBeInstanceOf(NotFoundError)
    else expect(outcome).toHaveProperty('object', 'chat.completion')
  })

  test('a prompt longer than the window', async ({ skip }) => {
    if (target.apiBase === undefined) return skip('it would cost money')
    const messages = ask('word '.repeat(200_000))
    const error = await completion({ ...to, messages, max_tokens: 4 }).catch((reason: unknown) => reason)
    expect(LLMError.is(error) && error.code, String(error)).toBe('context_window_exceeded')
  })

  test('ten calls at once through one client', async () => {
    const { apiKey, apiBase } = target
    const client = createClient({
      providers: { [target.provider]: { apiKey, ...(apiBase === undefined ? {} : { apiBase }) } },
    })
    const call = { model: to.model, messages: ask('Say hello.'), max_tokens: 8 }
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.completion(call)))
    expect(answers.every((answer) => answer.choices[0]?.message.content)).toBe(true)
  })

  test.runIf(target.provider === 'openai' && env.LLMUX_LIVE_EMBEDDING_MODEL && target.apiBase !== undefined)(
    'embeddings, base64 and float',
    async () => {
      const { apiKey, apiBase = '' } = target
      const request = {
        model: `openai/${env.LLMUX_LIVE_EMBEDDING_MODEL}`,
        input: ['the sea', 'a ship', 'taxes'],
        apiKey,
        apiBase,
      }
      const packed = await embedding({ ...request, encoding_format: 'base64' })
      const plain = await embedding({ ...request, encoding_format: 'float' })
      const typed = await embedding({ ...request, vectorType: 'float32' })
      report(target, 'embedding', `${packed.data.length} vectors of ${packed.data[0]?.embedding.length}`, {
        usage: packed.usage,
      })
      expect(packed.data.map(({ index }) => index)).toEqual([0, 1, 2])
      expect(packed.usage?.prompt_tokens).toBeGreaterThan(0)
      expect(typed.data[0]?.embedding).toBeInstanceOf(Float32Array)
      for (const [at, { embedding: vector }] of plain.data.entries()) {
        const other = packed.data[at]?.embedding ?? []
        expect(other).toHaveLength(vector.length)
        expect(cosine(vector, other)).toBeGreaterThan(0.999)
      }
    },
  )
})

function expectUsage(
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | undefined,
): void {
  expect(usage?.prompt_tokens).toBeGreaterThan(0)
  expect(usage?.completion_tokens).toBeGreaterThan(0)
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

function report(target: Target, what: string, text: string | null | undefined, facts: object = {}): void {
  console.log(
    `[${target.provider}/${target.model}] ${what}: ${text?.replace(/\s+/g, ' ').slice(0, 160)} ${JSON.stringify(facts)}`,
  )
}

/** A relay in front of a plain http endpoint, that sees when the client closes its socket. */
async function relayTo(target: Target) {
  const base = target.apiBase === undefined ? undefined : new URL(target.apiBase)
  if (base?.protocol !== 'http:') return { to: {}, closed: undefined, [Symbol.asyncDispose]: async () => {} }
  const sockets = new Set<Socket>()
  const ends: Promise<void>[] = []
  const server = createServer((socket) => {
    const upstream = connect({ host: base.hostname.replace(/^\[|\]$/g, ''), port: Number(base.port || 80) })
    ends.push(new Promise((resolve) => socket.once('close', () => resolve())))
    for (const side of [socket, upstream]) {
      sockets.add(side)
      side.on('error', () => {})
      side.once('close', () => sockets.delete(side))
    }
    socket.pipe(upstream).pipe(socket)
    socket.once('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address
  const path = base.pathname === '/' ? '' : base.pathname
  return {
    to: { apiBase: `http://127.0.0.1:${port}${path}` },
    /** Resolves to true when every connection that came has been closed; false where that takes more than 3 s. */
    closed: async () => {
      const late = new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), 3000).unref()
      })
      return ends.length > 0 && Promise.race([Promise.all(ends).then(() => true), late])
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
