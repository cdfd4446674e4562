/**
 * llmux against a real Ollama: `LLMUX_LIVE_OLLAMA_BASE` says where, `LLMUX_LIVE_OLLAMA_MODEL` with which model. Nothing here
 * depends on what the model says.
 */
import { describe, expect, test } from 'vitest'
import { createClient, LLMError, NotFoundError } from '../../src/index.js'

const { LLMUX_LIVE_OLLAMA_BASE: apiBase, LLMUX_LIVE_OLLAMA_MODEL: name = 'smollm2' } = process.env
const model = `ollama/${name}`
const messages = [{ role: 'user' as const, content: 'Name a colour.' }]
const client = createClient({ providers: { ollama: { apiBase } }, maxRetries: 0 })

describe.skipIf(!apiBase)('Ollama (skipped where LLMUX_LIVE_OLLAMA_BASE is not set)', () => {
  test('answers with usage', async () => {
    const answer = await client.completion({ model, messages, max_tokens: 8 })
    const { message, finish_reason } = answer.choices[0] ?? {}
    expect(message?.content).toBeTruthy()
    expect(['stop', 'length']).toContain(finish_reason)
    const { prompt_tokens: prompt = 0, completion_tokens: completion = 0, total_tokens: total } = answer.usage ?? {}
    expect(prompt).toBeGreaterThan(0)
    expect(completion).toBeGreaterThan(0)
    expect(total).toBe(prompt + completion)
  })

  test('streams', async () => {
    const stream = await client.completion({ model, messages, max_tokens: 16, stream: true })
    let text = ''
    let chunks = 0
    for await (const chunk of stream) {
      chunks++
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(chunks).toBeGreaterThan(2)
    expect(text).toBe((await stream.final()).choices[0]?.message.content)
    expect(stream.meta.usage).toBeDefined()
  })

  test('follows a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { colour: { type: 'string', enum: ['red', 'blue'] } },
      required: ['colour'],
    }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'colour', schema } }
    const answer = await client.completion({ model, messages, max_tokens: 64, temperature: 0, response_format })
    expect(['red', 'blue']).toContain(JSON.parse(answer.choices[0]?.message.content ?? '').colour)
  })

  test('returns embeddings', async () => {
    const { data } = await client.embedding({ model, input: ['a', 'b'] })
    expect(data).toHaveLength(2)
    expect(data[0]?.embedding.length).toBe(data[1]?.embedding.length)
  })

  test('explains how to pull a missing model, streamed and not', async () => {
    for (const stream of [false, true]) {
      const error = await client
        .completion({ model: 'ollama/no-such-model', messages, stream })
        .catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(LLMError.is(error) && error.message).toContain('ollama pull no-such-model')
    }
  })

  test('can be aborted mid-stream', async () => {
    const long = [{ role: 'user' as const, content: 'Write an essay about the history of Rome.' }]
    const stream = await client.completion({ model, messages: long, max_tokens: 2_000, stream: true })
    for await (const _ of stream) break
    expect((await client.completion({ model, messages, max_tokens: 4 })).choices).toHaveLength(1)
  })
})
