import { BadRequestError } from '../errors.js'
import { closestName } from '../suggest.js'
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

/** The listeners of a Router. They can't break or change a call: their exceptions are counted and dropped. */
export class RouterEvents {
  readonly #listeners = new Map<RouterEventType | '*', Set<Listener>>()
  /** How many times a listener threw. */
  failures = 0
  /** Whether there is any listener. Without one no event object is built. */
  observed = false

  /** @throws {BadRequestError} if there is no such event */
  on(type: RouterEventType | '*', listener: Listener): () => void {
    if (!Object.hasOwn(types, type)) {
      const suggestion = closestName(String(type), Object.keys(types))
      const hint = suggestion ? `Did you mean '${suggestion}'?` : `Events: ${Object.keys(types).join(', ')}.`
      throw new BadRequestError(`Unknown Router event '${type}'. ${hint}`, { param: 'type' })
    }
    if (typeof listener !== 'function') {
      throw new BadRequestError(`'listener' must be a function; got ${typeof listener}.`, { param: 'listener' })
    }
    let listeners = this.#listeners.get(type)
    if (!listeners) {
      listeners = new Set()
      this.#listeners.set(type, listeners)
    }
    listeners.add(listener)
    this.observed = true
    return () => {
      listeners.delete(listener)
      this.observed = [...this.#listeners.values()].some((set) => set.size > 0)
    }
  }

  emit(event: RouterEvent): void {
    if (!this.observed) return
    this.#notify(this.#listeners.get(event.type), event)
    this.#notify(this.#listeners.get('*'), event)
  }

  #notify(listeners: Set<Listener> | undefined, event: RouterEvent): void {
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
