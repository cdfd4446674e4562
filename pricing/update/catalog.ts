/** @oh-my-pi/pi-catalog: context windows, limits and abilities; prices if the other sources have none. */
import { abilities, type ModelMode, modalities, type PriceRow } from '../schema.js'
import { compact, emptySource, isRecord, rowsOf, type Source, toAmount } from './source.js'

const providers: Readonly<Record<string, string>> = {
  abliteration: 'abliteration',
  aiand: 'aiand',
  'amazon-bedrock': 'bedrock',
  anthropic: 'anthropic',
  azure: 'azure',
  baseten: 'baseten',
  'bedrock-mantle': 'bedrock_mantle',
  cerebras: 'cerebras',
  coreweave: 'coreweave',
  deepinfra: 'deepinfra',
  deepseek: 'deepseek',
  fireworks: 'fireworks_ai',
  'gmi-cloud': 'gmi',
  google: 'gemini',
  'google-vertex': 'vertex_ai',
  groq: 'groq',
  meta: 'meta',
  minimax: 'minimax',
  mistral: 'mistral',
  moonshot: 'moonshot',
  novita: 'novita',
  nvidia: 'nvidia_nim',
  openai: 'openai',
  qianfan: 'qianfan',
  sakana: 'sakana',
  stepfun: 'stepfun',
  together: 'together_ai',
  'wafer-serverless': 'wafer',
  xai: 'xai',
  xiaomi: 'xiaomi_mimo',
  zai: 'zai',
}

const modeOf: Readonly<Record<string, ModelMode>> = {
  image: 'image',
  embedding: 'embedding',
  rerank: 'rerank',
  stt: 'transcription',
  tts: 'speech',
}

const bit = (names: readonly string[], name: string): number => 1 << names.indexOf(name)

export function fromCatalog(data: unknown): Source {
  const source = emptySource('pi-catalog')
  for (const [name, models] of Object.entries(data as Record<string, Record<string, Record<string, unknown>>>)) {
    const provider = providers[name]
    if (provider === undefined) continue
    for (const [id, model] of Object.entries(models)) {
      const kind = typeof model.kind === 'string' ? model.kind : undefined
      if (kind !== undefined && kind !== 'tiny' && !Object.hasOwn(modeOf, kind)) continue
      rowsOf(source, provider).set(id, compact({ ...toPrices(model.cost, provider), ...toFacts(model, kind) }))
    }
  }
  return source
}

function toFacts(model: Record<string, unknown>, kind: string | undefined): PriceRow {
  const window = toAmount(model.contextWindow) || undefined
  const maxOutput = toAmount(model.maxTokens) || undefined
  const isChat = kind === undefined || kind === 'tiny'
  const seesImages = Array.isArray(model.input) && model.input.includes('image')
  let abilityBits = 0
  if (model.reasoning === true) abilityBits |= bit(abilities, 'reasoning')
  if (model.supportsTools !== false) abilityBits |= bit(abilities, 'tools')
  if (model.supportsComputerUse === true) abilityBits |= bit(abilities, 'computerUse')
  return compact({
    contextWindow: window,
    maxOutputTokens:
      maxOutput !== undefined && window !== undefined && maxOutput >= window - 16 ? undefined : maxOutput,
    abilityBits: isChat ? abilityBits : undefined,
    inputBits: isChat ? bit(modalities, 'text') | (seesImages ? bit(modalities, 'image') : 0) : undefined,
    mode: kind === undefined ? undefined : modeOf[kind],
  })
}

/** If all prices are 0 the catalog has none; a 0 for the cache means no price for the cache. */
function toPrices(cost: unknown, provider: string): PriceRow {
  if (!isRecord(cost) || cost.timeBased !== undefined) return {}
  const input = toAmount(cost.input)
  const output = toAmount(cost.output)
  if (!input && !output) return {}
  const row: PriceRow = compact({
    input,
    output,
    cacheRead: toAmount(cost.cacheRead) || undefined,
    cacheWrite: toAmount(cost.cacheWrite) || undefined,
  })
  const long = cost.longContext
  if (isRecord(long)) {
    const threshold = Number(long.inputThreshold)
    const inclusive = provider === 'xai' || long.inputThresholdInclusive === true
    const tier = compact({
      input: toAmount(long.input),
      output: toAmount(long.output),
      cacheRead: toAmount(long.cacheRead) || undefined,
      cacheWrite: toAmount(long.cacheWrite) || undefined,
    })
    row.tiers = [[inclusive ? threshold - 1 : threshold, tier]]
  }
  return row
}
