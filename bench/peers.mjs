// Other libraries, if they are installed beside this repository or in the folder LLMUX_BENCH_PEERS.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = process.env.LLMUX_BENCH_PEERS

export function peer(name) {
  if (!folder) return import(name)
  return import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href)
}
