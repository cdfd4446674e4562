// Programs that npm installs, once, for the scripts of this folder.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { platform, arch } = process

export const cache = join(
  dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  ...['node_modules', '.cache', 'llmux-runtimes'],
)

const node = (range) => `npm:node-${platform}-${arch}@${range}`

/** The package of each version of Node.js: its program is `bin/node`. */
export const nodes = {
  'Node.js 20': node('^20.18.1'),
  'Node.js 22': node('22.23.5'),
  'Node.js 24': node('24.22.3'),
  'Node.js 26': node('26.12.1'),
}

/** Installs a package that contains a program, unless it is in the cache, and returns its folder. */
export async function installProgram(spec, npm) {
  const folder = join(cache, spec.replace(/[^\w.-]+/g, '_'))
  if (!existsSync(join(folder, 'done'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { program: spec } }))
    await npm(['install', '--ignore-scripts', '--no-package-lock'], folder)
    writeFileSync(join(folder, 'done'), '')
  }
  return join(folder, 'node_modules', 'program')
}
