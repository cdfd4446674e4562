/** Round values from 0 to at least the largest one, four steps at most: 0, 1, 2, 3 or 0, 500, 1,000. */
export function ticksUpTo(most: number): number[] {
  if (!(most > 0)) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(most / 4))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * 4 >= most * (1 - 1e-9)) ?? most
  const count = Math.ceil((most / step) * (1 - 1e-9))
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}
