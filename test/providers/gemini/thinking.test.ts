import { describe, expect, it } from 'vitest'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { type Body, configOf, encode } from './helpers.js'

const thinkingOf = (request: Body) => (configOf(request) as Body | undefined)?.thinkingConfig
const shown = { includeThoughts: true }

describe('reasoning_effort', () => {
  it.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-2.5-flash', 'minimal', { thinkingBudget: 1024, ...shown }],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, ...shown }],
    ['gemini-2.5-flash', 'medium', { thinkingBudget: 8192, ...shown }],
    ['gemini-2.5-flash', 'high', { thinkingBudget: 24_576, ...shown }],
    ['gemini-2.5-flash', 'max', { thinkingBudget: 24_576, ...shown }],
    ['gemini-2.5-flash-lite-preview-09-2025', 'low', { thinkingBudget: 1024, ...shown }],
    ['gemini-2.5-pro', 'max', { thinkingBudget: 32_768, ...shown }],
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'MINIMAL' }],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'MINIMAL', ...shown }],
    ['gemini-3-flash-preview', 'medium', { thinkingLevel: 'MEDIUM', ...shown }],
    ['gemini-3.1-pro-preview', 'minimal', { thinkingLevel: 'LOW', ...shown }],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'HIGH', ...shown }],
    ['gemini-3-pro-preview', 'xhigh', { thinkingLevel: 'HIGH', ...shown }],
    ['gemini-9-ultra', 'low', { thinkingLevel: 'LOW', ...shown }],
    ['gemini-2.0-flash', 'none', undefined],
  ])('encodes %s at %s', (model, reasoning_effort, config) => {
    expect(thinkingOf({ model, reasoning_effort })).toEqual(config)
  })

  it('reports changes', () => {
    const warnings = (model: string, reasoning_effort: string) => encode({ model, reasoning_effort }).warnings
    expect(warnings('gemini-3-pro-preview', 'medium')).toMatchObject([{ type: 'changed', param: 'reasoning_effort' }])
    expect(warnings('gemini-3-flash', 'none')).toMatchObject([{ type: 'changed', param: 'reasoning_effort' }])
    expect(warnings('gemini-3-flash', 'low')).toBeUndefined()
  })

  it.each([
    ['gemini-2.0-flash', 'low', "can't be set"],
    ['gemini-2.5-pro', 'none', 'always thinks'],
    ['gemini-3-pro-preview', 'none', 'always thinks'],
    ['gemini-2.5-flash', 'huge', "must be one of none, minimal, low, medium, high, xhigh, max; got 'huge'"],
    ['gemini-3-flash', 'huge', "must be one of none, minimal, low, medium, high, xhigh, max; got 'huge'"],
  ])('rejects %s at %s', (model, reasoning_effort, why) => {
    expect(() => encode({ model, reasoning_effort })).toThrow(UnsupportedParamsError)
    expect(() => encode({ model, reasoning_effort })).toThrow(why)
    expect(encode({ model, reasoning_effort }, { dropParams: true }).body).not.toHaveProperty('generationConfig')
  })
})

describe('thinking', () => {
  const enabled = { type: 'enabled' as const, budget_tokens: 2000 }

  it.each([
    ['gemini-2.5-flash', enabled, { thinkingBudget: 2000, ...shown }],
    ['gemini-2.5-flash', { ...enabled, display: 'omitted' }, { thinkingBudget: 2000, includeThoughts: false }],
    ['gemini-2.5-flash', { type: 'disabled' }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { type: 'adaptive' }, { thinkingBudget: -1, ...shown }],
    ['gemini-2.5-pro', { ...enabled, budget_tokens: 1 }, { thinkingBudget: 128, ...shown }],
    ['gemini-2.5-flash-lite', { ...enabled, budget_tokens: 99_999 }, { thinkingBudget: 24_576, ...shown }],
    ['gemini-3-flash', enabled, { thinkingLevel: 'MEDIUM', ...shown }],
    ['gemini-3-flash', { ...enabled, budget_tokens: 20_000 }, { thinkingLevel: 'HIGH', ...shown }],
    ['gemini-3-pro', { ...enabled, budget_tokens: 500 }, { thinkingLevel: 'LOW', ...shown }],
    ['gemini-3-flash', { type: 'adaptive' }, shown],
    ['gemini-3-flash', { type: 'disabled' }, { thinkingLevel: 'MINIMAL' }],
  ])('encodes for %s %j', (model, thinking, config) => {
    expect(thinkingOf({ model, thinking })).toEqual(config)
  })

  it('combines with an effort, which sets the level', () => {
    const thinking = { type: 'adaptive' as const }
    expect(thinkingOf({ model: 'gemini-3-flash', thinking, reasoning_effort: 'high' })).toEqual({
      thinkingLevel: 'HIGH',
      ...shown,
    })
    expect(thinkingOf({ model: 'gemini-2.5-flash', thinking, reasoning_effort: 'medium' })).toEqual({
      thinkingBudget: 8192,
      ...shown,
    })
  })

  it('yields to thinking_config', () => {
    const thinking_config = { thinking_budget: 5 }
    expect(thinkingOf({ model: 'gemini-2.5-flash', thinking_config, reasoning_effort: 'low' })).toEqual(thinking_config)
  })
})
