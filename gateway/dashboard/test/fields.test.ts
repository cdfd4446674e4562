import { describe, expect, it } from 'vitest'
import { bodyOf, type Field, problemsOf, valuesOf } from '../src/ui/resource/fields.ts'
import { fieldOf } from '../src/ui/resource/param.ts'

const fields: readonly Field[] = [
  { kind: 'text', name: 'team_alias', label: 'field.team', required: true },
  { kind: 'money', name: 'max_budget', label: 'field.max_budget' },
  { kind: 'many', name: 'models', label: 'field.models', source: 'models' },
  { kind: 'flag', name: 'blocked', label: 'common.block' },
  { kind: 'json', name: 'metadata', label: 'field.metadata' },
]

describe('forms', () => {
  it('turns a row into values of inputs', () => {
    const row = { team_alias: null, max_budget: 5, models: ['a'], blocked: null, metadata: { plan: 'pro' }, other: 1 }
    expect(valuesOf(fields, row)).toEqual({
      team_alias: '',
      max_budget: 5,
      models: ['a'],
      blocked: false,
      metadata: '{\n  "plan": "pro"\n}',
    })
  })

  it('sends only what was filled in for a new row', () => {
    const before = valuesOf(fields, {})
    expect(bodyOf(fields, { ...before, team_alias: 'Search', max_budget: 0 }, before, true)).toEqual({
      team_alias: 'Search',
      max_budget: 0,
    })
  })

  it('sends the changes of an existing row, and null for an emptied field', () => {
    const before = valuesOf(fields, { team_alias: 'Search', max_budget: 5, models: ['a'], metadata: { plan: 'pro' } })
    const body = bodyOf(fields, { ...before, max_budget: '', models: [], metadata: '' }, before, false)
    expect(body).toEqual({ max_budget: null, models: [], metadata: {} })
  })

  it('finds missing fields and broken JSON', () => {
    const values = { ...valuesOf(fields, {}), metadata: '{"plan":' }
    expect(problemsOf(fields, values)).toEqual({ team_alias: 'form.required', metadata: 'form.json' })
    expect(problemsOf(fields, { ...values, team_alias: 'x', metadata: '[1]' })).toEqual({ metadata: 'form.json' })
  })

  it('finds the field that an error of the gateway is about', () => {
    expect(fieldOf(fields, 'max_budget')).toBe('max_budget')
    expect(fieldOf(fields, 'metadata.tags')).toBe('metadata')
    expect(fieldOf(fields, 'key')).toBeUndefined()
    expect(fieldOf(fields, undefined)).toBeUndefined()
  })
})
