/** Numbers, money and times in the language of the reader. */
export interface Formats {
  /** US dollars. Small amounts keep two significant digits, and an unknown amount is never a zero. */
  money(dollars: number | null | undefined): string
  /** Whole numbers with separators. */
  number(value: number): string
  /** Short form for axes and tiles: 12.3K. */
  compact(value: number): string
  /** Axis of an amount of money: short, without needless digits. */
  moneyAxis(dollars: number): string
  percent(share: number): string
  /** Milliseconds as ms, s or min. */
  duration(ms: number | null | undefined): string
  /** Date and time to the second. */
  time(at: string | number): string
  /** Day such as 'Nov 29', with its year unless that is the current one. */
  day(at: string | number, zone?: 'UTC'): string
  /** Hour and minute. */
  hour(at: string | number): string
  /** 'in 3 days', '2 minutes ago'. */
  relative(at: string | number, now?: number): string
  /** A price per million tokens, from one per token. */
  pricePerMillion(dollarsPerToken: number | null | undefined): string
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

export function createFormats(locale: string, unknown: string): Formats {
  // each format costs some milliseconds, so it is created when it is first used
  const usd = { style: 'currency', currency: 'USD' } as const
  const numbers = (options?: Intl.NumberFormatOptions) => once(() => new Intl.NumberFormat(locale, options))
  const times = (options: Intl.DateTimeFormatOptions) => once(() => new Intl.DateTimeFormat(locale, options))
  const whole = numbers()
  const compact = numbers({ notation: 'compact', maximumFractionDigits: 1 })
  const cents = numbers(usd)
  const fractions = numbers({ ...usd, maximumSignificantDigits: 2, maximumFractionDigits: 9 })
  const axis = numbers({ ...usd, notation: 'compact', maximumSignificantDigits: 3 })
  const percent = numbers({ style: 'percent', maximumFractionDigits: 1 })
  const oneDigit = numbers({ maximumFractionDigits: 1 })
  const time = times({ dateStyle: 'medium', timeStyle: 'medium' })
  const day = times({ month: 'short', day: 'numeric' })
  const dayUtc = times({ month: 'short', day: 'numeric', timeZone: 'UTC' })
  const dayOfYear = times({ year: 'numeric', month: 'short', day: 'numeric' })
  const dayOfYearUtc = times({ year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' })
  const hour = times({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const relative = once(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  const money = (dollars: number | null | undefined): string => {
    if (dollars === null || dollars === undefined) return unknown
    const size = Math.abs(dollars)
    return size > 0 && size < 0.01 ? fractions().format(dollars) : cents().format(dollars)
  }
  return {
    money,
    number: (value) => whole().format(value),
    compact: (value) => compact().format(value),
    moneyAxis: (dollars) => axis().format(dollars),
    percent: (share) => percent().format(share),
    duration(ms) {
      if (ms === null || ms === undefined) return '–'
      if (ms < 1_000) return `${Math.round(ms)} ms`
      if (ms < 60_000) return `${oneDigit().format(ms / 1_000)} s`
      return `${oneDigit().format(ms / 60_000)} min`
    },
    time: (at) => time().format(new Date(at)),
    day(at, zone) {
      const date = new Date(at)
      const isThisYear = date.getUTCFullYear() === new Date().getUTCFullYear()
      if (isThisYear) return (zone ? dayUtc() : day()).format(date)
      return (zone ? dayOfYearUtc() : dayOfYear()).format(date)
    },
    hour: (at) => hour().format(new Date(at)),
    relative(at, now = Date.now()) {
      const distance = new Date(at).getTime() - now
      for (const [unit, size] of steps)
        if (Math.abs(distance) >= size) return relative().format(Math.trunc(distance / size), unit)
      return relative().format(0, 'second')
    },
    pricePerMillion: (price) => (price === null || price === undefined ? unknown : money(price * 1e6)),
  }
}

function once<Value extends object>(create: () => Value): () => Value {
  let made: Value | undefined
  return () => {
    made ??= create()
    return made
  }
}
