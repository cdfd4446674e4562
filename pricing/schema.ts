/**
 * The layout of the price table. Token rates are US dollars per million tokens, fees are US dollars each. An absent rate is
 * unknown; 0 is free.
 */

/**
 * Every field of a row: its name, its letter in the table's text (see codec.ts) and its kind, in the order in which rows are
 * written. All other lists of fields derive from this one.
 */
export const fields = [
  ['input', 'i', 'token'],
  ['output', 'o', 'token'],
  ['cacheRead', 'r', 'token'],
  ['cacheWrite', 'w', 'token'],
  ['cacheWrite1h', 'W', 'token'],
  ['cacheWrite12h', 'Y', 'token'],
  ['reasoning', 'n', 'token'],
  ['audioInput', 'a', 'token'],
  ['audioOutput', 'A', 'token'],
  ['cacheReadAudio', 'j', 'token'],
  ['imageInput', 'g', 'token'],
  ['imageOutput', 'G', 'token'],
  ['perRequest', 'R', 'fee'],
  ['perSearchUnit', 'q', 'fee'],
  ['perImage', 'I', 'fee'],
  ['perImageStep', 'm', 'fee'],
  ['perInputImage', 'B', 'fee'],
  ['perPage', 'P', 'fee'],
  ['perInputSecond', 'S', 'fee'],
  ['perOutputSecond', 'T', 'fee'],
  ['perMillionCharacters', 'c', 'fee'],
  ['perWebSearch', 's', 'search'],
  ['perSearchedAnswer', 'J', 'search'],
  ['perFileSearch', 'H', 'fee'],
  ['perMapsSearch', 'N', 'fee'],
  ['perContainerGigabyte', 'Q', 'fee'],
  ['tiers', 't', 'nested'],
  ['hours', 'z', 'nested'],
  ['batch', 'b', 'service'],
  ['flex', 'f', 'service'],
  ['priority', 'p', 'service'],
  ['ultrafast', 'U', 'service'],
  ['fast', 'F', 'service'],
  ['residency', 'u', 'multiple'],
  ['earlier', 'h', 'nested'],
  ['contextWindow', 'C', 'limit'],
  ['maxInputTokens', 'L', 'limit'],
  ['maxOutputTokens', 'M', 'limit'],
  ['dimensions', 'd', 'limit'],
  ['mode', 'k', 'fact'],
  ['abilityBits', 'x', 'fact'],
  ['inputBits', 'v', 'fact'],
  ['outputBits', 'V', 'fact'],
  ['deprecationDate', 'D', 'fact'],
] as const

type Field = (typeof fields)[number]
type Kind = Field[2]
type FieldOf<Of extends Kind> = Extract<Field, readonly [string, string, Of]>[0]

/** The fields of some kinds, in the order of {@link fields}. */
export function fieldsOf<Of extends Kind>(...kinds: readonly Of[]): readonly FieldOf<Of>[] {
  return fields.flatMap(([name, , kind]) => ((kinds as readonly Kind[]).includes(kind) ? [name as FieldOf<Of>] : []))
}

/** A rate for tokens. */
export type TokenRate = FieldOf<'token'>
/** A service tier with prices of its own. */
export type ServiceTier = FieldOf<'service'>

export const tokenRates = fieldsOf('token')
export const serviceTiers = fieldsOf('service')
/** The fields of a {@link RateCard}: a price that changes takes all of them with it. */
export const cardFields = fieldsOf('token', 'fee', 'search', 'nested').filter((name) => name !== 'earlier')

/** US dollars per search; three values if the fee depends on the size of the search context: low, medium, high. */
export type SearchFee = number | readonly [number, number, number]

/** Rates that apply together, at one time and for one prompt size. */
export interface RateCard {
  input?: number
  output?: number
  cacheRead?: number
  /** Cache writes of the shortest lifetime: 5 minutes at Anthropic, 30 minutes at OpenAI. */
  cacheWrite?: number
  cacheWrite1h?: number
  cacheWrite12h?: number
  /** Only if reasoning tokens are not billed as output. */
  reasoning?: number
  audioInput?: number
  audioOutput?: number
  cacheReadAudio?: number
  imageInput?: number
  imageOutput?: number
  perRequest?: number
  /** Search unit of a reranker. */
  perSearchUnit?: number
  /** Generated image. */
  perImage?: number
  /** Step of a generated image, for hosts that bill diffusion models by step. */
  perImageStep?: number
  /** Image in the input of an embedding model. */
  perInputImage?: number
  perPage?: number
  /** Second of input audio. */
  perInputSecond?: number
  /** Second of generated audio. */
  perOutputSecond?: number
  perMillionCharacters?: number
  perWebSearch?: SearchFee
  /** Fee per answer that used web search, regardless of the number of searches. */
  perSearchedAnswer?: SearchFee
  perFileSearch?: number
  /** Search of Google Maps; once per answer if searches of the web are. */
  perMapsSearch?: number
  /** Gigabyte of memory of a container that a code interpreter starts. */
  perContainerGigabyte?: number
  /** Context tiers, ascending: rates for prompts of more tokens than the number. The whole request is billed at the tier. */
  tiers?: readonly (readonly [number, ContextTier])[]
  /** Hours of the day with other prices. */
  hours?: readonly HourlyRate[]
}

/** The rates of a context tier that differ from the card, and service tiers that differ from the row. */
export interface ContextTier extends Omit<RateCard, 'tiers' | 'hours'>, Partial<Record<ServiceTier, ServiceRate>> {}

/** During these hours, every token rate is multiplied. */
export interface HourlyRate {
  /** Minutes of the day in UTC: from (inclusive), to (exclusive). */
  minutes: readonly (readonly [number, number])[]
  /** Days of the week, 1 (Monday) to 7. @default every day */
  days?: readonly number[]
  multiple: number
}

/** Price of a service tier: a multiple of every token rate; two multiples, the second for cached reads; or rates of its own. */
export type ServiceRate = number | readonly [number, number] | RateCard

/** One model at one provider. The card is the newest; `earlier` holds the cards before it. */
export interface PriceRow extends RateCard {
  batch?: ServiceRate
  flex?: ServiceRate
  priority?: ServiceRate
  ultrafast?: ServiceRate
  /** Anthropic's fast mode. */
  fast?: ServiceRate
  /** Multiple of every token rate for data residency or a regional endpoint. */
  residency?: number
  /** Earlier cards, ascending. Each applies until its time (ISO 8601, UTC, exclusive). */
  earlier?: readonly (readonly [string, RateCard])[]
  /** Tokens. */
  contextWindow?: number
  /** Tokens, if less than the context window. */
  maxInputTokens?: number
  maxOutputTokens?: number
  /** Dimensions of an embedding. */
  dimensions?: number
  /** @default 'chat' */
  mode?: ModelMode
  /** Bits of {@link abilities}. Absent: unknown. */
  abilityBits?: number
  /** Bits of {@link modalities}. Absent: unknown. */
  inputBits?: number
  outputBits?: number
  /** First day on which the provider no longer serves the model. */
  deprecationDate?: string
}

/** Values that every row of a provider has unless it has its own. */
export type RowDefaults = Pick<
  PriceRow,
  'batch' | 'flex' | 'priority' | 'residency' | 'perWebSearch' | 'perContainerGigabyte'
>

/** The rows of one provider. A string is an alias: the id of the row it stands for. */
export interface ProviderTable {
  defaults?: RowDefaults
  models: Readonly<Record<string, PriceRow | string>>
}

export const modes = [
  'chat',
  'completion',
  'responses',
  'embedding',
  'rerank',
  'image',
  'transcription',
  'speech',
  'realtime',
  'moderation',
] as const

/** Abilities of a model, by bit. */
export const abilities = [
  'tools',
  'parallelTools',
  'toolChoice',
  'responseSchema',
  'reasoning',
  'promptCaching',
  'systemMessages',
  'assistantPrefill',
  'webSearch',
  'computerUse',
  'urlContext',
] as const

/** Bit of `abilityBits`: apart from tools, reasoning, computer use and image input, a 0 means unknown rather than no. */
export const partial = 1 << abilities.length

/** Input and output modalities, by bit. */
export const modalities = ['text', 'image', 'audio', 'video', 'pdf'] as const

export type ModelMode = (typeof modes)[number]
export type Ability = (typeof abilities)[number]
export type Modality = (typeof modalities)[number]
