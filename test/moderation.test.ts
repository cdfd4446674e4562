import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const mock = mockProvider()
const providers = { openai: { apiKey: 'k' }, mistral: { apiKey: 'k' }, cohere: { apiKey: 'k' } }
const client = createClient({ dispatcher: mock.dispatcher, providers })

describe('moderation', () => {
  it('classifies every text, with OpenAI’s newest model by default', async () => {
    const answer = await client.moderation({ input: ['What a day', 'I want to hurt them'] })
    expect(answer.results.map(({ flagged }) => flagged)).toEqual([false, true])
    expect(answer.results[1]?.categories.violence).toBe(true)
    expect(answer.results[1]?.category_scores.violence).toBeGreaterThan(0.9)
    expect(answer.meta).toMatchObject({ operation: 'moderation', provider: 'openai', model: 'omni-moderation-latest' })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/moderations',
      body: { model: 'omni-moderation-latest', input: ['What a day', 'I want to hurt them'] },
    })
  })

  it('takes texts and images of one message', async () => {
    const input = [
      { type: 'text' as const, text: 'Look' },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } },
    ]
    expect((await client.moderation({ input })).results).toHaveLength(1)
    expect(mock.requests.at(-1)?.body).toMatchObject({ input })
  })

  it('derives flagged from Mistral’s categories', async () => {
    const categories = { hate_and_discrimination: false, pii: true }
    mock.reply({
      raw: { body: { id: 'm', model: 'mistral-moderation-2411', results: [{ categories, category_scores: {} }] } },
    })
    const { results } = await client.moderation({ model: 'mistral/mistral-moderation-latest', input: 'My number is 1' })
    expect(results[0]).toMatchObject({ flagged: true, categories })
    expect(mock.requests.at(-1)?.path).toBe('/v1/moderations')
  })

  it('rejects other providers and invalid input', async () => {
    const none = await rejection(client.moderation({ model: 'cohere/command-a-03-2025', input: 'x' }))
    expect(none).toMatchObject({ message: 'Cohere has no moderation here. OpenAI and Mistral do.' })
    expect(await rejection(client.moderation({ input: [] }))).toMatchObject({ param: 'input' })
  })
})
