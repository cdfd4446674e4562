import { randomUUID } from 'node:crypto'
import type { ModelPrices } from 'llmux'
import type { ModelEntry } from '../config/deployment.js'
import type { DocumentStore } from '../types.js'

/** Prices that were set while the gateway runs. */
export interface StoredPrice {
  readonly id: string
  /** `provider/model`, a model group, or the id of a deployment. */
  readonly model: string
  /** In the form of the SDK: US dollars per million tokens. */
  readonly prices: ModelPrices
  /** Milliseconds since 1970. */
  readonly effectiveAt: number
  readonly source: 'override' | 'refresh'
  readonly createdAt: number
  readonly createdBy: string
}

const collection = 'prices'
/** Longest delay of a timer. */
const longestTimer = 24 * 3_600_000

/** Prices with the time from which they hold. Deployments take them over without a restart. */
export class PriceBook {
  readonly #documents: DocumentStore
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(documents: DocumentStore, now: () => number) {
    this.#documents = documents
    this.#now = now
  }

  /** All prices, the newest first. */
  list(): StoredPrice[] {
    return this.#documents
      .list(collection)
      .map(({ value }) => value as StoredPrice)
      .sort((a, b) => b.effectiveAt - a.effectiveAt || b.createdAt - a.createdAt)
  }

  async add(price: Omit<StoredPrice, 'id' | 'createdAt' | 'createdBy'>, by: string): Promise<StoredPrice> {
    const stored: StoredPrice = { ...price, id: randomUUID(), createdAt: this.#now(), createdBy: by }
    await this.#documents.put(collection, stored.id, stored, by)
    return stored
  }

  remove(id: string, by: string): Promise<boolean> {
    return this.#documents.remove(collection, id, by)
  }

  /** The price that held at a time for the first of the names that has one. */
  at(names: readonly string[], at: number): StoredPrice | undefined {
    const list = this.list().filter(({ effectiveAt }) => effectiveAt <= at)
    for (const name of names) {
      const found = list.find(({ model }) => model === name)
      if (found) return found
    }
    return undefined
  }

  /** Deployments with the prices of now. */
  apply(entries: readonly ModelEntry[]): ModelEntry[] {
    const now = this.#now()
    return entries.map((entry) => {
      const { config } = entry
      const { model, baseModel = model } = config.params
      const found = this.at([config.id ?? '', entry.modelName, model, baseModel], now)
      if (!found) return entry
      return {
        ...entry,
        config: { ...config, params: { ...config.params, prices: { ...config.params.prices, ...found.prices } } },
      }
    })
  }

  /** Calls `changed` after each change, and when a price begins to hold. Returns a function that ends it. */
  watch(changed: () => void): () => void {
    const schedule = () => {
      clearTimeout(this.#timer)
      const next = Math.min(
        ...this.list()
          .map(({ effectiveAt }) => effectiveAt)
          .filter((at) => at > this.#now()),
      )
      if (!Number.isFinite(next)) return
      const delay = Math.min(longestTimer, next - this.#now())
      this.#timer = setTimeout(() => {
        changed()
        schedule()
      }, delay)
      this.#timer.unref()
    }
    schedule()
    const end = this.#documents.watch(collection, () => {
      changed()
      schedule()
    })
    return () => {
      clearTimeout(this.#timer)
      end()
    }
  }
}
