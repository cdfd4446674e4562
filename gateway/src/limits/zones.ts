interface Zone {
  readonly format: Intl.DateTimeFormat
  /** Offsets by quarter of an hour: no zone changes its offset within one. */
  readonly offsets: Map<number, number>
}

const quarterMs = 900_000
const zones = new Map<string, Zone>()

function zoneOf(name: string): Zone {
  let zone = zones.get(name)
  if (!zone) {
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
    zone = { format, offsets: new Map() }
    zones.set(name, zone)
  }
  return zone
}

/** Whether a text is the IANA name of a time zone. */
export function isZone(name: string): boolean {
  try {
    zoneOf(name)
    return true
  } catch {
    return false
  }
}

function offsetAt(now: number, name: string): number {
  const { format, offsets } = zoneOf(name)
  const quarter = Math.floor(now / quarterMs)
  const known = offsets.get(quarter)
  if (known !== undefined) return known
  const at = quarter * quarterMs
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
  const { year = 0, month = 1, day, hour, minute, second } = part
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - at
  if (offsets.size > 1_000) offsets.clear()
  offsets.set(quarter, offset)
  return offset
}

/** Local time of a zone, as milliseconds of a UTC clock that shows it. */
export const localTime = (now: number, zone: string): number => now + offsetAt(now, zone)

/** The first time at which clocks of a zone show a local time, or a later one if they skip it. */
export function utcTime(local: number, zone: string): number {
  const before = local - offsetAt(local - 86_400_000, zone)
  if (localTime(before, zone) === local) return before
  const after = local - offsetAt(local + 86_400_000, zone)
  if (localTime(after, zone) === local) return after
  // clocks are put forward between the two
  let at = Math.ceil(after / quarterMs) * quarterMs
  while (at < before && localTime(at, zone) < local) at += quarterMs
  return at
}
