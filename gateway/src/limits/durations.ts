import { localTime, utcTime } from './zones.js'

/** A budget period: a duration in the grammar of the SDK's limits, and its length. */
export interface Period {
  /** `15m`, `12h`, `1d`, `1w`, `1mo`, `1d@Europe/Berlin`, `~36h`: the same period always has the same name. */
  readonly name: string
  readonly count: number
  readonly unit: 's' | 'm' | 'h' | 'd' | 'w' | 'mo'
  /** Counts any span of this length, rather than from one reset to the next. */
  readonly rolling?: boolean | undefined
  /** IANA name of the time zone in which days begin; undefined is UTC. */
  readonly zone?: string | undefined
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, mo: 30 * 86_400_000 }
const words: Readonly<Record<string, string>> = { hourly: '1h', daily: '1d', weekly: '1w', monthly: '1mo' }
/** LiteLLM counts these lengths as calendar periods. */
const calendar: Readonly<Record<string, string>> = { '24h': '1d', '7d': '1w', '30d': '1mo' }
const longestMs = 366 * 86_400_000
const rollingPrefix = 'rolling:'
/** Parts of a rolling period that leave it at once. */
export const rollingSlots = 30

const known = new Map<string, Period | undefined>()

/**
 * Reads a budget duration: `hourly`, `daily`, `weekly`, `monthly`, or a number of `s`, `m`, `h`, `d`, `w`, also several as in `1d12h`,
 * or `1mo`. All of them are calendar periods; `rolling:24h` counts any 24 hours.
 * @param zone IANA name of the time zone in which periods begin. Default UTC
 */
export function budgetPeriod(text: string, zone?: string): Period | undefined {
  const key = `${zone ?? ''} ${text}`
  if (known.has(key)) return known.get(key)
  const period = readPeriod(text.toLowerCase(), zone)
  if (known.size > 1_000) known.clear()
  known.set(key, period)
  return period
}

function readPeriod(plain: string, zone: string | undefined): Period | undefined {
  if (plain.startsWith(rollingPrefix)) {
    const span = plain.slice(rollingPrefix.length)
    const found = ofSpan(lifeMs(words[span] ?? span))
    // thirtieths of a second are no slots
    return found && found.count * unitMs[found.unit] >= 60_000
      ? { ...found, name: `~${found.name}`, rolling: true }
      : undefined
  }
  const word = words[plain] ?? calendar[plain] ?? plain
  const found = word === '1mo' ? ({ name: '1mo', count: 1, unit: 'mo' } as const) : ofSpan(spanMs(word))
  return found && zone !== undefined ? { ...found, name: `${found.name}@${zone}`, zone } : found
}

/** The largest unit that divides the span, so that 60m and 1h are one period. */
function ofSpan(ms: number | undefined): Period | undefined {
  if (ms === undefined || ms > longestMs) return undefined
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    if (ms % unitMs[unit] === 0) return { name: `${ms / unitMs[unit]}${unit}`, count: ms / unitMs[unit], unit }
  }
  return undefined
}

/** Reads the name of a period. */
export function namedPeriod(name: string): Period | undefined {
  if (name.startsWith('~')) return budgetPeriod(`${rollingPrefix}${name.slice(1)}`)
  const [duration = '', zone] = name.split('@')
  return budgetPeriod(duration, zone)
}

/** Reads the life of a key, such as `30d` or `1h`, in milliseconds. */
export function lifeMs(text: string): number | undefined {
  const month = /^(\d{1,3})mo$/.exec(text)
  if (month) return Number(month[1]) * unitMs.mo || undefined
  return spanMs(words[text.toLowerCase()] ?? text)
}

function spanMs(text: string): number | undefined {
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g))
    total += Number(count) * unitMs[unit as keyof typeof unitMs]
  return total > 0 && total < 1e14 ? total : undefined
}

/**
 * Start and end of the period that contains `now`: of the calendar period, in which weeks start on Monday and months on the first, or of
 * the current slot of a rolling one.
 */
export function periodAt(
  now: number,
  { count, unit, rolling, zone }: Period,
): { readonly from: number; readonly to: number } {
  if (rolling) {
    const slot = (count * unitMs[unit]) / rollingSlots
    const from = Math.floor(now / slot) * slot
    return { from, to: from + slot }
  }
  if (zone === undefined) return calendarAt(now, count, unit)
  let local = calendarAt(localTime(now, zone), count, unit)
  // when clocks are put back they show a time again whose period has ended
  while (utcTime(local.to, zone) <= now) local = calendarAt(local.to, count, unit)
  return { from: utcTime(local.from, zone), to: utcTime(local.to, zone) }
}

function calendarAt(now: number, count: number, unit: Period['unit']): { readonly from: number; readonly to: number } {
  if (unit === 'mo') {
    const date = new Date(now)
    const months = date.getUTCFullYear() * 12 + date.getUTCMonth()
    const first = months - (months % count)
    const at = (month: number) => Date.UTC(Math.floor(month / 12), month % 12, 1)
    return { from: at(first), to: at(first + count) }
  }
  const ms = count * unitMs[unit]
  // 1970 began on a Thursday
  const shift = unit === 'w' ? 4 * 86_400_000 : 0
  const from = Math.floor((now - shift) / ms) * ms + shift
  return { from, to: from + ms }
}

/** Length of a rolling period in milliseconds. */
export const spanOf = ({ count, unit }: Period): number => count * unitMs[unit]
