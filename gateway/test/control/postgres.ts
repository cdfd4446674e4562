import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'

/** A Postgres server of the tests, on loopback. */
export interface PostgresServer {
  readonly url: string
  /** Creates an empty database and returns its URL. */
  database(): Promise<string>
  /** Ends the server at once, without its data. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** The folder of Postgres's programs; undefined if it is not installed. */
export function postgresFolder(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Why no server can be started; undefined if one can. */
export const noPostgres = (): string | undefined => {
  if (!postgresFolder()) return 'Postgres is not installed'
  return process.getuid?.() === 0 && !unprivileged()
    ? 'Postgres does not run as root, and there is no other user'
    : undefined
}

/** A user without rights, for tests that run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
      return { uid: id('-u'), gid: id('-g') }
    } catch {}
  }
  return undefined
}

/** A port on loopback that nothing listens on. */
export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** Starts a server in a temporary folder. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = postgresFolder()
  if (!programs) throw new Error('Postgres is not installed')
  const user = unprivileged()
  const folder = mkdtempSync(join(tmpdir(), 'llmux-postgres-'))
  if (user) execFileSync('chown', [`${user.uid}:${user.gid}`, folder])
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: 'C' } }
  const data = join(folder, 'data')
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'llmux', '--auth=trust', '--no-sync', '-E', 'UTF8'], {
    ...options,
    stdio: 'ignore',
  })
  const port = await freePort()
  const url = `postgresql://llmux@127.0.0.1:${port}/postgres`
  const launch = async () => {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${port}`,
      `unix_socket_directories=${folder}`,
      'fsync=off',
      'max_connections=60',
    ]
    const child = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...options,
      stdio: 'ignore',
    })
    await ready(url)
    return child
  }
  let child = await launch()
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
  let count = 0
  return {
    url,
    async database() {
      const name = `test_${++count}`
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return url.replace(/postgres$/, name)
    },
    kill: () => end('SIGQUIT'),
    async restart() {
      child = await launch()
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => {})
      if (attempt >= 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
