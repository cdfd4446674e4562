/** The one measure of how alike two names are: for options, parameters, providers and models. */

/** Longer names are compared up to here, in characters: the cost grows with the product of the lengths. */
const comparedLength = 100

/** Edits that turn a misspelled option into the intended one. */
const allowedEdits = (name: string) => (name.length < 8 ? 1 : 2)

/**
 * Returns the known name that a misspelled one was probably meant to be; undefined if none is close. Compares in lower case
 * and treats camelCase and snake_case alike.
 */
export function closestName(written: string, known: Iterable<string>): string | undefined {
  const given = written.toLowerCase()
  let closest: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const name of known) {
    const most = allowedEdits(name)
    const lower = name.toLowerCase()
    const snake = toSnake(name)
    for (const spelling of lower === snake ? [lower] : [lower, snake]) {
      if (Math.abs(spelling.length - given.length) > most) continue
      const edits = editDistance(given, spelling)
      if (edits > most || edits >= fewest) continue
      closest = name
      fewest = edits
    }
  }
  return closest
}

/** Returns the known names most like a misspelled model or provider, closest first. The words of a name may be reordered. */
export function closestNames(written: string, known: Iterable<string>, limit = 3): string[] {
  const given = written.toLowerCase().slice(0, comparedLength)
  const givenWords = sortWords(given)
  const most = Math.max(2, Math.floor(given.length / 3))
  const scored: { name: string; edits: number }[] = []
  for (const name of known) {
    const lower = name.toLowerCase()
    if (Math.abs(lower.length - given.length) > most) continue
    const edits = Math.min(editDistance(given, lower), editDistance(givenWords, sortWords(lower)) + 0.5)
    if (edits <= most) scored.push({ name, edits })
  }
  return scored
    .sort((a, b) => a.edits - b.edits || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name)
}

const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const sortWords = (name: string) =>
  name
    .split(/[-._ ]/)
    .sort()
    .join('-')

/** Damerau-Levenshtein distance: letters replaced, missing or added, and neighbours swapped. */
function editDistance(one: string, other: string): number {
  const a = one.slice(0, comparedLength)
  const b = other.slice(0, comparedLength)
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let fewest = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        fewest = Math.min(fewest, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(fewest)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
