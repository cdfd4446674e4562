import { describe, expect, it } from 'vitest'
import { closeSchema, isRecursive } from '../../../providers/dialects/anthropic/format.js'
import { assemble, type Body, bodyOf, chunksOf, decode, encode, eventsOf, freeze } from './helpers.js'

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 150, description: 'Years.' } },
  required: ['name'],
}
const format = (given: object = schema) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'person', schema: given as Body },
})
const older = 'claude-sonnet-4-20250514'

describe('a schema', () => {
  it('is closed, with unsupported keywords in descriptions', () => {
    const { schema: closed, told } = closeSchema(
      freeze({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          minimum: { type: 'number', minimum: 1 },
          tags: {
            type: 'array',
            items: { oneOf: [{ const: 'a' }, { type: 'string', maxLength: 3, format: 'color' }] },
            minItems: 2,
          },
          map: { type: 'object', additionalProperties: { type: 'string' } },
          day: { type: 'string', format: 'date' },
          self: { $ref: '#/$defs/node' },
        },
        $defs: { node: { type: ['object', 'null'], properties: {}, additionalProperties: true } },
      }),
    )
    expect(closed).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: {
        minimum: { type: 'number', description: '(minimum: 1)' },
        tags: {
          type: 'array',
          items: { anyOf: [{ const: 'a' }, { type: 'string', description: '(maxLength: 3, format: "color")' }] },
          description: '(minItems: 2)',
        },
        map: {
          type: 'object',
          properties: {},
          additionalProperties: false,
          description: '(additionalProperties: {"type":"string"})',
        },
        day: { type: 'string', format: 'date' },
        self: { $ref: '#/$defs/node' },
      },
      $defs: {
        node: {
          type: ['object', 'null'],
          properties: {},
          additionalProperties: false,
          description: '(additionalProperties: true)',
        },
      },
    })
    expect(told).toEqual(['minimum', 'maxLength', 'format', 'minItems', 'additionalProperties'])
  })

  it('that refers to itself is recognised', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } }
    expect(isRecursive({ $ref: '#/$defs/node', $defs: { node } })).toBe(true)
    expect(isRecursive({ type: 'array', items: { $ref: '#' } })).toBe(true)
    const leaf = { type: 'string' }
    expect(
      isRecursive({ properties: { a: { $ref: '#/$defs/leaf' }, b: { $ref: '#/$defs/leaf' } }, $defs: { leaf } }),
    ).toBe(false)
  })
})

describe('response_format', () => {
  it('uses the native format if the model has one', () => {
    const { body, warnings } = encode({ response_format: format(), output_config: { effort: 'low' } })
    expect(body.output_config).toEqual({
      effort: 'low',
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            age: { type: 'integer', description: 'Years. (minimum: 0, maximum: 150)' },
          },
          required: ['name'],
          additionalProperties: false,
        },
      },
    })
    expect(warnings).toEqual([
      { type: 'changed', param: 'response_format', message: expect.stringContaining('minimum, maximum') },
    ])
  })

  it('becomes an instruction without a schema', () => {
    const { body, warnings } = encode({ response_format: { type: 'json_object' } })
    expect(body.system).toContain('JSON object')
    expect(warnings).toEqual([{ type: 'emulated', feature: 'response_format', message: expect.any(String) }])
  })

  it('is a tool that must be called, with older models', () => {
    const { body } = encode({ response_format: format(), model: older })
    expect(body.tools).toMatchObject([{ name: 'respond_with_json', input_schema: schema }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'respond_with_json' })
  })

  it('leaves the caller’s tools their use', () => {
    const tools = [{ type: 'function', function: { name: 'respond_with_json' } }]
    const { body } = encode({ response_format: format(), tools, model: older })
    expect((body.tools as Body[]).map(({ name }) => name)).toEqual(['respond_with_json', 'respond_with_json_2'])
    expect(body.tool_choice).toEqual({ type: 'any' })
  })

  it('is asked for, not forced, while the model thinks on a budget', () => {
    const body = bodyOf({ response_format: format(), reasoning_effort: 'low', model: older })
    expect(body).not.toHaveProperty('tool_choice')
    expect(body.system).toContain("calling the tool 'respond_with_json'")
  })
})

describe('an answer by tool', () => {
  const answered = (content: Body[], stop_reason = 'tool_use') => ({
    id: 'm',
    model: 'c',
    content,
    stop_reason,
    usage: { input_tokens: 1, output_tokens: 1 },
  })
  const json = (input: unknown) => ({ type: 'tool_use', id: 't', name: 'respond_with_json', input })

  it('is the content, whole and streamed', () => {
    const { encodeState } = encode({ response_format: format(), model: older })
    const message = answered([json({ name: 'Ada' })])
    const whole = decode(message, encodeState)
    expect(whole.choices[0]).toMatchObject({
      message: { content: '{"name":"Ada"}' },
      finish_reason: 'stop',
      native_finish_reason: 'tool_use',
    })
    expect(whole.choices[0]?.message).not.toHaveProperty('tool_calls')
    expect(assemble(chunksOf(eventsOf(message), encodeState).chunks)).toEqual(whole)
  })

  it('is unwrapped if the root of the schema is not an object', () => {
    const { encodeState, body } = encode({
      response_format: format({ type: 'array', items: { $ref: '#/$defs/n' }, $defs: { n: { type: 'number' } } }),
      model: older,
    })
    expect(body.tools).toMatchObject([
      {
        input_schema: {
          type: 'object',
          properties: { response: { type: 'array', items: { $ref: '#/$defs/n' } } },
          $defs: { n: { type: 'number' } },
        },
      },
    ])
    const message = answered([json({ response: [1, 2] })])
    const whole = decode(message, encodeState)
    expect(whole.choices[0]?.message.content).toBe('[1,2]')
    expect(assemble(chunksOf(eventsOf(message), encodeState).chunks)).toEqual(whole)
  })

  it('keeps words around it out of the JSON, and tools of the caller beside it', () => {
    const { encodeState } = encode({
      response_format: format(),
      tools: [{ type: 'function', function: { name: 'f' } }],
      model: older,
    })
    const message = answered([
      { type: 'text', text: 'Here:' },
      json({ name: 'Ada' }),
      { type: 'tool_use', id: 'u', name: 'f', input: {} },
    ])
    const whole = decode(message, encodeState)
    expect(whole.choices[0]).toMatchObject({
      message: {
        content: '{"name":"Ada"}',
        tool_calls: [{ id: 'u', function: { name: 'f', arguments: '{}' } }],
        provider_specific_fields: { preamble: 'Here:' },
      },
      finish_reason: 'tool_calls',
    })
    expect(assemble(chunksOf(eventsOf(message), encodeState).chunks)).toEqual(whole)
  })

  it('may still be words', () => {
    const { encodeState } = encode({ response_format: format(), model: older })
    const message = answered([{ type: 'text', text: 'I had rather not.' }], 'end_turn')
    const whole = decode(message, encodeState)
    expect(whole.choices[0]?.message.content).toBe('I had rather not.')
    expect(assemble(chunksOf(eventsOf(message), encodeState).chunks)).toEqual(whole)
  })
})
