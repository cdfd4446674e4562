import { describe, expect, it } from 'vitest'
import { dep, failure, messages, setup, TestClock, thrown, turns } from './helpers.js'

const call = { model: 'gpt', messages }

describe('an alias', () => {
  it('may lead to a deployment, or to another alias', async () => {
    const at = setup({
      modelList: ['a', 'b', dep('c', {}, 'claude')],
      modelGroupAlias: { one: 'b', best: 'good', good: 'claude' },
    })
    for (let i = 0; i < 5; i++) expect(await at.ask({ model: 'one' })).toBe('b')
    expect(await at.ask({ model: 'best' })).toBe('c')
  })

  it('of a deployment reaches only that one, and its group remains a fallback', async () => {
    const modelList = [dep('a', { order: 1 }), dep('b', { order: 2 })]
    const at = setup({ modelList, modelGroupAlias: { one: 'b' }, fallbacks: [{ one: ['gpt'] }] })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'b', times: 9 })
    expect(await at.ask({ model: 'one', numRetries: 0 })).toBe('a')
  })

  it('must not lead to itself, but two groups may swap names', async () => {
    expect(thrown(() => setup({ modelList: ['a'], modelGroupAlias: { x: 'y', y: 'x' } })).message).toContain(
      "'modelGroupAlias.x' refers to an unknown model group 'y'",
    )
    const at = setup({ modelList: ['a', dep('c', {}, 'claude')], modelGroupAlias: { gpt: 'claude', claude: 'gpt' } })
    expect(await at.ask()).toBe('c')
    expect(await at.ask({ model: 'claude' })).toBe('a')
  })
})

describe('fallbacks of a group', () => {
  const options = {
    modelList: ['a', dep('c', {}, 'claude'), dep('l', {}, 'long'), dep('x', {}, 'last')],
    modelGroupAlias: { four: 'gpt' },
    numRetries: 0,
  }
  it.each(['four', 'a', 'openai/a'])(
    'come before those of any group, whatever the group is called: %s',
    async (model) => {
      for (const rest of [{ defaultFallbacks: ['last'] }, {}]) {
        const more = rest.defaultFallbacks ? [] : [{ '*': ['last'] }]
        const at = setup({
          ...options,
          ...rest,
          fallbacks: [...more, { gpt: ['claude'] }],
          contextWindowFallbacks: [{ gpt: ['long'] }],
        })
        at.mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
        const { meta } = await at.router.completion({ ...call, model })
        // a model's own name is no group's
        expect(meta.router?.modelGroup).toBe(model === 'openai/a' ? 'last' : 'claude')
        at.mock.fail({ kind: 'status', reason: 'context-window' }, { model: 'a' })
        expect(await at.ask({ model })).toBe(model === 'openai/a' ? 'x' : 'l')
      }
    },
  )

  it('that are empty have no effect', async () => {
    const at = setup({ ...options, fallbacks: [{ gpt: [] }], defaultFallbacks: ['last'] })
    at.mock.fail({ kind: 'status', status: 500 })
    expect(await failure(at.router.completion({ ...call, model: 'four' }))).toMatchObject({ code: 'internal_server' })
  })
})

describe("the Router's options on a call", () => {
  it.each([
    ['allowed_regions', ['eu'], 'allowedRegions'],
    ['num_retries', 3, 'numRetries'],
    ['context_window_fallbacks', ['claude'], 'contextWindowFallbacks'],
    ['content_policy_fallbacks', ['claude'], 'contentPolicyFallbacks'],
    ['mock_testing_fallbacks', true, 'mockTestingFallbacks'],
  ])('are rejected in snake_case: %s', async (name, value, right) => {
    const at = setup({ modelList: [dep('a', { region: 'us' }), dep('c', {}, 'claude')] })
    const error = await failure(at.router.completion({ ...call, [name]: value } as never))
    expect(error).toMatchObject({ code: 'bad_request', param: name })
    expect(error.message).toContain(`Did you mean '${right}'?`)
    expect(at.mock.requests).toHaveLength(0)
  })
})

describe('a mirrored call', () => {
  const prices = { input: 0, output: 1_000_000 }
  it('respects the restrictions and the budgets of the call', async () => {
    const at = setup({
      modelList: [
        dep('a', { prices, region: 'eu' }),
        dep('us', { prices, region: 'us', order: 1 }, 'mirror'),
        dep('eu', { prices, region: 'eu', order: 2 }, 'mirror'),
      ],
      mirrorTo: { gpt: 'mirror' },
      budgets: { tags: { team: { maxBudget: 100 } } },
    })
    at.mock.reply({ text: 'x', usage: { promptTokens: 1, completionTokens: 2 } }, { times: 9 })
    await at.ask({ tags: ['team'], allowedRegions: ['eu'], max_tokens: 3 })
    await turns(40)
    expect(at.asked().sort()).toEqual(['a', 'eu'])
    expect(at.router.snapshot().budgets).toMatchObject([{ key: 'tag:team', spent: 4 }])
  })
})

it('the rate-limit headers of embeddings are respected', async () => {
  const at = setup(
    { modelList: [dep('a', { order: 1 }, 'embed'), dep('b', { order: 2 }, 'embed')] },
    { clock: new TestClock({ frozen: true }) },
  )
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' }
  const body = {
    ...{ object: 'list', model: 'a', usage: { prompt_tokens: 1, total_tokens: 1 } },
    data: [{ object: 'embedding', index: 0, embedding: [1, 2] }],
  }
  const ask = async () => (await at.router.embedding({ model: 'embed', input: 'x' })).meta.router?.deployment
  at.mock.reply({ raw: { headers, body } }, { model: 'a' })
  expect(await ask()).toBe('a')
  expect(await ask()).toBe('b')
  at.mock.fail({ kind: 'status', status: 500, headers }, { model: 'b' })
  at.clock.advance(21_000)
  expect(await ask()).toBe('a')
})
