import { cpSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { run } from './tools.mjs'

/** Instructions of a Dockerfile: `[{ name, text }]`, with lines joined and comments left out. */
export function instructions(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
  return lines
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^\s*(\w+)\s+(.*)$/.exec(line))
    .filter(Boolean)
    .map(([, name, text]) => ({ name: name.toUpperCase(), text: text.trim() }))
}

const words = (text) => [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
const pairs = (text) =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, name, value]) => [
      name,
      value.replace(/^"|"$/g, ''),
    ]),
  )

/**
 * Runs the steps of a Dockerfile in order, each stage in a folder of its own.
 * @param options.base makes the file system of a named image: `(image) => folder`
 * @param options.shell runs a command in a folder: `(root, command, { cwd, env })`
 */
export function build(file, context, { base, scratch, shell, args = {}, log }) {
  const stages = []
  const globalArgs = {}
  let stage
  const expand = (text) =>
    text.replace(/\$\{(\w+)\}/g, (_, name) => stage?.env[name] ?? stage?.args[name] ?? globalArgs[name] ?? '')
  for (const { name, text } of instructions(file)) {
    if (name === 'ARG') {
      const [, key, value = ''] = /^(\w+)(?:=(.*))?$/.exec(text)
      const given = args[key] ?? value.replace(/^"|"$/g, '')
      if (stage) stage.args[key] = given
      else globalArgs[key] = given
      continue
    }
    if (name === 'FROM') {
      const [image, , as] = expand(text).split(/\s+/)
      const root = image === 'scratch' ? scratch() : base(image)
      stage = { name: as, root, env: {}, args: {}, cwd: '/', labels: {}, user: '0:0' }
      stages.push(stage)
      log(`FROM ${image}`)
      continue
    }
    switch (name) {
      case 'WORKDIR':
        stage.cwd = text
        mkdirSync(join(stage.root, text), { recursive: true })
        break
      case 'ENV':
        Object.assign(stage.env, pairs(text))
        break
      case 'LABEL':
        Object.assign(stage.labels, pairs(text))
        break
      case 'COPY':
        copy(stage, stages, context, text)
        break
      case 'RUN': {
        const from = Date.now()
        shell(stage.root, text, { cwd: stage.cwd, env: { ...stage.args, ...stage.env } })
        log(`RUN ${text.slice(0, 60).replace(/\s+/g, ' ')}… (${((Date.now() - from) / 1000).toFixed(1)} s)`)
        break
      }
      case 'USER':
        stage.user = text
        break
      case 'HEALTHCHECK':
        stage.healthcheck = JSON.parse(text.slice(text.indexOf('CMD') + 3))
        break
      case 'ENTRYPOINT':
        stage.entrypoint = JSON.parse(text)
        break
      case 'VOLUME':
      case 'EXPOSE':
      case 'STOPSIGNAL':
        stage[name.toLowerCase()] = text
        break
      default:
        throw new Error(`The check does not know ${name}`)
    }
  }
  return stages
}

/** COPY: files of the context, or of an earlier stage. They belong to root, unless --chown names another owner. */
function copy(stage, stages, context, text) {
  const parts = words(text)
  const flags = Object.fromEntries(
    parts.filter((part) => part.startsWith('--')).map((part) => part.slice(2).split('=')),
  )
  const paths = parts.filter((part) => !part.startsWith('--'))
  const to = paths.pop()
  const from = flags.from ? stages.find(({ name }) => name === flags.from).root : context
  const [uid, gid] = (flags.chown ?? '0:0').split(':').map(Number)
  const target = to.startsWith('/') ? join(stage.root, to) : join(stage.root, stage.cwd, to)
  const sources = paths.flatMap((path) => {
    if (!path.includes('*')) return [join(from, path)]
    const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
    return readdirSync(from)
      .filter((name) => pattern.test(name))
      .map((name) => join(from, name))
  })
  for (const source of sources) {
    if (!existsSync(source)) throw new Error(`COPY: ${source} does not exist`)
    if (statSync(source).isDirectory()) {
      mkdirSync(target, { recursive: true })
      // the content of a folder, not the folder
      run('cp', ['-a', `${source}/.`, target])
      run('chown', ['-R', '-h', `${uid}:${gid}`, target])
    } else {
      mkdirSync(target, { recursive: true })
      cpSync(source, join(target, basename(source)))
      lchownSync(join(target, basename(source)), uid, gid)
    }
  }
}
