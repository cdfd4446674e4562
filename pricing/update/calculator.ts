/** ai-sdk-cost-calculator: a second opinion on prices, with the dates of its checks. */
import type { PriceRow } from '../schema.js'
import { compact, emptySource, roundOff, rowsOf, type Source, toAmount } from './source.js'

const providers: Readonly<Record<string, readonly string[]>> = {
  openai: ['openai'],
  anthropic: ['anthropic'],
  google: ['gemini', 'vertex_ai'],
  xai: ['xai'],
  deepseek: ['deepseek'],
  perplexity: ['perplexity'],
  mistral: ['mistral'],
  groq: ['groq'],
  cerebras: ['cerebras'],
  cohere: ['cohere'],
  together: ['together_ai'],
  fireworks: ['fireworks_ai'],
  'z-ai': ['zai'],
  dashscope: ['dashscope'],
  moonshot: ['moonshot'],
}

export function fromCalculator(data: unknown): Source {
  const source = emptySource('ai-sdk-cost-calculator')
  for (const [name, models] of Object.entries(data as Record<string, Record<string, Record<string, unknown>>>)) {
    for (const provider of providers[name] ?? []) {
      for (const [id, price] of Object.entries(models)) {
        const row = toRow(price, provider === 'xai')
        if (row) rowsOf(source, provider).set(id, row)
      }
    }
  }
  return source
}

/** @param inclusive whether context tiers include their threshold */
function toRow(price: Record<string, unknown>, inclusive: boolean): PriceRow | undefined {
  if (toAmount(price.videoGenerationPerSecond) !== undefined || toAmount(price.sessionPerMinute) !== undefined) {
    return undefined
  }
  const read = (name: string): number | undefined => toAmount(price[name])
  const paid = (name: string): number | undefined => read(name) || undefined
  const per = (name: string, count: number): number | undefined => {
    const value = paid(name)
    return value === undefined ? undefined : roundOff(value / count)
  }
  const input = read('inputPer1MTokens')
  const output = read('outputPer1MTokens')
  const free = !input && !output
  const threshold = read('longContextThreshold')
  const row: PriceRow = compact({
    input: free ? undefined : input,
    output: free ? undefined : output,
    cacheRead: paid('cacheReadPer1MTokens'),
    cacheWrite: paid('cacheWritePer1MTokens'),
    reasoning: paid('reasoningPer1MTokens'),
    audioInput: paid('audioInputPer1MTokens'),
    audioOutput: paid('audioOutputPer1MTokens'),
    imageInput: paid('imageInputPer1MTokens'),
    imageOutput: paid('imageOutputPer1MTokens'),
    perWebSearch: per('webSearchPer1kRequests', 1000),
    perMillionCharacters: paid('speechPer1MCharacters'),
    perInputSecond: per('transcriptionPerMinute', 60),
    perImage: paid('imageGenerationPerImage'),
  })
  if (threshold !== undefined && input !== undefined) {
    const long = compact({
      input: read('longContextInputPer1MTokens'),
      output: read('longContextOutputPer1MTokens'),
      cacheRead: paid('longContextCacheReadPer1MTokens'),
      cacheWrite: paid('longContextCacheWritePer1MTokens'),
    })
    const includes = inclusive || price.longContextThresholdInclusive === true
    row.tiers = [[includes ? threshold - 1 : threshold, long]]
  }
  const priced = [row.input, row.perMillionCharacters, row.perInputSecond, row.perImage]
  return priced.some((value) => value !== undefined) ? row : undefined
}
