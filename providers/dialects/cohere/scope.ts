import type { Report } from '../../report.js'
import type { ModelFacts } from './models.js'
import type { ToolNames } from './tools.js'

/** What every part of one encoding shares. */
export interface EncodeScope {
  readonly report: Report
  readonly facts: ModelFacts
  readonly names: ToolNames
}

/** What the decoder of the same call must know. */
export interface EncodeState {
  /** Tool names as sent, to the caller's. */
  readonly names: Readonly<Record<string, string>>
}

/** The caller's name of a tool. */
export function originalName(wire: string, encodeState: unknown): string {
  const names = (encodeState as EncodeState | undefined)?.names
  return names && Object.hasOwn(names, wire) ? (names[wire] ?? wire) : wire
}
