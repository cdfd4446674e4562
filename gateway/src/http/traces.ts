/** Runs a function as a part of the trace that headers name. */
export type WithinTrace = <Result>(
  headers: Readonly<Record<string, string | undefined>>,
  run: () => Promise<Result>,
) => Promise<Result>

/**
 * The trace of a client goes on in the spans of its call, by `traceparent`. Undefined without the callback `otel` or
 * `@opentelemetry/api`.
 */
export async function parentContext(callbacks: readonly string[]): Promise<WithinTrace | undefined> {
  if (!callbacks.includes('otel')) return undefined
  try {
    const { context, propagation } = await import('@opentelemetry/api')
    return (headers, run) =>
      headers.traceparent === undefined ? run() : context.with(propagation.extract(context.active(), headers), run)
  } catch {
    return undefined
  }
}
