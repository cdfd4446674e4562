import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatOf, parseAnswer } from '../../src/call/structured.js'
import { isSchema } from '../../src/call/validate.js'
import type { ChatCompletion, StandardSchema } from '../../src/index.js'

const answer = (content: string | null, more: object = {}, finish = 'stop') =>
  ({
    choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', content, refusal: null, ...more } }],
    meta: { provider: 'p', model: 'm' },
  }) as unknown as ChatCompletion

describe('schemas as response_format', () => {
  it('distinguishes schemas from formats', () => {
    expect([isSchema(z.object({})), isSchema(type({ a: 'string' })), isSchema(v.object({}))]).toEqual([
      true,
      true,
      true,
    ])
    expect([isSchema({ type: 'json_object' }), isSchema(undefined), isSchema(null)]).toEqual([false, false, false])
  })

  it('turns zod into a strict json_schema', async () => {
    const format = await formatOf(z.object({ city: z.string(), days: z.array(z.object({ high: z.number() })) }))
    expect(format.json_schema).toMatchObject({ name: 'response', strict: true })
    expect(format.json_schema.schema).toMatchObject({
      type: 'object',
      required: ['city', 'days'],
      additionalProperties: false,
    })
    expect(format.json_schema.schema).not.toHaveProperty('$schema')
  })

  it('is not strict with an optional property', async () => {
    const format = await formatOf(z.object({ city: z.string().optional() }))
    expect(format.json_schema.strict).toBe(false)
  })

  it('takes arktype', async () => {
    const format = await formatOf(type({ name: 'string' }) as unknown as StandardSchema)
    expect(format.json_schema.schema).toMatchObject({ type: 'object', required: ['name'] })
  })

  it('uses zod.toJSONSchema() for schemas without jsonSchema (zod 4.0 and 4.1)', async () => {
    const schema = z.object({ a: z.string() })
    const old = Object.create(schema, {
      '~standard': { value: { ...schema['~standard'], jsonSchema: undefined } },
      _zod: { value: schema._zod },
    }) as typeof schema
    expect((await formatOf(old)).json_schema.schema).toMatchObject({ properties: { a: { type: 'string' } } })
  })

  it('rejects a schema without a JSON Schema, with advice', async () => {
    await expect(formatOf(v.object({ a: v.string() }))).rejects.toThrow(/valibot.*toStandardJsonSchema/)
    await expect(formatOf(z.array(z.string()))).rejects.toThrow(/object at its root/)
    await expect(formatOf(z.object({ a: z.bigint() }))).rejects.toThrow(/must have a JSON Schema/)
  })
})

describe('the schema that is sent', () => {
  const sent = async (schema: unknown) =>
    (await formatOf(schema as StandardSchema)).json_schema as { schema: Record<string, unknown>; strict: boolean }

  it('is the input side, which validates the answer', async () => {
    const { schema, strict } = await sent(
      z.object({ flag: z.stringbool(), day: z.string().transform((text) => new Date(text)), size: z.coerce.number() }),
    )
    expect(schema.properties).toMatchObject({ flag: { type: 'string' }, day: { type: 'string' } })
    expect(schema).toMatchObject({ additionalProperties: false, required: ['flag', 'day', 'size'] })
    expect(strict).toBe(true)
  })

  it('requires properties with a default', async () => {
    const { schema, strict } = await sent(z.object({ a: z.string(), b: z.string().default('x') }))
    expect(schema.required).toEqual(['a', 'b'])
    expect(strict).toBe(true)
  })

  it('has anyOf for a discriminated union, and stays strict', async () => {
    const union = z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })])
    const { schema, strict } = await sent(z.object({ u: union }))
    expect(JSON.stringify(schema)).not.toContain('oneOf')
    expect(strict).toBe(true)
  })

  it('has no items: false beside a tuple, and is not strict', async () => {
    const { schema, strict } = await sent(z.object({ t: z.tuple([z.string(), z.number()]) }))
    expect(schema.properties).toMatchObject({
      t: { prefixItems: [{ type: 'string' }, { type: 'number' }], maxItems: 2 },
    })
    expect(JSON.stringify(schema)).not.toContain('"items":false')
    expect(strict).toBe(false)
  })

  it.each([
    ['a record', z.object({ r: z.record(z.string(), z.number()) })],
    ['base64', z.object({ b: z.base64() })],
    ['any value', z.object({ a: z.any() })],
    ['a URL', z.object({ u: z.url() })],
    ['an open object', z.looseObject({ a: z.string() })],
  ])('is not strict with %s', async (_, schema) => {
    expect((await sent(schema)).strict).toBe(false)
  })

  it('refers to a recursive root by $defs', async () => {
    const node = z.object({
      name: z.string(),
      get children() {
        return z.array(node)
      },
    })
    const { schema } = await sent(node)
    expect(JSON.stringify(schema)).not.toContain('"$ref":"#"')
    expect(schema.$defs).toBeDefined()
  })
})

describe('parsed answers', () => {
  const schema = z.object({ n: z.number().transform((n) => n + 1) })

  it('are the output of the schema', async () => {
    expect((await parseAnswer(answer('{"n":1}'), schema)).choices[0]?.message.parsed).toEqual({ n: 2 })
    expect((await parseAnswer(answer('```json\n{"n":1}\n```'), schema)).choices[0]?.message.parsed).toEqual({ n: 2 })
  })

  it('are left out of refusals and tool calls', async () => {
    const given = [
      answer(null, { refusal: 'no' }),
      answer('no', { refusal: 'no' }),
      answer('let me see', { tool_calls: [{}] }),
      answer(null, { tool_calls: [{}] }),
      answer(null, {}, 'content_filter'),
    ]
    for (const one of given) {
      expect((await parseAnswer(one, schema)).choices[0]?.message).not.toHaveProperty('parsed')
    }
  })

  it('fail with the issues and the answer', async () => {
    const wrong = answer('{"n":"x"}')
    await expect(parseAnswer(wrong, schema)).rejects.toMatchObject({
      code: 'json_schema_validation',
      issues: [{ path: 'n' }],
      completion: wrong,
    })
    await expect(parseAnswer(answer(null, { reasoning_content: 'hm' }), schema)).rejects.toThrow('it has no text')
    await expect(parseAnswer(answer('{"n":'), schema)).rejects.toThrow('must be JSON')
    await expect(parseAnswer(answer('{"n":', {}, 'length'), schema)).rejects.toThrow('max_tokens')
  })
})
