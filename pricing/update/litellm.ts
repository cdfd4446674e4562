/** LiteLLM's table: the most providers, and abilities, dimensions, service tiers and deprecation dates. */
import {
  abilities,
  type ContextTier,
  type HourlyRate,
  type ModelMode,
  modalities,
  type PriceRow,
  type RateCard,
  type ServiceRate,
  type ServiceTier,
} from '../schema.js'
import { aliasesOf, compact, emptySource, isRecord, roundOff, rowsOf, type Source, toAmount } from './source.js'

type Entry = Record<string, unknown>

/** Resellers that report the cost themselves, subscriptions, search engines and others without models of their own. */
const ignored = new Set([
  'aihubmix',
  'chatgpt',
  'clf_ai_gateway',
  'kyma',
  'microsoft_365_copilot',
  'opencode_go',
  'strands_decider',
  'vercel_ai_gateway',
  'agentcore',
])

const modeOf: Readonly<Record<string, ModelMode>> = {
  chat: 'chat',
  completion: 'completion',
  responses: 'responses',
  embedding: 'embedding',
  rerank: 'rerank',
  image_generation: 'image',
  image_edit: 'image',
  audio_transcription: 'transcription',
  audio_speech: 'speech',
  realtime: 'realtime',
  moderation: 'moderation',
}

export function fromLitellm(data: unknown): Source {
  const source = emptySource('litellm')
  const entries = data as Record<string, Entry>
  for (const [key, entry] of Object.entries(entries)) {
    if (typeof entry.alias_of === 'string') {
      addAlias(source, key, entry.alias_of, entries)
      continue
    }
    const mode = modeOf[String(entry.mode ?? 'chat')]
    const place = mode && locate(key, String(entry.litellm_provider ?? ''))
    if (!place || place.id === '' || /(^|\/)\d+-month-commitment\/|^sample_spec$|\*/.test(place.id)) continue
    const row = compact({
      ...toCard(entry, mode, key, place.provider === 'xai'),
      ...toServices(entry),
      ...toFacts(entry, mode),
    })
    const rows = rowsOf(source, place.provider)
    // the same model may appear under several routes (`responses/`, bare and prefixed): the first one counts
    if (!rows.has(place.id)) rows.set(place.id, row)
  }
  return source
}

/** `claude-opus-latest` and the like. Bedrock's aliases name the global endpoint, which is the row without a geography. */
function addAlias(source: Source, key: string, target: string, entries: Record<string, Entry>): void {
  const place = locate(target, String(entries[target]?.litellm_provider ?? ''))
  if (!place) return
  const alias = key.slice(key.indexOf('/') + 1)
  aliasesOf(source, place.provider).set(alias, place.id.replace(/^global\./, ''))
}

/** LiteLLM's providers that are one provider in the table. */
const mergedProviders: Readonly<Record<string, string>> = {
  bedrock_converse: 'bedrock',
  'text-completion-openai': 'openai',
  'text-completion-codestral': 'codestral',
  'text-completion-inception': 'inception',
  azure_text: 'azure',
  cohere_chat: 'cohere',
  'fireworks_ai-embedding-models': 'fireworks_ai',
  bigmodel: 'zhipuai',
  qwen_ai_platform: 'dashscope',
}

/** Splits a key of LiteLLM's table into provider and model id. */
function locate(key: string, named: string): { provider: string; id: string } | undefined {
  if (named === '' || named.startsWith('one of') || ignored.has(named)) return undefined
  const provider = named.startsWith('vertex_ai') ? 'vertex_ai' : (mergedProviders[named] ?? named)
  for (const prefix of [named, provider, provider.replaceAll('_', '-'), 'azure', 'vertex_ai']) {
    const isOwn =
      prefix === named ||
      prefix === provider ||
      mergedProviders[named] === prefix ||
      prefix.replaceAll('-', '_') === provider
    if (isOwn && key.startsWith(`${prefix}/`))
      return { provider, id: key.slice(prefix.length + 1).replace(/^(invoke|converse)\//, '') }
  }
  return { provider, id: key.replace(/^(invoke|converse)\//, '') }
}

const perMillion = (value: unknown): number | undefined => {
  const rate = toAmount(value)
  return rate === undefined ? undefined : roundOff(rate * 1e6)
}

/** Token rates with context tiers: field, LiteLLM's name and the suffix of a lifetime. */
const tieredFields = [
  ['input', 'input_cost_per_token', ''],
  ['output', 'output_cost_per_token', ''],
  ['cacheRead', 'cache_read_input_token_cost', ''],
  ['cacheWrite', 'cache_creation_input_token_cost', ''],
  ['cacheWrite1h', 'cache_creation_input_token_cost', '_above_1hr'],
  ['cacheWrite12h', 'cache_creation_input_token_cost', '_above_12hr'],
] as const

function toCard(entry: Entry, mode: ModelMode, key: string, inclusive: boolean): RateCard {
  const card: RateCard = compact({
    input: perMillion(entry.input_cost_per_token),
    output: mode === 'embedding' || mode === 'rerank' ? undefined : perMillion(entry.output_cost_per_token),
    cacheRead: perMillion(entry.cache_read_input_token_cost) || undefined,
    cacheWrite: perMillion(entry.cache_creation_input_token_cost) || undefined,
    cacheWrite1h: perMillion(entry.cache_creation_input_token_cost_above_1hr) || undefined,
    cacheWrite12h: perMillion(entry.cache_creation_input_token_cost_above_12hr) || undefined,
    reasoning: perMillion(entry.output_cost_per_reasoning_token) || undefined,
    audioInput: perMillion(entry.input_cost_per_audio_token) || undefined,
    audioOutput: perMillion(entry.output_cost_per_audio_token) || undefined,
    cacheReadAudio: perMillion(entry.cache_read_input_audio_token_cost) || undefined,
    imageInput: perMillion(entry.input_cost_per_image_token) || undefined,
    imageOutput: perMillion(entry.output_cost_per_image_token) || undefined,
    ...unitFees(entry, mode, key),
    ...searchFees(entry),
  })
  if (mode === 'rerank' && card.input === 0) delete card.input
  const tiers = toTiers(entry, inclusive)
  if (tiers.length > 0) card.tiers = tiers
  const priced = Array.isArray(entry.tiered_pricing) ? { ...card, ...toRanges(entry.tiered_pricing as Entry[]) } : card
  return isRecord(entry.off_peak_pricing) ? withHours(priced, entry.off_peak_pricing) : priced
}

function unitFees(entry: Entry, mode: ModelMode, key: string): RateCard {
  const query = toAmount(entry.input_cost_per_query) || undefined
  const size = /(\d{3,4})-x-(\d{3,4})\//.exec(key)
  const pixel = toAmount(entry.input_cost_per_pixel) || toAmount(entry.output_cost_per_pixel)
  const pixels = size && pixel ? roundOff(pixel * Number(size[1]) * Number(size[2])) : undefined
  const inputImage = toAmount(entry.input_cost_per_image) || undefined
  const image = toAmount(entry.output_cost_per_image) || (mode === 'image' ? inputImage : undefined)
  const second = toAmount(entry.input_cost_per_second) || toAmount(entry.cost_per_second)
  const heard = toAmount(entry.input_cost_per_audio_per_second) || second
  return compact({
    perRequest: toAmount(entry.input_cost_per_request) || (mode === 'rerank' ? undefined : query),
    perSearchUnit: mode === 'rerank' ? query : undefined,
    perImage: mode === 'image' ? image || pixels || undefined : undefined,
    perInputImage: mode === 'embedding' ? inputImage : undefined,
    perInputSecond: mode === 'transcription' ? heard || toAmount(entry.output_cost_per_second) || undefined : undefined,
    perOutputSecond: mode === 'speech' ? toAmount(entry.output_cost_per_second) || undefined : undefined,
    perMillionCharacters:
      mode === 'speech'
        ? perMillion(entry.input_cost_per_character) || perMillion(entry.output_cost_per_character)
        : undefined,
    perFileSearch: perCall(entry.file_search_cost_per_1k_calls),
  })
}

const perCall = (perThousand: unknown): number | undefined => {
  const price = toAmount(perThousand)
  return price ? roundOff(price / 1000) : undefined
}

function searchFees(entry: Entry): RateCard {
  const costs = entry.search_context_cost_per_query
  if (!isRecord(costs)) return {}
  const [low, medium, high] = ['low', 'medium', 'high'].map((size) => toAmount(costs[`search_context_size_${size}`]))
  if (low === undefined || medium === undefined || high === undefined || medium === 0) return {}
  if (entry.web_search_billing_unit === 'per_prompt') return { perSearchedAnswer: medium }
  return { perWebSearch: low === medium && medium === high ? medium : [low, medium, high] }
}

const serviceSuffixes: readonly (readonly [ServiceTier, string])[] = [
  ['batch', '_batches'],
  ['flex', '_flex'],
  ['priority', '_priority'],
  ['ultrafast', '_ultrafast'],
]

function toTiers(entry: Entry, inclusive: boolean): [number, ContextTier][] {
  const sizes = new Set<number>()
  for (const name of Object.keys(entry)) {
    const size = /^input_cost_per_token_above_(\d+)k_tokens$/.exec(name)?.[1]
    if (size !== undefined) sizes.add(Number(size))
  }
  return [...sizes]
    .sort((one, other) => one - other)
    .map((size): [number, ContextTier] => {
      const above = `_above_${size}k_tokens`
      const tier: ContextTier = {}
      for (const [field, base, lifetime] of tieredFields) {
        const rate = perMillion(entry[`${base}${lifetime}${above}`]) || undefined
        if (rate !== undefined) tier[field] = rate
      }
      return [size * 1000 - (inclusive ? 1 : 0), { ...tier, ...tierServices(entry, above) }]
    })
    .filter(([, tier]) => tier.input !== undefined || tier.output !== undefined)
}

/** Multiples of service tiers that differ above the threshold. */
function tierServices(entry: Entry, above: string): ContextTier {
  const made: ContextTier = {}
  for (const [service, suffix] of serviceSuffixes) {
    const base = multipleOf(entry, '', suffix)
    const own = multipleOf(entry, above, suffix)
    // without rates of its own, priority is not offered for prompts of this size
    const missing = service === 'priority' && toAmount(entry.input_cost_per_token_priority) ? 1 : undefined
    const multiple = typeof own === 'number' ? own : missing
    if (multiple !== undefined && multiple !== base) made[service] = multiple
  }
  return made
}

/** `tiered_pricing`: ranges of prompt sizes, ascending. */
function toRanges(list: readonly Entry[]): RateCard {
  const cards = list
    .filter((entry) => Array.isArray(entry.range))
    .map((entry) => ({
      from: Number((entry.range as unknown[])[0]),
      card: compact({
        input: perMillion(entry.input_cost_per_token),
        output: perMillion(entry.output_cost_per_token),
        cacheRead: perMillion(entry.cache_read_input_token_cost) || undefined,
        reasoning: perMillion(entry.output_cost_per_reasoning_token) || undefined,
      }),
    }))
  const [first, ...more] = cards
  if (!first) return {}
  return more.length === 0 ? first.card : { ...first.card, tiers: more.map(({ from, card }) => [from, card] as const) }
}

/** LiteLLM lists the peak price and the hours off peak; the table has the price off peak and the hours at a multiple of it. */
function withHours(card: RateCard, offPeak: Entry): RateCard {
  const low = compact({
    input: perMillion(offPeak.input_cost_per_token),
    output: perMillion(offPeak.output_cost_per_token),
    cacheRead: perMillion(offPeak.cache_read_input_token_cost) || undefined,
  })
  if (!card.input || !low.input || !Array.isArray(offPeak.windows)) return card
  const multiple = roundOff(card.input / low.input)
  const hours: HourlyRate[] = []
  for (const { hours_utc, weekdays } of offPeak.windows as Entry[]) {
    const minutes = complement([hours_utc].flat().map((span) => toSpan(String(span))))
    if (minutes.length === 0) continue
    hours.push({ minutes, ...(Array.isArray(weekdays) && { days: weekdays as number[] }), multiple })
  }
  return { ...card, ...low, ...(hours.length > 0 && { hours }) }
}

const toMinute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** `10:00-00:00` ends at the end of the day. */
function toSpan(text: string): [number, number] {
  const [from = '', to = ''] = text.split('-')
  return [toMinute(from), toMinute(to) || 1440]
}

/** The minutes of a day that no span covers. */
function complement(spans: readonly (readonly [number, number])[]): [number, number][] {
  const gaps: [number, number][] = []
  let at = 0
  for (const [from, to] of [...spans].sort(([one], [other]) => one - other)) {
    if (from > at) gaps.push([at, from])
    at = Math.max(at, to)
  }
  return at < 1440 ? [...gaps, [at, 1440]] : gaps
}

function toServices(entry: Entry): PriceRow {
  const made: PriceRow = {}
  for (const [service, suffix] of serviceSuffixes) {
    const rate = multipleOf(entry, '', suffix)
    if (rate !== undefined) made[service] = rate
  }
  return compact({
    ...made,
    fast: isRecord(entry.provider_specific_entry) ? toAmount(entry.provider_specific_entry.fast) : undefined,
    residency: residencyMultiple(entry),
  })
}

function residencyMultiple(entry: Entry): number | undefined {
  const own = isRecord(entry.provider_specific_entry) ? toAmount(entry.provider_specific_entry.us) : undefined
  return (
    own ??
    toAmount(entry.regional_processing_uplift_multiplier_eu) ??
    toAmount(entry.regional_endpoint_uplift_multiplier)
  )
}

/** Multiples that providers use. A ratio that differs from one of them only by the rounding of printed prices is that one. */
const usualMultiples = [0.5, 0.8, 0.75, 0.6, 1.2, 1.25, 1.5, 1.7, 1.75, 1.8, 2, 2.5, 3, 6, 5 / 3, 20 / 11]

/**
 * Price of a service tier: a multiple of the standard price, or its rates if there is no single multiple.
 * @param above suffix of a context tier
 * @param suffix suffix of the service tier
 */
export function multipleOf(entry: Entry, above: string, suffix: string): ServiceRate | undefined {
  const ratio = (base: string): number | undefined => {
    const standard = toAmount(entry[`${base}${above}`])
    const served = toAmount(entry[`${base}${above}${suffix}`])
    return standard && served ? served / standard : undefined
  }
  const input = ratio('input_cost_per_token')
  const output = ratio('output_cost_per_token')
  const all = input ?? output
  if (all === undefined) return undefined
  const read = ratio('cache_read_input_token_cost')
  const isNear = (one: number, other: number): boolean => Math.abs(one - other) <= 0.03 * other
  const snapped = usualMultiples.find((value) => Math.abs(value - all) <= 0.004 * value) ?? roundOff(all)
  if (output !== undefined && !isNear(output, all)) {
    const rate = (base: string): number | undefined => perMillion(entry[`${base}${above}${suffix}`]) || undefined
    return compact({
      input: rate('input_cost_per_token'),
      output: rate('output_cost_per_token'),
      cacheRead: rate('cache_read_input_token_cost'),
    })
  }
  // 0.125 is printed as 0.13, so a cached rate within 10 % of the multiple is that multiple, rounded
  if (read !== undefined && Math.abs(read - snapped) > 0.1 * snapped)
    return [snapped, isNear(read, 1) ? 1 : roundOff(read)]
  return snapped === 1 ? undefined : snapped
}

const abilityFlags: Readonly<Record<string, (typeof abilities)[number]>> = {
  supports_function_calling: 'tools',
  supports_parallel_function_calling: 'parallelTools',
  supports_tool_choice: 'toolChoice',
  supports_response_schema: 'responseSchema',
  supports_reasoning: 'reasoning',
  supports_prompt_caching: 'promptCaching',
  supports_system_messages: 'systemMessages',
  supports_assistant_prefill: 'assistantPrefill',
  supports_web_search: 'webSearch',
  supports_computer_use: 'computerUse',
  supports_url_context: 'urlContext',
}

const inputFlags: Readonly<Record<string, (typeof modalities)[number]>> = {
  supports_vision: 'image',
  supports_image_input: 'image',
  supports_embedding_image_input: 'image',
  supports_audio_input: 'audio',
  supports_video_input: 'video',
  supports_pdf_input: 'pdf',
}

function toFacts(entry: Entry, mode: ModelMode): PriceRow {
  const bit = (names: readonly string[], name: string): number => (names.includes(name) ? 1 << names.indexOf(name) : 0)
  let abilityBits = 0
  let inputBits = 0
  let outputBits = 0
  for (const [flag, ability] of Object.entries(abilityFlags))
    if (entry[flag] === true) abilityBits |= bit(abilities, ability)
  for (const [flag, modality] of Object.entries(inputFlags))
    if (entry[flag] === true) inputBits |= bit(modalities, modality)
  if (Array.isArray(entry.supported_modalities))
    for (const name of entry.supported_modalities) inputBits |= bit(modalities, String(name))
  if (Array.isArray(entry.supported_output_modalities))
    for (const name of entry.supported_output_modalities) outputBits |= bit(modalities, String(name))
  if (entry.supports_audio_output === true) outputBits |= bit(modalities, 'audio')
  const isConversation = mode === 'chat' || mode === 'responses' || mode === 'realtime'
  if (isConversation || inputBits !== 0) inputBits |= bit(modalities, 'text')
  const hasFlags = Object.keys(entry).some(
    (name) => Object.hasOwn(abilityFlags, name) || Object.hasOwn(inputFlags, name),
  )
  const { deprecation_date: deprecation } = entry
  return compact({
    // LiteLLM's figure is the largest prompt; it doesn't list the context window
    maxInputTokens: toAmount(entry.max_input_tokens) || undefined,
    maxOutputTokens:
      mode === 'embedding' || mode === 'rerank' ? undefined : toAmount(entry.max_output_tokens) || undefined,
    dimensions: toAmount(entry.output_vector_size) || undefined,
    mode: mode === 'chat' ? undefined : mode,
    abilityBits: hasFlags && isConversation ? abilityBits : undefined,
    inputBits: hasFlags || inputBits > 1 ? inputBits || undefined : undefined,
    outputBits: outputBits > 1 ? outputBits : undefined,
    deprecationDate: typeof deprecation === 'string' && /^\d{4}-\d\d-\d\d$/.test(deprecation) ? deprecation : undefined,
  })
}
