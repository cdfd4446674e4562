import { describe, expect, it } from 'vitest'
import { toJSONSchema, z } from 'zod'
import { exampleOf } from '../../simulator/example.js'

const make = (schema: unknown, text = '') => exampleOf(schema, { text })
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})

describe('exampleOf', () => {
  it('creates values that zod accepts', () => {
    const node = z.object({
      value: z.number().min(3).max(9).multipleOf(3),
      get children() {
        return z.array(node)
      },
    })
    const schema = z.object({
      name: z.string().min(3).max(8),
      email: z.email(),
      when: z.iso.datetime(),
      id: z.uuid(),
      link: z.url(),
      kind: z.enum(['a', 'b']),
      fixed: z.literal('yes'),
      count: z.int().gt(4),
      ratio: z.number().lt(0),
      maybe: z.string().nullable(),
      either: z.union([z.object({ x: z.boolean() }), z.string()]),
      tags: z.array(z.string()).min(2),
      pair: z.tuple([z.string(), z.number()]),
      tree: node,
      extra: z.record(z.string(), z.number()),
      both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
    })
    for (const text of ['', 'Give me 7 of them in New York']) {
      const made = make(toJSONSchema(schema), text)
      expect(schema.safeParse(made).error).toBeUndefined()
    }
  })

  it('uses words of the text', () => {
    const schema = object({
      location: { type: 'string' },
      unit: { enum: ['celsius', 'fahrenheit'] },
      days: { type: 'integer', minimum: 1, maximum: 7 },
      query: { type: 'string' },
    })
    const text = "What's the weather in New York for 3 days in fahrenheit?"
    expect(make(schema, text)).toEqual({ location: 'New York', unit: 'fahrenheit', days: 3, query: text })
    expect(make(object({ city: { type: 'string' } }), 'weather in Paris?')).toEqual({ city: 'Paris' })
    expect(make(object({ city: { type: 'string' } }), 'Is it cold?')).toEqual({ city: 'example city' })
    expect(make(schema, '99 days')).toMatchObject({ days: 7 })
  })

  it('resolves references and stops at cycles', () => {
    const schema = {
      $ref: '#/$defs/Person',
      $defs: {
        Person: object({
          name: { type: 'string' },
          boss: { anyOf: [{ $ref: '#/$defs/Person' }, { type: 'null' }] },
          reports: { type: 'array', items: { $ref: '#/$defs/Person' } },
        }),
      },
    }
    expect(make(schema)).toEqual({ name: 'example name', boss: null, reports: [] })
    const endless = { $ref: '#/$defs/A', $defs: { A: object({ a: { $ref: '#/$defs/A' } }) } }
    expect(() => JSON.stringify(make(endless))).not.toThrow()
    expect(() => make({ $ref: '#/nowhere' })).not.toThrow()
    const self = { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }
    expect(() => make(self)).not.toThrow()
  })

  it('prefers default, example and const of the schema', () => {
    expect(make({ type: 'string', default: 'd' })).toBe('d')
    expect(make({ type: 'string', examples: ['e'] })).toBe('e')
    expect(make({ const: 0 })).toBe(0)
    expect(make({ type: ['null', 'integer'] })).toBe(1)
    expect(make({})).toBe('example')
    expect(make(undefined)).toEqual({})
  })
})
