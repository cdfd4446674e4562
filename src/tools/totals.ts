import type { ChatCompletion, Usage } from '../types/chat.js'

/** Usage and cost of several answers. */
export class Totals {
  #usage: Usage | undefined
  #isUsageKnown = true
  #isCostKnown = true
  /** Cost of the answers whose price is known, in US dollars. */
  known = 0

  add({ usage, meta }: ChatCompletion): void {
    if (usage) this.#usage = this.#usage ? (sum(this.#usage, usage) as Usage) : usage
    else this.#isUsageKnown = false
    const { total } = meta.cost
    if (total === undefined) this.#isCostKnown = false
    else this.known += total
  }

  get usage(): Usage | undefined {
    return this.#isUsageKnown ? this.#usage : undefined
  }

  get cost(): number | undefined {
    return this.#isCostKnown ? this.known : undefined
  }
}

/** Adds numbers by their names, in nested objects too. */
function sum(one: object, other: object): object {
  const total: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = total[name]
    if (typeof value === 'number' && typeof before === 'number') total[name] = before + value
    else if (isObject(value) && isObject(before)) total[name] = sum(before, value)
    else if (before === undefined || before === null) total[name] = value
  }
  return total
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
