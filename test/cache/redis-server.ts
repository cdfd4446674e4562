import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'

/** Whether the machine has Redis. Where it has not, tests of it are left out, but not in CI. */
export function redisMissing(): boolean {
  const missing = spawnSync('redis-server', ['--version']).status !== 0
  if (missing && process.env.CI) throw new Error('redis-server is not installed, and CI needs it.')
  if (missing) process.stderr.write('Tests of Redis are left out: redis-server is not installed.\n')
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
export async function startRedis(port?: number, ...more: string[]): Promise<RedisServer> {
  const at = port ?? (await freePort())
  const args = ['--port', `${at}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('redis-server ended at once.')))
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
