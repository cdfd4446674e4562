import type { Dispatcher } from 'undici'
import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { type CompletionRequest, createClient } from '../../src/index.js'
import { rejection } from '../helpers/simulated.js'

/** The URL to which a model's name leads. */
async function urlOf(model: string, options: Partial<CompletionRequest> = {}): Promise<string> {
  const mock = mockProvider()
  const urls: string[] = []
  const dispatcher = {
    dispatch(sent: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      urls.push(decodeURIComponent(`${sent.origin}${sent.path}`))
      return mock.dispatcher.dispatch(sent, handler)
    },
    close: () => mock.close(),
    destroy: () => mock.close(),
  }
  const client = createClient({ dispatcher: dispatcher as unknown as Dispatcher, maxRetries: 0 })
  await client.completion({ model, apiKey: 'k', messages: [{ role: 'user', content: 'Hi' }], ...options } as never)
  return urls[0] ?? ''
}

const arn = 'arn:aws:bedrock:us-east-1:1:imported-model/x'

describe('a spelling of LiteLLM', () => {
  it.each([
    ['bedrock/us-gov-west-1/amazon.nova-pro-v1:0', 'us-gov-west-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse'],
    ['bedrock/converse_like/amazon.nova-pro-v1:0', 'eu-west-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse'],
    ['bedrock/nova/us.amazon.nova-lite-v1:0', 'eu-west-1.amazonaws.com/model/us.amazon.nova-lite-v1:0/converse'],
    [`bedrock/deepseek_r1/${arn}`, `us-east-1.amazonaws.com/model/${arn}/converse`],
    [`bedrock/qwen3/${arn}`, `us-east-1.amazonaws.com/model/${arn}/converse`],
  ])('%s reaches the model', async (model, end) => {
    expect(await urlOf(model, { region: 'eu-west-1' })).toMatch(new RegExp(`${end.replaceAll('.', '\\.')}$`))
  })

  it('cohere_chat/ and vertex_ai_beta/ reach the provider', async () => {
    expect(await urlOf('cohere_chat/command-a-03-2025')).toBe('https://api.cohere.com/v2/chat')
    const google = { project: 'p', region: 'us-central1' }
    expect(await urlOf('vertex_ai_beta/gemini-2.5-pro', google)).toMatch(/gemini-2\.5-pro:generateContent$/)
  })

  it.each([
    ['azure/o_series/my-o3', "'azure/my-o3'"],
    ['azure/eu/gpt-4o', "'azure/gpt-4o'"],
    ['azure/global-standard/gpt-4o', "'azure/gpt-4o'"],
    ['bedrock_converse/amazon.nova-pro-v1:0', "'bedrock/amazon.nova-pro-v1:0'"],
    ['azure_text/my-instruct', "'azure/my-instruct'"],
  ])('%s is rejected with the right spelling', async (model, right) => {
    const error = await rejection(urlOf(model, { apiBase: 'https://r.openai.azure.com' }))
    expect(error).toMatchObject({ code: 'bad_request' })
    expect((error as Error).message).toContain(right)
  })
})
