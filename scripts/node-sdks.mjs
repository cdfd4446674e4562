#!/usr/bin/env node
// Installs the packed package and the vendors' SDKs into a new folder, and runs the SDKs against its createHandler() behind node:http, on
// Node.js 20 and 22 (scripts/node-sdks/checks.mjs): a tool round trip with whole answers and with streams, over four upstreams.
//
//     npm run build && node scripts/node-sdks.mjs
//
// Fails if a check fails. The two programs stay in node_modules/.cache/llmux-runtimes, which scripts/runtimes.mjs uses as well.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installProgram, nodes } from './runtimes/programs.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const run = promisify(execFile)
const npm = async (args, cwd) =>
  (await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd })).stdout

/** The versions that the tests of this repository use. */
const versionOf = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
const sdks = [
  `openai@${versionOf('openai')}`,
  `openai-newest@npm:openai@${versionOf('openai-newest')}`,
  `@anthropic-ai/sdk@${versionOf('@anthropic-ai/sdk')}`,
  `@google/genai@${versionOf('@google/genai')}`,
]

const scratch = mkdtempSync(join(tmpdir(), 'llmux-sdks-'))
let failed = 0
try {
  const [{ filename }] = JSON.parse(await npm(['pack', '--json', '--pack-destination', scratch], root))
  const project = join(scratch, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  await npm(['install', '--ignore-scripts', '--no-package-lock', join(scratch, filename), ...sdks], project)
  cpSync(join(root, 'scripts', 'node-sdks', 'checks.mjs'), join(project, 'checks.mjs'))
  for (const title of ['Node.js 20', 'Node.js 22']) {
    const folder = await installProgram(nodes[title], npm)
    const { stdout } = await run(join(folder, 'bin', 'node'), ['checks.mjs'], { cwd: project, timeout: 240_000 }).catch(
      ({ stdout = '', stderr = '', message }) => ({ stdout: `${stdout}${stderr}FAILED ${message}` }),
    )
    const lines = stdout.trim().split('\n')
    const passed = lines.filter((line) => line.startsWith('ok')).length
    failed += passed > 0 && passed === lines.length ? 0 : 1
    console.log(`${title}: ${passed} of ${lines.length} checks passed, with ${sdks.join(', ')}`)
    for (const line of lines) if (!line.startsWith('ok')) console.error(line)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
console.log(failed === 0 ? 'all passed' : `${failed} versions of Node.js failed`)
process.exitCode = failed === 0 ? 0 : 1
