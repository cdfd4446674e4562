import { type Card, type Hours, modes, type Row, type ServiceRate, type Tier } from './schema.js'

/** Under what terms a call was served. */
export interface Terms {
  /** All input tokens: they choose the context tier. */
  readonly prompt: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly service: 'standard' | 'batch' | 'flex' | 'priority' | 'fast'
  /** Multiple for the region, 1 where there is none. */
  readonly region: number
}

/** Rates that were asked, in US dollars per million tokens. Undefined: the table has none, and no other rate stands for it. */
export interface TokenRates {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheReadAudio: number | undefined
  readonly cacheWrite5m: number | undefined
  readonly cacheWrite1h: number | undefined
  readonly reasoning: number | undefined
  readonly audioInput: number | undefined
  readonly audioOutput: number | undefined
  readonly imageInput: number | undefined
  readonly imageOutput: number | undefined
}

/** The card that holds at a time. Fees for searches, that earlier cards don't have, are the row's. */
export function cardAt(row: Row, at: number): Card {
  if (!row.h) return row
  for (const [until, card] of row.h) {
    if (at >= Date.parse(until)) continue
    const fee = row.sg === undefined ? row.s : undefined
    return { ...(fee === undefined ? {} : { s: fee }), ...(row.sg === undefined ? {} : { sg: row.sg }), ...card }
  }
  return row
}

/** Rates of a card under the terms of a call. The tier moves the whole request, every kind of token. */
export function tokenRates(row: Row, card: Card, terms: Terms): TokenRates {
  const tier = tierOf(card, terms.prompt)
  const service = serviceRate(row, terms.service, tier)
  const own = typeof service === 'object' && !isPair(service) ? service : undefined
  const rate = (key: TokenKey): number | undefined => own?.[key] ?? tier?.[key] ?? card[key]
  const hours = card.z ? hourly(card.z, terms.at) : 1
  const all = hours * terms.region * (typeof service === 'number' ? service : isPair(service) ? service[0] : 1)
  const read = isPair(service) ? hours * terms.region * service[1] : all

  const input = rate('i')
  const output = rate('o') ?? (silent.has(row.k ?? 0) ? 0 : undefined)
  const cached = rate('r')
  const write = rate('w') ?? input
  const cacheRead = cached === undefined ? times(input, all) : times(cached, read)
  return {
    input: times(input, all),
    output: times(output, all),
    cacheRead,
    cacheReadAudio: times(rate('ra'), read) ?? cacheRead,
    cacheWrite5m: times(write, all),
    cacheWrite1h: times(rate('W') ?? write, all),
    reasoning: times(rate('n') ?? output, all),
    audioInput: times(rate('a') ?? input, all),
    audioOutput: times(rate('A') ?? output, all),
    imageInput: times(rate('g') ?? input, all),
    imageOutput: times(rate('G') ?? output, all),
  }
}

/** Modes that put out no tokens: what usage counts there is not billed. */
const silent = new Set([modes.indexOf('embedding'), modes.indexOf('rerank'), modes.indexOf('moderation')])

type TokenKey = 'i' | 'o' | 'r' | 'w' | 'W' | 'n' | 'a' | 'A' | 'ra' | 'g' | 'G'

const times = (rate: number | undefined, by: number): number | undefined => (rate === undefined ? undefined : rate * by)

const isPair = (rate: ServiceRate | undefined): rate is readonly [number, number] => Array.isArray(rate)

function tierOf({ t }: Card, prompt: number): Tier | undefined {
  let found: Tier | undefined
  if (t) for (const [above, tier] of t) if (prompt > above) found = tier
  return found
}

/** A service tier that the model hasn't costs the standard rate. */
function serviceRate(row: Row, service: Terms['service'], tier: Tier | undefined): ServiceRate | undefined {
  switch (service) {
    case 'batch':
      return row.b
    case 'flex':
      return row.f
    case 'priority':
      return tier?.p ?? row.p
    case 'fast':
      return row.F
    case 'standard':
      return undefined
  }
}

function hourly(hours: readonly Hours[], at: number): number {
  const date = new Date(at)
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes()
  const day = date.getUTCDay() || 7
  for (const { u, d, x } of hours) {
    if (d && !d.includes(day)) continue
    if (u.some(([from, to]) => minute >= from && minute < to)) return x
  }
  return 1
}
