import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { has, portFree, run, Skipped, until } from './tools.mjs'

const debian = '/usr/lib/postgresql'

/** PostgreSQL on loopback, with the database of the compose file. */
export async function postgres(folder, user, password, database, cleanup) {
  const bin = existsSync(debian) ? join(debian, readdirSync(debian).sort().at(-1), 'bin') : undefined
  if (!bin || !existsSync(join(bin, 'initdb'))) throw new Skipped('PostgreSQL is not installed')
  const data = join(folder, 'postgres')
  mkdirSync(data)
  run('chown', ['postgres', data])
  run('chmod', ['a+rx', folder])
  const as = (program, args, options) =>
    run('setpriv', ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', program, ...args], options)
  as(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'])
  const port = portFree()
  const flags = ['-D', data, '-p', String(port), '-k', data, '-h', '127.0.0.1', '-c', 'fsync=off']
  const server = spawn(
    'setpriv',
    ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', join(bin, 'postgres'), ...flags],
    {
      stdio: 'ignore',
    },
  )
  cleanup(() => server.kill('SIGINT'))
  const sql = (text) =>
    spawnSync(join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-c', text])
  await until('PostgreSQL', 30, () => (sql('SELECT 1').status === 0 ? true : undefined))
  sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`)
  sql(`CREATE DATABASE ${database} OWNER ${user}`)
  return `127.0.0.1:${port}`
}

/** Redis on loopback. */
export async function redis(folder, cleanup) {
  if (!has('redis-server')) throw new Skipped('redis-server is not installed')
  const port = portFree()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: 'ignore',
  })
  cleanup(() => server.kill('SIGTERM'))
  await until('Redis', 20, () => (spawnSync('redis-cli', ['-p', String(port), 'ping']).status === 0 ? true : undefined))
  return String(port)
}
