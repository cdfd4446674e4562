import type { SimulatedOperation, WireName } from './reply.js'

/** A request as the simulator got it, and what became of it. The last four fields change while it is answered. */
export interface SimulatedRequest {
  readonly wire: WireName
  readonly operation: SimulatedOperation
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON; the text where it was not JSON; undefined where there was none. */
  readonly body: unknown
  /** From the body, or from the path where the API has it there; else an empty text. */
  readonly model: string
  /** 0 for the first request that arrived, then 1, … */
  readonly order: number
  /** When it arrived, in milliseconds from the start (or the last `reset()`) of the simulator. */
  readonly startedAt: number
  /** The status it was answered with; undefined until the headers are sent. */
  readonly status: number | undefined
  /** True once the client has gone away before the answer was complete. */
  readonly closedByClient: boolean
  /** True once the whole answer has been handed over. A broken answer (`cut`, `reset`) never is. */
  readonly completed: boolean
  /** Settles when the exchange is over, in whichever way. */
  readonly closed: Promise<void>
}

type Arrived = Omit<SimulatedRequest, 'status' | 'closedByClient' | 'completed' | 'closed'>

/** A request whose fate is still being written. */
export class LoggedRequest implements SimulatedRequest {
  readonly wire: WireName
  readonly operation: SimulatedOperation
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly model: string
  readonly order: number
  readonly startedAt: number
  status: number | undefined = undefined
  closedByClient = false
  completed = false
  readonly closed: Promise<void>
  #settle: () => void = () => {}

  constructor(arrived: Arrived) {
    this.wire = arrived.wire
    this.operation = arrived.operation
    this.method = arrived.method
    this.path = arrived.path
    this.headers = arrived.headers
    this.body = arrived.body
    this.model = arrived.model
    this.order = arrived.order
    this.startedAt = arrived.startedAt
    this.closed = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** `end` is what the answer came to on our side: all of it, broken by us, or neither. */
  close(end: 'completed' | 'broken' | 'left'): void {
    this.completed = end === 'completed'
    this.closedByClient = end === 'left'
    this.#settle()
  }
}
