/**
 * The layout of the price table. Keys are short because the table ships in the package; what they mean stands here.
 * Token rates are US dollars per million tokens. A rate that is absent is unknown, and 0 is free.
 */

/** Rates that hold together, at one time and for one size of prompt. */
export interface Card {
  /** Input tokens, and output tokens. */
  i?: number
  o?: number
  /** Cached input: read; written for 5 minutes; written for 1 hour. */
  r?: number
  w?: number
  W?: number
  /** Reasoning tokens, where they are not billed as output. */
  n?: number
  /** Audio tokens: in, out, read from the cache. */
  a?: number
  A?: number
  ra?: number
  /** Image tokens: in, out. */
  g?: number
  G?: number
  /** US dollars: per request, per search unit of a reranker, per image made, per page. */
  R?: number
  q?: number
  I?: number
  P?: number
  /** US dollars per second of audio: heard, and spoken. */
  S?: number
  T?: number
  /** US dollars per million characters. */
  c?: number
  /** US dollars per web search; three where they depend on the size of the search context: low, medium, high. */
  s?: number | readonly [number, number, number]
  /** US dollars per answer that searched the web, however often; or three, as of `s`. */
  sg?: number | readonly [number, number, number]
  /** Tiers, ascending: for prompts of more tokens than the number. The whole request is billed at the tier. */
  t?: readonly (readonly [number, Tier])[]
  /** Hours of the day at another price. */
  z?: readonly Hours[]
}

/** A context tier: what differs from the card. `p` is what priority costs here, where it differs. */
export interface Tier extends Omit<Card, 't' | 'z'> {
  p?: ServiceRate
}

/** Within these hours every rate is multiplied by `x`. */
export interface Hours {
  /** Minutes of the day in UTC: from, to (not included). */
  u: readonly (readonly [number, number])[]
  /** Days of the week, 1 (Monday) to 7. Absent: every day. */
  d?: readonly number[]
  x: number
}

/** A service tier: a multiple of every token rate; one of all and another of cached reads; or rates of its own. */
export type ServiceRate = number | readonly [number, number] | Card

/** One model at one provider. The card is the newest; `h` has those that hold or held before it. */
export interface Row extends Card {
  /** Batch, flex, priority, and Anthropic's fast mode. */
  b?: ServiceRate
  f?: ServiceRate
  p?: ServiceRate
  F?: ServiceRate
  /** Multiple of every token rate where data stays in a region. */
  u?: number
  /** Earlier cards, ascending: each holds until its time (ISO 8601, UTC), which is not included. */
  h?: readonly (readonly [string, Card])[]
  /** Tokens: context window, most input (where less than the window), most output. */
  C?: number
  L?: number
  M?: number
  /** Dimensions of an embedding. */
  d?: number
  /** Index into {@link modes}. Absent: chat. */
  k?: number
  /** Bits: {@link abilities}, input and output {@link modalities}. Absent: not known. */
  x?: number
  im?: number
  om?: number
  /** The day from which the provider serves it no more. */
  e?: string
}

/** One provider: what its rows have where they don't say, and the rows; a string is another id of the row that it names. */
export interface ProviderTable {
  d?: Pick<Row, 'b' | 'f' | 'p' | 'u' | 's'>
  m: Readonly<Record<string, Row | string>>
}

/** What a model does, by its number in a row. */
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

/** What a model can do, by bit. */
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

/** The bit of `x` that says: besides tools, reasoning and computer use, and pictures going in, a 0 means that nobody knows. */
export const partial = 1 << abilities.length

/** What goes in and comes out, by bit. */
export const modalities = ['text', 'image', 'audio', 'video', 'pdf'] as const

export type ModelMode = (typeof modes)[number]
export type Ability = (typeof abilities)[number]
export type Modality = (typeof modalities)[number]
