import { afterAll, beforeAll, describe, it } from 'vitest'
import { checkSection, table } from '../docs/section.js'
import { ask } from './behaviour.js'
import { askWeather, forecast, look } from './requests.js'
import { type Gallery, openGallery, sceneOf } from './scene.js'
import { absent, type Operation, operations, skips } from './skips.js'
import { type Target, targets } from './targets.js'

/**
 * The capability table of docs/providers.md is generated from the behaviours of the contract suite and its skips.
 * Update it with:
 *
 *     LLMUX_UPDATE_DOCS=1 npx vitest run test/contract/capabilities.test.ts
 */
const page = 'docs/providers.md'

let gallery: Gallery | undefined
beforeAll(async () => {
  gallery = await openGallery()
})
afterAll(() => gallery?.close())

const no = '–'

/** Each column is a behaviour of the suite. A provider has it unless it is skipped. */
const columns: readonly (readonly [title: string, behaviour: string])[] = [
  ['chat', 'plain'],
  ['stream', 'stream'],
  ['tools', 'tools'],
  ['parallel tools', 'parallel tools'],
  ['image by URL', 'image by URL'],
  ['image inline', 'image inline'],
  ['JSON schema', 'JSON schema'],
  ['reasoning', 'reasoning'],
]

async function line(target: Target): Promise<string[]> {
  const { label, id, dialect, provider } = target
  const skipped = (behaviour: string) => skips.targets[label]?.[behaviour] ?? skips.dialects[dialect]?.[behaviour]
  const has = (operation: Operation, behaviour: string) =>
    provider.dialect[operation] && !skipped(behaviour) ? 'yes' : no
  const cells: string[] = []
  for (const [, behaviour] of columns) {
    cells.push(provider.dialect.chat && !skipped(behaviour) ? await how(target, behaviour) : no)
  }
  return [label.replace(id, `\`${id}/\``), ...cells, has('embedding', 'embeddings'), has('rerank', 'rerank')]
}

/** Determined from the request that is sent. */
function how(target: Target, behaviour: string): string | Promise<string> {
  switch (behaviour) {
    case 'image by URL':
      return fetches(target)
    case 'JSON schema':
      return schemas(target)
    default:
      return 'yes'
  }
}

async function fetches(target: Target): Promise<string> {
  if (!gallery) throw new Error('the gallery is closed')
  const before = gallery.visits()
  await ask(sceneOf(target), { messages: look(gallery.url), allowPrivateMedia: true }, target.models.vision)
  return gallery.visits() > before ? 'fetched' : 'yes'
}

async function schemas(target: Target): Promise<string> {
  const scene = sceneOf(target)
  const { meta } = await ask(scene, { messages: askWeather, response_format: forecast })
  const emulated = meta.warnings.some((warning) => warning.type === 'emulated' && warning.feature === 'response_format')
  if (!emulated) return 'native'
  const body = scene.mock.requests[0]?.body as Readonly<Record<string, unknown>>
  return (body.tools ?? body.toolConfig) ? 'forced tool' : 'instruction'
}

async function capabilities(): Promise<string> {
  const rows = [['provider', ...columns.map(([title]) => title), 'embeddings', 'rerank']]
  for (const target of await targets()) rows.push(await line(target))
  return table(rows)
}

/** The reasons of the skips, as a list. */
function reasons(): string {
  const lines: string[] = []
  for (const [who, what] of [...Object.entries(absent.dialects), ...Object.entries(absent.targets)]) {
    for (const operation of operations) {
      const why = what[operation]
      if (why !== undefined) lines.push(`- ${who}, ${operation}: ${why}`)
    }
  }
  for (const [who, what] of [...Object.entries(skips.dialects), ...Object.entries(skips.targets)]) {
    for (const [name, { why }] of Object.entries(what)) lines.push(`- ${who}, ${name}: ${why}`)
  }
  return lines.join('\n')
}

describe(page, () => {
  it('lists the capabilities of every provider', async () => {
    const made = `${await capabilities()}\n\nMissing, by API or provider, with the reason:\n\n${reasons()}`
    checkSection(page, 'capabilities', made, 'test/contract/capabilities.test.ts')
  })
})
