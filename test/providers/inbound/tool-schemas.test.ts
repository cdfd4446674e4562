import { describe, expect, it } from 'vitest'
import { anthropicWire } from '../../../providers/inbound/anthropic/index.js'
import { geminiWire } from '../../../providers/inbound/gemini/index.js'
import { responsesWire } from '../../../providers/inbound/responses/index.js'
import type { ChatParams } from '../../../src/types/chat.js'

const context = { model: 'm', created: 1, id: 'a1' }

/** Ways to send one tool with a schema, by API. */
const ways: Readonly<Record<string, (schema: object | undefined) => ChatParams>> = {
  Messages: (schema) =>
    anthropicWire.decodeRequest(
      {
        model: 'm',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'x' }],
        tools: [{ name: 'f', input_schema: schema ?? {} }],
      } as never,
      context,
    ),
  Responses: (schema) =>
    responsesWire.decodeRequest(
      { model: 'm', input: 'x', tools: [{ type: 'function', name: 'f', parameters: schema ?? {} }] } as never,
      context,
    ),
  generateContent: (schema) =>
    geminiWire.decodeRequest(
      {
        contents: [{ role: 'user', parts: [{ text: 'x' }] }],
        tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }],
      } as never,
      context,
    ),
}

const parametersOf = ({ tools: [tool] = [] }: ChatParams) =>
  (tool as { function: { parameters?: object } }).function.parameters

describe.each(Object.entries(ways))('a tool without parameters in %s', (_, decode) => {
  it('has the type and the properties that OpenAI requires', () => {
    for (const schema of [undefined, {}, { type: 'object' }, { type: 'object', properties: null }]) {
      expect(parametersOf(decode(schema))).toEqual({ type: 'object', properties: {} })
    }
    const open = { type: 'object', additionalProperties: { type: 'string' } }
    expect(parametersOf(decode(open))).toEqual({ ...open, properties: {} })
  })
})

describe.each(Object.entries(ways))('a tool with parameters in %s', (_, decode) => {
  it('keeps its schema', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    expect(parametersOf(decode(schema))).toEqual(schema)
    const either = { anyOf: [schema, { type: 'object', properties: { b: { type: 'string' } } }] }
    expect(parametersOf(decode(either))).toMatchObject(either)
  })
})
