import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { memoryCache } from '../../src/cache/memory.js'
import { ClientContext } from '../../src/call/context.js'
import type { RouterState } from '../../src/limits/types.js'
import { ModelGroups } from '../../src/router/deployments/model-groups.js'
import type { DeploymentParams } from '../../src/router/types.js'
import { dep, failure, held, messages, nothing, setup, stopTime, TestClock, thrown, turns } from './helpers.js'

/** Deployments that come and go while the Router runs. */

const prices = { input: 0, output: 1_000_000 }
const reply = { text: 'x', usage: { promptTokens: 10, completionTokens: 2 } }
const call = { model: 'gpt', messages }

describe('the prices of a deployment', () => {
  it('are removed with it, and by an update without prices', () => {
    const context = new ClientContext()
    const groups = new ModelGroups(context, {}, [dep('a', { prices }), dep('b', { prices })])
    const known = (id: string) => context.registry.registered(`deployment/${id}/openai/${id}`) !== undefined
    expect([known('a'), known('b')]).toEqual([true, true])
    groups.remove('a')
    groups.replace('b', dep('b'))
    expect([known('a'), known('b')]).toEqual([false, false])
    groups.replace('b', dep('b', { prices }))
    expect(known('b')).toBe(true)
  })

  it('are not inherited by a later deployment with its id', async () => {
    const at = setup({ modelList: [dep('a', { prices }), dep('b')] })
    at.mock.reply(reply, { times: 9 })
    const cost = async () => (await at.router.completion({ ...call, model: 'a' })).meta.cost.total
    expect(await cost()).toBe(2)
    at.router.removeDeployment('a')
    at.router.addDeployment(dep('a'))
    expect(await cost()).toBeUndefined()
    at.router.updateDeployment('a', dep('a', { prices: { input: 0, output: 3_000_000 } }))
    expect(await cost()).toBe(6)
    at.router.updateDeployment('a', dep('a'))
    expect(await cost()).toBeUndefined()
  })

  it('still apply to earlier answers and to calls in flight', async () => {
    const at = setup({ modelList: [dep('a', { prices }), dep('b', { prices: { input: 0, output: 7_000_000 } })] })
    at.mock.reply({ ...reply, delayMs: 120 }, { times: 9 })
    const answer = await at.router.completion({ ...call, model: 'a' })
    const slow = at.router.completion({ ...call, model: 'a' })
    const other = at.router.completion({ ...call, model: 'b' })
    await turns()
    at.router.removeDeployment('a')
    at.router.updateDeployment('b', dep('b', { prices: { input: 0, output: 1 } }))
    expect(answer.meta.cost.total).toBe(2)
    expect((await slow).meta.cost.total).toBe(2)
    expect((await other).meta.cost.total).toBe(14)
  })

  it('give the cost that a cached answer saved', async () => {
    const at = setup({ modelList: [dep('a', { prices })], cache: memoryCache() })
    at.mock.reply(reply)
    await at.router.completion(call)
    const { meta } = await at.router.completion(call)
    expect(meta.cost).toMatchObject({ total: 0, saved: 2 })
  })

  it('determine the held and spent amounts, also after an update', async () => {
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 100 })] })
    at.mock.reply(reply)
    await at.ask({ max_tokens: 5 })
    at.router.updateDeployment('a', dep('a', { prices: { input: 0, output: 3_000_000 }, maxBudget: 100 }))
    at.mock.reply({ ...reply, delayMs: 150 })
    const slow = at.ask({ max_tokens: 5 })
    await turns()
    expect(at.router.snapshot().budgets[0]).toMatchObject({ spent: 2, reserved: 15 })
    await slow
    expect(at.router.snapshot().budgets[0]).toMatchObject({ spent: 8, reserved: 0 })
  })

  it('are rejected with the path of a wrong field, and nothing changes', async () => {
    const wrong = { prices: { input: 1, otuput: 2 } } as unknown as Partial<DeploymentParams>
    expect(thrown(() => setup({ modelList: [dep('x'), dep('a', wrong)] })).message).toContain(
      "'modelList[1].params.prices'",
    )
    const at = setup({ modelList: [dep('a', { prices, rpm: 5 })] })
    at.mock.reply(reply, { times: 9 })
    expect(thrown(() => at.router.updateDeployment('a', dep('a', { ...wrong, rpm: 9 }))).message).toContain('otuput')
    expect(at.router.deployment('a')?.rpm).toBe(5)
    expect((await at.router.completion(call)).meta.cost.total).toBe(2)
  })

  it('leave no memory behind when deployments come and go', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const at = setup({ modelList: ['a'], mirrorTo: { gpt: 'gpt' } })
    const round = (from: number, count: number) => {
      for (let i = from; i < from + count; i++) {
        const params = { prices: { ...prices, input: i }, maxBudget: 5, tags: ['x'], mirrorTo: 'gpt' }
        const id = at.router.addDeployment({ modelName: `g${i}`, params: { model: 'openai/gpt-4o', ...params } })
        at.router.updateDeployment(id, { modelName: `h${i}`, params: { model: 'openai/gpt-4o-mini', ...params } })
        at.router.removeDeployment(id)
      }
      gc()
      return process.memoryUsage().heapUsed
    }
    const before = round(0, 2_000)
    const after = round(2_000, 6_000)
    expect(after - before).toBeLessThan(1_000_000)
    expect(at.router.modelGroups).toEqual(['gpt'])
    expect(at.router.snapshot().budgets).toEqual([])
  }, 60_000)
})

describe('mirrorTo', () => {
  it('of an added deployment must refer to a known group', async () => {
    const at = setup({ modelList: ['a', dep('m', {}, 'mirror')] })
    const wrong = "'params.mirrorTo' refers to an unknown model group 'nobody'"
    expect(thrown(() => at.router.addDeployment(dep('b', { mirrorTo: 'nobody' })))).toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining(wrong),
    })
    expect(at.router.deployment('b')).toBeUndefined()
    expect(thrown(() => at.router.updateDeployment('a', dep('a', { mirrorTo: 'nobody', rpm: 3 }))).message).toContain(
      wrong,
    )
    expect(at.router.deployment('a')?.rpm).toBeUndefined()
    at.router.addDeployment(dep('b', { mirrorTo: 'mirror' }, 'other'))
    // its own group, which there was not before
    at.router.addDeployment(dep('c', { mirrorTo: 'new' }, 'new'))
    // the group that it leaves
    expect(
      thrown(() => at.router.updateDeployment('m', dep('m', { mirrorTo: 'mirror' }, 'elsewhere'))).message,
    ).toContain("'params.mirrorTo' refers to an unknown model group 'mirror'")
    at.router.updateDeployment('a', dep('a', { mirrorTo: 'mirror' }))
    await at.ask()
    await turns()
    expect(at.asked().sort()).toEqual(['a', 'm'])
  })

  it('to a removed group is reported once, and its copies are counted as dropped', async () => {
    const warned: string[] = []
    const logger = { debug() {}, info() {}, warn: (_: object, text: string) => void warned.push(text), error() {} }
    const at = setup({
      modelList: [dep('a', { mirrorTo: 'mirror' }), dep('m', {}, 'mirror'), dep('m2', {}, 'mirror')],
      fallbacks: [{ gpt: ['mirror'] }],
      logger,
    })
    const warnings = () => at.events.flatMap((event) => (event.type === 'warning' ? event.message : []))
    at.router.removeDeployment('m')
    expect(warnings()).toEqual([])
    at.router.removeDeployment('m2')
    expect(warnings()).toEqual([
      "'fallbacks[0].gpt' refers to the model group 'mirror', which no longer has deployments.",
      "'mirrorTo' of the deployment 'a' refers to the model group 'mirror', which no longer has deployments.",
    ])
    expect(warned).toEqual(warnings())
    at.router.addDeployment(dep('x', {}, 'x'))
    at.router.removeDeployment('x')
    expect(warnings()).toHaveLength(2)
    expect(await at.ask()).toBe('a')
    expect(at.router.snapshot().mirrorsDropped).toBe(1)
    // back again, and gone again
    at.router.addDeployment(dep('m', {}, 'mirror'))
    await at.ask()
    await turns()
    expect(at.asked()).toContain('m')
    at.router.updateDeployment('m', dep('m', {}, 'renamed'))
    expect(warnings()).toHaveLength(4)
  })
})

it('an update ends a cooldown in every process', async () => {
  const told: string[] = []
  const state: RouterState = {
    connected: true,
    reserve: async () => ({ index: 0, id: 'lease' }),
    settle: () => {},
    cooldown: (id) => void told.push(`${id} rests`),
    recovered: (id) => void told.push(`${id} is back`),
    close: async () => {},
  }
  const at = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })], state })
  at.mock.fail({ kind: 'status', status: 401 }, { model: 'a' })
  await at.ask()
  expect(told).toEqual(['a rests'])
  at.router.updateDeployment('a', dep('a', { order: 1, apiKey: 'a new one' }))
  at.router.updateDeployment('b', dep('b', { order: 2 }))
  expect(told).toEqual(['a rests', 'a is back'])
  expect(await at.ask()).toBe('a')
})

describe('a removed deployment', () => {
  it('receives no retries of a call that has failed there', async () => {
    const at = setup({ modelList: ['a', dep('c', {}, 'claude')] }, { clock: new TestClock({ random: () => 0 }) })
    at.mock.fail({ kind: 'status', status: 500 }, { times: 9 })
    at.router.on('failure', () => void at.router.removeDeployment('a'))
    const error = await failure(at.router.completion(call))
    expect(error).toMatchObject({ code: 'no_deployments_available', cause: { code: 'internal_server' } })
    expect(at.asked()).toEqual(['a'])
    expect(held(at.router)).toEqual(nothing)
  })

  it('ends the waits for its capacity', async () => {
    const advance = stopTime()
    const at = setup({ modelList: [dep('a', { maxParallelRequests: 1 })] })
    at.mock.reply({ text: 'late', delayMs: 300 })
    const first = at.ask()
    await turns()
    const waiting = failure(at.router.completion(call))
    await turns()
    at.router.removeDeployment('a')
    expect(await waiting).toMatchObject({ code: 'no_deployments_available', retryable: false })
    await advance(300)
    expect(await first).toBe('a')
    expect(held(at.router)).toEqual(nothing)
  })
})

it('creates a Router of ten thousand deployments', () => {
  const modelList = Array.from({ length: 10_000 }, (_, i) => dep(`d${i}`, { model: 'openai/gpt-4o' }, `g${i % 100}`))
  const at = setup({ modelList })
  expect(at.router.modelGroups).toHaveLength(100)
})
