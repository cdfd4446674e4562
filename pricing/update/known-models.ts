/** `KnownModel`: model strings that editors complete, for the most used providers. */
import { providerOfBareModel } from '../../providers/known-models.js'
import type { ModelMode, PriceRow } from '../schema.js'
import { fromCatalog } from './catalog.js'
import type { Pins, Raw } from './fetch.js'
import { fromLitellm } from './litellm.js'
import type { Overrides } from './overrides.js'

type NewModels = Pick<Overrides['rows'][number], 'provider' | 'models' | 'card'>

interface Listed {
  readonly provider: string
  /** LiteLLM's list has many retired models: require the catalog to list the id as well, except for embedding models. */
  readonly needsCatalog?: boolean
  readonly only?: RegExp
  readonly without?: RegExp
}

const listedProviders: readonly Listed[] = [
  { provider: 'openai', without: /^ft:|-v2$|^container$/ },
  { provider: 'anthropic' },
  { provider: 'gemini', needsCatalog: true },
  { provider: 'vertex_ai', needsCatalog: true, without: /-exp|@001$|-preview/ },
  // only the inference profiles of the US, Europe and the world: other geographies use the same names
  {
    provider: 'bedrock',
    needsCatalog: true,
    without: /^(?!us\.|eu\.|global\.)[a-z-]+\.[a-z0-9]+\.|\/|claude-(?:3|v|instant)/,
  },
  { provider: 'mistral', without: /^(?:labs-|mistral-vibe|mistral-code|mistral-tiny$)/ },
  { provider: 'groq', without: /guard/ },
  { provider: 'xai', without: /beta|experimental|gv2/ },
  { provider: 'deepseek', without: /coder/ },
  { provider: 'cohere' },
  { provider: 'voyage', needsCatalog: true },
  { provider: 'jina_ai', needsCatalog: true },
  { provider: 'together_ai', needsCatalog: true, without: /^together-/ },
  { provider: 'fireworks_ai', needsCatalog: true, only: /^accounts\/fireworks\/models\/|^(?:nomic-ai|thenlper)\// },
  { provider: 'perplexity', only: /^sonar(?:-pro|-reasoning-pro|-deep-research)?$|^pplx-embed/ },
  { provider: 'cerebras' },
]

/** Providers whose models can be called without a prefix. */
const bare: ReadonlySet<string> = new Set(['openai', 'anthropic'])

/** Modes with a type of names, in the order of the file. */
const types = { chat: 'KnownChatModel', embedding: 'KnownEmbeddingModel', rerank: 'KnownRerankModel' } as const

/** The names of models by mode. */
export type NamesByMode = Readonly<Record<keyof typeof types, readonly string[]>>

/**
 * The chat, embedding and rerank models of LiteLLM's table that are served on the date of the newest source. The merged table
 * isn't used because it also has the spellings of other sources, which are useful for prices but not for completion.
 * @param added overrides; those with a context window describe models that are newer than the sources
 */
export function knownModels(raw: Raw, pins: Pins, added: readonly NewModels[] = []): NamesByMode {
  const today =
    [...pins.wheels, ...pins.npm]
      .map(({ date }) => date)
      .sort()
      .at(-1) ?? pins.asOf
  const listed = fromLitellm(raw.litellm).providers
  const catalog = fromCatalog(raw.catalog).providers
  const names: Record<keyof typeof types, Set<string>> = { chat: new Set(), embedding: new Set(), rerank: new Set() }
  for (const { provider, needsCatalog, only, without } of listedProviders) {
    const inCatalog = new Set([...(catalog.get(provider)?.keys() ?? [])].map(normalize))
    for (const [id, row] of listed.get(provider) ?? []) {
      const mode = row.mode ?? 'chat'
      if (!hasType(mode) || !isServed(row, today) || without?.test(id) || (only && !only.test(id))) continue
      if (needsCatalog && mode === 'chat' && !inCatalog.has(normalize(id))) continue
      names[mode].add(`${provider}/${id.replace(/@default$/, '')}`)
      if (bare.has(provider) && providerOfBareModel(id) === provider) names[mode].add(id)
    }
  }
  for (const { provider, models, card } of added) {
    if (card.contextWindow === undefined) continue
    for (const id of models) {
      names.chat.add(`${provider}/${id}`)
      if (bare.has(provider) && providerOfBareModel(id) === provider) names.chat.add(id)
    }
  }
  return { chat: sorted(names.chat), embedding: sorted(names.embedding), rerank: sorted(names.rerank) }
}

const sorted = (names: ReadonlySet<string>): string[] => [...names].sort()

const hasType = (mode: ModelMode): mode is keyof typeof types => mode in types

/** The table leaves out embedding and rerank models without a price. */
const isServed = ({ mode = 'chat', deprecationDate, input, perSearchUnit }: PriceRow, today: string): boolean =>
  (mode === 'chat' || Boolean(input || perSearchUnit)) && (deprecationDate === undefined || deprecationDate > today)

/** Fireworks writes 4.7 as `4p7`, and ids with or without the account. */
const normalize = (id: string): string =>
  id.replace(/^accounts\/fireworks\/models\//, '').replace(/(\d)p(?=\d)/g, '$1.')

/** The generated module. It only has types, so nothing of it ships except in the declarations. */
export function knownModelsText(names: NamesByMode, pins: Pins): string {
  const unions = (Object.keys(types) as (keyof typeof types)[]).map((mode) => {
    for (const name of names[mode]) if (/['\\\s]/.test(name)) throw new Error(`'${name}' is not a model string.`)
    return `/** Names of ${mode} models that an editor completes. Any other string is accepted as well. */
export type ${types[mode]} =
${names[mode].map((name) => `  | '${name}'\n`).join('')}`
  })
  return `// Generated by \`npm run pricing:update\`: pricing/update/known-models.ts selects the models. As of ${pins.asOf}.

${unions.join('\n')}
/** Model strings of any operation. */
export type KnownModel = ${Object.values(types).join(' | ')}
`
}
