/** Downloads the pinned packages into a cache folder and verifies their hashes. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { entriesOfTar, entryOfZip } from './archive.js'

const run = promisify(execFile)

/** A pinned npm package. */
export interface NpmPin {
  key: string
  name: string
  version: string
  integrity: string
  /** Newest date in its data. */
  date: string
  licence: string
}

/** A pinned wheel of PyPI. */
export interface WheelPin {
  key: string
  name: string
  version: string
  sha256: string
  /** Platform tag, unless the wheel is for any platform. */
  platform?: string
  /** The file with the prices: JSON, or a Python module whose data is a literal. */
  file: string
  /** Newest date in its data. */
  date: string
  licence: string
}

export interface Pins {
  asOf: string
  npm: NpmPin[]
  wheels: WheelPin[]
}

/** The data of the sources, unprocessed. */
export interface Raw {
  genai: unknown
  calculator: unknown
  catalog: unknown
  litellm: unknown
  modelsDev: unknown
}

/** @param offline fail instead of downloading */
export async function fetchSources(pins: Pins, cache: string, offline: boolean): Promise<Raw> {
  await mkdir(cache, { recursive: true })
  const raw: Record<string, unknown> = {}
  for (const pin of pins.npm) {
    const file = join(cache, `${pin.key}-${pin.version}.tgz`)
    if (!existsSync(file)) {
      if (offline) throw new Error(`${pin.name} ${pin.version} is not in the cache, and this run is offline.`)
      await packed(pin.name, pin.version, cache, file)
    }
    const bytes = await readFile(file)
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    if (integrity !== pin.integrity) throw new Error(`${pin.name} ${pin.version}: ${integrity} is not the pinned hash.`)
    raw[pin.key] = await reading[pin.key as keyof typeof reading](bytes, join(cache, `${pin.key}-${pin.version}`))
  }
  for (const pin of pins.wheels) raw[pin.key] = await readWheel(pin, cache, offline)
  return raw as unknown as Raw
}

async function packed(name: string, version: string, cache: string, file: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', cache])
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await rename(join(cache, filename.replace('@', '').replace('/', '-')), file)
}

/** The cached data of a wheel. Its first line is the hash of the rest. */
export const wheelFile = ({ key, version, sha256 }: WheelPin): string => `${key}-${version}-${sha256.slice(0, 16)}.json`

/** A wheel is large and only one of its files is used, so the cache keeps the data of that file as JSON. */
async function readWheel(pin: WheelPin, cache: string, offline: boolean): Promise<unknown> {
  const kept = join(cache, wheelFile(pin))
  if (existsSync(kept)) {
    const [hash, ...lines] = (await readFile(kept, 'utf8')).split('\n')
    const text = lines.join('\n')
    if (sha256Of(text) === hash) return JSON.parse(text)
  }
  if (offline) throw new Error(`${pin.name} ${pin.version} is not in the cache, and this run is offline.`)
  const folder = join(cache, `${pin.key}-wheel`)
  const target = pin.platform
    ? ['--platform', pin.platform, '--implementation', 'cp', '--python-version', '3.12', '--abi', 'abi3']
    : []
  await run('pip', [
    'download',
    `${pin.name}==${pin.version}`,
    '--no-deps',
    '--only-binary',
    ':all:',
    ...target,
    '-d',
    folder,
  ])
  const [name] = (await readdir(folder)).filter((file) => file.includes(`-${pin.version}-`))
  const bytes = await readFile(join(folder, name ?? ''))
  const sha256 = sha256Of(bytes)
  if (sha256 !== pin.sha256) throw new Error(`${pin.name} ${pin.version}: ${sha256} is not the pinned hash.`)
  const data = entryOfZip(bytes, pin.file).toString('utf8')
  const text = pin.file.endsWith('.py') ? await literalsOf(data, cache) : data
  await writeFile(kept, `${sha256Of(text)}\n${text}`)
  return JSON.parse(text)
}

const sha256Of = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** The data of a Python module as JSON. The module is parsed and not executed. */
async function literalsOf(module: string, cache: string): Promise<string> {
  const file = join(cache, 'module.py')
  await writeFile(file, module)
  const script = resolve('pricing/update/literals.py')
  return (await run('python3', [script, file], { maxBuffer: 64 * 1024 * 1024 })).stdout
}

const reading = {
  async calculator(archive: Buffer, folder: string): Promise<unknown> {
    return (await imported(archive, 'package/dist/index.mjs', folder)).allPricing
  },
  async catalog(archive: Buffer): Promise<unknown> {
    return JSON.parse(entry(archive, 'package/src/models.json').toString('utf8'))
  },
}

async function imported(archive: Buffer, name: string, folder: string): Promise<Record<string, unknown>> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'data.mjs')
  await writeFile(file, entry(archive, name))
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>
}

function entry(archive: Buffer, name: string): Buffer {
  const found = entriesOfTar(archive).get(name)
  if (!found) throw new Error(`The archive has no ${name}.`)
  return found
}
