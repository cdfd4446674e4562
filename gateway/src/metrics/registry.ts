/** Counters, gauges and histograms in the text format of Prometheus. Labels have a bounded number of values. */

type Labels = Readonly<Record<string, string>>

/** State of one metric as plain data, so that it can be sent and added up. */
export interface MetricDump {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Names of the labels. */
  readonly names: readonly string[]
  /** How the values of several processes become one. */
  readonly merge: 'sum' | 'max'
  readonly series: readonly (readonly [labels: readonly string[], value: number | Buckets])[]
}

interface Metric {
  dump(): MetricDump
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

  clear(): void {
    this.#found.clear()
  }

  list(): (readonly [labels: readonly string[], value: Value])[] {
    return [...this.#found.values()].map(({ values, value }) => [values, value])
  }
}

export class Counter implements Metric {
  readonly #series: Series<number>

  constructor(
    readonly name: string,
    readonly help: string,
    names: readonly string[],
    readonly type: 'counter' | 'gauge' = 'counter',
    readonly merge: 'sum' | 'max' = 'sum',
  ) {
    this.#series = new Series(names, () => 0)
  }

  add(labels: Labels, amount = 1): void {
    this.#series.at(labels).value += amount
  }

  /** The place of a series, for a caller that adds to it often. It counts until `clear()`. */
  cell(labels: Labels): { value: number } {
    return this.#series.at(labels)
  }

  set(labels: Labels, value: number): void {
    this.#series.at(labels).value = value
  }

  /** Forgets the series of subjects that may no longer exist. */
  clear(): void {
    this.#series.clear()
  }

  dump(): MetricDump {
    const { name, help, type, merge } = this
    return { name, help, type, merge, names: this.#series.names, series: this.#series.list() }
  }
}

export interface Buckets {
  readonly counts: number[]
  sum: number
  count: number
}

/** Seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/** Adds an observation. */
export function count(buckets: Buckets, value: number): void {
  buckets.sum += value
  buckets.count++
  for (let index = bounds.length - 1; index >= 0 && value <= (bounds[index] ?? 0); index--) {
    buckets.counts[index] = (buckets.counts[index] ?? 0) + 1
  }
}

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
    count(this.#series.at(labels).value, value)
  }

  /** The place of a series, for {@link count}. */
  cell(labels: Labels): Buckets {
    return this.#series.at(labels).value
  }

  dump(): MetricDump {
    const { name, help } = this
    return { name, help, type: 'histogram', merge: 'sum', names: this.#series.names, series: this.#series.list() }
  }
}

function writeMetric({ name, help, type, names, series }: MetricDump, lines: string[]): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  // a metric that exists from the start differs from a misspelled one
  if (series.length === 0 && type !== 'histogram') lines.push(`${name}${show(names, [])} 0`)
  for (const [values, value] of series) {
    if (typeof value === 'number') {
      lines.push(`${name}${show(names, values)} ${Number(value.toPrecision(15))}`)
      continue
    }
    for (const [index, bound] of bounds.entries())
      lines.push(`${name}_bucket${show(names, values, `le="${bound}"`)} ${value.counts[index]}`)
    lines.push(`${name}_bucket${show(names, values, 'le="+Inf"')} ${value.count}`)
    lines.push(`${name}_sum${show(names, values)} ${value.sum}`)
    lines.push(`${name}_count${show(names, values)} ${value.count}`)
  }
}

/** The text format of Prometheus. */
export const writeMetrics = (metrics: readonly MetricDump[]): string => {
  const lines: string[] = []
  for (const metric of metrics) writeMetric(metric, lines)
  return `${lines.join('\n')}\n`
}

/** Adds up the metrics of several processes. */
export function addMetrics(processes: readonly (readonly MetricDump[])[]): MetricDump[] {
  const found = new Map<
    string,
    { readonly of: MetricDump; readonly series: Map<string, MetricDump['series'][number]> }
  >()
  for (const metric of processes.flat()) {
    const known = found.get(metric.name) ?? { of: metric, series: new Map() }
    found.set(metric.name, known)
    for (const [labels, value] of metric.series) {
      const key = labels.join('\u0000')
      const before = known.series.get(key)
      known.series.set(key, [labels, before ? join(before[1], value, metric.merge) : value])
    }
  }
  return [...found.values()].map(({ of, series }) => ({ ...of, series: [...series.values()] }))
}

function join(one: number | Buckets, other: number | Buckets, merge: 'sum' | 'max'): number | Buckets {
  if (typeof one === 'number' || typeof other === 'number') {
    const [a, b] = [Number(one), Number(other)]
    return merge === 'max' ? Math.max(a, b) : a + b
  }
  return {
    counts: one.counts.map((count, index) => count + (other.counts[index] ?? 0)),
    sum: one.sum + other.sum,
    count: one.count + other.count,
  }
}
