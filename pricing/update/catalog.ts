/** @oh-my-pi/pi-catalog: windows, limits and abilities; prices where the first two are silent. */
import { abilities, modalities, type Row } from '../schema.js'
import { compact, emptySource, isRecord, num, type Source, shelfOf } from './offer.js'

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

const kinds: Readonly<Record<string, number>> = { image: 5, embedding: 3, rerank: 4, stt: 6, tts: 7 }

const bit = (names: readonly string[], name: string): number => 1 << names.indexOf(name)

export function fromCatalog(data: unknown): Source {
  const source = emptySource('pi-catalog')
  for (const [name, models] of Object.entries(data as Record<string, Record<string, Record<string, unknown>>>)) {
    const provider = providers[name]
    if (provider === undefined) continue
    for (const [id, model] of Object.entries(models)) {
      const kind = typeof model.kind === 'string' ? model.kind : undefined
      if (kind !== undefined && kind !== 'tiny' && !Object.hasOwn(kinds, kind)) continue
      const row = compact({ ...prices(model.cost, provider), ...facts(model, kind) })
      shelfOf(source, provider).set(id, row)
    }
  }
  return source
}

function facts(model: Record<string, unknown>, kind: string | undefined): Row {
  const context = num(model.contextWindow) || undefined
  const most = num(model.maxTokens) || undefined
  const chat = kind === undefined || kind === 'tiny'
  const seen = Array.isArray(model.input) && model.input.includes('image')
  let x = 0
  if (model.reasoning === true) x |= bit(abilities, 'reasoning')
  if (model.supportsTools !== false) x |= bit(abilities, 'tools')
  if (model.supportsComputerUse === true) x |= bit(abilities, 'computerUse')
  return compact({
    C: context,
    M: most !== undefined && context !== undefined && most >= context - 16 ? undefined : most,
    x: chat ? x : undefined,
    im: chat ? bit(modalities, 'text') | (seen ? bit(modalities, 'image') : 0) : undefined,
    k: kind === undefined ? undefined : kinds[kind],
  })
}

/** Zero for everything means that the catalog has no price, and zero for the cache that it has none for that. */
function prices(cost: unknown, provider: string): Row {
  if (!isRecord(cost) || cost.timeBased !== undefined) return {}
  const input = num(cost.input)
  const output = num(cost.output)
  if (!input && !output) return {}
  const row: Row = compact({
    i: input,
    o: output,
    r: num(cost.cacheRead) || undefined,
    w: num(cost.cacheWrite) || undefined,
  })
  const long = cost.longContext
  if (isRecord(long)) {
    const threshold = Number(long.inputThreshold)
    const inclusive = provider === 'xai' || long.inputThresholdInclusive === true
    row.t = [
      [
        inclusive ? threshold - 1 : threshold,
        compact({
          i: num(long.input),
          o: num(long.output),
          r: num(long.cacheRead) || undefined,
          w: num(long.cacheWrite) || undefined,
        }),
      ],
    ]
  }
  return row
}
