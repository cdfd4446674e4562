import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bin, manifest, type Packed, pack, project, root, run, scratch } from './consumer.js'

let folder: Awaited<ReturnType<typeof scratch>>
let packed: Packed

beforeAll(async () => {
  folder = await scratch()
  packed = await pack(folder.path)
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('the package contains the built files with source maps, the documentation and the licence, and nothing else', () => {
  const always = [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/index.js',
    'dist/index.cjs',
    'dist/index.d.ts',
    'dist/index.d.cts',
  ]
  const testing = ['dist/testing.js', 'dist/testing.cjs', 'dist/testing.d.ts', 'dist/testing.d.cts']
  expect(packed.files).toEqual(expect.arrayContaining([...always, ...testing]))
  const wanted =
    /^(dist\/worker\/[\w./-]+\.js|dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts)|docs\/[\w-]+\.(md|svg)|examples\/[\w-]+\.(mjs|png)|(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md|LICENSE|THIRD-PARTY-NOTICES|llms\.txt|package\.json)$/
  expect(packed.files.filter((path) => !wanted.test(path))).toEqual([])
})

test('no relative link of the packed README is dead', async () => {
  const text = await readFile(join(root, 'README.md'), 'utf8')
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
  expect(targets.length).toBeGreaterThan(10)
  const isPacked = (target: string) => packed.files.some((path) => path === target || path.startsWith(`${target}/`))
  expect(targets.filter((target) => !isPacked(target))).toEqual([])
})

test('has no install scripts', async () => {
  const { scripts = {} } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts?: object }
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']
  expect(hooks.filter((name) => name in scripts)).toEqual([])
})

test('no built file contains a path of this machine or a bundled peer dependency', async () => {
  for (const path of packed.files.filter((name) => name.startsWith('dist/'))) {
    const text = await readFile(join(root, path), 'utf8')
    expect(text.includes(root), `${path} names ${root}`).toBe(false)
    // a bundled copy of a library of this size means that it is missing from (peer)dependencies
    expect(text.length, path).toBeLessThan(path.startsWith('dist/worker/') ? 500_000 : 400_000)
  }
})

test('the lockfile names no host', async () => {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Record<string, unknown>>
  }
  const told = Object.entries(packages).flatMap(([path, entry]) =>
    // where a package asks for money is no address of the package
    Object.entries(entry)
      .filter(
        ([field, value]) =>
          // a workspace is a link to its folder
          (field === 'resolved' && !entry.link) || (field !== 'funding' && /https?:/.test(JSON.stringify(value))),
      )
      .map(([field]) => `${path}: ${field}`),
  )
  expect(told).toEqual([])
})

test('the lockfile has every package for every platform, as npm ci demands', async () => {
  const { code, stderr } = await run(process.execPath, ['scripts/complete-lockfile.mjs', '--check'], root)
  expect(code, stderr).toBe(0)
})

test('publint finds no problem', async () => {
  const { code, stdout, stderr } = await run(bin('publint'), [packed.tarball, '--strict'], root)
  expect(code, stdout + stderr).toBe(0)
})

test('attw finds no wrong types', async () => {
  const flags = ['--profile', 'node16', '--no-emoji', '--no-color', '--format', 'ascii']
  const { code, stdout, stderr } = await run(bin('attw'), [packed.tarball, ...flags], root)
  expect(code, stdout + stderr).toBe(0)
})

test('the install size is reported', async () => {
  const path = await project(join(folder.path, 'size'), packed, { files: {} })
  const modules = join(path, 'node_modules')
  const names = (await readdir(modules)).filter((name) => !name.startsWith('.'))
  const sizes = await Promise.all(names.map(async (name) => [name, await size(join(modules, name))] as const))
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0)
  const parts = sizes.map(([name, bytes]) => `${name} ${kilo(bytes)}`).join(', ')
  console.log(
    `llmux ${(await manifest()).version}: tarball ${kilo(packed.bytes)}, unpacked ${kilo(packed.unpackedBytes)}; ` +
      `installed ${kilo(total)} in ${names.length} packages (${parts})`,
  )
  const { dependencies = {} } = await manifest()
  expect(names.sort()).toEqual(['llmux', ...Object.keys(dependencies)].sort())
})

async function size(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)))
  return (await Promise.all(files)).reduce((sum, { size: bytes }) => sum + bytes, 0)
}

function kilo(bytes: number): string {
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(2)} MiB`
}
