import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/**
 * The type tests against the newest major of `openai`, next to the one that `npm run types` uses. It is installed as `openai-newest`, or
 * in the folder that `LLMUX_OPENAI_NEWEST` names.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const newest = process.env.LLMUX_OPENAI_NEWEST ?? join(root, 'node_modules', 'openai-newest')

it.skipIf(!existsSync(newest))('the types fit the newest major of openai', { timeout: 300_000 }, () => {
  const { version } = JSON.parse(readFileSync(join(newest, 'package.json'), 'utf8')) as { version: string }
  const folder = mkdtempSync(join(tmpdir(), 'llmux-types-'))
  try {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(root, 'node_modules', '@types')],
        paths: { openai: [join(newest, 'index.d.mts')], 'openai/*': [join(newest, '*')] },
      },
      include: [join(root, 'test/types/*.test-d.ts')],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', folder], { cwd: root, encoding: 'utf8' })
    // optional packages are not declared outside of the project
    const errors = stdout.split('\n').filter((line) => line.startsWith('test/types/'))
    expect(errors, `openai ${version}`).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
