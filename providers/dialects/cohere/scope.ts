import type { Report } from '../../report.js'
import type { ModelFacts } from './models.js'
import type { ToolNames } from './tools.js'

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  readonly facts: ModelFacts
  readonly names: ToolNames
}

/** State that `encode` passes to the decoder of the same call. */
export interface EncodeState {
  /** The caller's tool names by the name sent. */
  readonly names: Readonly<Record<string, string>>
}

/** Restores the caller's name of a tool. */
export function originalName(wire: string, encodeState: unknown): string {
  const names = (encodeState as EncodeState | undefined)?.names
  return names && Object.hasOwn(names, wire) ? (names[wire] ?? wire) : wire
}
