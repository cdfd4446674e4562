import { describe, expect, it } from 'vitest'
import { loadProvider } from '../../providers/registry.js'
import type { ChatParams } from '../../src/types/chat.js'

/** Histories that every dialect repairs in the same way. */
const dialects = [
  ['anthropic', 'claude-sonnet-4-5'],
  ['cohere', 'command-a-03-2025'],
  ['ollama', 'llama3.2'],
  ['gemini', 'gemini-2.5-flash'],
  ['bedrock', 'amazon.nova-pro-v1:0'],
] as const

async function encode(id: string, model: string, messages: unknown) {
  const provider = await loadProvider(id)
  const chat = provider?.dialect.chat
  if (!provider || !chat) throw new Error(`${id} has no chat`)
  const params = { model, messages, stream: false } as unknown as ChatParams
  const context = { provider: id, model, dropParams: false, ownHost: true, settings: {}, quirks: provider.quirks }
  const { body, warnings = [] } = chat.encode(params, context as never)
  return { body, warnings: warnings.filter(({ type }) => type === 'repaired') }
}

const withArguments = (args: unknown) => [
  { role: 'user', content: 'Weather?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: args } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
]

/** The input of the only call, as an object. */
function inputIn(body: object): unknown {
  const found: unknown[] = []
  JSON.stringify(body, (name, value: unknown) => {
    if (/^(?:input|arguments|args)$/.test(name)) found.push(typeof value === 'string' ? JSON.parse(value) : value)
    return value
  })
  return found[0]
}

describe.each(dialects)('%s', (id, model) => {
  it.each([
    ['a value without quotes', '{"city": Oslo}', { city: 'Oslo' }],
    ['single quotes', "{'city': 'Oslo'}", { city: 'Oslo' }],
    ['a missing end', '{"city": "Oslo"', { city: 'Oslo' }],
    ['a Markdown fence', '```json\n{"city": "Oslo"}\n```', { city: 'Oslo' }],
    ['JSON encoded twice', JSON.stringify('{"city":"Oslo"}'), { city: 'Oslo' }],
    ['a sentence', 'the weather of Oslo', {}],
    ['an array', '[1, 2]', {}],
    ['a number', '5', {}],
  ])('repairs arguments with %s and warns', async (_, given, input) => {
    const { body, warnings } = await encode(id, model, withArguments(given))
    expect(inputIn(body)).toEqual(input)
    expect(warnings).toEqual([expect.objectContaining({ type: 'repaired', messageIndex: 1 })])
  })

  it.each(['', ' ', null, undefined, '{}'])('sends {} for empty arguments (%j) without a warning', async (given) => {
    const { body, warnings } = await encode(id, model, withArguments(given))
    expect(inputIn(body)).toEqual({})
    expect(warnings).toEqual([])
  })
})
