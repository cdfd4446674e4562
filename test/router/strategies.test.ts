import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { strategies } from '../../src/router/selection/strategies/index.js'
import type { DeploymentView, LatencyView, Strategy, StrategyContext, StrategyName } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, seeded, setup, turns, view } from './helpers.js'

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const cost = fc.constantFrom(0, 1e-7, 5e-7, 1e-6, 6e-5)
const latency: fc.Arbitrary<LatencyView> = fc.record({
  perTokenMs: optional(fc.integer({ min: 0, max: 50 })),
  firstTokenMs: optional(fc.integer({ min: 0, max: 900 })),
  callMs: optional(fc.integer({ min: 0, max: 9_000 })),
})
const candidates: fc.Arbitrary<DeploymentView[]> = fc
  .array(
    fc.record({
      weight: optional(fc.constantFrom(0, 0.5, 1, 2, 7)),
      rpm: optional(fc.integer({ min: 1, max: 1_000 })),
      tpm: optional(fc.integer({ min: 1, max: 100_000 })),
      inFlight: fc.integer({ min: 0, max: 5 }),
      requests: fc.integer({ min: 0, max: 1_000 }),
      tokens: fc.integer({ min: 0, max: 100_000 }),
      inputCost: optional(cost),
      outputCost: optional(cost),
      latency,
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) => list.map((given, at) => view(`d${at}`, given)))

const context = (given: Partial<StrategyContext> & { seed?: number } = {}): StrategyContext => ({
  modelGroup: 'gpt',
  stream: false,
  promptTokens: 100,
  latencyBuffer: 0.1,
  random: seeded(given.seed ?? 1),
  ...given,
})
const seed = fc.integer()
const least = (values: readonly number[]) => Math.min(...values)

function shares(strategy: Strategy, list: readonly DeploymentView[], picks = 20_000): Record<string, number> {
  const asked = context({ seed: 42 })
  const counts: Record<string, number> = Object.fromEntries(list.map(({ id }) => [id, 0]))
  for (let i = 0; i < picks; i++) {
    const { id } = strategy(list, asked)
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

/** Pearson's test, at one in a thousand. */
function fits(counts: Record<string, number>, expected: Record<string, number>): void {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const whole = Object.values(expected).reduce((sum, share) => sum + share, 0)
  let chi = 0
  for (const [id, share] of Object.entries(expected)) {
    const awaited = (share / whole) * total
    if (awaited === 0) expect(counts[id]).toBe(0)
    else chi += ((counts[id] ?? 0) - awaited) ** 2 / awaited
  }
  // upper 0.1 % points of chi-square, by degrees of freedom
  expect(chi).toBeLessThan([0, 10.8, 13.8, 16.3, 18.5, 20.5][Object.keys(expected).length - 1] ?? 0)
}

describe.each(Object.keys(strategies) as StrategyName[])('%s', (name) => {
  it('returns one of any candidates, and changes none', () => {
    fc.assert(
      fc.property(candidates, fc.boolean(), seed, (list, stream, chance) => {
        const before = structuredClone(list)
        expect(list).toContain(strategies[name](list, context({ stream, seed: chance })))
        expect(list).toEqual(before)
      }),
    )
  })
  it('does so for the extreme random numbers', () => {
    fc.assert(
      fc.property(candidates, fc.constantFrom(0, 1 - 2 ** -53), (list, value) => {
        expect(list).toContain(strategies[name](list, context({ random: () => value })))
      }),
    )
  })
})

describe('simple-shuffle', () => {
  const shuffle = strategies['simple-shuffle']
  it('weights by weight, else rpm, else tpm, else evenly', () => {
    fits(shares(shuffle, [view('a', { weight: 1 }), view('b', { weight: 3 })]), { a: 1, b: 3 })
    fits(shares(shuffle, [view('a', { rpm: 100 }), view('b', { rpm: 900 })]), { a: 1, b: 9 })
    fits(shares(shuffle, [view('a', { tpm: 100 }), view('b', { tpm: 400 })]), { a: 1, b: 4 })
    fits(shares(shuffle, [view('a'), view('b'), view('c')]), { a: 1, b: 1, c: 1 })
  })
  it('considers all candidates, not only the first', () => {
    const mixed = [view('a', { rpm: 900 }), view('b', { weight: 3 }), view('c')]
    fits(shares(shuffle, mixed), { a: 1, b: 3, c: 1 })
    fits(shares(shuffle, mixed.toReversed()), { a: 1, b: 3, c: 1 })
    const limits = [view('a', { tpm: 5 }), view('b', { rpm: 300 }), view('c', { rpm: 100 })]
    fits(shares(shuffle, limits), { a: 200, b: 300, c: 100 })
  })
  it('does not select a weight of 0 unless all weights are 0', () => {
    fits(shares(shuffle, [view('a', { weight: 0 }), view('b', { weight: 2 })]), { a: 0, b: 1 })
    fits(shares(shuffle, [view('a', { weight: 0 }), view('b', { weight: 0 })]), { a: 1, b: 1 })
  })
})

describe('least-busy', () => {
  it('selects any of those with the fewest calls in flight', () => {
    fc.assert(
      fc.property(candidates, seed, (list, chance) => {
        const { inFlight } = strategies['least-busy'](list, context({ seed: chance }))
        expect(inFlight).toBe(least(list.map((one) => one.inFlight)))
      }),
    )
    const list = [view('a'), view('b', { inFlight: 1 }), view('c'), view('d')]
    fits(shares(strategies['least-busy'], list), { a: 1, b: 0, c: 1, d: 1 })
  })
})

describe('usage-based', () => {
  const usage = strategies['usage-based']
  it('selects the least full one if all have limits, else the one with the fewest tokens', () => {
    fc.assert(
      fc.property(candidates, seed, (list, chance) => {
        const chosen = usage(list, context({ seed: chance }))
        const limited = list.every(({ rpm, tpm }) => rpm !== undefined || tpm !== undefined)
        const full = ({ rpm, tpm, requests, tokens }: DeploymentView) =>
          Math.max(tpm === undefined ? 0 : tokens / tpm, rpm === undefined ? 0 : requests / rpm)
        if (limited) expect(full(chosen)).toBe(least(list.map(full)))
        else expect(chosen.tokens).toBe(least(list.map(({ tokens }) => tokens)))
      }),
    )
  })
  it('balances the usage of the last minute', async () => {
    const { router, ask, mock } = setup({
      modelList: [dep('a', { tpm: 10_000 }), dep('b', { tpm: 30_000 })],
      routingStrategy: 'usage-based',
    })
    mock.reply({ text: 'x', usage: { promptTokens: 50, completionTokens: 50 } }, { times: Infinity })
    for (let i = 0; i < 100; i++) await ask()
    const [a, b] = router.snapshot().deployments
    expect(Math.abs((a?.tokens ?? 0) - 2_500)).toBeLessThanOrEqual(100)
    expect((a?.tokens ?? 0) + (b?.tokens ?? 0)).toBe(10_000)
  })
})

describe('latency-based', () => {
  const fastest = strategies['latency-based']
  const timed = (id: string, perTokenMs?: number, given: Partial<DeploymentView> = {}) =>
    view(id, { latency: { perTokenMs, firstTokenMs: undefined, callMs: perTokenMs }, ...given })
  it('tries unmeasured deployments, one call at a time', () => {
    expect(fastest([timed('a', 5), timed('b')], context()).id).toBe('b')
    expect(fastest([timed('a', 5), timed('b', undefined, { inFlight: 1 })], context()).id).toBe('a')
    expect(
      fastest([timed('b', undefined, { inFlight: 2 }), timed('c', undefined, { inFlight: 1 })], context()).id,
    ).toBe('c')
  })
  it('selects the least busy one within the buffer of the fastest', () => {
    const measured = candidates.filter((list) => list.every((one) => one.latency.perTokenMs !== undefined))
    fc.assert(
      fc.property(measured, fc.constantFrom(0, 0.1, 0.5, 2), seed, (list, latencyBuffer, chance) => {
        const chosen = fastest(list, context({ latencyBuffer, seed: chance }))
        const limit = least(list.map(({ latency: { perTokenMs = 0 } }) => perTokenMs)) * (1 + latencyBuffer)
        const near = list.filter(({ latency: { perTokenMs = 0 } }) => perTokenMs <= limit)
        expect(near).toContain(chosen)
        expect(chosen.inFlight).toBe(least(near.map(({ inFlight }) => inFlight)))
      }),
    )
    fits(shares(fastest, [timed('a', 10), timed('b', 10.9), timed('c', 11.5)]), { a: 1, b: 1, c: 0 })
  })
  it('compares first tokens for streams, and complete calls without output tokens', () => {
    const a = view('a', { latency: { perTokenMs: 1, firstTokenMs: 900, callMs: 10 } })
    const b = view('b', { latency: { perTokenMs: 9, firstTokenMs: 100, callMs: 90 } })
    expect(fastest([a, b], context({ stream: true })).id).toBe('b')
    expect(fastest([a, b], context()).id).toBe('a')
    const c = view('c', { latency: { perTokenMs: undefined, firstTokenMs: undefined, callMs: 10 } })
    const d = view('d', { latency: { perTokenMs: undefined, firstTokenMs: undefined, callMs: 90 } })
    expect(fastest([c, d], context()).id).toBe('c')
  })
  it('learns which is fast, and tries a slow one again after ten minutes', async () => {
    const { ask, mock, clock } = setup({ modelList: ['a', 'b'], routingStrategy: 'latency-based' })
    mock.reply({ text: 'x', delayMs: 60 }, { model: 'a' })
    await ask()
    await ask()
    for (let i = 0; i < 10; i++) expect(await ask()).toBe('b')
    clock.advance(599_000)
    expect(await ask()).toBe('b')
    clock.advance(2_000)
    const seen = new Set<string>()
    for (let i = 0; i < 20; i++) seen.add(await ask())
    expect(seen).toContain('a')
  })
  it('treats a timeout as slow', async () => {
    const { ask, mock } = setup({
      modelList: ['a', 'b'],
      routingStrategy: 'latency-based',
      attemptTimeout: 250,
      cooldownTime: 0,
    })
    mock.fail({ kind: 'slow-headers', ms: 5_000 }, { model: 'a' })
    await ask()
    await ask()
    for (let i = 0; i < 5; i++) expect(await ask()).toBe('b')
  })
})

describe('cost-based', () => {
  it('selects the cheapest for prompt and answer, and unknown prices last', () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 0, max: 100_000 }), seed, (list, promptTokens, chance) => {
        const price = ({ inputCost, outputCost }: DeploymentView) =>
          inputCost === undefined || outputCost === undefined
            ? Number.POSITIVE_INFINITY
            : inputCost * promptTokens + outputCost * 500
        expect(price(strategies['cost-based'](list, context({ promptTokens, seed: chance })))).toBe(
          least(list.map(price)),
        )
      }),
    )
  })
  it('uses the prices of the table and of deployments', async () => {
    const { ask } = setup({
      modelList: [
        dep('mini', { model: 'openai/gpt-4o-mini' }),
        dep('big', { model: 'openai/gpt-4o' }),
        dep('unknown'),
        dep('own', { prices: { input: 0.001, output: 0.001 } }),
      ],
      routingStrategy: 'cost-based',
    })
    for (let i = 0; i < 5; i++) expect(await ask()).toBe('own')
  })
})

describe('order', () => {
  it('applies to every strategy: the lowest first, then the next', async () => {
    for (const routingStrategy of Object.keys(strategies) as StrategyName[]) {
      const { ask, mock } = setup({
        modelList: [dep('c', { order: 3 }), dep('a1', { order: 1 }), dep('b', { order: 2 }), dep('a2', { order: 1 })],
        routingStrategy,
        numRetries: 3,
        allowedFails: 0,
      })
      const seen = new Set<string>()
      for (let i = 0; i < 30; i++) seen.add(await ask())
      expect([...seen].every((id) => id.startsWith('a'))).toBe(true)
      for (const model of ['a1', 'a2']) mock.fail({ kind: 'status', status: 500 }, { model })
      expect(await ask()).toBe('b')
      expect(await ask()).toBe('b')
      mock.fail({ kind: 'status', status: 500 }, { model: 'b' })
      expect(await ask()).toBe('c')
    }
  })
})

describe('a custom strategy', () => {
  it('receives the deployments and the call, and decides', async () => {
    const seen: [readonly DeploymentView[], StrategyContext][] = []
    const { ask } = setup({
      modelList: [dep('a', { variant: 'x', region: 'eu' }), 'b'],
      routingStrategy: (list, asked) => {
        seen.push([list, asked])
        expect(asked.promptTokens).toBeGreaterThan(0)
        return { ...(list.at(-1) as DeploymentView) }
      },
    })
    expect(await ask()).toBe('b')
    const [list, asked] = seen[0] ?? []
    expect(list?.[0]).toMatchObject({
      id: 'a',
      model: 'openai/a',
      provider: 'openai',
      variant: 'x',
      region: 'eu',
      inFlight: 0,
    })
    expect(asked).toMatchObject({ modelGroup: 'gpt', stream: false })
    expect(JSON.stringify(list)).not.toContain('key-a')
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a stranger', () => view('stranger')],
    ['text', () => 'a'],
    ['a promise', async () => view('a')],
  ])('that returns %s fails the call', async (_, routingStrategy) => {
    const { router, mock } = setup({ modelList: ['a', 'b'], routingStrategy: routingStrategy as Strategy })
    const error = await failure(router.completion({ model: 'gpt', messages }))
    expect(error).toMatchObject({ code: 'bad_request', param: 'routingStrategy' })
    expect(error.message).toContain('must return one of its candidates')
    expect(mock.requests).toHaveLength(0)
    expect(held(router)).toEqual(nothing)
  })

  it('that throws fails the call, also while it waits', async () => {
    let broken = false
    const { router, mock, clock } = setup({
      modelList: ['a', 'b'],
      numRetries: 0,
      routingStrategy: (list) => {
        if (broken) throw new Error('my own mistake')
        return list[0] as DeploymentView
      },
    })
    mock.fail({ kind: 'status', status: 429, retryAfter: 20 }, { times: 2 })
    for (let i = 0; i < 2; i++) await failure(router.completion({ model: 'gpt', messages }))
    const waiting = failure(router.completion({ model: 'gpt', messages }))
    const other = failure(router.completion({ model: 'gpt', messages }))
    await turns()
    expect(router.snapshot().waiting).toBe(2)
    broken = true
    clock.advance(21_000)
    router.addDeployment(dep('c'))
    for (const error of [await waiting, await other]) {
      expect(error.message).toContain('my own mistake')
      expect(error).toMatchObject({ code: 'bad_request', cause: { message: 'my own mistake' } })
    }
    expect(held(router)).toEqual(nothing)
  })
})
