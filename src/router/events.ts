import type { RouterEvent, RouterEventType } from './types.js'

type Listener = (event: RouterEvent) => void

/** Who wants to know what happens. A listener can't break or change a call: what it throws is counted and dropped. */
export class Events {
  readonly #listeners = new Map<RouterEventType | '*', Set<Listener>>()
  /** How many times a listener threw. */
  failures = 0
  /** Whether anybody listens: nothing is made for nobody. */
  heard = false

  on(type: RouterEventType | '*', listener: Listener): () => void {
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
