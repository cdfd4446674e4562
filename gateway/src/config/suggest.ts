/** The known name that a misspelled one was probably meant to be; undefined if none is within two edits. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const given = plain(written)
  let best: string | undefined
  let fewest = given.length < 6 ? 1.5 : 2.5
  for (const name of known) {
    const edits = distance(given, plain(name), Math.ceil(fewest))
    if (edits < fewest) {
      best = name
      fewest = edits
    }
  }
  return best
}

const plain = (name: string) => name.toLowerCase().replaceAll('-', '_')

/** Edits between two words: letters replaced, missing or added, and neighbours swapped. Stops counting above `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let fewest = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        fewest = Math.min(fewest, (beforeLast[j - 2] ?? 0) + 1)
      row.push(fewest)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
