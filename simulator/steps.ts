/** One step of delivering a response. */
export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'write'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  /** The connection breaks: closed, or reset. */
  | { readonly kind: 'break'; readonly reset: boolean }

/** The destination of a response: a socket, or a dispatch handler in the same process. */
export interface Sink {
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** Returns a promise if the client is slow; it settles when the buffer drains. */
  write(bytes: Buffer): Promise<void> | undefined
  end(): void
  break(reset: boolean): void
}

/** The connection state of the client; wakes waiting steps when it disconnects. */
export class Presence {
  #gone = false
  #wake: (() => void) | undefined

  get gone(): boolean {
    return this.#gone
  }

  leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#wake?.()
  }

  /** Settles when `start` calls its argument, or when the client disconnects; then it calls `stop`. */
  wait(start: (done: () => void) => () => void): Promise<void> {
    if (this.#gone) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = start(() => settle())
      const settle = (): void => {
        this.#wake = undefined
        stop()
        resolve()
      }
      this.#wake = settle
    })
  }

  sleep(ms: number): Promise<void> {
    return this.wait((done) => {
      // `Infinity` waits for the client to disconnect; a timer can't represent it
      const timer = setTimeout(done, Math.min(ms, 2_147_483_647))
      return () => clearTimeout(timer)
    })
  }
}

/** Delivers a response until the client disconnects. */
export async function play(steps: Iterable<Step>, sink: Sink, presence: Presence): Promise<void> {
  for (const step of steps) {
    if (presence.gone) return
    switch (step.kind) {
      case 'wait':
        if (step.ms > 0) await presence.sleep(step.ms)
        break
      case 'head':
        sink.head(step.status, step.headers)
        break
      case 'write': {
        const room = sink.write(step.bytes)
        if (room) await room
        break
      }
      case 'end':
        return sink.end()
      case 'break':
        return sink.break(step.reset)
    }
  }
}
