/** US dollars in integers of 10⁻⁹ dollar. */
export const toNanos = (dollars: number): number => Math.round(dollars * 1e9)

const exact = 9_007_199_254_740_992n

/** Integers of 10⁻⁹ dollar as US dollars. Exact up to 2⁵³ nanodollars, 9 million dollars; beyond, the nearest number. */
export function toDollars(nanos: bigint | number): number {
  if (typeof nanos === 'number') return nanos / 1e9
  if (nanos > -exact && nanos < exact) return Number(nanos) / 1e9
  return Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9
}
