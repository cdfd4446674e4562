/** `KnownModel`: the model strings that an editor completes, of the providers that most calls go to. */
import { providerOfBareModel } from '../../providers/known-models.js'
import { modes, type Row } from '../schema.js'
import { fromCatalog } from './catalog.js'
import type { Pins, Raw } from './fetch.js'
import { fromLitellm } from './litellm.js'

interface Offered {
  readonly provider: string
  /** True where LiteLLM's list has much that is gone: then the catalog has to have the id, too, unless it embeds. */
  readonly twice?: boolean
  readonly only?: RegExp
  readonly without?: RegExp
}

const offered: readonly Offered[] = [
  { provider: 'openai', without: /^ft:|-v2$|^container$/ },
  { provider: 'anthropic' },
  { provider: 'gemini', twice: true },
  { provider: 'vertex_ai', twice: true, without: /-exp|@001$|-preview/ },
  // inference profiles of the two large areas and of the world; those of other places by the same names
  {
    provider: 'bedrock',
    twice: true,
    without: /^(?!us\.|eu\.|global\.)[a-z-]+\.[a-z0-9]+\.|\/|claude-(?:3|v|instant)/,
  },
  { provider: 'mistral', without: /^(?:labs-|mistral-vibe|mistral-code|mistral-tiny$)/ },
  { provider: 'groq', without: /guard/ },
  { provider: 'xai', without: /beta|experimental|gv2/ },
  { provider: 'deepseek', without: /coder/ },
  { provider: 'cohere' },
  { provider: 'together_ai', twice: true, without: /^together-/ },
  { provider: 'fireworks_ai', twice: true, only: /^accounts\/fireworks\/models\/|^(?:nomic-ai|thenlper)\// },
  { provider: 'perplexity', only: /^sonar(?:-pro|-reasoning-pro|-deep-research)?$|^pplx-embed/ },
  { provider: 'cerebras' },
]

/** What can be called without its prefix, where a call finds its way by the name alone. */
const bare: ReadonlySet<string> = new Set(['openai', 'anthropic'])

const talks = new Set([0, modes.indexOf('embedding')])

/**
 * The chat and embedding models that LiteLLM's table lists and that are served on the day of the newest source.
 * The merged table has other people's spellings, too, which is right for a price and wrong for an editor.
 */
export function knownModels(raw: Raw, pins: Pins): string[] {
  const today =
    [...pins.npm, pins.wheel]
      .map(({ date }) => date)
      .sort()
      .at(-1) ?? pins.asOf
  const listed = fromLitellm(raw.litellm).shelves
  const catalog = fromCatalog(raw.catalog).shelves
  const names: string[] = []
  for (const { provider, twice, only, without } of offered) {
    const second = new Set([...(catalog.get(provider)?.keys() ?? [])].map(plain))
    for (const [id, row] of listed.get(provider) ?? []) {
      if (!isServed(row, today) || without?.test(id) || (only && !only.test(id))) continue
      if (twice && row.k !== modes.indexOf('embedding') && !second.has(plain(id))) continue
      names.push(`${provider}/${id.replace(/@default$/, '')}`)
      if (bare.has(provider) && providerOfBareModel(id) === provider) names.push(id)
    }
  }
  return [...new Set(names)].sort()
}

/** An embedding model without a price is one that the table leaves out. */
const isServed = ({ k = 0, e, i }: Row, today: string): boolean =>
  talks.has(k) && (k === 0 || Boolean(i)) && (e === undefined || e > today)

/** Fireworks writes 4.7 as `4p7`, and its ids with and without the account. */
const plain = (id: string): string => id.replace(/^accounts\/fireworks\/models\//, '').replace(/(\d)p(?=\d)/g, '$1.')

/** The module: a type alone, so nothing of it ships but in the declarations. */
export function knownModelsText(names: readonly string[], pins: Pins): string {
  for (const name of names) if (/['\\\s]/.test(name)) throw new Error(`'${name}' is no model string.`)
  return `// Made by \`npm run pricing:update\`: which models stand here is said in pricing/update/known.ts. As of ${pins.asOf}.

/** A model string that an editor can complete. Any other is as good. */
export type KnownModel =
${names.map((name) => `  | '${name}'\n`).join('')}`
}
