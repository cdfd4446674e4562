/** ai-sdk-cost-calculator: the second opinion on prices, with the dates of its checks. */
import type { Card, Row } from '../schema.js'
import { compact, emptySource, num, type Source, shelfOf, tidy } from './offer.js'

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
        const row = rowOf(price, provider === 'xai')
        if (row) shelfOf(source, provider).set(id, row)
      }
    }
  }
  return source
}

function rowOf(price: Record<string, unknown>, inclusive: boolean): Row | undefined {
  if (num(price.videoGenerationPerSecond) !== undefined || num(price.sessionPerMinute) !== undefined) return undefined
  const of = (name: string): number | undefined => num(price[name])
  const paid = (name: string): number | undefined => of(name) || undefined
  const per = (name: string, count: number): number | undefined => {
    const value = paid(name)
    return value === undefined ? undefined : tidy(value / count)
  }
  const input = of('inputPer1MTokens')
  const output = of('outputPer1MTokens')
  const free = !input && !output
  const threshold = of('longContextThreshold')
  const row: Row = compact({
    i: free ? undefined : input,
    o: free ? undefined : output,
    r: paid('cacheReadPer1MTokens'),
    w: paid('cacheWritePer1MTokens'),
    n: paid('reasoningPer1MTokens'),
    a: paid('audioInputPer1MTokens'),
    A: paid('audioOutputPer1MTokens'),
    g: paid('imageInputPer1MTokens'),
    G: paid('imageOutputPer1MTokens'),
    s: per('webSearchPer1kRequests', 1000),
    c: paid('speechPer1MCharacters'),
    S: per('transcriptionPerMinute', 60),
    I: paid('imageGenerationPerImage'),
    t: undefined as Card['t'],
  })
  if (threshold !== undefined && input !== undefined) {
    const long = compact({
      i: of('longContextInputPer1MTokens'),
      o: of('longContextOutputPer1MTokens'),
      r: paid('longContextCacheReadPer1MTokens'),
      w: paid('longContextCacheWritePer1MTokens'),
    })
    row.t = [[inclusive || price.longContextThresholdInclusive === true ? threshold - 1 : threshold, long]]
  }
  const priced = [row.i, row.c, row.S, row.I].some((value) => value !== undefined)
  return priced ? row : undefined
}
