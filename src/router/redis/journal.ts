import type { Budget } from '../../limits/budget.js'
import type { Cooldown } from '../../limits/types.js'
import type { LocalCall } from '../state.js'

/** A settlement that Redis has perhaps not heard. */
export interface Unheard {
  readonly keys: string[]
  readonly argument: Readonly<Record<string, unknown>>
  /** Wall time. */
  readonly at: number
}

/** The most settlements that are kept, and slots of usage: beyond that the oldest are forgotten. */
const most = 10_000

interface Slot {
  readonly at: number
  requests: number
  tokens: number
}

/** What Redis is still to be told: what happened while it was out of reach. */
export class Journal {
  readonly #slotMs: number
  #unheard: Unheard[] = []
  #slots = new Map<string, Map<number, Slot>>()
  #spent = new Map<Budget, { at: number; cost: number }[]>()
  /** Newest state of each deployment: resting, or well again. */
  #cooldowns = new Map<string, Cooldown | undefined>()
  /** Requests that began before are counted already. */
  #countedTo = Number.NEGATIVE_INFINITY

  /** @param slotMs calls of this many milliseconds are told together */
  constructor(slotMs: number) {
    this.#slotMs = slotMs
  }

  settlement(unheard: Unheard): void {
    if (this.#unheard.length >= most) this.#unheard.shift()
    this.#unheard.push(unheard)
  }

  cooldown(id: string, cooldown: Cooldown | undefined): void {
    this.#cooldowns.set(id, cooldown)
  }

  note({ id, at, tokens, holds, cost }: LocalCall, now: number): void {
    if (at > this.#countedTo) {
      let slots = this.#slots.get(id)
      if (!slots) {
        slots = new Map()
        this.#slots.set(id, slots)
      }
      const number = Math.floor(at / this.#slotMs)
      const slot = slots.get(number) ?? { at: (number + 1) * this.#slotMs, requests: 0, tokens: 0 }
      slot.requests++
      slot.tokens += tokens
      slots.set(number, slot)
      const [oldest] = slots.keys()
      if (slots.size > 1_000 && oldest !== undefined) slots.delete(oldest)
    }
    if (cost <= 0) return
    for (const { budget } of holds) {
      const spent = this.#spent.get(budget) ?? []
      const last = spent.at(-1)
      if (last && now - last.at < this.#slotMs) last.cost += cost
      else spent.push({ at: now, cost })
      this.#spent.set(budget, spent)
    }
  }

  /** Everything that was noted; it is not kept any longer. */
  take() {
    const taken = {
      unheard: this.#unheard,
      slots: [...this.#slots].map(([id, slots]) => ({ id, entries: [...slots.values()] })),
      spent: [...this.#spent].map(([budget, entries]) => ({ budget, entries })),
      cooldowns: [...this.#cooldowns],
    }
    this.#unheard = []
    this.#slots = new Map()
    this.#spent = new Map()
    this.#cooldowns = new Map()
    return taken
  }

  /** All that this process has counted is told from its own windows: nothing of it is told again. */
  countedTo(now: number): void {
    this.#countedTo = now
  }

  get empty(): boolean {
    return this.#unheard.length + this.#slots.size + this.#spent.size + this.#cooldowns.size === 0
  }
}
