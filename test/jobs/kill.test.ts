import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'

const script = fileURLToPath(new URL('killed.mjs', import.meta.url))
const count = 120
const concurrency = 8
let simulator: Simulator
let folder: string

beforeAll(async () => {
  simulator = await startSimulator()
  folder = await mkdtemp(join(tmpdir(), 'llmux-kill-'))
})
afterAll(async () => {
  await simulator.close()
  await rm(folder, { recursive: true, force: true })
})

/** The number in a request. */
const numberOf = (body: unknown): string => /number (\d+);/.exec(JSON.stringify(body))?.[1] ?? ''

/** Runs the job, until it ends or has sent a number of requests. */
async function run(journal: string, killAfter = Number.POSITIVE_INFINITY): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [script, simulator.openaiBase, journal, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout?.on('data', (data) => {
    out += data
  })
  const sent = simulator.requests.length
  const ended = once(child, 'close')
  while (child.exitCode === null && simulator.requests.length - sent < killAfter) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2))])
  }
  if (child.exitCode === null) child.kill('SIGKILL')
  await ended
  return out
}

it('a job that is killed twice with SIGKILL pays again for calls in flight only, and loses nothing', async () => {
  const journal = join(folder, 'job.jsonl')
  simulator.reply((request) => ({ text: `answer to ${numberOf(request.body)}`, delayMs: 5 }), {
    times: Number.POSITIVE_INFINITY,
  })
  await run(journal, 40)
  await run(journal, 40)
  const out = await run(journal)
  const lines = out.trim().split('\n')
  expect(lines).toHaveLength(count)
  for (const [at, line] of lines.entries()) expect(line).toMatch(new RegExp(`^${at} (true|false) answer to ${at}$`))
  expect(lines.filter((line) => line.includes(' true ')).length).toBeGreaterThan(80 - 2 * concurrency - 1)
  const times = new Map<string, number>()
  for (const { body } of simulator.requests) times.set(numberOf(body), (times.get(numberOf(body)) ?? 0) + 1)
  expect(times.size).toBe(count)
  const repeated = [...times.values()].filter((sent) => sent > 1).length
  expect(repeated).toBeLessThanOrEqual(2 * concurrency)
}, 60_000)
