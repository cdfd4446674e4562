import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; optional?: boolean }>
}

it('depends on no package that runs a script at installation', () => {
  const runtime = Object.entries(lock.packages).filter(([, entry]) => !entry.dev)
  expect(runtime.length).toBeGreaterThan(50)
  expect(runtime.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path)).toEqual([])
})

it('lists every package of an installation, with version and hash, and nothing of the development', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-sbom-'))
  const write = (name: string) => {
    const file = join(folder, name)
    execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/sbom.mjs', import.meta.url)), file])
    return readFileSync(file, 'utf8')
  }
  const text = write('one.json')
  expect(write('two.json')).toBe(text)
  rmSync(folder, { recursive: true })
  const { bomFormat, metadata, components } = JSON.parse(text) as {
    bomFormat: string
    metadata: { component: { name: string; version: string } }
    components: { name: string; version: string; purl: string; hashes?: unknown[] }[]
  }
  expect([bomFormat, metadata.component.name]).toEqual(['CycloneDX', 'llmux-gateway'])
  const names = components.map(({ purl }) => purl.replace(/^pkg:npm\/(.+)@[^@]+$/, '$1'))
  expect(names).toEqual(expect.arrayContaining(['llmux', 'fastify', 'pg', 'redis', 'undici']))
  expect(names).not.toEqual(expect.arrayContaining(['vitest']))
  expect(names.some((name) => /vitest|biome|mantine|tsup/.test(name))).toBe(false)
  const without = components.filter(({ hashes }) => !hashes?.length).map(({ name }) => name)
  expect(without.length).toBeLessThan(3)
}, 60_000)
