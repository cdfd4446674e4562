import { execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { redisLimits } from 'llmux'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { refusalOf } from '../../src/refusal.js'
import { openTest, settled } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

function noRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'Redis is not installed'
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const missing = noPostgres() ?? noRedis()

describe.skipIf(missing)(`several processes with Redis${missing ? ` (${missing})` : ''}`, () => {
  let database: PostgresServer
  let url: string
  let end: () => void
  beforeAll(async () => {
    const port = await freePort()
    url = `redis://127.0.0.1:${port}`
    const redis = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    )
    end = () => redis.kill('SIGKILL')
    database = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    end?.()
    await database?.stop()
  })

  async function openTwo() {
    const databaseUrl = await database.database()
    const namespace = `t${Math.random().toString(36).slice(2)}`
    const open = async () => {
      const limits = redisLimits({ url, namespace, processes: 2 })
      const test = await openTest({ databaseUrl, limits })
      onTestFinished(() => limits.close())
      return test
    }
    return [await open(), await open()] as const
  }

  it.each(['strict', 'clamp', 'expected'])('let calls of the mode %s pass', async (budget_mode) => {
    const [one] = await openTwo()
    const key = await one.key({ max_budget: 1, budget_mode })
    const params = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }
    expect(await one.call(key, { params })).toBe(200)
  })

  it('look spend up in the database when Redis has lost it', async () => {
    const databaseUrl = await database.database()
    const namespace = `t${Math.random().toString(36).slice(2)}`
    const open = async () => {
      let limits: ReturnType<typeof redisLimits> | undefined
      const test = await openTest({
        databaseUrl,
        limits: (seed) => {
          limits = redisLimits({ url, namespace, processes: 2, seed })
          return limits
        },
      })
      onTestFinished(async () => await limits?.close())
      return test
    }
    const [one, two] = [await open(), await open()]
    const made = await one.key({ max_budget: 0.00005 })
    await expect.poll(() => two.ask('GET', `/key/info?key=${made}`).then(({ status }) => status)).toBe(200)
    const call = await one.admit(made)
    call.settle(settled())
    await call.kept()
    // the other process has not heard of the call yet
    execFileSync('redis-cli', ['-u', url, 'FLUSHALL'])
    expect(await two.call(made)).toBe(422)
  })

  it('keep requests exact and pass a budget by at most one call', async () => {
    const [one, two] = await openTwo()
    const [fast, poor] = [await one.key({ rpm_limit: 7 }), await one.key({ max_budget: 0.00025 })]
    for (let i = 0; i < 100 && (await two.ask('GET', `/key/info?key=${poor}`)).status !== 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const burst = async (key: string) => {
      const one_ = async (i: number) => {
        try {
          const call = await (i % 2 ? one : two).admit(key)
          await new Promise((resolve) => setTimeout(resolve, 10))
          call.settle(settled())
          return 200
        } catch (error) {
          return refusalOf(error)?.status
        }
      }
      const found = await Promise.all(Array.from({ length: 20 }, (_, i) => one_(i)))
      return found.filter((status) => status === 200).length
    }
    expect(await burst(fast)).toBe(7)
    const passed = await burst(poor)
    expect(passed).toBeGreaterThanOrEqual(4)
    expect(passed).toBeLessThanOrEqual(5)
    await Promise.all([one, two].map((test) => test.ask('GET', '/global/spend')))
    expect((await one.ask('GET', `/global/spend?api_key=${poor}`)).body.spend).toBeCloseTo(passed * 0.00006, 12)
  })

  it('send what is left of the limits of a key with the answers', async () => {
    const [one, two] = await openTwo()
    const key = await one.key({ rpm_limit: 10, tpm_limit: 10_000 })
    await one.call(key)
    for (let i = 0; i < 100 && (await two.ask('GET', `/key/info?key=${key}`)).status !== 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const call = await two.admit(key)
    for (let i = 0; i < 100 && !call.headers()['x-ratelimit-api_key-remaining-requests']; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(call.headers()).toMatchObject({
      'x-ratelimit-api_key-limit-requests': '10',
      'x-ratelimit-api_key-remaining-requests': '8',
    })
    expect(Number(call.headers()['x-ratelimit-api_key-remaining-tokens'])).toBeLessThan(10_000)
    call.settle(settled())
  })

  it('knows the spend of the ledger after Redis has forgotten everything', async () => {
    const [one, two] = await openTwo()
    const key = await one.key({ max_budget: 0.00005 })
    expect(await one.call(key)).toBe(200)
    execFileSync('redis-cli', ['-u', url, 'FLUSHALL'], { stdio: 'ignore' })
    expect(await one.call(key)).toBe(422)
    for (let i = 0; i < 150 && (await two.ask('GET', `/key/info?key=${key}`)).body.info?.spend !== 0.00006; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await two.call(key)).toBe(422)
  })
})
