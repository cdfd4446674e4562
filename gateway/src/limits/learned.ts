/** Use of calls of one kind: decaying maxima, so that one large call raises the expectation for a while. */
interface Learned {
  nanos: number
  outputTokens: number
  totalTokens: number
}

const decay = 0.9
const most = 20_000

/** Expected cost and tokens of a call, learned from earlier calls of the same key and model. */
export class Expectations {
  readonly #known = new Map<string, Learned>()

  /** By key and model; for a new key by the model alone. */
  find(key: string, model: string): Readonly<Learned> | undefined {
    return this.#known.get(`${key}\n${model}`) ?? this.#known.get(`\n${model}`)
  }

  learn(key: string, model: string, seen: Readonly<Learned>): void {
    for (const name of [`${key}\n${model}`, `\n${model}`]) {
      const known = this.#known.get(name)
      if (known) {
        known.nanos = next(known.nanos, seen.nanos)
        known.outputTokens = next(known.outputTokens, seen.outputTokens)
        known.totalTokens = next(known.totalTokens, seen.totalTokens)
        continue
      }
      if (this.#known.size >= most) this.#known.delete(this.#known.keys().next().value ?? '')
      this.#known.set(name, { ...seen })
    }
  }
}

const next = (known: number, seen: number) => (seen >= known ? seen : known * decay + seen * (1 - decay))
