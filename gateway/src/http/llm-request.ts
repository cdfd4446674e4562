import type { SettledRecord } from 'llmux'
import type { HandlerRequest, HandlerResponse, RouteInfo, StoredResponse } from 'llmux/server'
import type { CallHooks } from '../hooks/runner.js'
import { newCallId } from '../limits/call-ids.js'
import type { Admitted, Principal } from '../types.js'

/** A request to a model, with all that becomes known about it. */
export class LlmRequest implements HandlerRequest {
  readonly id: string
  readonly startedAt = Date.now()
  readonly path: string
  principal: Principal | undefined
  route: RouteInfo | undefined
  admitted: Admitted | undefined
  hooks: CallHooks | undefined
  /** The answer of a hook. */
  reply: HandlerResponse | undefined
  /** Why no call was made, or why it failed. */
  error: unknown
  settled = false
  model = ''
  /** Whether the answer comes later, and is read by its id. */
  background = false
  /** Whether the answer names the model as the client did. */
  restamp = false
  /** The answer of the Responses API that was kept. */
  stored: { readonly id: string; readonly stored: StoredResponse; readonly context: unknown } | undefined
  /** Headers of the answer that describe the call: names and values, in turn. */
  head: readonly string[] | undefined
  /** Settles when the answer is kept. */
  storing: Promise<void> | undefined

  constructor(
    readonly method: string,
    readonly url: string,
    readonly headers: Readonly<Record<string, string | undefined>>,
    readonly body: (() => Promise<Uint8Array | string>) | undefined,
    readonly signal: AbortSignal | undefined,
    readonly ip: string | undefined,
  ) {
    this.id = headers['x-litellm-call-id']?.slice(0, 200) || newCallId()
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
  }
}

/** Receives the events of calls, for metrics and logs. */
export interface CallObserver {
  started(request: LlmRequest): void
  settled(request: LlmRequest, record: SettledRecord): void
  /** The response has been decided on; for streams, before their first event. */
  answered(request: LlmRequest, status: number): void
}
