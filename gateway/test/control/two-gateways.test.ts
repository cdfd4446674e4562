import { execFileSync, spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { master, startGateway } from '../http/start.js'
import { freePort, noPostgres, type PostgresServer, startPostgres } from './postgres.js'

function noRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'Redis is not installed'
  }
}

const missing = noPostgres() ?? noRedis()
/** The script that measures the same with two processes and more clients. */
const script = new URL('../../scripts/exactness.mjs', import.meta.url).href

describe.skipIf(missing)(`two gateways on one Postgres and one Redis${missing ? ` (${missing})` : ''}`, () => {
  let database: PostgresServer
  let port: number
  let end: () => void
  beforeAll(async () => {
    port = await freePort()
    const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
      stdio: 'ignore',
    })
    end = () => redis.kill('SIGKILL')
    database = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    end?.()
    await database?.stop()
  })

  it('keep limits in a burst, and know keys, changes and spend of each other', async () => {
    const { configOf, measureChanges, measureLimits, startUpstream } = await import(script)
    const upstream = await startUpstream(100)
    onTestFinished(() => upstream.close())
    const environment = { DATABASE_URL: await database.database() }
    const config = configOf(upstream.base, { host: '127.0.0.1', port })
    const urls: string[] = []
    for (let i = 0; i < 2; i++) {
      const gateway = await startGateway({ config, environment })
      onTestFinished(() => gateway.stop())
      urls.push((await gateway.listen({ port: 0 })).url)
    }
    const changes: Record<string, number> = await measureChanges({ urls, key: master })
    expect(Object.values(changes).filter((ms) => ms > 1_000)).toEqual([])
    const found = await measureLimits({ urls, key: master, upstream, clients: 50 })
    expect(found.requests).toEqual({ 200: 20, 429: 30 })
    expect(found.reached).toBe(20)
    expect(found.inFlight).toBeLessThanOrEqual(7)
    // one call of 20 more than the limit of 200, for the error of an estimate
    expect(found.used).toBeLessThanOrEqual(220)
    expect(found.spendMs).toBeLessThan(5_000)
  }, 60_000)
})
