import type { RerankResponse, RerankResult, RerankUsage } from '../../../src/types/rerank.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { type Fields, isFields } from '../../fields.js'

const numberIn = (fields: unknown, name: string): number | undefined => {
  const value = isFields(fields) ? fields[name] : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Reads `results` (Cohere, Jina, vLLM, llama.cpp), `data` (Voyage) or a plain list (SGLang, TEI). */
export function decodeRerank(body: unknown, context: DecodeContext): Decoded<RerankResponse> {
  if (Array.isArray(body)) return decodeRerank({ results: body }, context)
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const list = Array.isArray(body.results) ? body.results : body.data
  if (!Array.isArray(list)) {
    const isError = !!body.error || typeof body.message === 'string' || body.detail !== undefined
    throw new ProviderFault("its answer has no 'results'", isError ? body : undefined)
  }
  const results = list.map((item: unknown, position): RerankResult => {
    const index = numberIn(item, 'index')
    const score = numberIn(item, 'relevance_score') ?? numberIn(item, 'score')
    if (index === undefined || score === undefined) throw new ProviderFault(`its result ${position} is not one`)
    return { index, relevance_score: score }
  })
  results.sort((one, other) => other.relevance_score - one.relevance_score)
  const answer: Decoded<RerankResponse> = {
    id: typeof body.id === 'string' && body.id ? body.id : context.fallbackId,
    model: typeof body.model === 'string' && body.model ? body.model : context.model,
    results,
  }
  const usage = usageOf(body)
  if (usage) answer.usage = usage
  return answer
}

function usageOf({ usage: raw, meta }: Fields): RerankUsage | undefined {
  const billed = isFields(meta) ? meta.billed_units : undefined
  const tokens = isFields(meta) ? meta.tokens : undefined
  // OpenRouter reports them with its tokens
  const searches = numberIn(billed, 'search_units') ?? numberIn(raw, 'search_units')
  const prompt = numberIn(raw, 'prompt_tokens') ?? numberIn(tokens, 'input_tokens')
  const total = numberIn(raw, 'total_tokens') ?? prompt
  const cost = numberIn(raw, 'cost')
  const usage: RerankUsage = {
    ...(searches !== undefined && { search_units: searches }),
    ...(prompt !== undefined && { prompt_tokens: prompt }),
    ...(total !== undefined && { total_tokens: total }),
    ...(cost !== undefined && { cost }),
  }
  return Object.keys(usage).length > 0 ? usage : undefined
}
