import type { SimulatedOperation, WireName } from './reply.js'

/** A received request and its outcome. The last four fields change until the exchange is over. */
export interface SimulatedRequest {
  readonly wire: WireName
  readonly operation: SimulatedOperation
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON, the text if it is not JSON, or undefined without a body. */
  readonly body: unknown
  /** From the body or, for some APIs, the path; otherwise an empty string. */
  readonly model: string
  /** 0 for the first request that arrived, then 1, … */
  readonly order: number
  /** Arrival time in milliseconds since the start (or the last `reset()`) of the simulator. */
  readonly startedAt: number
  /** The response status; undefined until the headers are sent. */
  readonly status: number | undefined
  /** True if the client disconnected before the response was complete. */
  readonly closedByClient: boolean
  /** True once the complete response has been delivered. Never true for a broken one (`cut`, `reset`). */
  readonly completed: boolean
  /** Settles when the exchange is over, successful or not. */
  readonly closed: Promise<void>
}

type Arrived = Omit<SimulatedRequest, 'status' | 'closedByClient' | 'completed' | 'closed'>

/** A request in progress. */
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

  /** `end` is the server-side outcome: complete, broken by a fault, or neither. */
  close(end: 'completed' | 'broken' | 'left'): void {
    this.completed = end === 'completed'
    this.closedByClient = end === 'left'
    this.#settle()
  }
}
