/** How many letters of a name may be wrong for it to be taken for another one. */
const mostWrong = (name: string) => (name.length < 8 ? 1 : 2)

/** The known name that another one was probably meant to be; undefined where it is like none of them. */
export function closestName(written: string, known: Iterable<string>): string | undefined {
  const given = written.toLowerCase()
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const name of known) {
    const most = mostWrong(name)
    for (const spelling of new Set([name.toLowerCase(), snake(name)])) {
      if (Math.abs(spelling.length - given.length) > most) continue
      const wrong = distance(given, spelling)
      if (wrong > most || wrong >= least) continue
      best = name
      least = wrong
    }
  }
  return best
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Letters that are wrong, missing or too many, and neighbours that have changed places. */
function distance(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    before = last
    last = row
  }
  return last[other.length] ?? 0
}
