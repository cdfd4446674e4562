import { describe, expect, test } from 'vitest'
import { costPerToken, defaultRegistry, ModelRegistry, modelInfo, registerModel } from '../../pricing/index.js'
import { findRow } from '../../pricing/resolve.js'
import { BadRequestError } from '../../src/errors.js'

const at = '2026-11-22T12:00:00Z'
const usage = { prompt_tokens: 1_000_000, completion_tokens: 0 }
const total = (model: string, registry: ModelRegistry) => costPerToken({ model, usage, at }, registry).total

describe('ModelRegistry', () => {
  test('does not share models with other registries', () => {
    const [one, other] = [new ModelRegistry(), new ModelRegistry()]
    one.register('openai/gpt-4.1', { input: 1, output: 1 })
    one.register('mine/model', { input: 3 })
    expect([total('openai/gpt-4.1', one), total('mine/model', one)]).toEqual([1, 3])
    for (const registry of [other, defaultRegistry()]) {
      expect([total('openai/gpt-4.1', registry), total('mine/model', registry)]).toEqual([2, undefined])
    }
  })

  test('resolves again after a model has been registered or removed', () => {
    const registry = new ModelRegistry()
    expect(total('mine/model', registry)).toBeUndefined()
    registry.register('mine/model', { input: 3 })
    expect(total('mine/model', registry)).toBe(3)
    expect(registry.unregister('mine/model')).toBe(true)
    expect(total('mine/model', registry)).toBeUndefined()
  })

  test('inherits fields that are not given', () => {
    const registry = new ModelRegistry()
    registry.register('anthropic/claude-sonnet-4-6', { input: 2.5 })
    const read = { ...usage, prompt_tokens_details: { cached_tokens: 1_000_000 } }
    expect(costPerToken({ model: 'anthropic/claude-sonnet-4-6', usage: read, at }, registry).total).toBe(0.3)
    expect(modelInfo('anthropic/claude-sonnet-4-6', registry)?.contextWindow).toBe(1_000_000)
  })

  test('inherits nothing with inherit: false', () => {
    const registry = new ModelRegistry()
    registry.register('anthropic/claude-sonnet-4-6', { input: 2.5 }, { inherit: false })
    const read = { ...usage, prompt_tokens_details: { cached_tokens: 1_000_000 } }
    expect(costPerToken({ model: 'anthropic/claude-sonnet-4-6', usage: read, at }, registry).total).toBe(2.5)
  })

  test('applies registered prices at any date and hour', () => {
    const registry = new ModelRegistry()
    registry.register('deepseek/deepseek-v4-flash', { input: 0.1, output: 0.2 })
    for (const time of ['2026-09-22T02:00:00Z', '2026-01-01T00:00:00Z'])
      expect(costPerToken({ model: 'deepseek/deepseek-v4-flash', usage, at: time }, registry).total).toBe(0.1)
  })

  test('distinguishes a price of 0 from no price', () => {
    const registry = new ModelRegistry()
    registry.register('mine/free', { input: 0, output: 0 })
    registry.register('mine/facts', { contextWindow: 1000 })
    expect(total('mine/free', registry)).toBe(0)
    expect(costPerToken({ model: 'mine/facts', usage }, registry)).toMatchObject({
      total: undefined,
      reason: 'unknown_model',
    })
  })

  test('accepts tiers, multiples, fees and facts', () => {
    const registry = new ModelRegistry()
    registry.register('mine/model', {
      input: 1,
      output: 2,
      batch: 0.5,
      perWebSearch: 0.01,
      tiers: [{ above: 500, input: 2, output: 4 }],
      mode: 'chat',
      contextWindow: 1000,
      inputModalities: ['text', 'image'],
      abilities: ['tools'],
    })
    const cost = costPerToken(
      { model: 'mine/model', usage: { prompt_tokens: 501, completion_tokens: 0 }, batch: true },
      registry,
    )
    expect(cost.rates?.input).toBe(1)
    expect(modelInfo('mine/model', registry)).toMatchObject({
      id: 'mine/model',
      contextWindow: 1000,
      abilities: ['tools'],
      prices: { tiers: [{ above: 500, input: 2, output: 4 }], perWebSearch: 0.01 },
    })
  })

  test.each([
    [{ input: -1 }],
    [{ input: Number.NaN }],
    [{ output: '3' as unknown as number }],
    [{ input_cost_per_token: 1e-6 } as object],
    [{ mode: 'chatter' as 'chat' }],
    [{ abilities: ['magic' as 'tools'] }],
  ])('rejects %j', (given) => {
    expect(() => new ModelRegistry().register('mine/model', given)).toThrow(BadRequestError)
  })

  test('copies the given prices', () => {
    const registry = new ModelRegistry()
    const given = { input: 1 }
    registry.register('mine/model', given)
    given.input = 99
    expect(total('mine/model', registry)).toBe(1)
  })

  test('is shared by registerModel() and the top-level functions', () => {
    registerModel('registry-test/model', { input: 0.5, output: 1.5 })
    expect(total('registry-test/model', defaultRegistry())).toBe(0.5)
    defaultRegistry().unregister('registry-test/model')
  })
})

describe('the table', () => {
  test('cannot be modified through its rows', () => {
    const row = findRow('openai', 'gpt-5.4')?.row
    expect(Object.isFrozen(row) && Object.isFrozen(row?.tiers) && Object.isFrozen(row?.tiers?.[0]?.[1])).toBe(true)
    const info = modelInfo('openai/gpt-5.4')
    if (info) info.prices.input = 99
    expect(modelInfo('openai/gpt-5.4')?.prices.input).toBe(2.5)
  })
})

test.each([
  [
    'throws',
    {
      toString: () => {
        throw new Error('hostile')
      },
    },
  ],
  ['returns an object', { toString: () => ({}), valueOf: () => ({}) }],
  ['is missing', Object.create(null)],
])('rejects a price whose toString %s', (_, price) => {
  expect(() => registerModel('openai/hostile', { mode: 'chat', input: price })).toThrow(BadRequestError)
  expect(() => registerModel('openai/hostile', { mode: price })).toThrow(BadRequestError)
})
