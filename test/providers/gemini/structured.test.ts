import { describe, expect, it } from 'vitest'
import { toJSONSchema, toOpenAPISchema } from '../../../providers/dialects/gemini/format.js'
import { answer, type Body, bodyOf, configOf, decode, encode, freeze, turnsOf } from './helpers.js'

const schema = { type: 'object', properties: { name: { type: 'string', minLength: 1 } }, required: ['name'] }
const format = (given: object = schema) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'person', schema: given as Body },
})
const tools = [{ type: 'function' as const, function: { name: 'f' } }]

describe('JSON Schema', () => {
  it('rewrites keywords that the API refuses', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node', description: 'The next.' } } }
    expect(
      toJSONSchema(
        freeze({
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          properties: {
            const: { const: 'a' },
            kind: { anyOf: [{ const: 'a' }, { type: 'null' }] },
            pet: { $ref: '#/$defs/pet', description: 'A pet.' },
            bare: { $ref: '#/$defs/pet' },
            list: { $ref: '#/$defs/node', description: 'A list.' },
            map: { type: 'object', additionalProperties: { const: 1 } },
          },
          $defs: { pet: { type: 'string', minLength: 2 }, node },
        }),
      ),
    ).toEqual({
      type: 'object',
      properties: {
        const: { enum: ['a'] },
        kind: { anyOf: [{ enum: ['a'] }, { type: 'null' }] },
        pet: { type: 'string', minLength: 2, description: 'A pet.' },
        bare: { $ref: '#/$defs/pet' },
        list: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, description: 'A list.' },
        map: { type: 'object', additionalProperties: { enum: [1] } },
      },
      $defs: {
        pet: { type: 'string', minLength: 2 },
        node: {
          type: 'object',
          properties: {
            next: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, description: 'The next.' },
          },
        },
      },
    })
  })

  it('renames definitions and their references', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/definitions/node' } } }
    expect(
      toJSONSchema({
        type: 'object',
        properties: { first: { $ref: '#/definitions/node' }, definitions: { type: 'string' } },
        definitions: { node },
      }),
    ).toEqual({
      type: 'object',
      properties: { first: { $ref: '#/$defs/node' }, definitions: { type: 'string' } },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    })
  })

  it('converts to OpenAPI', () => {
    const { schema: converted, lost } = toOpenAPISchema(
      freeze({
        $schema: 'x',
        type: 'object',
        title: 'T',
        properties: {
          pet: { $ref: '#/$defs/pet', description: 'A pet.' },
          either: { oneOf: [{ type: 'string' }, { type: 'integer', format: 'int32' }] },
          maybe: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }], description: 'May be.' },
          level: { enum: [1, 2] },
          both: { allOf: [{ properties: { a: { type: 'number' } }, required: ['a'] }, { description: 'B.' }] },
          mixed: { type: ['string', 'number'] },
          list: { type: 'array', items: { const: 'x' }, uniqueItems: true },
          node: { $ref: '#/$defs/node' },
          empty: { type: 'object', properties: {}, additionalProperties: false },
          uri: { type: 'string', format: 'uri', pattern: '^h' },
        },
        $defs: {
          pet: { type: 'string', enum: ['cat', null] },
          node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } },
        },
      }),
    )
    expect(converted).toEqual({
      type: 'OBJECT',
      title: 'T',
      properties: {
        pet: { type: 'STRING', enum: ['cat'], nullable: true, description: 'A pet.' },
        either: { anyOf: [{ type: 'STRING' }, { type: 'INTEGER', format: 'int32' }] },
        maybe: { type: 'STRING', format: 'date-time', nullable: true, description: 'May be.' },
        level: { description: 'One of 1, 2.' },
        both: { description: 'B.', properties: { a: { type: 'NUMBER' } }, required: ['a'] },
        mixed: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
        list: { type: 'ARRAY', items: { type: 'STRING', enum: ['x'] } },
        node: { type: 'OBJECT', properties: { next: { type: 'OBJECT' } } },
        empty: { type: 'OBJECT' },
        uri: { type: 'STRING', pattern: '^h' },
      },
    })
    expect(lost).toEqual(['uniqueItems', '$ref'])
  })
})

describe('response_format', () => {
  it('uses the native format', () => {
    expect(configOf({ response_format: format() })).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
    expect(configOf({ response_format: { type: 'json_object' } })).toEqual({ responseMimeType: 'application/json' })
    expect(configOf({ response_format: { type: 'json_schema', json_schema: { name: 'x' } } })).toEqual({
      responseMimeType: 'application/json',
    })
    expect(bodyOf({ response_format: { type: 'text' } })).not.toHaveProperty('generationConfig')
    expect(() => encode({ response_format: { type: 'xml' } as never })).toThrow('response_format')
  })

  it('uses OpenAPI with older models and reports losses', () => {
    const { body, warnings } = encode({ response_format: format({ ...schema, not: {} }), model: 'gemini-1.5-flash' })
    expect(body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { name: { type: 'STRING', minLength: 1 } }, required: ['name'] },
    })
    expect(warnings).toMatchObject([{ type: 'changed', param: 'response_format' }])
  })

  it('combines with functions if the model supports it', () => {
    const body = bodyOf({ response_format: format(), tools, model: 'gemini-3-flash' })
    expect(body.generationConfig).toMatchObject({ responseJsonSchema: schema })
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: 'f' }] }])
  })
})

describe('emulated response_format', () => {
  const emulate = (request: Body = {}, given?: object) => encode({ response_format: format(given), tools, ...request })

  it('adds a forced function', () => {
    const { body, encodeState, warnings } = emulate()
    expect(body).not.toHaveProperty('generationConfig')
    expect(body.tools).toMatchObject([
      { functionDeclarations: [{ name: 'f' }, { name: 'respond_with_json', parametersJsonSchema: schema }] },
    ])
    expect(body.toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY' } })
    expect(encodeState).toEqual({ json: { name: 'respond_with_json', wrapped: false } })
    expect(warnings).toMatchObject([{ type: 'emulated', feature: 'response_format' }])
  })

  it('keeps a forced function of the caller', () => {
    const choice = (tool_choice: unknown) => emulate({ tool_choice }).body.toolConfig
    expect(choice({ type: 'function', function: { name: 'f' } })).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    })
    expect(choice('none')).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['respond_with_json'] },
    })
  })

  it('wraps other types and avoids name clashes', () => {
    const list = { type: 'array', items: { $ref: '#/$defs/x' }, $defs: { x: { type: 'string' } } }
    const { body, encodeState } = emulate(
      { tools: [{ type: 'function', function: { name: 'respond_with_json' } }] },
      list,
    )
    expect(encodeState).toEqual({ json: { name: 'respond_with_json_2', wrapped: true } })
    expect(JSON.stringify(body.tools)).toContain(
      '"properties":{"response":{"type":"array","items":{"$ref":"#/$defs/x"}}},"required":["response"],"$defs":{"x"',
    )
  })

  it('decodes the call as the answer', () => {
    const parts = [
      { text: 'Sure:' },
      { functionCall: { name: 'json', args: { response: [1] } }, thoughtSignature: 'Ep' },
    ]
    const encodeState = { json: { name: 'json', wrapped: true } }
    const [choice] = decode(answer(parts), encodeState).choices
    expect(choice).toMatchObject({
      finish_reason: 'stop',
      message: { content: '[1]', provider_specific_fields: { preamble: 'Sure:' } },
    })
    expect(choice?.message).not.toHaveProperty('tool_calls')
    const turns = turnsOf([{ role: 'user', content: 'q' }, choice?.message, { role: 'user', content: 'more' }])
    expect(turns[1]).toEqual({ role: 'model', parts: [{ text: '[1]' }] })
    expect(decode(answer([{ text: 'No.' }]), encodeState).choices[0]?.message.content).toBe('No.')
  })

  it('falls back to an instruction', () => {
    const { body, warnings } = encode({ response_format: { type: 'json_object' }, tools })
    expect(JSON.stringify(body.systemInstruction)).toContain('one valid JSON object and nothing else')
    expect(warnings).toMatchObject([{ type: 'emulated' }])
    const turns = encode({ response_format: format(), model: 'gemma-3-27b-it' }).body.contents
    expect(JSON.stringify(turns)).toContain('fits this JSON Schema')
  })
})
