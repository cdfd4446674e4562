import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'

/** Program of the servers: `LLMUX_REDIS_SERVER` may be the path of Valkey or of another version of Redis. */
const program = process.env.LLMUX_REDIS_SERVER ?? 'redis-server'

/** Whether a redis-server is installed. With CI set its absence is a failure and no reason to skip. */
export const hasRedis = (() => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI) throw new Error('CI needs redis-server: install the package redis-server.')
    console.log('Skipped: no redis-server on PATH.')
    return false
  }
})()

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

export const client = (url: string) => createClient({ url })
type Client = ReturnType<typeof client>

/** A redis-server for one test, which can be killed and started again under the same address. */
export class RedisServer implements AsyncDisposable {
  #child: ChildProcess | undefined
  #clients: Client[] = []
  /** Port of a Cluster's nodes for each other. */
  busPort = 0

  private constructor(
    readonly port: number,
    readonly folder: string,
    readonly durable: boolean,
    readonly cluster: boolean,
    readonly more: readonly string[],
  ) {}

  /** @param durable whether it keeps its data over a restart */
  static async start(durable = false, cluster = false, more: readonly string[] = []): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'llmux-redis-'))
    const server = new RedisServer(await freePort(), folder, durable, cluster, more)
    await server.restart()
    if (cluster) {
      const one = await server.client()
      await one.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
      while (!(await one.clusterInfo()).includes('cluster_state:ok')) await new Promise((done) => setTimeout(done, 20))
    }
    return server
  }

  /** A node of a Cluster that owns no slot yet. */
  static async emptyNode(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'llmux-redis-'))
    const server = new RedisServer(await freePort(), folder, false, true, [])
    await server.restart()
    return server
  }

  /** A sentinel that watches one master, and fails over to a replica of it. */
  static async sentinel(master: RedisServer, name: string): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'llmux-sentinel-'))
    const file = join(folder, 'sentinel.conf')
    const rules = [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 5000`,
    ]
    await writeFile(file, `${rules.join('\n')}\n`)
    const server = new RedisServer(await freePort(), folder, false, false, [file])
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async restart(): Promise<void> {
    const log = ['--appendonly', this.durable ? 'yes' : 'no', '--appendfsync', 'always', '--save', '']
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder]
    this.busPort ||= await freePort()
    const kind = this.cluster ? ['--cluster-enabled', 'yes', '--cluster-port', String(this.busPort)] : []
    const [file = ''] = this.more
    const options = file.endsWith('.conf') ? [file, '--sentinel', ...where] : [...where, ...log, ...kind, ...this.more]
    this.#child = spawn(program, options, { stdio: 'ignore' })
    for (let tries = 0; ; tries++) {
      const asking = createClient({ url: this.url, socket: { reconnectStrategy: false } })
      asking.on('error', () => {})
      try {
        await asking.connect()
        await asking.ping()
        asking.destroy()
        return
      } catch (error) {
        if (tries > 200) throw error
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  /** A client to inspect it with. */
  async client(): Promise<Client> {
    const made = client(this.url)
    made.on('error', () => {})
    await made.connect()
    this.#clients.push(made)
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#clients) if (one.isOpen) one.destroy()
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}
