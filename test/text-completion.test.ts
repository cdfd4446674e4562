import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const mock = mockProvider()
const client = createClient({ dispatcher: mock.dispatcher, providers: { 'text-completion-openai': { apiKey: 'k' } } })
const model = 'text-completion-openai/gpt-3.5-turbo-instruct'

describe('text completions, called as chat', () => {
  it('sends one message as it is, and gives the text as a message', async () => {
    mock.reply({ text: ' a time' })
    const messages = [{ role: 'user' as const, content: 'Once upon' }]
    const answer = await client.completion({
      model,
      messages,
      max_completion_tokens: 5,
      logprobs: true,
      top_logprobs: 2,
    })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/completions',
      body: { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon', max_tokens: 5, logprobs: 2 },
    })
    expect(answer.object).toBe('chat.completion')
    expect(answer.choices[0]).toMatchObject({
      message: { role: 'assistant', content: ' a time' },
      finish_reason: 'stop',
    })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('streams', async () => {
    mock.reply({ text: 'One two three' })
    const stream = await client.completion({ model, messages: [{ role: 'user', content: 'Count' }], stream: true })
    const pieces: string[] = []
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '')
    expect(pieces.filter(Boolean).length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe('One two three')
    expect(stream.meta.usage?.total_tokens).toBeGreaterThan(0)
  })

  it('joins several messages with a warning', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: 'Hello' },
      { role: 'user' as const, content: 'Bye' },
    ]
    const { meta } = await client.completion({ model, messages })
    expect(mock.requests.at(-1)?.body).toMatchObject({
      prompt: 'Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Bye\n\nAssistant:',
    })
    expect(meta.warnings).toMatchObject([{ type: 'emulated', feature: 'messages' }])
  })

  it('refuses tools and images by name', async () => {
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    expect(await rejection(client.completion({ model, messages, tools }))).toMatchObject({
      code: 'unsupported_params',
      params: ['tools'],
    })
    const image = { type: 'image_url' as const, image_url: 'https://example.com/a.png' }
    const error = await rejection(client.completion({ model, messages: [{ role: 'user', content: [image] }] }))
    expect(error).toMatchObject({ param: 'messages[0].content[0]' })
  })
})
