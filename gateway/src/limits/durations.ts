/** A budget period: a duration in the grammar of the SDK's limits, and its length. */
export interface Period {
  /** `15m`, `12h`, `1d`, `1w`, `1mo`: the same period always has the same name. */
  readonly name: string
  readonly count: number
  readonly unit: 's' | 'm' | 'h' | 'd' | 'w' | 'mo'
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, mo: 30 * 86_400_000 }
const words: Readonly<Record<string, string>> = { hourly: '1h', daily: '1d', weekly: '1w', monthly: '1mo' }
/** LiteLLM counts these lengths as calendar periods. */
const calendar: Readonly<Record<string, string>> = { '24h': '1d', '7d': '1w', '30d': '1mo' }
const longestMs = 366 * 86_400_000

/**
 * Reads a budget duration: `hourly`, `daily`, `weekly`, `monthly`, or a number of `s`, `m`, `h`, `d`, `w`, also several as in `1d12h`,
 * or `1mo`. All periods are calendar periods in UTC.
 */
export function budgetPeriod(text: string): Period | undefined {
  const plain = text.toLowerCase()
  const word = words[plain] ?? calendar[plain] ?? plain
  if (word === '1mo') return { name: '1mo', count: 1, unit: 'mo' }
  const ms = spanMs(word)
  if (ms === undefined || ms > longestMs) return undefined
  // the largest unit that divides the span, so that 60m and 1h are one period
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    if (ms % unitMs[unit] === 0) return { name: `${ms / unitMs[unit]}${unit}`, count: ms / unitMs[unit], unit }
  }
  return undefined
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

/** Start and end of the calendar period that contains `now`, in UTC. Weeks start on Monday, months on the first. */
export function periodAt(now: number, { count, unit }: Period): { readonly from: number; readonly to: number } {
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
