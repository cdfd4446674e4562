/** The ids most similar to an unknown one, best first. */
export function nearest(written: string, ids: Iterable<string>, count = 3): string[] {
  const wanted = pairs(written.toLowerCase())
  const scored: { id: string; score: number }[] = []
  for (const id of ids) {
    const score = likeness(wanted, pairs(id.toLowerCase()))
    if (score > 0.45) scored.push({ id, score })
  }
  scored.sort(
    (one, other) => other.score - one.score || one.id.length - other.id.length || (one.id < other.id ? -1 : 1),
  )
  return scored.slice(0, count).map(({ id }) => id)
}

function pairs(text: string): Set<string> {
  const found = new Set<string>()
  for (let at = 0; at < Math.min(text.length, 200) - 1; at++) found.add(text.slice(at, at + 2))
  return found
}

function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0
  let shared = 0
  for (const pair of one) if (other.has(pair)) shared++
  return (2 * shared) / (one.size + other.size)
}
