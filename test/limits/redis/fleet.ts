import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Job, Result } from './worker.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Real processes, each with a store of its own. */
export class Fleet implements AsyncDisposable {
  readonly #folder = join(root, 'node_modules/.cache', `llmux-limits-${process.pid}`)
  readonly #children = new Set<ChildProcess>()
  #program: Promise<string> | undefined

  async #bundle(): Promise<string> {
    // node_modules is found from here
    await mkdir(this.#folder, { recursive: true })
    const outfile = join(this.#folder, 'worker.mjs')
    const entry = join(root, 'test/limits/redis/worker.ts')
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
    })
    return outfile
  }

  /** Starts a process. `result` resolves when it has ended by itself. */
  async start(job: Job): Promise<{ child: ChildProcess; said: Promise<unknown>; result: Promise<Result> }> {
    this.#program ??= this.#bundle()
    const child = fork(await this.#program, [JSON.stringify(job)], { execArgv: [] })
    this.#children.add(child)
    const said = new Promise<unknown>((resolve) => child.once('message', resolve))
    const sent = new Promise<Result>((resolve) =>
      child.on('message', (message) => typeof message === 'object' && resolve(message as Result)),
    )
    const gone = new Promise<never>((_, reject) =>
      child.once('exit', (code) => reject(new Error(`A worker ended with ${code}.`))),
    )
    child.once('exit', () => this.#children.delete(child))
    const result = Promise.race([sent, gone])
    // a process that is killed on purpose has none
    result.catch(() => {})
    return { child, said, result }
  }

  /** Runs this many processes with the same job. */
  async run(count: number, job: Job): Promise<Result[]> {
    const started = await Promise.all(Array.from({ length: count }, () => this.start(job)))
    return Promise.all(started.map(({ result }) => result))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }
}
