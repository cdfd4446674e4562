import { BadRequestError } from '../src/errors.js'
import { fromCard, type ModelFacts, type ModelPrices, namesOf } from './prices.js'
import { cardAt } from './rates.js'
import { defaultRegistry, type ModelRegistry } from './registry.js'
import { type Ability, abilities, type Modality, modalities, modes, partial, type Row } from './schema.js'
import { asOf, rows, sources } from './table.generated.js'
import { tableProviders } from './table.js'

/** What is known of a model. Absent is not known. */
export interface ModelInfo extends ModelFacts {
  /** The row that was found: `openai/gpt-4o`. */
  id: string
  provider: string
  mode: NonNullable<ModelFacts['mode']>
  /** Today's prices, in US dollars. */
  prices: ModelPrices
  source: 'registry' | 'table'
}

/**
 * Window, limits, abilities and prices of a model; undefined where it is not known.
 * @example
 * modelInfo('anthropic/claude-sonnet-4-20250514')?.contextWindow // 200000
 */
export function modelInfo(model: string, registry: ModelRegistry = defaultRegistry()): ModelInfo | undefined {
  const found = registry.find(model)
  if (!found.row) return undefined
  const { row } = found
  const info: ModelInfo = {
    id: found.id,
    provider: found.provider,
    mode: modes[row.k ?? 0] ?? 'chat',
    prices: fromCard({ ...serviceRates(row), ...cardAt(row, Date.now()) }),
    source: found.source,
  }
  if (row.C !== undefined) info.contextWindow = row.C
  const most = row.L ?? row.C
  if (most !== undefined) info.maxInputTokens = most
  if (row.M !== undefined) info.maxOutputTokens = row.M
  if (row.d !== undefined) info.dimensions = row.d
  if (row.im !== undefined) info.inputModalities = namesOf(modalities, row.im)
  if (row.om !== undefined) info.outputModalities = namesOf(modalities, row.om)
  if (row.x !== undefined) info.abilities = namesOf(abilities, row.x)
  if (row.e !== undefined) info.deprecationDate = row.e
  return info
}

const serviceRates = ({ b, f, p, F, u }: Row): Row => ({
  ...(b === undefined ? {} : { b }),
  ...(f === undefined ? {} : { f }),
  ...(p === undefined ? {} : { p }),
  ...(F === undefined ? {} : { F }),
  ...(u === undefined ? {} : { u }),
})

/**
 * The most tokens that a model's answer may have; undefined where that is not known.
 * @example
 * maxTokens('openai/gpt-4o') // 16384
 */
export function maxTokens(model: string, registry: ModelRegistry = defaultRegistry()): number | undefined {
  return registry.find(model).row?.M
}

const senses = {
  vision: ['im', 'image'],
  audioInput: ['im', 'audio'],
  videoInput: ['im', 'video'],
  pdfInput: ['im', 'pdf'],
  audioOutput: ['om', 'audio'],
  imageOutput: ['om', 'image'],
} as const satisfies Record<string, readonly ['im' | 'om', Modality]>

/** What `supports()` can be asked. */
export type Capability = Ability | keyof typeof senses

export const capabilities: readonly Capability[] = Object.freeze([
  ...(Object.keys(senses) as (keyof typeof senses)[]),
  ...abilities,
])

/**
 * Whether a model can do something; undefined where that is not known, which is not a no.
 * @throws {BadRequestError} where there is no such capability
 * @example
 * supports('openai/gpt-4o', 'vision') // true
 */
export function supports(
  model: string,
  capability: Capability,
  registry: ModelRegistry = defaultRegistry(),
): boolean | undefined {
  if (!capabilities.includes(capability)) {
    throw new BadRequestError(`There is no capability '${String(capability)}'. Known: ${capabilities.join(', ')}.`)
  }
  const { row } = registry.find(model)
  if (!row) return undefined
  const [set, bit] = place(row, capability)
  if (set === undefined) return undefined
  if ((set & bit) !== 0) return true
  return ((row.x ?? 0) & partial) !== 0 && !surely.has(capability) ? undefined : false
}

function place(row: Row, capability: Capability): [number | undefined, number] {
  if (!Object.hasOwn(senses, capability)) return [row.x, 1 << abilities.indexOf(capability as Ability)]
  const [side, modality] = senses[capability as keyof typeof senses]
  return [row[side], 1 << modalities.indexOf(modality)]
}

/** What is known of every model that anything is known of. */
const surely = new Set<Capability>(['tools', 'reasoning', 'computerUse', 'vision'])

/** How old and how large the price table is. */
export interface PricingInfo {
  /** The date of the newest price in it: `2026-09-23`. */
  asOf: string
  /** Ids of models, other names of one model included. */
  rows: number
  providers: number
  /** What it was made from. */
  sources: readonly { name: string; version: string; date: string }[]
}

/**
 * The date, size and sources of the price table.
 * @example
 * pricingInfo().asOf // '2026-09-23'
 */
export function pricingInfo(): PricingInfo {
  return {
    asOf,
    rows,
    providers: tableProviders().length,
    sources: (sources as PricingInfo['sources']).map((source) => ({ ...source })),
  }
}

/**
 * Adds a model to the registry of the top-level functions, or changes what it says of one. See {@link ModelRegistry.register}.
 * @example
 * registerModel('my/model', { input: 0.5, output: 1.5 })
 */
export function registerModel(
  id: string,
  given: ModelPrices & ModelFacts,
  options?: { inherit?: boolean | undefined },
): void {
  defaultRegistry().register(id, given, options)
}
