// The faults of proof 2. Each returns what `during` does, and what must be true afterwards.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { atEnd, folder, freePort, pause, startRedis } from './servers.mjs'

/** A TCP proxy whose target can be changed: the address that a load balancer or a Sentinel keeps. */
export async function startProxy(port) {
  let target = port
  const sockets = new Set()
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1')
    sockets.add(from)
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    to.on('close', () => from.destroy())
    from.on('error', () => {})
    to.on('error', () => {})
    from.pipe(to).pipe(from)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  atEnd(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: server.address().port,
    lead(next) {
      target = next
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A module that shifts the clock of a gateway: SIGUSR2 reads the offset from a file. */
export function clockModule() {
  const at = folder('clock')
  const file = join(at, 'offset')
  const module = join(at, 'clock.mjs')
  writeFileSync(file, '0')
  writeFileSync(
    module,
    `import { readFileSync } from 'node:fs'
const RealDate = Date
const now = Date.now.bind(Date)
let offset = 0
class Shifted extends RealDate {
  constructor(...values) { values.length === 0 ? super(now() + offset) : super(...values) }
  static now() { return now() + offset }
}
globalThis.Date = Shifted
process.on('SIGUSR2', () => { offset = Number(readFileSync(${JSON.stringify(file)}, 'utf8')) })
`,
  )
  return { flags: ['--import', module], set: (ms) => writeFileSync(file, String(ms)) }
}

/** A file system of a fixed size, if this user may mount one. */
export function smallDisk(megabytes) {
  const at = join(folder('disk'), 'mount')
  mkdirSync(at)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  atEnd(() => execFileSync('umount', ['-l', at]))
  return at
}

const deleteKeys = (redis, pattern) => {
  const keys = redis.cli('--scan', '--pattern', pattern).split('\n').filter(Boolean)
  for (const key of keys) redis.cli('DEL', key)
  return keys.length
}

/**
 * All faults by name. `hold` is the length of an outage in milliseconds.
 * @returns an object of functions that take `{ gateways, postgres, redis, restart, hold }`
 */
export const faults = {
  'a process is killed': async ({ gateways, restart }) => {
    await gateways[0].kill()
    await pause(500)
    await restart(0)
  },
  'all processes are killed': async ({ gateways, restart }) => {
    await Promise.all(gateways.map((gateway) => gateway.kill()))
    for (const at of gateways.keys()) await restart(at)
  },
  'Postgres is stopped': async ({ postgres, hold }) => {
    postgres.signal('SIGSTOP')
    await pause(hold)
    postgres.signal('SIGCONT')
  },
  'Postgres crashes': async ({ postgres, hold }) => {
    await postgres.kill()
    await pause(hold)
    await postgres.start()
  },
  'Postgres crashes, and a process is killed meanwhile': async ({ gateways, postgres, restart, hold }) => {
    await postgres.kill()
    await pause(hold / 2)
    await gateways[0].kill()
    await pause(hold / 2)
    await postgres.start()
    await restart(0)
  },
  'Redis is flushed': async ({ redis }) => {
    redis.cli('FLUSHALL')
  },
  'Redis is paused': async ({ redis, hold }) => {
    redis.signal('SIGSTOP')
    await pause(hold)
    redis.signal('SIGCONT')
  },
  'Redis fails over to an empty one': async ({ redis, proxy }) => {
    const empty = await startRedis()
    await redis.kill()
    await pause(1_000)
    proxy.lead(empty.port)
  },
  'Redis fails over to a lagging replica': async ({ redis, replica, proxy, lag }) => {
    // the link broke some time ago: what happened since is lost
    await lag
    await redis.kill()
    await pause(500)
    proxy.lead(replica.port)
  },
  'keys are evicted': async ({ redis, note }) => {
    note(`${deleteKeys(redis, '*')} keys evicted`)
  },
  'the clock of a process steps an hour back and forth': async ({ gateways, clock, hold }) => {
    clock.set(-3_600_000)
    gateways[0].child.kill('SIGUSR2')
    await pause(hold)
    clock.set(3_600_000)
    gateways[0].child.kill('SIGUSR2')
    await pause(hold)
    clock.set(0)
    gateways[0].child.kill('SIGUSR2')
  },
  'the disk is full': async ({ disk, hold }) => {
    // everything that is left of the quota
    const file = join(disk, 'ballast')
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k', 'count=100000'], { stdio: 'ignore' })
    } catch {} // full: as intended
    await pause(hold)
    execFileSync('rm', ['-f', file])
  },
  'a slot of the Cluster moves': async ({ cluster, hold }) => {
    await cluster.move(hold)
  },
}

/** A Redis Cluster of three nodes. `move()` moves the slots that hold keys from one node to another, key by key. */
export async function startCluster() {
  const nodes = []
  for (let i = 0; i < 3; i++) {
    const port = await freePort()
    nodes.push(
      await startRedis(
        [
          '--cluster-enabled',
          'yes',
          '--cluster-config-file',
          `nodes-${port}.conf`,
          '--cluster-port',
          String(await freePort()),
        ],
        port,
      ),
    )
  }
  execFileSync(
    'redis-cli',
    [
      '--cluster',
      'create',
      ...nodes.map(({ port }) => `127.0.0.1:${port}`),
      '--cluster-replicas',
      '0',
      '--cluster-yes',
    ],
    { stdio: 'ignore' },
  )
  for (let tries = 0; tries < 100 && !nodes[0].cli('CLUSTER', 'INFO').includes('cluster_state:ok'); tries++)
    await pause(100)
  const idOf = (node) => node.cli('CLUSTER', 'MYID')
  return {
    nodes,
    async move(ms) {
      for (const [at, from] of nodes.entries()) {
        const keys = from.cli('--scan').split('\n').filter(Boolean)
        const slots = new Map()
        for (const key of keys) slots.set(from.cli('CLUSTER', 'KEYSLOT', key), true)
        const to = nodes[(at + 1) % nodes.length]
        for (const slot of slots.keys()) {
          to.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', idOf(from))
          from.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', idOf(to))
          const list = from.cli('CLUSTER', 'GETKEYSINSLOT', slot, '10000').split('\n').filter(Boolean)
          for (const key of list) {
            from.cli('MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000')
            await pause(ms / Math.max(1, list.length))
          }
          // keys that were made meanwhile
          for (const key of from.cli('CLUSTER', 'GETKEYSINSLOT', slot, '10000').split('\n').filter(Boolean))
            from.cli('MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000')
          for (const node of [to, from, ...nodes]) node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', idOf(to))
          return { slot, keys: list.length }
        }
      }
      throw new Error('No node of the Cluster has a key.')
    },
  }
}
