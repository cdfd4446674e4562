import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { channels } from '../../src/observe/channels.js'
import { linesFor } from '../../src/observe/lines.js'
import { sanitized } from '../../src/observe/sanitize.js'
import { Router } from '../../src/router/router.js'
import type { CallbackSet, CallEvent } from '../../src/types/observe.js'
import { startServer } from '../helpers/server.js'

const messages = [{ role: 'user' as const, content: 'The content' }]
const everything = (keep: (event: CallEvent) => void): CallbackSet => ({
  ...{ onStart: keep, onRetry: keep, onFallback: keep, onFirstToken: keep, onChunk: keep, onCacheHit: keep },
  ...{ onSuccess: keep, onFailure: keep },
})
const shown = (value: unknown) => inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value)

it('has no credential in any event, message of a channel, log record or line', async () => {
  // a provider that says the key back, as some do
  await using echo = await startServer((request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `Incorrect API key: ${request.headers.authorization}` } }))
  })
  await using simulator = await startSimulator()
  const heard: unknown[] = []
  const keep = (value: unknown) => {
    heard.push(value)
  }
  const log = (fields: object, message: string) => keep({ ...fields, message })
  for (const { name } of Object.values(channels)) channel(name).subscribe(keep)
  const lines = linesFor('debug', keep)
  const options = {
    callbacks: [everything(keep), ...(lines ? [lines] : [])],
    logger: { debug: log, info: log, warn: log, error: log },
  }
  const apiKey = 'sk-canary-0123456789abcdef'
  const client = createClient({
    ...options,
    proxy: false,
    providers: {
      openai: { apiKey, apiBase: simulator.openaiBase, headers: { 'x-gateway-key': 'canary-header' } },
      anthropic: { apiKey, authToken: 'canary-token', apiBase: echo.url },
    },
  })
  const headers = { 'x-secret': 'canary-of-the-call' }
  simulator.fail({ kind: 'status', status: 500 })
  await client.completion({ model: 'openai/gpt-4o', messages, headers, apiKey: 'sk-canary-of-the-call' })
  await (await client.completion({ model: 'openai/gpt-4o', messages, stream: true })).final()
  await client.completion({ model: 'anthropic/claude-sonnet-4-5', messages }).catch(() => {})
  await client
    .responses({
      model: 'openai/gpt-5',
      input: 'Hello',
      tools: [
        {
          ...{ type: 'mcp', server_label: 's', server_url: 'https://mcp.example', authorization: 'canary-mcp' },
          headers: { 'X-Whatever': 'canary-mcp-header' },
        },
      ] as never,
    })
    .catch(() => {})
  await client.close()
  const router = new Router({
    ...options,
    modelList: [
      { modelName: 'g', params: { model: 'anthropic/claude-sonnet-4-5', apiKey, apiBase: echo.url } },
      { modelName: 'h', params: { model: 'openai/gpt-4o', apiKey, apiBase: simulator.openaiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
  })
  await router.completion({ model: 'g', messages })
  await router.close()
  for (const { name } of Object.values(channels)) channel(name).unsubscribe(keep)
  expect(heard.length).toBeGreaterThan(30)
  expect(shown(heard)).not.toContain('canary')
})

it('excludes content with redact', async () => {
  await using server = await startServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'Bad prompt: The content', code: 'bad' } }))
  })
  await using simulator = await startSimulator()
  const events: CallEvent[] = []
  const client = createClient({
    redact: true,
    proxy: false,
    callbacks: [everything((event) => void events.push(event))],
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase }, groq: { apiKey: 'k', apiBase: server.url } },
  })
  const more = { user: 'The content', metadata: { a: 'The content' }, stop: ['The content'], odd_field: 'The content' }
  const stream = await client.completion({ model: 'openai/gpt-4o', messages, stream: true, temperature: 0.5, ...more })
  const answer = (await stream.final()).choices[0]?.message.content
  const error = await client.completion({ model: 'groq/llama', messages }).catch((failure) => failure)
  await client.close()
  expect(answer).toBeTruthy()
  expect(String(error)).toContain('The content')
  expect(shown(events)).not.toContain('The content')
  expect(shown(events.filter(({ type }) => type !== 'failure'))).not.toContain(answer?.slice(0, 12))
  expect(events.at(-1)).toMatchObject({ type: 'failure', error: { code: 'bad_request', status: 400 } })
  expect(events[0]).toMatchObject({ request: { model: 'openai/gpt-4o', temperature: 0.5, messages: '[redacted]' } })
})

it('excludes single fields', async () => {
  await using simulator = await startSimulator()
  const events: CallEvent[] = []
  await using client = createClient({
    redact: ['messages', 'answer'],
    callbacks: [everything((event) => void events.push(event))],
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } },
  })
  const stream = await client.completion({ model: 'openai/gpt-4o', messages, stream: true, user: 'u1' })
  await stream.final()
  await client.flush()
  expect(events.at(-1)).toMatchObject({
    user: 'u1',
    answer: undefined,
    request: { messages: '[redacted]', user: 'u1' },
  })
  expect(events.flatMap((event) => (event.type === 'chunk' ? Object.keys(event.chunk) : []))).toEqual([])
})

it('truncates large values and handles circular ones', () => {
  const image = `data:image/png;base64,${'A'.repeat(2_000)}`
  const loop: Record<string, unknown> = { b: 1 }
  loop.one = loop
  loop.two = loop
  const prose = 'word '.repeat(1_000)
  const copy = sanitized(
    {
      ...{ image, text: `see ![x](${image}) here`, audio: 'B'.repeat(4_000), prose, loop },
      ...{ bytes: new Uint8Array(9), vector: Array.from({ length: 1_000 }, () => 0.5), when: new Date(0), f: () => 1 },
      response_format: z.object({ a: z.string() }),
      nested: {
        api_key: 'k',
        'X-Api-Key': 'k',
        max_tokens: 5,
        token: 'k',
        prompt_tokens: 3,
        password: { type: 'string' },
      },
    },
    undefined,
  )
  expect(copy).toMatchObject({
    image: 'data:image/png;base64,[2000 characters]',
    text: 'see ![x](data:image/png;base64,[2000 characters]) here',
    audio: `${'B'.repeat(32)}[3968 characters]`,
    prose,
    bytes: '[9 bytes]',
    when: '1970-01-01T00:00:00.000Z',
    response_format: '[schema]',
    nested: {
      ...{ api_key: '[redacted]', 'X-Api-Key': '[redacted]', max_tokens: 5, token: 'k', prompt_tokens: 3 },
      password: { type: 'string' },
    },
  })
  expect(copy.loop).toEqual({ b: 1, one: '[circular]', two: '[circular]' })
  expect((copy.vector as unknown[]).length).toBe(9)
  expect('f' in copy).toBe(false)
})
