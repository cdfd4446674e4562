import { expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { user } from '../helpers/simulated.js'

const models = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash', 'cohere/command-a-03-2025']

it.each(models.flatMap((model) => ['constructor', 'toString'].map((name) => [model, name] as const)))(
  '%s returns a call of a tool named %s as it came, beside a renamed tool',
  async (model, name) => {
    const tools = [
      { type: 'function', function: { name: 'tide.of', parameters: { type: 'object', properties: {} } } },
    ] as const
    for (const stream of [false, true]) {
      const mock = mockProvider()
      mock.reply({ toolCalls: [{ name, arguments: {} }] })
      const client = createClient({ dispatcher: mock.dispatcher })
      const request = { model, messages: user('hi'), apiKey: 'k', tools: tools as never }
      const answer = stream
        ? await (await client.completion({ ...request, stream: true })).final()
        : await client.completion(request)
      expect(answer.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name } })
    }
  },
)
