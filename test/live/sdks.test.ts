/**
 * The vendors' SDKs with a real LLM through createHandler(): over its OpenAI-compatible API, and over its Messages API. The small model
 * calls no tools: the checks are about the form of answers and streams.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/index.js'
import { createHandler } from '../../src/server/index.js'

const {
  LLMUX_LIVE_BASE,
  LLMUX_LIVE_ANTHROPIC_BASE,
  LLMUX_LIVE_MODEL = 'default',
  LLMUX_LIVE_KEY = 'none',
} = process.env

const upstreams = [
  // not 'openai': the events of llama.cpp's own Responses API lack the 'output' that OpenAI's SDK reads
  { provider: 'llamacpp', apiBase: LLMUX_LIVE_BASE },
  { provider: 'anthropic', apiBase: LLMUX_LIVE_ANTHROPIC_BASE },
].filter(({ apiBase }) => apiBase !== undefined)

const content = 'Say hello.'
const system = 'Answer in one short sentence.'

describe.each(upstreams)('SDKs in front of $provider at $apiBase', ({ provider, apiBase }) => {
  const client = createClient({ maxRetries: 0, providers: { [provider]: { apiKey: LLMUX_LIVE_KEY, apiBase } } })
  const model = `${provider}/${LLMUX_LIVE_MODEL}`
  const outcomes: string[] = []
  const handler = createHandler(client, { onSettled: ({ outcome }) => outcomes.push(outcome) })
  let server: Server
  let base: string

  beforeAll(async () => {
    server = createServer(handler.node)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await client.close()
    expect(outcomes.length).toBeGreaterThan(0)
    expect(new Set(outcomes)).toEqual(new Set(['success']))
  })

  test('@anthropic-ai/sdk gets whole and streamed messages', async () => {
    const anthropic = new Anthropic({ apiKey: 'any', baseURL: base, maxRetries: 0 })
    const request = { model, max_tokens: 16, system, messages: [{ role: 'user' as const, content }] }
    const message = await anthropic.messages.create(request)
    expect(message).toMatchObject({ type: 'message', role: 'assistant', content: [{ type: 'text' }] })
    expect(['end_turn', 'max_tokens']).toContain(message.stop_reason)
    // the server keeps the prompt of the call before
    const { input_tokens: fresh, cache_read_input_tokens: cached } = message.usage
    expect(fresh + (cached ?? 0)).toBeGreaterThan(5)
    expect(message.usage.output_tokens).toBeGreaterThan(0)

    const stream = anthropic.messages.stream(request)
    const types: string[] = []
    let text = ''
    stream.on('text', (delta) => {
      text += delta
    })
    stream.on('streamEvent', ({ type }) => types.push(type))
    const streamed = await stream.finalMessage()
    const [block] = streamed.content
    expect(block?.type === 'text' && block.text).toBe(text)
    expect(text.length).toBeGreaterThan(0)
    expect(types[0]).toBe('message_start')
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
    expect(streamed.usage.output_tokens).toBeGreaterThan(0)
  })

  test('openai gets whole and streamed chats and responses', async () => {
    const openai = new OpenAI({ apiKey: 'any', baseURL: `${base}/v1`, maxRetries: 0 })
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content },
    ]
    const chat = await openai.chat.completions.create({ model, max_tokens: 16, messages })
    expect(chat.choices[0]?.message.content?.length).toBeGreaterThan(0)
    const streamed = await openai.chat.completions.stream({ model, max_tokens: 16, messages }).finalContent()
    expect(streamed?.length).toBeGreaterThan(0)
    const request = { model, max_output_tokens: 16, instructions: system, input: content, store: false }
    const response = await openai.responses.create(request)
    expect(response.output_text.length).toBeGreaterThan(0)
    const final = await openai.responses.stream(request).finalResponse()
    expect(final.output_text.length).toBeGreaterThan(0)
    expect(final.usage?.output_tokens).toBeGreaterThan(0)
  })

  test('@google/genai gets whole and streamed content', async () => {
    const google = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: base } })
    const config = { maxOutputTokens: 16, systemInstruction: system }
    const answer = await google.models.generateContent({ model, contents: content, config })
    expect(answer.text?.length).toBeGreaterThan(0)
    let text = ''
    for await (const part of await google.models.generateContentStream({ model, contents: content, config })) {
      text += part.text ?? ''
    }
    expect(text.length).toBeGreaterThan(0)
  })
})

if (upstreams.length === 0) describe.skip('SDKs', () => test('nothing configured', () => {}))
