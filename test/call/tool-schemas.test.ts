import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'

const parameters = z.object({ city: z.string(), days: z.number().optional() })
const messages = [{ role: 'user', content: 'Weather?' }] as const

async function sent(model: string, request: object) {
  const mock = mockProvider({ reply: 'Rain.' })
  const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0 })
  try {
    await client.completion({ model, apiKey: 'key', messages: [...messages], ...request } as never)
    return mock.requests[0]?.body as object | undefined
  } finally {
    await client.close()
  }
}

/** The value at a path such as `tools.0.function`. */
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce((found, name) => (found as Record<string, unknown> | undefined)?.[name], value)

describe('a schema in tools', () => {
  it.each([
    ['openai/gpt-4o', 'tools.0.function.parameters'],
    ['anthropic/claude-sonnet-4-5', 'tools.0.input_schema'],
    ['cohere/command-a-03-2025', 'tools.0.function.parameters'],
    ['ollama/llama3.2', 'tools.0.function.parameters'],
    ['bedrock/amazon.nova-pro-v1:0', 'toolConfig.tools.0.toolSpec.inputSchema.json'],
  ])('is converted for %s', async (model, path) => {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }]
    const body = await sent(model, {
      tools,
      ...(model.startsWith('bedrock') && { apiKey: 'key', region: 'us-east-1' }),
    })
    const schema = at(body, path)
    expect(schema).toMatchObject({ type: 'object', properties: { city: { type: 'string' }, days: { type: 'number' } } })
    expect(schema).toMatchObject({ required: ['city'] })
    expect(schema).not.toHaveProperty('$schema')
    expect(schema).not.toHaveProperty('def')
  })

  it('describes the side that the model writes', async () => {
    const codec = z.object({ day: z.string().transform((text) => new Date(text)), open: z.stringbool() })
    const tools = [{ type: 'function', function: { name: 'book', parameters: codec } }]
    const body = await sent('openai/gpt-4o', { tools })
    expect(at(body, 'tools.0.function.parameters.properties')).toMatchObject({
      day: { type: 'string' },
      open: { type: 'string' },
    })
  })

  it('may be of any library with a JSON Schema', async () => {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: type({ city: 'string' }) } }]
    const body = await sent('openai/gpt-4o', { tools })
    expect(at(body, 'tools.0.function.parameters')).toMatchObject({ properties: { city: { type: 'string' } } })
  })

  it('is converted in functions, and leaves the request unchanged', async () => {
    const request = { functions: [{ name: 'get_weather', parameters }], messages: [...messages] }
    const body = await sent('openai/gpt-4o', request)
    expect(at(body, 'functions.0.parameters')).toMatchObject({ properties: { city: { type: 'string' } } })
    expect(request.functions[0]?.parameters).toBe(parameters)
  })

  it('is rejected with its place if it has no JSON Schema', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: v.object({ city: v.string() }) } }]
    await expect(sent('openai/gpt-4o', { tools })).rejects.toMatchObject({
      code: 'bad_request',
      param: 'tools[0].function.parameters',
      message: expect.stringContaining('valibot'),
    })
  })
})
