import { execFileSync, spawn } from 'node:child_process'
import { freePort } from './postgres.js'

/** Why no server can be started; undefined if one can. */
export function noRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'Redis is not installed'
  }
}

/** Starts a Redis server without a file, on loopback. */
export async function startRedis(): Promise<{ readonly url: string; stop(): void }> {
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  return { url: `redis://127.0.0.1:${port}`, stop: () => void child.kill('SIGKILL') }
}
