import { describe, expect, it } from 'vitest'
import { dep, failure, messages, setup, thrown } from './helpers.js'

const four = ['a', 'b', 'c', 'd']
const long = 'An instruction that is longer than a provider needs for its cache. '.repeat(80)
const conversation = (name: string, turns = 1) => [
  { role: 'system' as const, content: long },
  { role: 'user' as const, content: `I am ${name}.` },
  ...Array.from({ length: turns - 1 }, () => [
    { role: 'assistant' as const, content: 'Hello' },
    { role: 'user' as const, content: 'Go on' },
  ]).flat(),
]

describe('a named session', () => {
  it('stays with one deployment', async () => {
    const { ask } = setup({ modelList: four })
    for (const session of ['x', 'y', 'z']) {
      const answered = new Set<string>()
      for (let call = 0; call < 12; call++) answered.add(await ask({ session }))
      expect(answered.size).toBe(1)
    }
  })

  it('goes to the same deployment in another process', async () => {
    const [one, other] = [setup({ modelList: four }), setup({ modelList: [...four].reverse() })]
    for (let name = 0; name < 20; name++) {
      const session = `session ${name}`
      expect(await one.ask({ session })).toBe(await other.ask({ session }))
    }
  })

  it('shares the deployments with other sessions, by weight', async () => {
    const { ask } = setup({ modelList: [dep('a', { weight: 3 }), dep('b', { weight: 1 })] })
    let first = 0
    for (let name = 0; name < 400; name++) if ((await ask({ session: `session ${name}` })) === 'a') first++
    expect(first).toBeGreaterThan(260)
    expect(first).toBeLessThan(340)
  })

  it('is not sent to the provider', async () => {
    const { ask, mock } = setup({ modelList: four })
    await ask({ session: 'x' })
    expect(JSON.stringify(mock.requests[0])).not.toContain('session')
  })

  it('is also named by prompt_cache_key', async () => {
    const { ask } = setup({ modelList: four })
    expect(await ask({ prompt_cache_key: 'x' })).toBe(await ask({ session: 'x' }))
  })

  it('must have a name', async () => {
    const { router } = setup({ modelList: four })
    expect((await failure(router.completion({ model: 'gpt', messages, session: '' }))).message).toBe(
      "'session' must be a text that is not empty; got ''.",
    )
  })

  it('spreads like other calls with affinity: false', async () => {
    const { ask } = setup({ modelList: four, affinity: false })
    const answered = new Set<string>()
    for (let call = 0; call < 40; call++) answered.add(await ask({ session: 'x' }))
    expect(answered.size).toBe(4)
  })

  it('stays with one deployment of a group that is larger than a selection', async () => {
    const { ask } = setup({ modelList: Array.from({ length: 600 }, (_, at) => `d${at}`) })
    const answered = new Set<string>()
    for (let call = 0; call < 10; call++) answered.add(await ask({ session: 'x' }))
    expect(answered.size).toBe(1)
  })
})

describe('a session whose deployment fails', () => {
  it('moves, stays there after the recovery, and returns when it has been idle', async () => {
    let broken: string | undefined
    const { ask, clock } = setup(
      { modelList: four, cooldownTime: 5_000, affinity: { ttl: 60_000 } },
      { mock: { reply: ({ model }) => (model === broken ? { raw: { status: 500, body: {} } } : 'Hi') } },
    )
    const home = await ask({ session: 'x' })
    broken = home
    const refuge = await ask({ session: 'x' })
    expect(refuge).not.toBe(home)
    broken = undefined
    clock.advance(10_000)
    expect(await ask({ session: 'x' })).toBe(refuge)
    clock.advance(59_000)
    expect(await ask({ session: 'x' })).toBe(refuge)
    clock.advance(61_000)
    expect(await ask({ session: 'x' })).toBe(home)
  })

  it('moves to the same deployment in all processes', async () => {
    const build = () =>
      setup(
        { modelList: four },
        { mock: { reply: ({ model }) => (model === 'a' ? { raw: { status: 500, body: {} } } : 'Hi') } },
      )
    const [one, other] = [build(), build()]
    for (let name = 0; name < 12; name++) {
      const session = `session ${name}`
      expect(await one.ask({ session })).toBe(await other.ask({ session }))
    }
  })
})

describe('a conversation with a long prompt', () => {
  it('stays with one deployment in all its turns, if asked for', async () => {
    const { ask } = setup({ modelList: four, affinity: true })
    const homes = new Set<string>()
    for (let name = 0; name < 24; name++) {
      const answered = new Set<string>()
      for (let turns = 1; turns < 4; turns++) answered.add(await ask({ messages: conversation(`${name}`, turns) }))
      expect(answered.size).toBe(1)
      for (const home of answered) homes.add(home)
    }
    expect(homes.size).toBe(4)
  })

  it('spreads by default, and so does a short prompt', async () => {
    for (const [affinity, asked] of [
      [undefined, conversation('x')],
      [true, messages],
    ] as const) {
      const { ask } = setup({ modelList: four, affinity })
      const answered = new Set<string>()
      for (let call = 0; call < 40; call++) answered.add(await ask({ messages: asked }))
      expect(answered.size).toBe(4)
    }
  })
})

describe('a response that is stored at a provider', () => {
  it.each([false, true])('is continued by the deployment that made it (stream: %s)', async (stream) => {
    const { router } = setup({ modelList: four })
    for (let round = 0; round < 8; round++) {
      const first = await router.responses({ model: 'gpt', input: 'Hello', stream })
      const { id, meta } = 'final' in first ? await first.final() : first
      for (let call = 0; call < 3; call++) {
        const next = await router.responses({ model: 'gpt', input: 'Go on', previous_response_id: id })
        expect(next.meta.router?.deployment).toBe(meta.router?.deployment)
      }
    }
  })
})

it('rejects a wrong option with its path', () => {
  const by = ['user'] as never
  expect(thrown(() => setup({ modelList: four, affinity: { by } })).message).toContain('affinity')
})

it('is changed by configure()', async () => {
  const { router, ask } = setup({ modelList: four })
  router.configure({ modelList: four.map((id) => dep(id)), affinity: false })
  const answered = new Set<string>()
  for (let call = 0; call < 40; call++) answered.add(await ask({ session: 'x' }))
  expect(answered.size).toBe(4)
})
