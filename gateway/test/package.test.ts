import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; optional?: boolean }>
}

it('depends on no package that runs a script at installation', () => {
  const runtime = Object.entries(lock.packages).filter(([, entry]) => !entry.dev)
  expect(runtime.length).toBeGreaterThan(50)
  expect(runtime.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path)).toEqual([])
})
