import type { Callback } from 'llmux'
import type { HandlerResponse } from 'llmux/server'
import type { Environment } from '../config/config.js'
import type { OtelSettings } from '../config/otel.js'
import type { LlmRequest } from '../http/llm-request.js'
import type { Log } from '../log.js'
import type { Principal } from '../types.js'

/** Traces of calls by OpenTelemetry: from the client, through the gateway, to the provider. */
export interface Tracing {
  /** Records the spans of calls and their attempts. */
  readonly callback: Callback
  /** Answers a request within a span of the server, which goes on with the trace of the client. It ends with the response. */
  run(request: LlmRequest, answer: () => Promise<HandlerResponse>): Promise<HandlerResponse>
  /** Begins the span of a request that another server answers. It goes on with the trace of the client. */
  begin(request: Pick<LlmRequest, 'method' | 'path' | 'headers'>): PassedRequest
  /** Sends the remaining spans. */
  close(): Promise<void>
}

/** The span of a request that another server answers. */
export interface PassedRequest {
  /** Begins the span of the call to that server. */
  call(provider: string, model: string): PassedCall
  end(status: number, callId: string, caller: Principal | undefined): void
}

/** The span of a call to another server. */
export interface PassedCall {
  /** The context of the span, for that server. */
  readonly headers: Readonly<Record<string, string>>
  /** @param status undefined without an answer */
  end(status: number | undefined, failed: boolean): void
}

/** Settings of traces. */
export interface TracingOptions {
  readonly settings: OtelSettings
  readonly environment: Environment
  /** Whether providers get the context of attempts. */
  readonly propagate: boolean
  readonly version: string
  readonly log: Log
}

/** Traces, if the configuration asks for them. The packages are loaded here, and without them calls continue without traces. */
export async function openTracing(callbacks: readonly string[], options: TracingOptions): Promise<Tracing | undefined> {
  if (!callbacks.includes('otel') || /^true$/i.test(options.environment.OTEL_SDK_DISABLED ?? '')) return undefined
  try {
    return (await import('./otel.js')).startTracing(options)
  } catch (error) {
    options.log.warn(
      `The callback 'otel' is not used. ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`,
    )
    return undefined
  }
}
