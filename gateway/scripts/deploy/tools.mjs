import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const gateway = fileURLToPath(new URL('../..', import.meta.url))
export const deploy = join(gateway, 'deploy')

/** A part that can't run on this machine. */
export class Skipped extends Error {}

/** Runs a program. @throws with its output */
export function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
  if (error) throw error
  if (status !== 0)
    throw new Error(
      `${program} ${args.slice(0, 6).join(' ')} ended with ${status}:\n${`${stdout}${stderr}`.slice(-3_000)}`,
    )
  return stdout
}

export const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

export const cache = process.env.LLMUX_CACHE ?? join(homedir(), '.cache', 'llmux')

/** A file or folder that is made once and kept: `make` fills a temporary path. */
export function cached(name, make) {
  const path = join(cache, name)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'making-'))
  try {
    const made = join(folder, 'made')
    make(made, folder)
    renameSync(made, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return path
}

export const temporary = () => mkdtempSync(join(tmpdir(), 'llmux-deploy-'))

export const portFree = () =>
  Number(
    execFileSync(process.execPath, [
      '-e',
      "const s=require('net').createServer();s.listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})",
    ]),
  )

/** Waits until a check returns something else than undefined. */
export async function until(what, seconds, check) {
  const end = Date.now() + seconds * 1_000
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`${what} took longer than ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
