import type { Json } from './json.js'
import type { RawEvent } from './reply.js'

/** A response that the simulated host has stored. */
export interface SimulatedResponse {
  readonly key: string | undefined
  readonly input: unknown
  /** The complete response. */
  readonly whole: Json
  readonly events: readonly RawEvent[]
  readonly background: boolean
  /** Requests for its state so far. */
  reads: number
  cancelled: boolean
}

/** Stored responses by their id. */
export type SimulatedResponses = Map<string, SimulatedResponse>
