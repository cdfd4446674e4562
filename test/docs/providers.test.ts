import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { loadProvider, providerIds } from '../../providers/registry.js'
import { type Evidence, evidence } from '../contract/evidence.js'
import { readPage, root } from './blocks.js'
import { checkSection, table } from './section.js'

/**
 * The tables of docs/providers.md are generated from the providers and the evidence for them. Update them with:
 *
 *     LLMUX_UPDATE_DOCS=1 npx vitest run test/docs/providers.test.ts
 */
const page = 'docs/providers.md'

async function all(): Promise<Provider[]> {
  const providers: Provider[] = []
  for (const id of await providerIds()) {
    const provider = await loadProvider(id)
    if (provider) providers.push(provider)
  }
  return providers
}

const code = (texts: readonly (string | undefined)[]) => texts.map((text) => `\`${text}\``).join(', ')

function line({ id, name, auth, address }: Provider): string[] {
  const keys = auth.schemes.flatMap((scheme) => scheme.env)
  const cells = [
    code([`${id}/`]),
    name,
    (keys.length > 0 ? code(keys) : '') + (auth.required === false ? ' (optional)' : ''),
    baseOf(address),
    address.env.length > 0 ? code(address.env) : '',
  ]
  return cells.map((cell) => cell.trim())
}

/** A base that depends on a setting is shown with the setting's name in it. */
function baseOf({ base }: Provider['address']): string {
  if (base === undefined) return 'none: give `apiBase`'
  if (typeof base === 'string') return code([base])
  // settings are checked: real ones are given, and their names put in their place
  const made = base({ region: 'us-east-1', location: 'us-east1', accountId: 'my-account' }) ?? ''
  return code([
    made.replace('us-east-1', '{region}').replace('us-east1', '{location}').replace('my-account', '{accountId}'),
  ])
}

async function providers(): Promise<string> {
  return table([['prefix', 'provider', 'key', 'base', 'replaced by'], ...(await all()).map(line)])
}

/** A link with the host as its text. */
function link(url: string): string {
  const { hostname, pathname } = new URL(url)
  const host = hostname.replace(/^www\./, '')
  return `[${host === 'github.com' ? `${host}/${pathname.split('/')[1]}` : host}](${url})`
}

function known(of: Exclude<Evidence, { recorded: unknown }>): string {
  if (of.page === undefined) return `unverified: ${of.why}`
  const copy = of.through === undefined ? '' : `, as ${link(of.through)} has it`
  return `${link(of.page)}${copy}: ${of.says}`
}

/** Providers with recorded traffic in one line, and the documentation page of all others. */
function knowledge(): string {
  const recorded: string[] = []
  const lines: string[][] = []
  for (const [id, of] of Object.entries(evidence).sort(([one], [two]) => (one < two ? -1 : 1))) {
    if ('recorded' in of) recorded.push(`${id}/`)
    else lines.push([`\`${id}/\``, known(of)])
  }
  return `Recorded: ${code(recorded)}.\n\n${table([['prefix', 'page'], ...lines])}`
}

describe('CONTRIBUTING.md', () => {
  it('lists the files of a dialect folder', () => {
    const folder = join(root, 'providers', 'dialects')
    const named = [...readPage('CONTRIBUTING.md').matchAll(/^\| `([a-z-]+\.ts)` +\|/gm)].map((match) => match[1] ?? '')
    const always = [
      'index.ts',
      'encode.ts',
      'messages.ts',
      'content.ts',
      'decode.ts',
      'stream.ts',

      'usage.ts',
    ]
    expect(named).toEqual(expect.arrayContaining(always))
    // rerank is one API of several hosts, without a chat
    for (const dialect of readdirSync(folder).filter((name) => name !== 'rerank')) {
      expect([dialect, always.filter((name) => !existsSync(join(folder, dialect, name)))]).toEqual([dialect, []])
    }
  })
})

describe('docs/providers.md', () => {
  it('lists every provider as in the code', async () => {
    checkSection(page, 'providers', await providers(), 'test/docs/providers.test.ts')
  })

  it('lists the evidence of each provider', () => {
    checkSection(page, 'evidence', knowledge(), 'test/docs/providers.test.ts')
  })

  it('has notes only on existing providers', async () => {
    const ids = new Set(await providerIds())
    const noted = [...readPage(page).matchAll(/\*\* \(`([^`]+)\/`\)/g)].map((match) => match[1] ?? '')
    expect(noted.filter((id) => !ids.has(id))).toEqual([])
    expect(noted.length).toBeGreaterThan(0)
  })
})
