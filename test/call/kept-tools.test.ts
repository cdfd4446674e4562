import { describe, expect, it } from 'vitest'
import { sender } from '../helpers/bodies.js'

const models = {
  openai: 'openai/gpt-4o',
  'a host that takes no cache marks': 'groq/llama-3.3-70b-versatile',
  anthropic: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-flash',
  'an older Gemini': 'gemini/gemini-1.5-flash',
  nova: 'bedrock/amazon.nova-pro-v1:0',
  'claude on Bedrock': 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
}

interface Schema {
  [name: string]: unknown
  properties: Record<string, Schema>
  required: string[]
}

const toolsOf = () => [
  {
    type: 'function',
    function: {
      name: 'find',
      description: 'Finds a place.',
      strict: true,
      parameters: {
        type: 'object',
        properties: {
          place: {
            type: 'object',
            properties: { name: { type: 'string', const: 'x' }, at: { type: 'array', items: { type: 'number' } } },
            required: ['name'],
          },
          unit: { type: 'string', enum: ['m', 'km'], default: 'm' },
        },
        required: ['place'],
      } as unknown as Schema,
    },
  },
  {
    type: 'function',
    function: {
      name: 'either',
      parameters: {
        anyOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { type: 'object', properties: { b: { $ref: '#/$defs/b' } }, required: ['b'] },
        ],
        $defs: { b: { type: ['integer', 'null'] } },
      } as unknown as Schema,
    },
  },
  { type: 'function', function: { name: 'odd', parameters: { type: 'object', properties: { 'a b': {} } } } },
]

const changes: readonly (readonly [string, (tools: ReturnType<typeof toolsOf>) => void])[] = [
  ['nothing', () => {}],
  ['a description', (tools) => Object.assign(tools[0]?.function ?? {}, { description: 'Finds it.' })],
  ['a text deep inside', (tools) => Object.assign(place(tools).properties.name ?? {}, { const: 'y' })],
  ['a new field deep inside', (tools) => Object.assign(place(tools).properties.name ?? {}, { minLength: 2 })],
  ['a new property', (tools) => Object.assign(place(tools).properties, { size: { type: 'integer' } })],
  ['a property less', (tools) => delete place(tools).properties.at],
  [
    'the order of properties',
    (tools) => {
      const { properties } = place(tools)
      const { name } = properties
      delete properties.name
      Object.assign(properties, { name })
    },
  ],
  ['one item more', (tools) => place(tools).required.push('at')],
  ['the order of items', (tools) => place(tools).required.reverse()],
  ['one item less', (tools) => place(tools).required.pop()],
  ['another object in the place of one', (tools) => Object.assign(place(tools), { properties: { z: {} } })],
  ['a field that is undefined', (tools) => Object.assign(place(tools), { title: undefined })],
  ['its value', (tools) => Object.assign(place(tools), { title: 'Place' })],
  ['a new tool', (tools) => tools.push({ type: 'function', function: { name: 'new' } } as never)],
  ['the order of tools', (tools) => tools.reverse()],
]

function place(tools: ReturnType<typeof toolsOf>): Schema {
  const found = tools.find((tool) => tool.function.name === 'find')?.function.parameters as Schema
  return found.properties.place as Schema
}

describe.each(Object.entries(models))('tools that are sent again: %s', (_, model) => {
  it('are written as they are, whatever their owner changes', async () => {
    const send = sender(model)
    const tools = toolsOf()
    for (const [name, change] of changes) {
      change(tools)
      // twice: the second one takes what the first one has kept
      for (const turn of [1, 2, 3]) {
        const expected = await send({ tools: structuredClone(tools) })
        expect(await send({ tools }), `${name}, ${turn}`).toBe(expected)
      }
    }
  })

  it('are written with changing parameters', async () => {
    const send = sender(model)
    const tools = toolsOf().slice(0, 1)
    for (const more of [{}, { tool_choice: 'required' }, { extra_body: { tools: [] } }, { tools: toolsOf() }, {}]) {
      const expected = await send({ tools: structuredClone(tools), ...more })
      expect(await send({ tools, ...more })).toBe(expected)
    }
  })
})

describe('tools that are sent again', () => {
  it('may be shared by providers', async () => {
    const tools = toolsOf()
    for (let turn = 0; turn < 3; turn++) {
      for (const model of Object.values(models)) {
        const send = sender(model)
        expect(await send({ tools })).toBe(await send({ tools: structuredClone(tools) }))
      }
    }
  })

  it('are written anew if a value has a form of its own', async () => {
    const send = sender(models.openai)
    let days = 0
    const tools = toolsOf()
    const [tool] = tools
    Object.assign(tool?.function.parameters ?? {}, { default: { toJSON: () => ++days } })
    const daysSent: unknown[] = []
    for (let turn = 0; turn < 4; turn++) {
      const { tools: sent } = JSON.parse(await send({ tools })) as { tools: { function: { parameters: Schema } }[] }
      daysSent.push(sent[0]?.function.parameters.default)
    }
    expect(daysSent).toEqual([1, 2, 3, 4])
  })

  it.each(Object.entries(models))('do not keep the functions beside them: %s', async (_, model) => {
    const send = sender(model)
    const tools = toolsOf().slice(0, 1)
    const functions = [{ name: 'old', parameters: { type: 'object', properties: { first: { type: 'string' } } } }]
    for (const name of ['first', 'first', 'second', 'third']) {
      Object.assign(functions[0]?.parameters ?? {}, { properties: { [name]: { type: 'string' } } })
      expect(await send({ tools, functions })).toBe(await send(structuredClone({ tools, functions })))
    }
  })

  it('are written while a value of the body starts another call', async () => {
    const send = sender(models.openai)
    const tools = toolsOf()
    const expected = await send({ tools: structuredClone(tools), extra_body: { note: 'x' } })
    for (let turn = 0; turn < 3; turn++) {
      const others: Promise<string>[] = []
      const toJSON = () => {
        others.push(send({ tools }))
        return 'x'
      }
      expect(await send({ tools, extra_body: { note: { toJSON } } })).toBe(expected)
      await Promise.all(others)
    }
  })

  it('leave a text of the caller alone that looks like their mark', async () => {
    const send = sender(models.openai)
    const tools = toolsOf().slice(0, 1)
    const content = 'llmux: kept JSON'
    for (let turn = 0; turn < 3; turn++) {
      const body = JSON.parse(await send({ tools, messages: [{ role: 'user', content }] }))
      expect(body.messages[0].content).toBe(content)
      expect(body.tools).toEqual(tools)
    }
  })

  it('are refused if they are a circle', async () => {
    const send = sender(models.openai)
    const tools = toolsOf()
    Object.assign(tools[0]?.function.parameters ?? {}, { self: tools })
    for (let turn = 0; turn < 3; turn++) await expect(send({ tools })).rejects.toThrow(/can't be written as JSON/)
  })
})
