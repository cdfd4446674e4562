const units: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  mo: 30 * 86_400_000,
}

export interface Duration {
  readonly count: number
  readonly unit: string
  readonly ms: number
}

/** Parses `30s`, `15m`, `12h`, `1d`, `1w` and `1mo`. `undefined` for any other text. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d+)(s|m|h|d|w|mo)$/.exec(text)
  const count = Number(match?.[1])
  const unit = match?.[2]
  const ms = unit === undefined ? undefined : units[unit]
  if (unit === undefined || ms === undefined || !(count > 0)) return undefined
  return { count, unit, ms: count * ms }
}

/** Start and end of the calendar period that contains `now`, in UTC: weeks start on Monday, months on the first. */
export function calendarPeriod(now: number, { count, unit, ms }: Duration): { from: number; to: number } {
  if (unit === 'mo') {
    const date = new Date(now)
    const months = date.getUTCFullYear() * 12 + date.getUTCMonth()
    const first = months - (months % count)
    const at = (month: number) => Date.UTC(Math.floor(month / 12), month % 12, 1)
    return { from: at(first), to: at(first + count) }
  }
  // 1970 began on a Thursday
  const shift = unit === 'w' ? 4 * 86_400_000 : 0
  const from = Math.floor((now - shift) / ms) * ms + shift
  return { from, to: from + ms }
}
