import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { composeFile, environmentOf } from './compose.mjs'
import { build } from './dockerfile.mjs'
import { postgres, redis } from './services.mjs'
import { cached, deploy, gateway, has, portFree, run, Skipped, temporary, until } from './tools.mjs'

const suite = 'bookworm'
const master = 'sk-a-long-key-of-the-check-5e1f'

/** Debian without anything else, from the machine's own mirror. */
function debian(log) {
  return cached(`debian-${suite}.tar`, (made, folder) => {
    log(`Debian ${suite} is fetched, once`)
    const mirror = process.env.DEBIAN_MIRROR ?? mirrorOf()
    run('debootstrap', ['--variant=minbase', suite, join(folder, 'root'), ...(mirror ? [mirror] : [])])
    run('tar', [
      '-cf',
      made,
      '-C',
      join(folder, 'root'),
      '--exclude=./var/cache/apt/*',
      '--exclude=./var/lib/apt/lists/*',
      '.',
    ])
  })
}

function mirrorOf() {
  const files = ['/etc/apt/sources.list', ...['debian.sources'].map((name) => `/etc/apt/sources.list.d/${name}`)]
  const text = files
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  return /^(?:URIs:|deb)\s+(\S+)/m.exec(text)?.[1]
}

/** Node.js of a release line, from its package. */
function nodeBinary(major, log) {
  return cached(`node-${major}`, (made, folder) => {
    log(`Node.js ${major} is fetched, once`)
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${major}`])
    cpSync(join(folder, 'node_modules/node/bin/node'), made)
    run('chmod', ['755', made])
  })
}

/** The file system of `node:24-bookworm-slim`: Debian, Node.js and npm. */
function baseImage(image, root, log) {
  const [, major, version] = /^node:(\d+)-(\w+)-slim$/.exec(image) ?? []
  assert(major && version === suite, `the check knows node:…-${suite}-slim only; got ${image}`)
  mkdirSync(root, { recursive: true })
  run('tar', ['-xf', debian(log), '-C', root])
  cpSync(nodeBinary(major, log), join(root, 'usr/local/bin/node'))
  const npm = join(dirname(run('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim()), '..')
  run('mkdir', ['-p', join(root, 'usr/local/lib/node_modules')])
  run('cp', ['-a', npm, join(root, 'usr/local/lib/node_modules/npm')])
  run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm')])
  return root
}

/** Settings by which this machine reaches the registry: they are mounted for a step, and are no part of the image. */
const outside = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /^(npm_config_(?!user_agent|prefix|local_prefix|global)|NODE_EXTRA_CA_CERTS|(https?|no)_proxy$)/i.test(name),
    ),
  )

function shell(root, command, { cwd, env }) {
  const home = process.env.HOME ?? '/root'
  const files = ['/etc/resolv.conf', '/etc/hosts', process.env.NODE_EXTRA_CA_CERTS, join(home, '.npmrc')].filter(
    (file) => file && existsSync(file),
  )
  const mounts = files.map((file) => {
    const at = file === join(home, '.npmrc') ? '/root/.npmrc' : file
    return `mkdir -p "${root}${dirname(at)}" && touch "${root}${at}" && mount --bind "${file}" "${root}${at}"`
  })
  const store = join(home, '.npm')
  if (existsSync(store)) mounts.push(`mkdir -p ${root}/root/.npm && mount --bind ${store} ${root}/root/.npm`)
  const text = [
    ...mounts,
    `mount -t proc proc ${root}/proc`,
    `exec chroot ${root} /bin/sh -c 'cd ${cwd} && eval "$STEP"'`,
  ].join(' && ')
  run('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', text], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      ...outside(),
      ...env,
      STEP: command,
    },
  })
}

/** Starts a program of the image as its user: read-only but for its volumes, and as the first process. */
export function container(root, { user, env, cwd, data, mounts = {} }, command) {
  const [uid, gid] = user.split(':')
  const binds = Object.entries(mounts).map(([at, file]) => `touch ${root}${at} && mount --bind ${file} ${root}${at}`)
  const text = [
    `mount --bind ${root} ${root}`,
    ...binds,
    `mount --bind ${data} ${root}/data`,
    `mkdir -p ${root}/proc && mount -t proc proc ${root}/proc`,
    `mount -o remount,bind,ro ${root}`,
    `mount -t tmpfs tmpfs ${root}/tmp`,
    `cd ${root}${cwd}`,
    // of the environment only the part that the image and its caller set
    `exec env -i ${Object.entries(env)
      .map((pair) => quoted(pair.join('=')))
      .join(' ')} "$(command -v chroot)" --userspec=${uid}:${gid} --groups= ${root} ${command.map(quoted).join(' ')}`,
  ].join(' && ')
  return ['unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', text], {}]
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

export async function checkImage(log, cleanup) {
  if (process.getuid?.() !== 0) throw new Skipped('only root can make a file system: run it in a container or as root')
  for (const tool of ['debootstrap', 'unshare', 'chroot', 'setpriv'])
    if (!has(tool)) throw new Skipped(`${tool} is not installed`)
  const folder = temporary()
  cleanup(() => run('rm', ['-rf', '--one-file-system', folder]))
  const context = join(folder, 'context')
  cpSync(deploy, context, { recursive: true })
  const pack = (cwd) => run('npm', ['pack', '--silent', '--pack-destination', context], { cwd })
  pack(join(gateway, '..'))
  pack(gateway)
  log(
    `packages: ${readdirSync(context)
      .filter((name) => name.endsWith('.tgz'))
      .join(', ')}`,
  )
  let count = 0
  const stages = build(join(context, 'Dockerfile'), context, {
    base: (image) => baseImage(image, join(folder, `stage-${count++}`), log),
    scratch: () => {
      const root = join(folder, `stage-${count++}`)
      mkdirSync(root)
      return root
    },
    shell,
    log,
  })
  const image = stages.at(-1)
  inspect(image, log)
  await start(image, folder, log, cleanup)
  await runUnit(stages[0], image, folder, log)
}

/** Facts of the finished file system. */
function inspect({ root, user }, log) {
  const find = (...tests) =>
    run('find', [root, '-xdev', ...tests])
      .split('\n')
      .filter(Boolean)
      .map((path) => path.slice(root.length))
  assert.notEqual(user.split(':')[0], '0', 'the image must not run as root')
  for (const name of ['sh', 'bash', 'npm', 'apt'])
    assert.deepEqual(
      find('-name', name, '-path', '*/bin/*', '-not', '-path', '*/node_modules/*'),
      [],
      `${name} is in the image`,
    )
  assert.deepEqual(find('-perm', '/6000', '-type', 'f'), [], 'no program may change its user')
  assert.deepEqual(find('-user', user.split(':')[0]), ['/data'], 'the user of the image owns its data only')
  assert.deepEqual(find('-perm', '-o+w', '-not', '-type', 'l'), ['/tmp'])
  const sbom = JSON.parse(readFileSync(join(root, 'app/sbom.cdx.json'), 'utf8'))
  const names = sbom.components.map(({ name }) => name)
  for (const name of ['llmux', 'llmux-gateway', 'fastify', 'pg'])
    assert(names.includes(name), `${name} is not in the SBOM`)
  const size = (path) => Math.round(Number(run('du', ['-sk', join(root, path)]).split('\t')[0]) / 1024)
  log(
    `image: ${size('')} MB, of which Node.js ${size('usr/local/bin/node')} and packages ${size('app/node_modules')}; SBOM with ${names.length} packages`,
  )
}

/** Starts the image as the compose file does, and calls a model through it. */
async function start(image, folder, log, cleanup) {
  const { startSimulator } = await import(join(gateway, '../dist/testing.js'))
  const simulator = await startSimulator()
  cleanup(() => simulator.close())
  const file = composeFile()
  const secrets = { LITELLM_MASTER_KEY: master, POSTGRES_PASSWORD: 'check', OPENAI_API_KEY: 'sk-any' }
  const database = Object.fromEntries(Object.entries(file.services.postgres.environment))
  const [address, redisPort] = await Promise.all([
    postgres(folder, database.POSTGRES_USER, secrets.POSTGRES_PASSWORD, database.POSTGRES_DB, cleanup),
    redis(folder, cleanup),
  ])
  const port = String(portFree())
  const given = environmentOf(file.services.llmux, secrets)
  const env = {
    ...image.env,
    ...given,
    DATABASE_URL: given.DATABASE_URL.replace('postgres:5432', address),
    REDIS_HOST: given.REDIS_HOST.replace('redis', '127.0.0.1'),
    REDIS_PORT: redisPort,
    PORT: port,
  }
  const config = parse(readFileSync(join(deploy, 'config.yaml'), 'utf8'))
  for (const { litellm_params: params } of config.model_list)
    params.api_base = params.model.startsWith('openai/') ? simulator.openaiBase : simulator.anthropicBase
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
  const data = join(folder, 'data')
  run('install', ['-d', '-o', '65532', '-g', '65532', data])
  const options = {
    user: image.user,
    env,
    cwd: image.cwd,
    data,
    mounts: { '/app/config.yaml': join(folder, 'config.yaml') },
  }
  const [command, port4000] = [file.services.llmux.command, '4000']
  const server = spawn(
    ...container(image.root, options, [
      ...image.entrypoint,
      ...command.map((part) => (part === port4000 ? port : part)),
    ]),
  )
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise((resolve) => server.once('exit', resolve))
  cleanup(() => server.kill('SIGKILL'))
  const from = Date.now()
  await until('the health check', 60, () => {
    if (server.exitCode !== null) throw new Error(`the image ended:\n${output}`)
    return spawnSync(...container(image.root, options, image.healthcheck)).status === 0 ? true : undefined
  })
  log(
    `started in ${((Date.now() - from) / 1000).toFixed(1)} s on PostgreSQL and Redis, as ${image.user}, on a read-only file system`,
  )
  await callModel(`http://127.0.0.1:${port}`, log)
  const inside = Number(run('pgrep', ['-P', String(server.pid)]).trim())
  process.kill(inside, 'SIGTERM')
  assert.equal(await ended, 0, `SIGTERM must end the image with 0:\n${output}`)
  log('SIGTERM ended it with exit code 0')
  const unhealthy = spawnSync(...container(image.root, options, image.healthcheck))
  assert.equal(unhealthy.status, 1, 'the health check must fail without a gateway')
}

async function callModel(url, log) {
  const headers = { authorization: `Bearer ${master}`, 'content-type': 'application/json' }
  const post = async (path, body, key = master) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }
  const { body: made } = await post('/key/generate', { models: ['gpt-4o'], max_budget: 1, rpm_limit: 2 })
  const call = () =>
    post(
      '/v1/chat/completions',
      { model: 'gpt-4o', messages: [{ role: 'user', content: `Hello ${Math.random()}` }] },
      made.key,
    )
  const answer = await call()
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert(answer.body.choices[0].message.content)
  await call()
  assert.equal((await call()).status, 429, 'the limit of the key counts in Redis')
  const details = await (await fetch(`${url}/health/readiness/details`, { headers })).json()
  assert.deepEqual([details.database, details.db], ['postgres', 'connected'])
  log('a key was made, a model answered through the simulator, and the limit of the key refused the third call')
}

/** Runs the command of the systemd unit on Debian, with the packages of the image. */
async function runUnit({ root }, image, folder, log) {
  const unit = readFileSync(join(deploy, 'llmux-gateway.service'), 'utf8')
  const command = /^ExecStart=(.*)$/m.exec(unit)[1].split(' ')
  const state = join(folder, 'state')
  run('install', ['-d', '-m', '700', '-o', '61000', '-g', '61000', state])
  run('mkdir', [
    '-p',
    join(root, 'opt/llmux'),
    join(root, 'etc/llmux'),
    join(root, 'var/lib/llmux'),
    join(root, 'data'),
  ])
  run('cp', ['-a', join(image.root, 'app/node_modules'), join(root, 'opt/llmux/node_modules')])
  cpSync(join(folder, 'config.yaml'), join(root, 'etc/llmux/config.yaml'))
  const port = String(portFree())
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LITELLM_MASTER_KEY: master,
    OPENAI_API_KEY: 'sk-any',
    PORT: port,
    HOST: '127.0.0.1',
  }
  const [program, args, options] = container(
    root,
    { user: '61000:61000', env, cwd: '/', data: state, mounts: {} },
    command,
  )
  // the state folder of the unit instead of the volume of the image
  args[args.length - 1] = args
    .at(-1)
    .replace(`mount --bind ${state} ${root}/data`, `mount --bind ${state} ${root}/var/lib/llmux`)
  const server = spawn(program, args, options)
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise((resolve) => server.once('exit', resolve))
  try {
    await until('the unit', 60, async () => {
      if (server.exitCode !== null) throw new Error(`the command of the unit ended:\n${output}`)
      return await fetch(`http://127.0.0.1:${port}/health/readiness`).then(
        ({ status }) => (status === 200 ? true : undefined),
        () => undefined,
      )
    })
    process.kill(Number(run('pgrep', ['-P', String(server.pid)]).trim()), 'SIGTERM')
    assert.equal(await ended, 0, output)
  } finally {
    server.kill('SIGKILL')
  }
  log(`the command of the unit runs as another user: ${command.slice(1).join(' ')}`)
  if (!has('systemd-analyze')) return log('NOT DONE: systemd-analyze is not installed')
  run('systemd-analyze', ['verify', join(deploy, 'llmux-gateway.service')])
  const security = run('systemd-analyze', [
    'security',
    '--offline=true',
    '--threshold=20',
    join(deploy, 'llmux-gateway.service'),
  ])
  log(`systemd-analyze: valid, ${/exposure level.*: (.*)/.exec(security)?.[1] ?? ''}`)
}
