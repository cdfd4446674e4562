/** Usage from anywhere, cut into buckets that don't overlap. */

type Count = number | null | undefined

/**
 * What a call used, in llmux's definition: `prompt_tokens` counts every input token (cache reads, cache writes, audio and
 * images too), `completion_tokens` every output token (reasoning, audio and images too), and the details are disjoint parts
 * of them. A chat answer's `usage` and an embedding's fit as they are; the rest is for what is not billed by tokens.
 */
export interface BillableUsage {
  prompt_tokens?: Count
  completion_tokens?: Count
  total_tokens?: Count
  prompt_tokens_details?:
    | {
        cached_tokens?: Count
        /** Of `cached_tokens`, those that are audio. */
        cached_tokens_details?: { audio_tokens?: Count } | null | undefined
        cache_creation_tokens?: Count
        cache_creation_token_details?:
          | { ephemeral_5m_input_tokens?: Count; ephemeral_1h_input_tokens?: Count }
          | null
          | undefined
        audio_tokens?: Count
        image_tokens?: Count
      }
    | null
    | undefined
  completion_tokens_details?:
    | { reasoning_tokens?: Count; audio_tokens?: Count; image_tokens?: Count }
    | null
    | undefined
  server_tool_use?: { web_search_requests?: Count; [tool: string]: unknown } | null | undefined
  /** Search units of a rerank call. */
  search_units?: Count
  /** Images made. */
  images?: Count
  /** Pages read. */
  pages?: Count
  /** Characters spoken or written, for models that bill them. */
  characters?: Count
  /** Seconds of audio heard, and made. */
  input_audio_seconds?: Count
  output_audio_seconds?: Count
  /** What the provider says that the call cost, in US dollars: a number, or Perplexity's object. */
  cost?: number | { total_cost?: Count; [part: string]: unknown } | null | undefined
  /** xAI's: US dollars times 10^10. */
  cost_in_usd_ticks?: Count
  /** DeepInfra's: US dollars. */
  estimated_cost?: Count
}

/** Disjoint: each token is in one bucket. */
export interface Buckets {
  /** All input tokens: they choose the context tier. */
  prompt: number
  text: number
  cacheRead: number
  cacheReadAudio: number
  cacheWrite5m: number
  cacheWrite1h: number
  audioIn: number
  imageIn: number
  textOut: number
  reasoning: number
  audioOut: number
  imageOut: number
  webSearches: number
  searchUnits: number
  images: number
  pages: number
  characters: number
  secondsIn: number
  secondsOut: number
}

/** Counts are never negative, and what is not a number counts nothing. */
const count = (value: Count): number =>
  typeof value === 'number' && value > 0 && value !== Number.POSITIVE_INFINITY ? value : 0

const given = (value: Count): boolean => typeof value === 'number' && Number.isFinite(value)

/** The buckets, or undefined where the usage says nothing that could be billed. */
export function buckets(usage: BillableUsage | null | undefined): Buckets | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const units =
    given(usage.search_units) ||
    given(usage.images) ||
    given(usage.pages) ||
    given(usage.characters) ||
    given(usage.input_audio_seconds) ||
    given(usage.output_audio_seconds)
  const tokens = given(usage.prompt_tokens) || given(usage.completion_tokens)
  if (!units && !tokens && !given(usage.total_tokens)) return undefined

  const completion = count(usage.completion_tokens)
  const prompt = given(usage.prompt_tokens) ? count(usage.prompt_tokens) : count(usage.total_tokens) - completion
  const into = usage.prompt_tokens_details ?? undefined
  const out = usage.completion_tokens_details ?? undefined

  // each part takes only what those before it have left: parts that overlap or exceed the whole are not billed twice
  let left = Math.max(0, prompt)
  const take = (tokens: number): number => {
    const taken = Math.min(left, tokens)
    left -= taken
    return taken
  }
  const cached = take(count(into?.cached_tokens))
  const cacheReadAudio = Math.min(cached, count(into?.cached_tokens_details?.audio_tokens))
  const split = into?.cache_creation_token_details ?? undefined
  const long = count(split?.ephemeral_1h_input_tokens)
  const written = take(Math.max(count(into?.cache_creation_tokens), count(split?.ephemeral_5m_input_tokens) + long))
  const cacheWrite1h = Math.min(written, long)
  const audioIn = take(count(into?.audio_tokens))
  const imageIn = take(count(into?.image_tokens))
  const text = left

  left = completion
  const audioOut = take(count(out?.audio_tokens))
  const imageOut = take(count(out?.image_tokens))
  const reasoning = take(count(out?.reasoning_tokens))

  return {
    prompt,
    text,
    cacheRead: cached - cacheReadAudio,
    cacheReadAudio,
    cacheWrite5m: written - cacheWrite1h,
    cacheWrite1h,
    audioIn,
    imageIn,
    textOut: left,
    reasoning,
    audioOut,
    imageOut,
    webSearches: count(usage.server_tool_use?.web_search_requests),
    searchUnits: count(usage.search_units),
    images: count(usage.images),
    pages: count(usage.pages),
    characters: count(usage.characters),
    secondsIn: count(usage.input_audio_seconds),
    secondsOut: count(usage.output_audio_seconds),
  }
}

/** What the provider itself says that the call cost, in US dollars. */
export function reportedCost(usage: BillableUsage | null | undefined): number | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const { cost } = usage
  const dollars = typeof cost === 'object' && cost !== null ? cost.total_cost : cost
  if (valid(dollars)) return dollars
  if (valid(usage.cost_in_usd_ticks)) return usage.cost_in_usd_ticks / 1e10
  return valid(usage.estimated_cost) ? usage.estimated_cost : undefined
}

const valid = (value: Count): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
