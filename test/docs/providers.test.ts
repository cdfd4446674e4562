import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { loadProvider, providerIds } from '../../providers/registry.js'
import { type Evidence, evidence } from '../contract/evidence.js'
import { readPage, root } from './blocks.js'

/**
 * The tables of docs/providers.md are made of the providers themselves, and of what is known of them. After a change of theirs:
 *
 *     LLMUX_UPDATE_DOCS=1 npx vitest run test/docs/providers.test.ts
 */
const page = 'docs/providers.md'

/** What stands between the marks of a name. */
type Marked = 'providers' | 'evidence'

async function all(): Promise<Provider[]> {
  const providers: Provider[] = []
  for (const id of await providerIds()) {
    const provider = await loadProvider(id)
    if (provider) providers.push(provider)
  }
  return providers
}

const code = (texts: readonly (string | undefined)[]) => texts.map((text) => `\`${text}\``).join(', ')

function line({ id, name, auth, address, dialect }: Provider): string {
  const keys = auth.schemes.flatMap((scheme) => scheme.env)
  // whatever a dialect has beside its framing and its reading of errors
  const operations = Object.entries(dialect)
    .filter(([, part]) => typeof part === 'object' && part !== null)
    .map(([name]) => (name === 'embedding' ? 'embeddings' : name))
    .sort()
  const cells = [
    code([`${id}/`]),
    name,
    (keys.length > 0 ? code(keys) : '') + (auth.required === false ? ' (optional)' : ''),
    baseOf(address),
    address.env.length > 0 ? code(address.env) : '',
    operations.join(', '),
  ]
  return `| ${cells.map((cell) => cell.trim()).join(' | ')} |`
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

async function table(): Promise<string> {
  const lines = (await all()).map(line)
  const head = ['prefix', 'provider', 'key', 'base', 'replaced by', 'operations']
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...lines].join('\n')
}

/** A link that says whose page it is. */
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

/** Who is recorded, as a line; of the others, the page that was read. */
function knowledge(): string {
  const recorded: string[] = []
  const lines: string[] = []
  for (const [id, of] of Object.entries(evidence).sort(([one], [two]) => (one < two ? -1 : 1))) {
    if ('recorded' in of) recorded.push(`${id}/`)
    else lines.push(`| \`${id}/\` | ${known(of)} |`)
  }
  return `Recorded: ${code(recorded)}.\n\n${['| prefix | page |', '| --- | --- |', ...lines].join('\n')}`
}

/** The formatter pads the columns of a table, and breaks lines. */
const unpadded = (table: string) => table.trim().replace(/\s+/g, ' ').replace(/-{3,}/g, '---')

/** Holds a part of the page against what it is made of, or writes it. */
function hold(name: Marked, made: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const text = readPage(page)
  const [before = '', rest = ''] = text.split(begin)
  const [written = '', after = ''] = rest.split(end)
  if (process.env.LLMUX_UPDATE_DOCS) writeFileSync(join(root, page), `${before}${begin}\n\n${made}\n\n${end}${after}`)
  else expect(unpadded(written)).toBe(unpadded(made))
}

describe('CONTRIBUTING.md', () => {
  it('names files that every dialect has', () => {
    const folder = join(root, 'providers', 'dialects')
    const named = [...readPage('CONTRIBUTING.md').matchAll(/^\| `([a-z-]+\.ts)` +\|/gm)].map((match) => match[1] ?? '')
    expect(named.length).toBeGreaterThan(5)
    // a folder with one shape for several hosts, and nothing of chats in it
    const dialects = readdirSync(folder).filter((name) => name !== 'rerank')
    for (const dialect of dialects) {
      expect([dialect, named.filter((name) => !existsSync(join(folder, dialect, name)))]).toEqual([dialect, []])
    }
  })
})

describe('docs/providers.md', () => {
  it('lists every provider as in the code', async () => {
    hold('providers', await table())
  })

  it('lists the evidence of each provider', () => {
    hold('evidence', knowledge())
  })

  it('has notes only on existing providers', async () => {
    const ids = new Set(await providerIds())
    const noted = [...readPage(page).matchAll(/\*\* \(`([^`]+)\/`\)/g)].map((match) => match[1] ?? '')
    expect(noted.filter((id) => !ids.has(id))).toEqual([])
    expect(noted.length).toBeGreaterThan(0)
  })
})
