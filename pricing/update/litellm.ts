/** LiteLLM's table: the most providers, abilities, dimensions, service tiers and deprecation dates. */
import { abilities, type Card, modalities, modes, type Row, type ServiceRate, type Tier } from '../schema.js'
import { compact, emptySource, isRecord, num, type Source, shelfOf, tidy } from './offer.js'

type Entry = Record<string, unknown>

/** Resellers that answer with the cost, subscriptions, search engines and what else has no models of its own. */
const left = new Set([
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

const modeOf: Readonly<Record<string, (typeof modes)[number]>> = {
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
  for (const [key, entry] of Object.entries(data as Record<string, Entry>)) {
    const mode = modeOf[String(entry.mode ?? 'chat')]
    const place = mode && placeOf(key, String(entry.litellm_provider ?? ''))
    if (!place || place.id === '' || /(^|\/)\d+-month-commitment\/|^sample_spec$|\*/.test(place.id)) continue
    const row = compact({
      ...card(entry, mode, key, place.provider === 'xai'),
      ...services(entry),
      ...facts(entry, mode),
    })
    const shelf = shelfOf(source, place.provider)
    // a model under a route of its own (`responses/`, bare and with a prefix) is the same model: the first stands
    if (!shelf.has(place.id)) shelf.set(place.id, row)
  }
  return source
}

const merged: Readonly<Record<string, string>> = {
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

function placeOf(key: string, named: string): { provider: string; id: string } | undefined {
  if (named === '' || named.startsWith('one of') || left.has(named)) return undefined
  const provider = named.startsWith('vertex_ai') ? 'vertex_ai' : (merged[named] ?? named)
  for (const prefix of [named, provider, provider.replaceAll('_', '-'), 'azure', 'vertex_ai']) {
    if (
      key.startsWith(`${prefix}/`) &&
      (prefix === named || prefix === provider || merged[named] === prefix || prefix.replaceAll('-', '_') === provider)
    )
      return { provider, id: key.slice(prefix.length + 1).replace(/^(invoke|converse)\//, '') }
  }
  return { provider, id: key.replace(/^(invoke|converse)\//, '') }
}

const million = (value: unknown): number | undefined => {
  const rate = num(value)
  return rate === undefined ? undefined : tidy(rate * 1e6)
}

const tokenFields = {
  i: ['input_cost_per_token', ''],
  o: ['output_cost_per_token', ''],
  r: ['cache_read_input_token_cost', ''],
  w: ['cache_creation_input_token_cost', ''],
  W: ['cache_creation_input_token_cost', '_above_1hr'],
} as const

function card(entry: Entry, mode: string, key: string, inclusive: boolean): Card {
  const made: Card = compact({
    i: million(entry.input_cost_per_token),
    o: mode === 'embedding' || mode === 'rerank' ? undefined : million(entry.output_cost_per_token),
    r: million(entry.cache_read_input_token_cost) || undefined,
    w: million(entry.cache_creation_input_token_cost) || undefined,
    W: million(entry.cache_creation_input_token_cost_above_1hr) || undefined,
    n: million(entry.output_cost_per_reasoning_token) || undefined,
    a: million(entry.input_cost_per_audio_token) || undefined,
    A: million(entry.output_cost_per_audio_token) || undefined,
    ra: million(entry.cache_read_input_audio_token_cost) || undefined,
    g: million(entry.input_cost_per_image_token) || undefined,
    G: million(entry.output_cost_per_image_token) || undefined,
    ...units(entry, mode, key),
    ...search(entry),
  })
  if (mode === 'rerank' && made.i === 0) delete made.i
  const tiers = tiersOf(entry, inclusive)
  if (tiers.length > 0) made.t = tiers
  const first = Array.isArray(entry.tiered_pricing) ? (entry.tiered_pricing as Entry[]) : undefined
  return first ? { ...made, ...ranges(first) } : made
}

function units(entry: Entry, mode: string, key: string): Card {
  const query = num(entry.input_cost_per_query) || undefined
  const size = /(\d{3,4})-x-(\d{3,4})\//.exec(key)
  const pixel = num(entry.input_cost_per_pixel) || num(entry.output_cost_per_pixel)
  const pixels = size && pixel ? tidy(pixel * Number(size[1]) * Number(size[2])) : undefined
  const image = num(entry.output_cost_per_image) || (mode === 'image' ? num(entry.input_cost_per_image) : undefined)
  const second = num(entry.input_cost_per_second) || num(entry.cost_per_second)
  const heard = num(entry.input_cost_per_audio_per_second) || second
  return compact({
    R: num(entry.input_cost_per_request) || (mode === 'rerank' ? undefined : query),
    q: mode === 'rerank' ? query : undefined,
    I: mode === 'image' ? image || pixels || undefined : undefined,
    S: mode === 'transcription' ? heard || num(entry.output_cost_per_second) || undefined : undefined,
    T: mode === 'speech' ? num(entry.output_cost_per_second) || undefined : undefined,
    c:
      mode === 'speech'
        ? million(entry.input_cost_per_character) || million(entry.output_cost_per_character)
        : undefined,
  })
}

function search(entry: Entry): Card {
  const costs = entry.search_context_cost_per_query
  if (!isRecord(costs)) return {}
  const sizes = ['low', 'medium', 'high'].map((size) => num(costs[`search_context_size_${size}`]))
  const [low, medium, high] = sizes
  if (low === undefined || medium === undefined || high === undefined || medium === 0) return {}
  if (entry.web_search_billing_unit === 'per_prompt') return { sg: medium }
  return { s: low === medium && medium === high ? medium : [low, medium, high] }
}

function tiersOf(entry: Entry, inclusive: boolean): [number, Tier][] {
  const sizes = new Set<number>()
  for (const field of Object.keys(entry)) {
    const size = /^input_cost_per_token_above_(\d+)k_tokens$/.exec(field)?.[1]
    if (size !== undefined) sizes.add(Number(size))
  }
  return [...sizes]
    .sort((one, other) => one - other)
    .map((size) => {
      const at = (base: string, service = ''): number | undefined =>
        million(entry[`${base}_above_${size}k_tokens${service}`]) || undefined
      const tier: Tier = {}
      for (const [key, [base, suffix]] of Object.entries(tokenFields)) {
        const rate = at(`${base}${suffix}`)
        if (rate !== undefined) tier[key as keyof typeof tokenFields] = rate
      }
      const priority = multiple(entry, `_above_${size}k_tokens`, '_priority')
      // without a rate of its own, priority isn't offered for prompts of this size
      if (typeof priority === 'number' || num(entry.input_cost_per_token_priority))
        tier.p = typeof priority === 'number' ? priority : 1
      if (tier.p === multiple(entry, '', '_priority')) delete tier.p
      return [size * 1000 - (inclusive ? 1 : 0), tier] as [number, Tier]
    })
    .filter(([, tier]) => tier.i !== undefined || tier.o !== undefined)
}

/** `tiered_pricing`: ranges of prompt sizes, from the first up. */
function ranges(list: readonly Entry[]): Card {
  const cards = list
    .filter((entry) => Array.isArray(entry.range))
    .map((entry) => ({
      from: Number((entry.range as unknown[])[0]),
      card: compact({
        i: million(entry.input_cost_per_token),
        o: million(entry.output_cost_per_token),
        r: million(entry.cache_read_input_token_cost) || undefined,
        n: million(entry.output_cost_per_reasoning_token) || undefined,
      }),
    }))
  const [first, ...more] = cards
  if (!first) return {}
  return more.length === 0 ? first.card : { ...first.card, t: more.map(({ from, card }) => [from, card] as const) }
}

function services(entry: Entry): Row {
  return compact({
    b: multiple(entry, '', '_batches'),
    f: multiple(entry, '', '_flex'),
    p: multiple(entry, '', '_priority'),
    F: isRecord(entry.provider_specific_entry) ? num(entry.provider_specific_entry.fast) : undefined,
    u: residency(entry),
  })
}

function residency(entry: Entry): number | undefined {
  const own = isRecord(entry.provider_specific_entry) ? num(entry.provider_specific_entry.us) : undefined
  return own ?? num(entry.regional_processing_uplift_multiplier_eu) ?? num(entry.regional_endpoint_uplift_multiplier)
}

/** Multiples that providers ask: what lies within the rounding of a printed price is one of them. */
const usual = [0.5, 0.8, 0.75, 0.6, 1.2, 1.25, 1.5, 1.7, 1.75, 1.8, 2, 2.5, 3, 6, 5 / 3, 20 / 11]

/** What a service tier costs beside the standard one: a multiple where it is one, else its rates. */
export function multiple(entry: Entry, tier: string, service: string): ServiceRate | undefined {
  const ratio = (base: string): number | undefined => {
    const standard = num(entry[`${base}${tier}`])
    const served = num(entry[`${base}${tier}${service}`])
    return standard && served ? served / standard : undefined
  }
  const input = ratio('input_cost_per_token')
  const output = ratio('output_cost_per_token')
  const all = input ?? output
  if (all === undefined) return undefined
  const read = ratio('cache_read_input_token_cost')
  const near = (one: number, other: number): boolean => Math.abs(one - other) <= 0.03 * other
  const snapped = usual.find((value) => Math.abs(value - all) <= 0.004 * value) ?? tidy(all)
  if (output !== undefined && !near(output, all)) {
    const at = (base: string): number | undefined => million(entry[`${base}${tier}${service}`]) || undefined
    return compact({
      i: at('input_cost_per_token'),
      o: at('output_cost_per_token'),
      r: at('cache_read_input_token_cost'),
    })
  }
  // 0.125 is printed as 0.13: a cached rate within 10 % of the multiple is that multiple, rounded
  if (read !== undefined && Math.abs(read - snapped) > 0.1 * snapped) return [snapped, near(read, 1) ? 1 : tidy(read)]
  return snapped === 1 ? undefined : snapped
}

const flags: Readonly<Record<string, (typeof abilities)[number]>> = {
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

const inputs: Readonly<Record<string, (typeof modalities)[number]>> = {
  supports_vision: 'image',
  supports_image_input: 'image',
  supports_embedding_image_input: 'image',
  supports_audio_input: 'audio',
  supports_video_input: 'video',
  supports_pdf_input: 'pdf',
}

function facts(entry: Entry, mode: (typeof modes)[number]): Row {
  const bit = (names: readonly string[], name: string): number => (names.includes(name) ? 1 << names.indexOf(name) : 0)
  let x = 0
  let im = 0
  let om = 0
  for (const [flag, ability] of Object.entries(flags)) if (entry[flag] === true) x |= bit(abilities, ability)
  for (const [flag, modality] of Object.entries(inputs)) if (entry[flag] === true) im |= bit(modalities, modality)
  if (Array.isArray(entry.supported_modalities))
    for (const name of entry.supported_modalities) im |= bit(modalities, String(name))
  if (Array.isArray(entry.supported_output_modalities))
    for (const name of entry.supported_output_modalities) om |= bit(modalities, String(name))
  if (entry.supports_audio_output === true) om |= bit(modalities, 'audio')
  const talks = mode === 'chat' || mode === 'responses' || mode === 'realtime'
  if (talks || im !== 0) im |= bit(modalities, 'text')
  const tells = Object.keys(entry).some((field) => Object.hasOwn(flags, field) || Object.hasOwn(inputs, field))
  const window = num(entry.max_input_tokens) || undefined
  return compact({
    // LiteLLM's is the most input; what the window is, it doesn't say
    L: window,
    M: mode === 'embedding' || mode === 'rerank' ? undefined : num(entry.max_output_tokens) || undefined,
    d: num(entry.output_vector_size) || undefined,
    k: mode === 'chat' ? undefined : modes.indexOf(mode),
    x: tells && talks ? x : undefined,
    im: tells || im > 1 ? im || undefined : undefined,
    om: om > 1 ? om : undefined,
    e:
      typeof entry.deprecation_date === 'string' && /^\d{4}-\d\d-\d\d$/.test(entry.deprecation_date)
        ? entry.deprecation_date
        : undefined,
  })
}
