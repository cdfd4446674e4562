/** Usage of any origin, split into buckets that don't overlap. */

type Count = number | null | undefined

/**
 * Usage of a call. `prompt_tokens` counts every input token (cache reads, cache writes, audio and images included),
 * `completion_tokens` every output token (reasoning, audio and images included); the details are disjoint parts of them.
 * The `usage` of a chat completion or an embedding fits as it is. The other fields are for units that are not tokens.
 */
export interface BillableUsage {
  /** All input tokens. */
  prompt_tokens?: Count
  /** All output tokens. */
  completion_tokens?: Count
  /** Sum of input and output tokens. */
  total_tokens?: Count
  /** Disjoint parts of `prompt_tokens`. */
  prompt_tokens_details?:
    | {
        cached_tokens?: Count
        /** Audio tokens among `cached_tokens`. */
        cached_tokens_details?: { audio_tokens?: Count } | null | undefined
        cache_creation_tokens?: Count
        /** Cache writes by lifetime. Tokens without a lifetime are billed at the shortest one. */
        cache_creation_token_details?:
          | {
              ephemeral_5m_input_tokens?: Count
              ephemeral_30m_input_tokens?: Count
              ephemeral_1h_input_tokens?: Count
              ephemeral_12h_input_tokens?: Count
            }
          | null
          | undefined
        audio_tokens?: Count
        image_tokens?: Count
      }
    | null
    | undefined
  /** Disjoint parts of `completion_tokens`. */
  completion_tokens_details?:
    | { reasoning_tokens?: Count; audio_tokens?: Count; image_tokens?: Count }
    | null
    | undefined
  /** Requests of tools run by the provider. */
  server_tool_use?:
    | {
        web_search_requests?: Count
        file_search_requests?: Count
        /** Searches of Google Maps. */
        maps_requests?: Count
        /** Gigabytes of memory of the containers that a code interpreter started. */
        container_gigabytes?: Count
        [tool: string]: unknown
      }
    | null
    | undefined
  /** Usage of other models that took part in the call, such as Anthropic's advisor. Each is billed at its own rates. */
  auxiliary_usage?: readonly AuxiliaryUsage[] | null | undefined
  /** Search units of a rerank call. */
  search_units?: Count
  /** Generated images. */
  images?: Count
  /** Steps of all generated images, for models billed by step. */
  image_steps?: Count
  /** Images in the input of an embedding call. */
  input_images?: Count
  /** Pages of documents read. */
  pages?: Count
  /** Characters spoken or written, for models billed by character. */
  characters?: Count
  /** Seconds of input audio, and of generated audio. */
  input_audio_seconds?: Count
  /** Seconds of generated audio. */
  output_audio_seconds?: Count
  /** Cost reported by the provider, in US dollars: a number, Perplexity's object or Venice's. */
  cost?: number | { total_cost?: Count; usd?: Count; [part: string]: unknown } | null | undefined
  /** Cost reported by xAI: US dollars times 10^10. */
  cost_in_usd_ticks?: Count
  /** Cost reported by DeepInfra, in US dollars. */
  estimated_cost?: Count
}

/** Tokens that another model of the same provider used on behalf of the call. */
export interface AuxiliaryUsage
  extends Pick<
    BillableUsage,
    'prompt_tokens' | 'completion_tokens' | 'total_tokens' | 'prompt_tokens_details' | 'completion_tokens_details'
  > {
  /** Model id at the provider of the call. */
  model?: string | null | undefined
}

/** Disjoint counts: each token is in one bucket. */
export interface UsageBuckets {
  /** All input tokens. They select the context tier. */
  prompt: number
  textInput: number
  cacheRead: number
  cacheReadAudio: number
  cacheWrite: number
  cacheWrite1h: number
  cacheWrite12h: number
  audioInput: number
  imageInput: number
  textOutput: number
  reasoning: number
  audioOutput: number
  imageOutput: number
  webSearches: number
  fileSearches: number
  mapsSearches: number
  containerGigabytes: number
  searchUnits: number
  images: number
  imageSteps: number
  inputImages: number
  pages: number
  characters: number
  inputSeconds: number
  outputSeconds: number
}

/** Negative counts and values that are not numbers count as 0. */
const toCount = (value: unknown): number =>
  typeof value === 'number' && value > 0 && value !== Number.POSITIVE_INFINITY ? value : 0

const isKnown = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

const units = [
  'search_units',
  'images',
  'image_steps',
  'input_images',
  'pages',
  'characters',
  'input_audio_seconds',
  'output_audio_seconds',
] as const satisfies readonly (keyof BillableUsage)[]

/** The buckets of a usage, or undefined if it has nothing to bill. */
export function toBuckets(usage: BillableUsage | null | undefined): UsageBuckets | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const hasTokens = isKnown(usage.prompt_tokens) || isKnown(usage.completion_tokens) || isKnown(usage.total_tokens)
  if (!hasTokens && !units.some((unit) => isKnown(usage[unit]))) return undefined

  const completion = toCount(usage.completion_tokens)
  const prompt = isKnown(usage.prompt_tokens)
    ? toCount(usage.prompt_tokens)
    : Math.max(0, toCount(usage.total_tokens) - completion)
  const input = usage.prompt_tokens_details ?? undefined
  const output = usage.completion_tokens_details ?? undefined

  // each part takes only what the parts before it have left, so overlapping or excessive parts are not billed twice
  let left = prompt
  const take = (tokens: number): number => {
    const taken = Math.min(left, tokens)
    left -= taken
    return taken
  }
  const cached = take(toCount(input?.cached_tokens))
  const cacheReadAudio = Math.min(cached, toCount(input?.cached_tokens_details?.audio_tokens))
  const lifetimes = input?.cache_creation_token_details ?? undefined
  const short = toCount(lifetimes?.ephemeral_5m_input_tokens) + toCount(lifetimes?.ephemeral_30m_input_tokens)
  const hour = toCount(lifetimes?.ephemeral_1h_input_tokens)
  const halfDay = toCount(lifetimes?.ephemeral_12h_input_tokens)
  const written = take(Math.max(toCount(input?.cache_creation_tokens), short + hour + halfDay))
  const cacheWrite12h = Math.min(written, halfDay)
  const cacheWrite1h = Math.min(written - cacheWrite12h, hour)
  const audioInput = take(toCount(input?.audio_tokens))
  const imageInput = take(toCount(input?.image_tokens))
  const textInput = left

  left = completion
  const audioOutput = take(toCount(output?.audio_tokens))
  const imageOutput = take(toCount(output?.image_tokens))
  const reasoning = take(toCount(output?.reasoning_tokens))

  return {
    prompt,
    textInput,
    cacheRead: cached - cacheReadAudio,
    cacheReadAudio,
    cacheWrite: written - cacheWrite1h - cacheWrite12h,
    cacheWrite1h,
    cacheWrite12h,
    audioInput,
    imageInput,
    textOutput: left,
    reasoning,
    audioOutput,
    imageOutput,
    webSearches: toCount(usage.server_tool_use?.web_search_requests),
    fileSearches: toCount(usage.server_tool_use?.file_search_requests),
    mapsSearches: toCount(usage.server_tool_use?.maps_requests),
    containerGigabytes: toCount(usage.server_tool_use?.container_gigabytes),
    searchUnits: toCount(usage.search_units),
    images: toCount(usage.images),
    imageSteps: toCount(usage.image_steps),
    inputImages: toCount(usage.input_images),
    pages: toCount(usage.pages),
    characters: toCount(usage.characters),
    inputSeconds: toCount(usage.input_audio_seconds),
    outputSeconds: toCount(usage.output_audio_seconds),
  }
}

/** The usage of other models in the call, without entries that have nothing to bill. */
export function auxiliaryUsage(usage: BillableUsage | null | undefined): AuxiliaryUsage[] {
  const list: unknown = usage?.auxiliary_usage
  if (!Array.isArray(list)) return []
  return list.filter((entry): entry is AuxiliaryUsage => typeof entry === 'object' && entry !== null)
}

/** The cost that the provider reported, in US dollars. */
export function reportedCost(usage: BillableUsage | null | undefined): number | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const { cost } = usage
  const dollars = typeof cost === 'object' && cost !== null ? (cost.total_cost ?? cost.usd) : cost
  if (isAmount(dollars)) return dollars
  if (isAmount(usage.cost_in_usd_ticks)) return usage.cost_in_usd_ticks / 1e10
  return isAmount(usage.estimated_cost) ? usage.estimated_cost : undefined
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
