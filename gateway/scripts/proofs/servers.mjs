// Real servers for the proofs, on loopback and on free ports: Postgres, Redis, and gateways as processes of their own.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export const master = 'sk-master-key-of-the-proofs-1'
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const cleanups = []
/** Runs `end` when the proof is over. */
export const atEnd = (end) => cleanups.push(end)
export async function endAll() {
  for (const end of cleanups.splice(0).reverse()) {
    try {
      await end()
    } catch {} // has ended already
  }
}

export const folder = (name) => {
  const path = mkdtempSync(join(tmpdir(), `llmux-proof-${name}-`))
  atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

export const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })

const gone = (child) => child.exitCode !== null || child.signalCode !== null
const ended = (child) => (gone(child) ? Promise.resolve() : new Promise((done) => child.once('exit', done)))

function programs() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions.map((version) => join(debian, version, 'bin')).find((path) => existsSync(join(path, 'initdb')))
  if (!found) throw new Error('Postgres must be installed, such as Debian’s package postgresql.')
  return found
}

/** Postgres does not run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres']).toString())
  return { uid: id('-u'), gid: id('-g') }
}

/** @param settings lines of postgresql.conf; the defaults are those of a server in production */
export async function startPostgres(settings = []) {
  const bin = programs()
  const user = unprivileged()
  const at = folder('postgres')
  if (user.uid !== undefined) execFileSync('chown', [`${user.uid}:${user.gid}`, at])
  const options = { ...user, cwd: at, env: { ...process.env, LC_ALL: 'C' }, stdio: 'ignore' }
  const data = join(at, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'llmux', '--auth=trust', '--no-sync', '-E', 'UTF8'], options)
  const port = await freePort()
  const url = `postgresql://llmux@127.0.0.1:${port}/postgres`
  const all = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${at}`,
    'max_connections=120',
    ...settings,
  ]
  let child
  const server = {
    url,
    port,
    bin,
    options,
    get pid() {
      return child.pid
    },
    async start() {
      child = spawn(join(bin, 'postgres'), ['-D', data, ...all.flatMap((line) => ['-c', line])], options)
      for (let tries = 0; ; tries++) {
        try {
          await server.query('SELECT 1')
          return
        } catch (error) {
          if (tries > 300) throw error
          await pause(100)
        }
      }
    },
    /** Ends the server at once, as a crash does. */
    async kill() {
      child.kill('SIGQUIT')
      await ended(child)
    },
    /** Stops or continues the server with all of its processes. */
    signal(name) {
      const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)])
        .toString()
        .trim()
        .split(/\s+/)
      for (const pid of [child.pid, ...children.filter(Boolean).map(Number)]) {
        try {
          process.kill(pid, name)
        } catch {} // a worker that has ended
      }
    },
    async query(text, values, database = url) {
      const client = new pg.Client({ connectionString: database, connectionTimeoutMillis: 5_000 })
      client.on('error', () => {})
      await client.connect()
      try {
        return (await client.query(text, values)).rows
      } finally {
        await client.end().catch(() => {})
      }
    },
    async database(name) {
      await server.query(`CREATE DATABASE ${name}`)
      return url.replace(/postgres$/, name)
    },
  }
  await server.start()
  atEnd(() => server.kill())
  return server
}

/** @param flags further flags of redis-server */
export async function startRedis(flags = [], port = undefined) {
  const own = port ?? (await freePort())
  const at = folder('redis')
  const child = spawn(
    'redis-server',
    ['--port', String(own), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', at, ...flags],
    {
      stdio: 'ignore',
    },
  )
  const cli = (...args) =>
    execFileSync('redis-cli', ['-p', String(own), ...args], { timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  for (let tries = 0; ; tries++) {
    try {
      if (cli('PING') === 'PONG') break
    } catch (error) {
      if (tries > 100) throw error
    }
    await pause(50)
  }
  const server = {
    port: own,
    cli,
    signal: (name) => child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await ended(child)
    },
  }
  atEnd(() => server.kill())
  return server
}

/**
 * Starts a gateway as a process of its own.
 * @param options `config`, `databaseUrl`, `data` (kept if given), `port`, `env`, `flags` of Node.js, `program` of another version
 */
export async function startGateway(options) {
  const { config, databaseUrl, env = {}, flags = [], args = [] } = options
  const at = options.data ?? folder('gateway')
  const file = join(at, 'config.yaml')
  writeFileSync(file, JSON.stringify(config))
  const port = options.port ?? 0
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...flags,
      options.program ?? program,
      '--config',
      file,
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--data',
      at,
      ...args,
    ],
    {
      env: { ...process.env, DATABASE_URL: databaseUrl ?? '', LITELLM_MASTER_KEY: master, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  let printed = ''
  const url = await new Promise((done, fail) => {
    const read = (data) => {
      output = (output + data).slice(-20_000)
      printed = (printed + data).slice(-2_000_000)
      const found = /listens on (http:\S+)/.exec(output)
      if (found) done(found[1])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => fail(new Error(`The gateway ended with ${code}.\n${output}`)))
  })
  const gateway = {
    url,
    data: at,
    child,
    startMs: performance.now() - started,
    output: () => output,
    /** Number of places in all of its output. */
    count: (pattern) => printed.match(pattern)?.length ?? 0,
    alive: () => !gone(child),
    /** Waits for its end. */
    ended: () => ended(child),
    async kill() {
      child.kill('SIGKILL')
      await ended(child)
    },
    /** Ends it as an orchestrator does. */
    async stop(most = 30_000) {
      if (gone(child)) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), most)
      await ended(child)
      clearTimeout(timer)
    },
    /** @throws with its last lines, if it has ended */
    rss() {
      if (gone(child)) throw new Error(`The gateway has ended by itself.\n${output.slice(-2_000)}`)
      return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString()) * 1024
    },
  }
  atEnd(() => gateway.stop(5_000))
  return gateway
}
