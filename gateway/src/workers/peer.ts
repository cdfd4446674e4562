/** One end of the socket between the owner and a worker. */
export interface Socket {
  send(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
}

interface Envelope {
  readonly llmux: readonly Item[]
}

type Item =
  | { readonly call: string; readonly id?: number; readonly args: readonly unknown[] }
  | { readonly answer: number; readonly value?: unknown; readonly error?: { message: string; code?: string } }

/** Answers calls of the other side by name. Results may be promises. */
export type Handlers = Readonly<Record<string, (...args: never[]) => unknown>>

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Calls over a socket, in both directions and in order. Messages of one turn of the event loop travel together. */
export class Peer {
  readonly #socket: Socket
  readonly #handlers: Handlers
  readonly #waiting = new Map<number, Waiting>()
  #outgoing: Item[] = []
  #nextId = 1
  #closed: Error | undefined

  constructor(socket: Socket, handlers: Handlers) {
    this.#socket = socket
    this.#handlers = handlers
    socket.on('message', (message) => {
      const { llmux } = message as Partial<Envelope>
      for (const item of llmux ?? []) this.#receive(item)
    })
  }

  /** Calls the other side. Rejects with its error, or when the connection ends. */
  ask<Result>(call: string, ...args: readonly unknown[]): Promise<Result> {
    if (this.#closed) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#push({ call, id, args })
    })
  }

  /** Calls the other side without an answer. */
  tell(call: string, ...args: readonly unknown[]): void {
    if (!this.#closed) this.#push({ call, args })
  }

  /** Ends all open calls. */
  close(error: Error): void {
    this.#closed ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  /** Sends pending messages. */
  flush(): void {
    const llmux = this.#outgoing
    if (llmux.length === 0) return
    this.#outgoing = []
    try {
      this.#socket.send({ llmux })
    } catch (error) {
      if (llmux.length === 1) this.#unsent(llmux[0] as Item, error as Error)
      else for (const item of llmux) this.#send(item)
    }
  }

  #send(item: Item): void {
    try {
      this.#socket.send({ llmux: [item] })
    } catch (error) {
      this.#unsent(item, error as Error)
    }
  }

  /** A value that can't be sent fails its own call. */
  #unsent(item: Item, error: Error): void {
    if ('answer' in item) {
      if (!item.error) this.#send({ answer: item.answer, error: { message: error.message } })
    } else if (item.id !== undefined) {
      this.#waiting.get(item.id)?.reject(error)
      this.#waiting.delete(item.id)
    }
  }

  #push(item: Item): void {
    if (this.#outgoing.push(item) === 1) setImmediate(() => this.flush())
  }

  #receive(item: Item): void {
    // the other side is gone, and what it holds has been returned
    if (this.#closed) return
    if ('answer' in item) {
      const waiting = this.#waiting.get(item.answer)
      this.#waiting.delete(item.answer)
      if (!item.error) waiting?.resolve(item.value)
      else waiting?.reject(Object.assign(new Error(item.error.message), { code: item.error.code }))
      return
    }
    const { call, id, args } = item
    const answer = (value: unknown) => {
      if (id !== undefined && !this.#closed) this.#push({ answer: id, value })
    }
    const fail = (error: unknown) => {
      const { message, code } = error as Error & { code?: string }
      if (id !== undefined && !this.#closed) this.#push({ answer: id, error: { message, ...(code && { code }) } })
    }
    try {
      const handler = this.#handlers[call]
      if (!handler) throw new Error(`The other process knows no '${call}'.`)
      const found: unknown = handler(...(args as never[]))
      if (found instanceof Promise) found.then(answer, fail)
      else answer(found)
    } catch (error) {
      fail(error)
    }
  }
}
