import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'

/** Whether the machine has Redis. Where it has not, tests of it are left out, but not in CI. */
export function redisMissing(): boolean {
  const missing = !runs('redis-server')
  if (missing && process.env.CI) throw new Error('redis-server is not installed, and CI needs it.')
  if (missing) process.stderr.write('Tests of Redis are left out: redis-server is not installed.\n')
  return missing
}

const runs = (program: string) => spawnSync(program, ['--version']).status === 0

const search = {
  program: process.env.LLMUX_REDIS_SEARCH_SERVER ?? 'redis-server',
  modules: process.env.LLMUX_REDIS_SEARCH_MODULE ? ['--loadmodule', process.env.LLMUX_REDIS_SEARCH_MODULE] : [],
}

/**
 * Whether there is a Redis that can search: `LLMUX_REDIS_SEARCH_SERVER` is the path of a redis-server, and
 * `LLMUX_REDIS_SEARCH_MODULE` that of redisearch.so, where the server doesn't have it built in. One of the two is enough.
 */
export function redisSearchMissing(): boolean {
  const { LLMUX_REDIS_SEARCH_SERVER: server, LLMUX_REDIS_SEARCH_MODULE: module } = process.env
  const missing = !server && !module
  if (!missing && !runs(search.program)) throw new Error(`${search.program} of LLMUX_REDIS_SEARCH_SERVER doesn't run.`)
  if (missing) {
    process.stderr.write(
      'Tests of search in Redis are left out: LLMUX_REDIS_SEARCH_SERVER and LLMUX_REDIS_SEARCH_MODULE name no server that can.\n',
    )
  }
  return missing
}

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Stands still, with its connections open, and goes on. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

/** A Redis of one's own, that keeps nothing. */
export const startRedis = (port?: number, ...more: string[]) => start('redis-server', port, more)

/** One that can search. */
export const startRedisSearch = (port?: number, ...more: string[]) =>
  start(search.program, port, [...more, ...search.modules])

async function start(program: string, port: number | undefined, more: readonly string[]): Promise<RedisServer> {
  const at = port ?? (await freePort())
  const args = ['--port', `${at}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${program} ended at once.`)))
    child.stdout.on('data', (text) => {
      if (String(text).includes('Ready to accept')) resolve()
    })
  })
  const stop = () => ended(child)
  return {
    url: `redis://127.0.0.1:${at}`,
    port: at,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGCONT')
    child.kill('SIGKILL')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
