import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { loadProvider, providerIds } from '../../providers/registry.js'
import { root } from '../docs/blocks.js'
import { type Documented, type Evidence, evidence, twins } from './evidence.js'
import { pages } from './pages.js'

const ids = await providerIds()

const documented = Object.entries(evidence).filter((entry): entry is [string, Documented] => isDocumented(entry[1]))

function isDocumented(known: Evidence): known is Documented {
  return 'page' in known && known.page !== undefined
}

async function providerOf(id: string): Promise<Provider> {
  const provider = await loadProvider(id)
  if (!provider) throw new Error(`there is no ${id}`)
  return provider
}

/** Providers whose row has a comment `unverified`. */
function unverifiedRows(): string[] {
  const folder = join(root, 'providers', 'hosts')
  return readdirSync(folder)
    .filter((name) => name !== 'index.ts')
    .flatMap((name) => {
      const [, ...after] = readFileSync(join(folder, name), 'utf8').split(/^ *\/\/ unverified\b/m)
      return after.flatMap((text) => /\bid: '([^']+)'/.exec(text)?.[1] ?? [])
    })
}

/** Extracts the registered domain: acme.co.uk of `https://api.acme.co.uk/v1`. */
function siteOf(url: string): string {
  const labels = new URL(url).hostname.split('.')
  const short = /^(?:com?|net|org)$/.test(labels.at(-2) ?? '') && (labels.at(-1) ?? '').length === 2
  return labels.slice(short ? -3 : -2).join('.')
}

/** Documentation pages on another site than the API, with their host. */
const elsewhere: Readonly<Record<string, string>> = {
  bedrock_mantle: 'docs.aws.amazon.com',
  docker_model_runner: 'docs.docker.com',
  gradient_ai: 'www.digitalocean.com',
  litellm_proxy: 'docs.litellm.ai',
  ovhcloud: 'www.ovhcloud.com',
  qianfan: 'cloud.baidu.com',
  qiniu: 'developer.qiniu.com',
  sagemaker: 'docs.aws.amazon.com',
  sagemaker_chat: 'docs.aws.amazon.com',
  scaleway: 'www.scaleway.com',
  stackit: 'docs.stackit.cloud',
}

/** Organizations on GitHub whose repositories belong to the provider. */
const organizations: Readonly<Record<string, string>> = {
  abliteration: 'abliteration-ai',
  aihubmix: 'AIhubmix',
  amazon_nova: 'amazon-nova-api',
  anyscale: 'anyscale',
  baichuan: 'baichuan-inc',
  bytez: 'Bytez-com',
  cometapi: 'cometapi-dev',
  empower: 'empower-ai',
  fastrouter: 'fastrouter',
  galadriel: 'galadriel-ai',
  gmi: 'GMISWE',
  inference_net: 'context-labs',
  infinity: 'michaelfeil',
  io_net: 'ionet-official',
  jina_ai: 'jina-ai',
  lambda_ai: 'LambdaLabsML',
  lemonade: 'lemonade-sdk',
  libertai: 'Libertai',
  lm_studio: 'lmstudio-ai',
  maritalk: 'maritaca-ai',
  meta_llama: 'meta-llama',
  modelscope: 'modelscope',
  morph: 'morphllm',
  neosantara: 'neosantara-xyz',
  oobabooga: 'oobabooga',
  parasail: 'parasail-ai',
  poolside: 'poolsideai',
  publicai: 'forpublicai',
  requesty: 'requestyai',
  salad_cloud: 'SaladTechnologies',
  sglang: 'sgl-project',
  targon: 'manifold-inc',
  tensormesh: 'Tensormesh-Production',
  tinfoil: 'tinfoilsh',
  xinference: 'xorbitsai',
  yi: '01-ai',
}

/** Package registries and sites with user-generated content. */
const registries =
  /(?:^|\.)(?:npmjs\.com|unpkg\.com|jsdelivr\.(?:com|net)|pypi\.org|crates\.io|docs\.rs|rubygems\.org|pkg\.go\.dev)$/

/** The bases of a provider, with setting names as placeholders. */
function basesOf({ address: { base, example } }: Provider): string[] {
  const made = typeof base === 'function' ? base({ region: 'us-east-1' }) : base
  return [made, example].flatMap((one) => (one === undefined ? [] : [one.replace('us-east-1', '{region}')]))
}

describe('the evidence', () => {
  it('is there for every prefix, and for no other', () => {
    expect(Object.keys(evidence).sort()).toEqual(ids)
  })

  it('is frozen', () => {
    expect(Object.isFrozen(evidence)).toBe(true)
    expect(Object.isFrozen(pages)).toBe(true)
  })

  it('is recorded traffic for the providers that most calls go to', () => {
    const recorded = Object.entries(evidence).flatMap(([id, known]) => ('recorded' in known ? [id] : []))
    const most = [
      'anthropic',
      'azure',
      'bedrock',
      'cohere',
      'deepseek',
      'gemini',
      'groq',
      'mistral',
      'ollama',
      'openai',
    ]
    expect(recorded).toEqual(
      expect.arrayContaining([...most, 'openrouter', 'together_ai', 'vertex_ai', 'watsonx', 'xai']),
    )
    // recorded providers need no page
    expect(Object.keys(pages).filter((id) => recorded.includes(id))).toEqual([])
  })

  it.each(Object.entries(twins))('of %s is that of %s, which speaks the same', async (twin, other) => {
    const [one, two] = [await providerOf(twin), await providerOf(other)]
    expect(one.dialect).toEqual(two.dialect)
    expect(evidence[twin]).toEqual(evidence[other])
  })

  it('is missing for rows marked as unverified', () => {
    const missing = Object.entries(evidence).flatMap(([id, known]) =>
      'recorded' in known || isDocumented(known) ? [] : [id],
    )
    expect(missing.sort()).toEqual(unverifiedRows().sort())
  })
})

describe.each(documented)('the page of %s', (id, { page, says, base, through }) => {
  it('is a page of its own', async () => {
    const { protocol, hostname, pathname } = new URL(page)
    expect(protocol).toBe('https:')
    expect(hostname).not.toMatch(registries)
    expect(says).toMatch(/^\S.{3,}[^.\s]$/)
    if (hostname === 'github.com') {
      expect([id, pathname.split('/')[1]]).toEqual([id, organizations[id]])
      return
    }
    const provider = await providerOf(id)
    const own = [...basesOf(provider), provider.auth.url ?? []]
      .flat()
      .map((url) => siteOf(url.replace('{region}', 'r')))
    expect([id, hostname === elsewhere[id] || own.includes(siteOf(page))]).toEqual([id, true])
  })

  it('has the base that is called', async () => {
    if (base === undefined) return
    const bases = basesOf(await providerOf(id))
    expect([id, [...bases, ...bases.map((one) => new URL(one).origin)]]).toEqual([id, expect.arrayContaining([base])])
  })

  it.runIf(through)('was read in a copy that is named', () => {
    expect(new URL(through ?? '').protocol).toBe('https:')
  })
})

describe('the lists of other sites', () => {
  it('contain only existing providers', () => {
    const known = new Map(documented)
    for (const id of Object.keys(organizations))
      expect([id, known.get(id)?.page]).toEqual([id, expect.stringContaining('github.com')])
    for (const [id, host] of Object.entries(elsewhere))
      expect([id, new URL(known.get(id)?.page ?? 'https://none').hostname]).toEqual([id, host])
  })
})
