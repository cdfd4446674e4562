import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { user } from '../helpers/simulated.js'

const schema = {
  type: 'object',
  properties: { river: { type: 'string' } },
  required: ['river'],
  additionalProperties: false,
}

/** The body of a call with the given format. */
async function sent(model: string, response_format: object): Promise<string> {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher })
  await client.completion({
    model,
    messages: user('Name a river.'),
    response_format: response_format as never,
    apiKey: 'k',
    ...(model.startsWith('azure') && { apiBase: 'https://r.openai.azure.com' }),
    ...(model.startsWith('bedrock') && { region: 'us-east-1' }),
  })
  return JSON.stringify(mock.requests[0]?.body)
}

describe('a schema beside json_object', () => {
  it.each([
    'openai/gpt-4o',
    'openai/responses/gpt-4o',
    'azure/chat-eu',
    'anthropic/claude-sonnet-4-5',
    'anthropic/claude-3-haiku-20240307',
    'gemini/gemini-2.5-flash',
    'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
    'cohere/command-a-03-2025',
    'ollama/llama3.2',
    'deepseek/deepseek-chat',
  ])('is sent to %s as in json_schema', async (model) => {
    const short = await sent(model, { type: 'json_object', response_schema: schema })
    const long = await sent(model, { type: 'json_schema', json_schema: { name: 'response', schema } })
    expect(short).toBe(long)
    expect(short).toContain('river')
    expect(short).not.toContain('response_schema')
  })
})

describe('the name of a schema', () => {
  it.each(['openai/gpt-4o', 'openai/responses/gpt-4o', 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0'])(
    'is written for %s in the letters that it accepts',
    async (model) => {
      expect(await sent(model, { type: 'json_schema', json_schema: { name: 'My river: v2', schema } })).toContain(
        '"name":"My_river_v2"',
      )
      expect(await sent(model, { type: 'json_schema', json_schema: { name: '', schema } })).toContain(
        '"name":"response"',
      )
    },
  )
})
