import { BadRequestError } from '../src/errors.js'
import type { KnownModel } from '../src/types/known-models.generated.js'
import { type ModelFacts, type ModelPrices, namesOf, toPrices } from './prices.js'
import { cardAt } from './rates.js'
import { defaultRegistry, type ModelRegistry } from './registry.js'
import { type Ability, abilities, fieldsOf, type Modality, modalities, type PriceRow, partial } from './schema.js'
import { asOf, rows, sources } from './table.generated.js'
import { providerRows, tableProviders } from './table.js'

/** Facts about a model. An absent field is unknown. */
export interface ModelInfo extends ModelFacts {
  /** Id of the row: `openai/gpt-4o`. */
  id: string
  provider: string
  mode: NonNullable<ModelFacts['mode']>
  /** Today's prices, in US dollars. */
  prices: ModelPrices
  source: 'registry' | 'table'
}

/**
 * Context window, limits, abilities and prices of a model; undefined if the model is unknown.
 * @example
 * modelInfo('anthropic/claude-sonnet-4-20250514')?.contextWindow // 200000
 */
export function modelInfo(
  model: KnownModel | (string & {}),
  registry: ModelRegistry = defaultRegistry(),
): ModelInfo | undefined {
  const found = registry.find(model)
  if (!found.row) return undefined
  const { row } = found
  const info: ModelInfo = {
    id: found.id,
    provider: found.provider,
    mode: row.mode ?? 'chat',
    prices: toPrices({ ...pickMultiples(row), ...cardAt(row, Date.now()) }),
    source: found.source,
  }
  if (row.contextWindow !== undefined) info.contextWindow = row.contextWindow
  const maxInput = row.maxInputTokens ?? row.contextWindow
  if (maxInput !== undefined) info.maxInputTokens = maxInput
  if (row.maxOutputTokens !== undefined) info.maxOutputTokens = row.maxOutputTokens
  if (row.dimensions !== undefined) info.dimensions = row.dimensions
  if (row.inputBits !== undefined) info.inputModalities = namesOf(modalities, row.inputBits)
  if (row.outputBits !== undefined) info.outputModalities = namesOf(modalities, row.outputBits)
  if (row.abilityBits !== undefined) info.abilities = namesOf(abilities, row.abilityBits)
  if (row.deprecationDate !== undefined) info.deprecationDate = row.deprecationDate
  return info
}

const multiples = fieldsOf('service', 'multiple')

/** Earlier cards have no multiples of their own: those of the row apply to them too. */
function pickMultiples(row: PriceRow): PriceRow {
  const made: Record<string, unknown> = {}
  for (const name of multiples) if (row[name] !== undefined) made[name] = row[name]
  return made
}

/**
 * Maximum output tokens of a model; undefined if unknown.
 * @example
 * maxTokens('openai/gpt-4o') // 16384
 */
export function maxTokens(model: string, registry: ModelRegistry = defaultRegistry()): number | undefined {
  return registry.find(model).row?.maxOutputTokens
}

const modalityOf = {
  vision: ['inputBits', 'image'],
  audioInput: ['inputBits', 'audio'],
  videoInput: ['inputBits', 'video'],
  pdfInput: ['inputBits', 'pdf'],
  audioOutput: ['outputBits', 'audio'],
  imageOutput: ['outputBits', 'image'],
} as const satisfies Record<string, readonly ['inputBits' | 'outputBits', Modality]>

/** Capabilities that `supports()` knows. */
export type Capability = Ability | keyof typeof modalityOf

export const capabilities: readonly Capability[] = Object.freeze([
  ...(Object.keys(modalityOf) as (keyof typeof modalityOf)[]),
  ...abilities,
])

/**
 * Whether a model has a capability; undefined if unknown, which does not mean no.
 * @throws {BadRequestError} if there is no such capability
 * @example
 * supports('openai/gpt-4o', 'vision') // true
 */
export function supports(
  model: string,
  capability: Capability,
  registry: ModelRegistry = defaultRegistry(),
): boolean | undefined {
  if (!capabilities.includes(capability)) {
    throw new BadRequestError(`The capability must be one of ${capabilities.join(', ')}; got '${String(capability)}'.`)
  }
  const { row } = registry.find(model)
  if (!row) return undefined
  const [bits, bit] = bitOf(row, capability)
  if (bits === undefined) return undefined
  if ((bits & bit) !== 0) return true
  return ((row.abilityBits ?? 0) & partial) !== 0 && !alwaysKnown.has(capability) ? undefined : false
}

function bitOf(row: PriceRow, capability: Capability): [bits: number | undefined, bit: number] {
  if (!Object.hasOwn(modalityOf, capability)) {
    return [row.abilityBits, 1 << abilities.indexOf(capability as Ability)]
  }
  const [field, modality] = modalityOf[capability as keyof typeof modalityOf]
  return [row[field], 1 << modalities.indexOf(modality)]
}

/** Known even for rows whose other abilities are unknown. */
const alwaysKnown = new Set<Capability>(['tools', 'reasoning', 'computerUse', 'vision'])

/**
 * Ids of the models in the price table, aliases included: of one provider, or all.
 * @example
 * knownModels('groq') // ['groq/llama-3.3-70b-versatile', …]
 */
export function knownModels(provider?: string): string[] {
  const providers = provider === undefined ? tableProviders() : [provider]
  return providers.flatMap((id) => [...(providerRows(id)?.names() ?? [])].map((name) => `${id}/${name}`))
}

/** Age and size of the price table. */
export interface PricingInfo {
  /** Date of the newest source: `2026-09-23`. */
  asOf: string
  /** Model ids, aliases included. */
  rows: number
  providers: number
  /** The packages that the table was built from. */
  sources: readonly { name: string; version: string; date: string }[]
}

/**
 * Date, size and sources of the price table.
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
 * Adds or changes a model in the registry of the top-level functions. See {@link ModelRegistry.register}.
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
