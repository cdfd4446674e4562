import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { mockProvider } from '../../simulator/index.js'
import { JSONSchemaValidationError } from '../../src/errors.js'
import { createClient, type Warning } from '../../src/index.js'
import { rejection } from '../helpers/simulated.js'
import { accounts } from '../matrix/targets.js'

const city = z.object({ name: z.string(), people: z.number() })
const oslo = { name: 'Oslo', people: 700_000 }

type Way = 'native' | 'tool' | 'instruction'

/** How `meta.warnings` says that something stands for the format; what is native needs no word. */
function wayOf(warnings: readonly Warning[]): Way {
  const told = warnings.find((warning) => warning.type === 'emulated' && warning.feature === 'response_format')
  if (!told) return 'native'
  return /as a (?:tool|function)/.test(told.message) ? 'tool' : 'instruction'
}

/** What each model takes a schema for. */
const ways: readonly (readonly [model: string, way: Way])[] = [
  ['openai/gpt-4o', 'native'],
  ['openai/gpt-3.5-turbo', 'instruction'],
  ['openai/gpt-4', 'instruction'],
  ['anthropic/claude-sonnet-4-5', 'native'],
  ['anthropic/claude-3-haiku-20240307', 'tool'],
  ['vertex_ai/claude-sonnet-4-5', 'native'],
  ['bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'native'],
  ['bedrock/amazon.nova-pro-v1:0', 'tool'],
  ['bedrock/meta.llama3-8b-instruct-v1:0', 'instruction'],
  ['gemini/gemini-2.5-flash', 'native'],
  ['gemini/gemma-3-27b-it', 'instruction'],
  ['cohere/command-a-03-2025', 'native'],
  ['ollama/qwen3:4b', 'native'],
  ['mistral/mistral-large-latest', 'native'],
  ['groq/openai/gpt-oss-120b', 'native'],
  ['deepseek/deepseek-chat', 'instruction'],
]

const ask = (model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Name a city.' }],
  response_format: city,
})

/** An answer as the way brings it. */
const answerOf = (way: Way, value: unknown) =>
  way === 'tool'
    ? { toolCalls: [{ name: 'respond_with_json', arguments: value as Record<string, unknown> }] }
    : { text: way === 'instruction' ? `\`\`\`json\n${JSON.stringify(value)}\n\`\`\`` : JSON.stringify(value) }

describe('a schema in response_format', () => {
  it.each(ways)('is sent by %s as %s, and the answer is validated', async (model, way) => {
    const mock = mockProvider({ reply: answerOf(way, oslo) })
    const client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
    const { choices, meta } = await client.completion(ask(model))
    expect(wayOf(meta.warnings)).toBe(way)
    expect(choices[0]?.message.parsed).toEqual(oslo)
    // whichever the way, the model is told of the whole schema
    expect(JSON.stringify(mock.requests[0]?.body)).toContain('people')
    await client.close()
  })

  it.each(ways)('makes %s report an answer that does not match', async (model, way) => {
    const mock = mockProvider({ reply: answerOf(way, { name: 'Oslo' }) })
    const client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
    const error = await rejection(client.completion(ask(model)))
    expect(error).toBeInstanceOf(JSONSchemaValidationError)
    expect((error as JSONSchemaValidationError).issues).toMatchObject([{ path: 'people' }])
    await client.close()
  })
})

describe('a host with JSON mode only', () => {
  it('receives the schema in the instructions', async () => {
    const mock = mockProvider({ reply: JSON.stringify(oslo) })
    const client = createClient({ dispatcher: mock.dispatcher, providers: accounts })
    await client.completion({
      ...ask('deepseek/deepseek-chat'),
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Name a city.' },
      ],
    })
    expect(mock.requests[0]?.body).toMatchObject({
      response_format: { type: 'json_object' },
      messages: [{ role: 'system', content: expect.stringMatching(/^Be brief\.\n\nAnswer with .*"people"/) }, {}],
    })
    await client.close()
  })

  it('accepts JSON mode unchanged', async () => {
    const mock = mockProvider({ reply: '{}' })
    const client = createClient({ dispatcher: mock.dispatcher, providers: accounts })
    const messages = [{ role: 'user' as const, content: 'Some JSON, please.' }]
    const response_format = { type: 'json_object' as const }
    const { meta } = await client.completion({ model: 'deepseek/deepseek-chat', messages, response_format })
    expect(mock.requests[0]?.body).toMatchObject({ messages, response_format })
    expect(meta.warnings).toEqual([])
    await client.close()
  })
})
