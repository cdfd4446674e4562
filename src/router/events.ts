import { closestName } from '../call/suggest.js'
import { BadRequestError } from '../errors.js'
import type { RouterEvent, RouterEventType } from '../types/observe.js'

type Listener = (event: RouterEvent) => void

const types: Readonly<Record<RouterEventType | '*', true>> = {
  '*': true,
  pick: true,
  success: true,
  failure: true,
  retry: true,
  fallback: true,
  cooldown: true,
  probe: true,
  recovered: true,
  resume: true,
  wait: true,
  warning: true,
  state: true,
}

/** Who wants to know what happens. A listener can't break or change a call: what it throws is counted and dropped. */
export class Events {
  readonly #listeners = new Map<RouterEventType | '*', Set<Listener>>()
  /** How many times a listener threw. */
  failures = 0
  /** Whether anybody listens: nothing is made for nobody. */
  heard = false

  /** @throws {BadRequestError} where there is no such event: its listener would never be told anything */
  on(type: RouterEventType | '*', listener: Listener): () => void {
    if (!Object.hasOwn(types, type)) {
      const right = closestName(String(type), Object.keys(types))
      const hint = right ? `Did you mean '${right}'?` : `There are ${Object.keys(types).join(', ')}.`
      throw new BadRequestError(`A Router has no event '${type}'. ${hint}`, { param: 'type' })
    }
    if (typeof listener !== 'function') throw new BadRequestError('on() takes a function.', { param: 'listener' })
    let listeners = this.#listeners.get(type)
    if (!listeners) {
      listeners = new Set()
      this.#listeners.set(type, listeners)
    }
    listeners.add(listener)
    this.heard = true
    return () => {
      listeners.delete(listener)
      this.heard = [...this.#listeners.values()].some((set) => set.size > 0)
    }
  }

  emit(event: RouterEvent): void {
    if (!this.heard) return
    this.#tell(this.#listeners.get(event.type), event)
    this.#tell(this.#listeners.get('*'), event)
  }

  #tell(listeners: Set<Listener> | undefined, event: RouterEvent): void {
    if (!listeners) return
    for (const listener of listeners) {
      try {
        const returned: unknown = listener(event)
        if (returned instanceof Promise) returned.catch(() => this.failures++)
      } catch {
        this.failures++
      }
    }
  }
}
