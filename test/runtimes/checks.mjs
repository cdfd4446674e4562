// The checks of every runtime, in plain JavaScript without imports: llmux and the addresses of the mock server are arguments.
// scripts/runtimes.mjs runs them on Node.js, Bun, Deno and workerd.

const messages = [{ role: 'user', content: 'Hello there' }]
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function check(condition, message) {
  if (!condition) throw new Error(message)
}

function equal(got, expected, what) {
  check(got === expected, `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`)
}

async function failure(work) {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('The call did not fail.')
}

/** Waits until a condition holds. */
async function until(condition, what) {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return
    await pause(20)
  }
  throw new Error(`Timed out: ${what}`)
}

/**
 * @param llmux the module
 * @param at addresses: `simulator` (llmux/testing), `server` (scripts/runtimes.mjs), `dead` (nothing listens)
 * @param serve serves a handler with the server of the runtime; returns `fetch(path, init)` and `close()`
 */
export function checksFor(llmux, at, serve) {
  const { APIConnectionError, createClient, createHandler, LLMError, memoryCache, Router } = llmux
  const providers = {
    openai: { apiKey: 'simulated', apiBase: `${at.simulator}/v1` },
    anthropic: { apiKey: 'simulated', apiBase: at.simulator },
    groq: { apiKey: 'simulated', apiBase: `${at.server}/v1` },
  }
  const openai = { model: 'openai/gpt-4o-mini', messages }
  const anthropic = { model: 'anthropic/claude-sonnet-4-5', messages, max_tokens: 64 }
  const own = { model: 'openai/gpt-4o-mini', messages, apiBase: `${at.server}/v1`, apiKey: 'simulated' }
  const state = async () => (await fetch(`${at.server}/state`)).json()

  /** Runs a check with a client of its own, and closes it. */
  const withClient = (work, options) => async () => {
    const client = createClient({ providers, maxRetries: 0, ...options })
    try {
      await work(client)
    } finally {
      await client.close()
    }
  }

  /** Runs a check against a handler that the runtime serves. */
  const withHandler = (work) =>
    withClient(async (client) => {
      const server = await serve(createHandler(client))
      const post = (path, body, headers) =>
        server.fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        })
      try {
        await work(post, server)
      } finally {
        await server.close()
      }
    })

  return {
    answer: withClient(async (client) => {
      const answer = await client.completion(openai)
      equal(answer.choices[0].message.content, 'You said: Hello there', 'the text')
      check(answer.usage.total_tokens > 0, 'no usage')
      equal((await client.completion(anthropic)).choices[0].finish_reason, 'stop', 'the finish reason of Anthropic')
    }),

    stream: withClient(async (client) => {
      for (const request of [openai, anthropic]) {
        let text = ''
        const stream = await client.completion({ ...request, stream: true })
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
        equal(text, 'You said: Hello there', 'the text')
        check((await stream.final()).usage.total_tokens > 0, 'no usage')
      }
    }),

    toReadableStream: withClient(async (client) => {
      const stream = await client.completion({ ...openai, stream: true })
      const text = await new Response(stream.toReadableStream()).text()
      check(text.startsWith('data: {') && text.trimEnd().endsWith('data: [DONE]'), `not server-sent events: ${text}`)
    }),

    embedding: withClient(async (client) => {
      const request = { model: 'openai/text-embedding-3-small', input: ['a', 'b'] }
      const numbers = await client.embedding(request)
      const vectors = await client.embedding({ ...request, vectorType: 'float32' })
      check(vectors.data[1].embedding instanceof Float32Array, 'no Float32Array')
      equal(vectors.data[1].embedding[7], Math.fround(numbers.data[1].embedding[7]), 'a number of the vector')
    }),

    'rate limit': withClient(async (client) => {
      const error = await failure(() => client.completion({ ...openai, model: 'openai/fail-429-retry-after-2' }))
      equal(error.name, 'RateLimitError', 'the class')
      equal(error.status, 429, 'the status')
      equal(error.retryAfterMs, 2000, 'the delay')
      check(LLMError.is(error) && error.retryable, 'not retryable')
    }),

    abort: withClient(async (client) => {
      const before = await failure(() =>
        client.completion({ ...openai, model: 'openai/slow-headers-5000', signal: AbortSignal.timeout(50) }),
      )
      equal(before.code, 'aborted', 'the code of an abort before the headers')
      const { closed } = await state()
      const controller = new AbortController()
      const stream = await client.completion({
        ...own,
        model: 'openai/endless',
        stream: true,
        signal: controller.signal,
      })
      const during = await failure(async () => {
        for await (const _ of stream) controller.abort()
      })
      equal(during.code, 'aborted', 'the code of an abort in the stream')
      await until(async () => (await state()).closed > closed, 'the connection of an aborted stream stays open')
    }),

    'leaving a stream': withClient(async (client) => {
      const { closed } = await state()
      for await (const _ of await client.completion({ ...own, model: 'openai/endless', stream: true })) break
      await until(async () => (await state()).closed > closed, 'the connection of an abandoned stream stays open')
      const stream = await client.completion({ ...own, model: 'openai/endless', stream: true })
      const reader = stream.toReadableStream().getReader()
      await reader.read()
      await reader.cancel()
      await until(async () => (await state()).closed > closed + 1, 'a cancelled ReadableStream keeps its connection')
    }),

    timeouts: withClient(async (client) => {
      const slow = { ...openai, model: 'openai/slow-headers-5000' }
      const total = await failure(() => client.completion({ ...slow, timeout: 60 }))
      equal(`${total.name} ${total.phase}`, 'TimeoutError total', 'timeout')
      const headers = await failure(() => client.completion({ ...slow, headersTimeout: 60 }))
      equal(`${headers.name} ${headers.phase}`, 'TimeoutError headers', 'headersTimeout')
      const late = { ...openai, model: 'openai/slow-first-token-5000', stream: true, firstTokenTimeout: 60 }
      const first = await failure(() => client.completion(late))
      equal(`${first.name} ${first.phase}`, 'TimeoutError first_token', 'firstTokenTimeout')
      const idle = await failure(async () => {
        const stream = await client.completion({ ...own, model: 'openai/stall', stream: true, idleTimeout: 60 })
        for await (const _ of stream);
      })
      equal(`${idle.name} ${idle.phase}`, 'TimeoutError idle', 'idleTimeout')
    }),

    retry: withClient(
      async (client) => {
        const answer = await client.completion({ ...openai, model: 'openai/fail-500-x1' })
        equal(answer.meta.retries, 1, 'retries')
      },
      { maxRetries: 2 },
    ),

    cost: withClient(async (client) => {
      const { meta } = await client.completion(openai)
      check(meta.cost.total > 0 && meta.cost.total < 0.01, `the cost is ${meta.cost.total}`)
    }),

    Router: async () => {
      const deployment = (apiBase) => ({ model: 'openai/gpt-4o-mini', apiKey: 'simulated', apiBase })
      const router = new Router({
        modelList: [
          { modelName: 'chat', params: deployment(at.dead) },
          { modelName: 'spare', params: deployment(`${at.simulator}/v1`) },
        ],
        fallbacks: [{ chat: ['spare'] }],
        numRetries: 0,
      })
      try {
        const answer = await router.completion({ model: 'chat', messages })
        equal(answer.choices[0].message.content, 'You said: Hello there', 'the text')
        const stream = await router.completion({ model: 'chat', messages, stream: true })
        equal((await stream.final()).choices[0].finish_reason, 'stop', 'the finish reason')
      } finally {
        await router.close()
      }
    },

    'memory cache': withClient(
      async (client) => {
        await client.completion(openai)
        const again = await client.completion(openai)
        equal(again.meta.cache.hit, true, 'a hit')
        equal(again.choices[0].message.content, 'You said: Hello there', 'the text')
      },
      { cache: memoryCache() },
    ),

    'dead server': withClient(async (client) => {
      const error = await failure(() => client.completion({ ...openai, apiBase: at.dead, apiKey: 'simulated' }))
      check(error instanceof APIConnectionError && error.retryable, `not an APIConnectionError: ${error}`)
      check(error.cause instanceof Error && error.cause.message !== '', 'no cause')
      // a runtime may see the end before it has read what came earlier
      const cut = async () => {
        const stream = await client.completion({ ...openai, model: 'openai/cut-after-1', stream: true })
        await stream.final()
      }
      equal((await failure(cut)).code, 'stream_interrupted', 'the code of a cut stream')
    }),

    'Bedrock, signed': withClient(
      async (client) => {
        const request = { model: 'bedrock/anthropic.claude-3-haiku-20240307-v1:0', messages }
        const answer = await client.completion(request)
        equal(answer.choices[0].message.content, 'You said: Hello there', 'the text')
        const stream = await client.completion({ ...request, stream: true })
        equal(await stream.text(), 'You said: Hello there', 'the text of the stream')
      },
      {
        providers: {
          bedrock: {
            apiBase: at.server,
            region: 'eu-west-1',
            accessKeyId: 'AKIDEXAMPLE',
            secretAccessKey: 'simulated/secret+key',
          },
        },
      },
    ),

    'gzip and redirects': withClient(async (client) => {
      const answer = await client.completion({ ...own, model: 'openai/gzip' })
      equal(answer.choices[0].message.content, 'żółć', 'the text')
      const error = await failure(() => client.completion({ ...own, model: 'openai/redirect' }))
      equal(error.name, 'BadRequestError', 'the class of a redirect')
      check(error.message.includes('Redirects are not followed'), error.message)
    }),

    'back-pressure': withClient(async (client) => {
      const stream = await client.completion({ ...own, model: 'openai/flood', stream: true })
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      await pause(500)
      const { flooded } = await state()
      check(flooded < 48 * 1024 * 1024, `the server sent ${flooded} bytes to a reader that waits`)
      await iterator.return()
    }),

    'a fetch of your own': async () => {
      const urls = []
      const count = (url, init) => {
        urls.push(url)
        return fetch(url, init)
      }
      const client = createClient({ providers, fetch: count, maxRetries: 0 })
      await client.completion(openai)
      equal(urls[0], `${at.simulator}/v1/chat/completions`, 'the address')
      const error = await failure(() =>
        client.completion({ ...openai, fetch: () => Promise.reject(new TypeError('no network here')) }),
      )
      check(error instanceof APIConnectionError && error.message.includes('no network here'), error.message)
      equal(urls.length, 1, 'calls')
      await client.close()
    },

    'handler: chat': withHandler(async (post, server) => {
      const response = await post('/v1/chat/completions', openai)
      equal(response.status, 200, 'the status')
      const answer = await response.json()
      equal(answer.choices[0].message.content, 'You said: Hello there', 'the text')
      check(answer.usage.total_tokens > 0, 'no usage')
      equal((await server.fetch('/v1/nothing')).status, 404, 'the status of an unknown path')
    }),

    'handler: stream': withHandler(async (post) => {
      const response = await post('/v1/chat/completions', { ...anthropic, stream: true })
      check(response.headers.get('content-type').startsWith('text/event-stream'), 'the content type')
      const text = await response.text()
      const chunks = text.match(/^data: \{.*$/gm).map((line) => JSON.parse(line.slice(6)))
      const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      equal(said, 'You said: Hello there', 'the text')
      check(text.endsWith('data: [DONE]\n\n'), `no end: ${text.slice(-100)}`)
    }),

    'handler: a client that leaves': async () => {
      const client = createClient({ providers, maxRetries: 0 })
      const server = await serve(createHandler(client))
      const { closed } = await state()
      const response = await server.fetch('/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'groq/endless', messages, stream: true }),
      })
      const reader = response.body.getReader()
      await reader.read()
      await reader.cancel()
      await until(async () => (await state()).closed > closed, 'the connection to the model stays open')
      await server.close()
      // not awaited: workerd drops a request whose client has left, so that its call never ends
      client.close()
    },

    'handler: error': withHandler(async (post) => {
      const response = await post('/v1/chat/completions', { ...openai, model: 'openai/fail-429-retry-after-2' })
      equal(response.status, 429, 'the status')
      equal(response.headers.get('retry-after'), '2', 'retry-after')
      check(typeof (await response.json()).error.message === 'string', 'no message')
      const messagesError = await post('/v1/messages', { ...anthropic, model: 'anthropic/fail-529' })
      equal(messagesError.status, 529, 'the status of an overloaded model')
      equal((await messagesError.json()).error.type, 'overloaded_error', 'the type')
      equal((await post('/v1/chat/completions', {})).status, 400, 'the status of an empty body')
    }),

    'handler: Messages': withHandler(async (post) => {
      for (const request of [anthropic, { ...anthropic, model: openai.model }]) {
        const answer = await (await post('/v1/messages', request)).json()
        equal(answer.content[0].text, 'You said: Hello there', `the text of ${request.model}`)
        const events = await (await post('/v1/messages', { ...request, stream: true })).text()
        const types = events.match(/^event: .*$/gm).map((line) => line.slice(7))
        equal(types[0], 'message_start', 'the first event')
        equal(types.at(-1), 'message_stop', 'the last event')
      }
    }),

    'client.fetch': withClient(async (client) => {
      const body = JSON.stringify(openai)
      const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
      const answer = await client.fetch('http://llmux/v1/responses', {
        ...init,
        body: JSON.stringify({ model: 'anthropic/claude-sonnet-4-5', input: 'Hello there' }),
      })
      equal((await answer.json()).output.at(-1).content[0].text, 'You said: Hello there', 'the text')
      equal((await client.fetch('http://llmux/v1/chat/completions', { ...init, body })).status, 200, 'the status')
    }),

    close: async () => {
      const client = createClient({ providers, maxRetries: 0 })
      let answered = false
      const slow = client.completion({ ...openai, model: 'openai/slow-headers-200' }).then(() => {
        answered = true
      })
      await pause(50)
      await client.close()
      check(answered, 'close() did not wait for the call in flight')
      await slow
      const error = await failure(() => client.completion(openai))
      check(error instanceof APIConnectionError && !error.retryable, `not an APIConnectionError: ${error}`)
    },
  }
}

/** Runs the checks one after another. Returns name, milliseconds and, of failed ones, the error. */
export async function runChecks(llmux, at, serve, seconds = 15) {
  const results = []
  for (const [name, run] of Object.entries(checksFor(llmux, at, serve))) {
    const from = performance.now()
    let error
    let timer
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000)
      })
      await Promise.race([run(), late])
    } catch (thrown) {
      error = String(thrown?.stack ?? thrown)
    }
    clearTimeout(timer)
    results.push({ name, ms: Math.round(performance.now() - from), ...(error && { error }) })
  }
  return results
}
