import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/index.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, setup, TestClock } from './helpers.js'

const groups = ['gpt', 'claude', 'long', 'safe', 'last']
const list = groups.map((group) => dep(`${group}-1`, {}, group))

/** Who answers when `gpt` fails. */
async function whoAnswers(fault: Partial<Fault>, options: Partial<RouterOptions>, request: object = {}) {
  const at = setup({ modelList: list, numRetries: 0, ...options })
  at.mock.fail({ kind: 'status', ...fault } as Fault, { model: 'gpt-1', times: 9 })
  const answer = await at.router.completion({ model: 'gpt', messages, ...request }).catch((error: unknown) => error)
  expect(held(at.router)).toEqual(nothing)
  return answer instanceof Error
    ? answer.name
    : (answer as { meta: { router: { modelGroup: string } } }).meta.router.modelGroup
}

describe('the group that takes a failed call', () => {
  const options: Partial<RouterOptions> = {
    fallbacks: [{ gpt: ['claude'] }],
    contextWindowFallbacks: [{ gpt: ['long'] }],
    contentPolicyFallbacks: [{ gpt: ['safe'] }],
    defaultFallbacks: ['last'],
  }
  it.each<[Partial<Fault>, string]>([
    [{ status: 500 }, 'claude'],
    [{ status: 429 }, 'claude'],
    [{ status: 401 }, 'claude'],
    [{ reason: 'quota' }, 'claude'],
    [{ reason: 'context-window' }, 'long'],
    [{ reason: 'content-policy' }, 'safe'],
    [{ status: 400 }, 'claude'],
  ])('depends on the error: %j leads to %s', async (fault, group) => {
    expect(await whoAnswers(fault, options)).toBe(group)
  })
  it('comes from fallbacks, then defaultFallbacks, without an entry for the error', async () => {
    const { fallbacks, defaultFallbacks } = options
    expect(await whoAnswers({ reason: 'context-window' }, { fallbacks })).toBe('claude')
    expect(await whoAnswers({ reason: 'content-policy' }, { defaultFallbacks })).toBe('last')
    expect(await whoAnswers({ status: 500 }, { fallbacks: [{ claude: ['last'] }], defaultFallbacks })).toBe('last')
    expect(await whoAnswers({ status: 500 }, { fallbacks: [{ claude: ['last'] }, { '*': ['safe'] }] })).toBe('safe')
    expect(
      await whoAnswers({ reason: 'context-window' }, { contextWindowFallbacks: [{ claude: ['long'] }], fallbacks }),
    ).toBe('claude')
  })
  it('comes from the call before the Router', async () => {
    expect(await whoAnswers({ status: 500 }, options, { fallbacks: ['safe'] })).toBe('safe')
    expect(await whoAnswers({ status: 500 }, options, { fallbacks: false })).toBe('InternalServerError')
    expect(await whoAnswers({ reason: 'context-window' }, options, { fallbacks: false })).toBe(
      'ContextWindowExceededError',
    )
    expect(await whoAnswers({ reason: 'context-window' }, options, { contextWindowFallbacks: ['last'] })).toBe('last')
    expect(await whoAnswers({ reason: 'content-policy' }, options, { contentPolicyFallbacks: ['last'] })).toBe('last')
    expect(await whoAnswers({ status: 500 }, options, { fallbacks: [] })).toBe('InternalServerError')
  })
  it('does not exist without fallbacks', async () => {
    expect(await whoAnswers({ status: 500 }, {})).toBe('InternalServerError')
  })
})

describe('a misconfigured deployment', () => {
  const wrong: [string, object][] = [
    ['an unknown provider', { model: 'opnai/gpt-4o' }],
    ['a wrong address', { apiBase: 'localhost:8080' }],
    ['no address', { model: 'hosted_vllm/x' }],
    ['no region', { model: 'bedrock/x' }],
  ]
  it.each(wrong)('cools down, and its calls use the rest of the group: %s', async (_, params) => {
    const at = setup({ modelList: [dep('bad', params), dep('good')] })
    for (let i = 0; i < 8; i++) expect(await at.ask()).toBe('good')
    expect(at.events.filter(({ type }) => type === 'cooldown')).toMatchObject([
      { deployment: 'bad', reason: 'BadRequestError' },
    ])
  })

  it.each(wrong)('leads to a fallback: %s', async (_, params) => {
    const at = setup({ modelList: [dep('bad', params), dep('z', {}, 'z')], fallbacks: [{ gpt: ['z'] }] })
    expect(await at.ask()).toBe('z')
    expect(await at.ask({ stream: false })).toBe('z')
  })

  it('does not include a wildcard that is asked for an unknown model', async () => {
    const { apiKey: _, ...params } = dep('any', { model: '*' }).params
    const at = setup({ modelList: [{ id: 'any', modelName: '*', params }, dep('b')] })
    const error = await failure(at.router.completion({ model: 'opnai/x', messages }))
    expect(error.message).toContain("Unknown provider 'opnai'")
    expect(at.router.deployment('any')).toMatchObject({ failures: 0, status: 'healthy' })
  })
})

describe('a fallback', () => {
  it('may be a deployment, or a group with other parameters', async () => {
    const at = setup({
      modelList: [dep('a'), dep('c1', {}, 'claude'), dep('c2', {}, 'claude')],
      fallbacks: [
        { gpt: ['c2', { model: 'claude', temperature: 0.1, messages: [{ role: 'user', content: 'Shorter' }] }] },
      ],
      numRetries: 0,
    })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 9 })
    expect(await at.ask()).toBe('c2')
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'c2', times: 1 })
    await at.ask({ temperature: 0.9 })
    expect(at.mock.requests.at(-1)?.body).toMatchObject({
      temperature: 0.1,
      messages: [{ role: 'user', content: 'Shorter' }],
    })
  })

  it('to a deployment does not exclude a later one to its group', async () => {
    const at = setup(
      {
        modelList: ['a', dep('c1', {}, 'claude'), dep('c2', {}, 'claude')],
        fallbacks: [{ gpt: ['c1'] }, { c1: ['claude'] }],
      },
      { clock: new TestClock({ random: () => 0 }) },
    )
    for (const model of ['a', 'c1']) at.mock.fail({ kind: 'status', status: 500 }, { model, times: 9 })
    const { meta } = await at.router.completion({ model: 'gpt', messages, numRetries: 1 })
    expect(meta.router?.deployment).toBe('c2')
  })

  it('has retries of its own', async () => {
    const at = setup(
      { modelList: list, fallbacks: [{ gpt: ['claude'] }, { claude: ['last'] }], numRetries: 2 },
      { clock: new TestClock({ random: () => 0 }) },
    )
    for (const model of ['gpt-1', 'claude-1']) at.mock.fail({ kind: 'status', status: 500 }, { model, times: 9 })
    const { meta } = await at.router.completion({ model: 'gpt', messages })
    expect(meta.attempts.map(({ modelGroup }) => modelGroup)).toEqual([
      ...['gpt', 'gpt', 'gpt', 'claude', 'claude', 'claude', 'last'],
    ])
    expect(meta.router).toEqual({ requested: 'gpt', modelGroup: 'last', deployment: 'last-1', fallbacks: 2 })
  })

  it('is not used beyond maxFallbacks', async () => {
    const at = setup({
      modelList: list,
      fallbacks: [{ gpt: ['claude', 'long', 'safe', 'last'] }],
      maxFallbacks: 2,
      numRetries: 0,
    })
    at.mock.fail({ kind: 'status', status: 500 }, { times: 99 })
    const error = await failure(at.router.completion({ model: 'gpt', messages }))
    expect(at.asked()).toEqual(['gpt-1', 'claude-1', 'long-1'])
    expect(error.attempts).toHaveLength(3)
    const none = setup({ modelList: list, fallbacks: [{ gpt: ['claude'] }], maxFallbacks: 0, numRetries: 0 })
    none.mock.fail({ kind: 'status', status: 500 }, { times: 99 })
    await failure(none.router.completion({ model: 'gpt', messages }))
    expect(none.asked()).toEqual(['gpt-1'])
  })

  it('to a removed group is skipped, and hides no error', async () => {
    const at = setup({ modelList: list, fallbacks: [{ gpt: ['claude', 'long'] }], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'gpt-1', times: 9 })
    at.router.removeDeployment('claude-1')
    expect(await at.ask()).toBe('long-1')
    at.router.removeDeployment('long-1')
    expect(await failure(at.router.completion({ model: 'gpt', messages }))).toMatchObject({ code: 'internal_server' })
  })

  it('is not used for an invalid call', async () => {
    const at = setup({ modelList: list, fallbacks: [{ gpt: ['claude'] }] })
    for (const wrong of [{ messages: [] }, { maxTokens: 5 }, { timeout: -1 }, { stream: 'yes' }]) {
      expect(await failure(at.router.completion({ model: 'gpt', messages, ...wrong } as never))).toMatchObject({
        code: 'bad_request',
      })
    }
    expect(at.mock.requests).toHaveLength(0)
    expect(at.events.filter(({ type }) => type === 'fallback')).toHaveLength(0)
    expect(at.router.deployment('gpt-1')).toMatchObject({ requests: 0, inFlight: 0, status: 'healthy' })
  })

  it('is reported as an event', async () => {
    const at = setup({ modelList: list, fallbacks: [{ gpt: ['claude'] }], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 500 })
    await at.ask()
    expect(at.events.find(({ type }) => type === 'fallback')).toMatchObject({
      ...{ from: 'gpt', to: 'claude', depth: 1, error: { code: 'internal_server' } },
    })
  })
})

describe("an answer of the provider's content filter", () => {
  const filtered = { text: 'I was going to', finishReason: 'content_filter' }
  it('leads to a fallback if contentPolicyFallbacks has an entry', async () => {
    const at = setup({ modelList: list, contentPolicyFallbacks: [{ gpt: ['safe'] }] })
    at.mock.reply(filtered)
    const { meta } = await at.router.completion({ model: 'gpt', messages })
    expect(meta.router?.modelGroup).toBe('safe')
    expect(meta.attempts.map(({ outcome }) => outcome)).toEqual(['content_policy_violation', 'success'])
    expect(at.router.deployment('gpt-1')).toMatchObject({ status: 'healthy', failures: 0 })
    at.mock.reply(filtered)
    const own = await at.router.completion({ model: 'long', messages, contentPolicyFallbacks: ['last'] })
    expect(own.meta.router?.modelGroup).toBe('last')
  })
  // the first thing that comes of a stream decides, and that it was filtered is seen only by who looks into it
  it('leads to a fallback in a stream too, before its first content', async () => {
    const at = setup({ modelList: list, contentPolicyFallbacks: [{ gpt: ['safe'] }] })
    at.mock.reply({ text: '', finishReason: 'content_filter' })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true })
    expect(stream.meta.router?.modelGroup).toBe('safe')
  })
  it('is returned without one', async () => {
    const at = setup({ modelList: list, fallbacks: [{ gpt: ['claude'] }] })
    at.mock.reply(filtered)
    const answer = await at.router.completion({ model: 'gpt', messages })
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: 'I was going to' } })
  })
})

it('no graph of fallbacks makes a call loop or exceed maxFallbacks', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const target = fc.oneof(
    fc.constantFrom(...names, ...names.map((name) => `${name}-id`), ...names.map((name) => `alias-${name}`)),
    fc.record({ model: fc.constantFrom(...names), temperature: fc.constantFrom(0, 1) }),
  )
  const graph = fc.array(fc.tuple(fc.constantFrom(...names, '*'), fc.array(target, { maxLength: 4 })), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(graph, fc.integer({ min: 0, max: 30 }), async (edges, maxFallbacks) => {
      await using at = setup({
        modelList: names.map((name) => dep(`${name}-id`, {}, name)),
        modelGroupAlias: Object.fromEntries(names.map((name) => [`alias-${name}`, name])),
        fallbacks: edges.map(([from, to]) => ({ [from]: to })),
        maxFallbacks,
        numRetries: 0,
        cooldownTime: 0,
      })
      at.mock.fail({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY })
      const error = await failure(at.router.completion({ model: 'a', messages }))
      expect(error.code).toBe('internal_server')
      expect(error.attempts.length).toBeLessThanOrEqual(1 + maxFallbacks)
      // each group as a group, by its id, and with each of two temperatures
      expect(error.attempts.length).toBeLessThanOrEqual(names.length * 4)
      const bodies = at.mock.requests.map(
        ({ model, body }) => `${model} ${(body as { temperature?: number }).temperature}`,
      )
      const count = (body: string) => bodies.filter((one) => one === body).length
      for (const name of names) {
        expect(count(`${name}-id 0`)).toBeLessThanOrEqual(1)
        expect(count(`${name}-id 1`)).toBeLessThanOrEqual(1)
        expect(count(`${name}-id undefined`)).toBeLessThanOrEqual(2)
      }
      expect(held(at.router)).toEqual(nothing)
    }),
    { numRuns: 150 },
  )
})
