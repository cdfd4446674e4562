/** Counters, gauges and histograms in the text format of Prometheus. Labels have a bounded number of values. */

type Labels = Readonly<Record<string, string>>

interface Metric {
  write(lines: string[]): void
}

/** Most series of one metric. Further ones count as `other`. */
const maxSeries = 2_000

const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const show = (names: readonly string[], values: readonly string[], more = '') => {
  const parts = names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`)
  if (more) parts.push(more)
  return parts.length > 0 ? `{${parts.join(',')}}` : ''
}

class Series<Value> {
  readonly #found = new Map<string, { readonly values: readonly string[]; value: Value }>()

  constructor(
    readonly names: readonly string[],
    readonly create: () => Value,
  ) {}

  at(labels: Labels): { value: Value } {
    let values = this.names.map((name) => labels[name] ?? '')
    let key = values.join('\u0000')
    let found = this.#found.get(key)
    if (found) return found
    if (this.#found.size >= maxSeries) {
      values = this.names.map(() => 'other')
      key = values.join('\u0000')
      found = this.#found.get(key)
      if (found) return found
    }
    found = { values, value: this.create() }
    this.#found.set(key, found)
    return found
  }

  get empty(): boolean {
    return this.#found.size === 0
  }

  [Symbol.iterator]() {
    return this.#found.values()
  }
}

export class Counter implements Metric {
  readonly #series: Series<number>

  constructor(
    readonly name: string,
    readonly help: string,
    names: readonly string[],
    readonly type: 'counter' | 'gauge' = 'counter',
  ) {
    this.#series = new Series(names, () => 0)
  }

  add(labels: Labels, amount = 1): void {
    this.#series.at(labels).value += amount
  }

  set(labels: Labels, value: number): void {
    this.#series.at(labels).value = value
  }

  write(lines: string[]): void {
    lines.push(`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} ${this.type}`)
    // a metric that exists from the start differs from a misspelled one
    if (this.#series.empty) lines.push(`${this.name}${show(this.#series.names, [])} 0`)
    for (const { values, value } of this.#series)
      lines.push(`${this.name}${show(this.#series.names, values)} ${Number(value.toPrecision(15))}`)
  }
}

interface Buckets {
  readonly counts: number[]
  sum: number
  count: number
}

/** Seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

export class Histogram implements Metric {
  readonly #series: Series<Buckets>

  constructor(
    readonly name: string,
    readonly help: string,
    names: readonly string[],
  ) {
    this.#series = new Series(names, () => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }))
  }

  observe(labels: Labels, value: number): void {
    const buckets = this.#series.at(labels).value
    buckets.sum += value
    buckets.count++
    for (let index = bounds.length - 1; index >= 0 && value <= (bounds[index] ?? 0); index--) {
      buckets.counts[index] = (buckets.counts[index] ?? 0) + 1
    }
  }

  write(lines: string[]): void {
    lines.push(`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} histogram`)
    for (const { values, value } of this.#series) {
      const { names } = this.#series
      for (const [index, bound] of bounds.entries())
        lines.push(`${this.name}_bucket${show(names, values, `le="${bound}"`)} ${value.counts[index]}`)
      lines.push(`${this.name}_bucket${show(names, values, 'le="+Inf"')} ${value.count}`)
      lines.push(`${this.name}_sum${show(names, values)} ${value.sum}`)
      lines.push(`${this.name}_count${show(names, values)} ${value.count}`)
    }
  }
}

export const writeMetrics = (metrics: readonly Metric[]): string => {
  const lines: string[] = []
  for (const metric of metrics) metric.write(lines)
  return `${lines.join('\n')}\n`
}
