import type { FailureEvent, SuccessEvent } from '../types/observe.js'
import { attributesOf, contentOf, operationOf } from './gen-ai.js'

/** What makes loggers: `logs` of `@opentelemetry/api-logs`, which knows the global ones, or a `LoggerProvider` of an SDK. */
export interface EventLoggerProvider {
  getLogger(name: string): EventLogger
}

/** A logger, as far as events need it. */
export interface EventLogger {
  emit(record: EventRecord): void
  /** Whether anybody wants such a record. */
  enabled?(options?: Pick<EventRecord, 'eventName' | 'severityNumber' | 'context'>): boolean
}

/** An event is a log record with a name. */
export interface EventRecord {
  eventName?: string
  timestamp?: unknown
  severityNumber?: number
  attributes?: Record<string, unknown>
  context?: unknown
}

const debug = 5
const warn = 13

/**
 * Events of a call: what was asked and answered, and how it failed.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-exceptions.md
 *
 * @param context has the span that they belong to
 */
export function writeEvents(
  logger: EventLogger,
  event: SuccessEvent | FailureEvent,
  content: boolean,
  context: unknown,
): void {
  const timestamp = event.startTime + event.timings.totalMs
  const write = (eventName: string, severityNumber: number, attributes: () => Record<string, unknown>) => {
    if (logger.enabled?.({ eventName, severityNumber, context }) === false) return
    logger.emit({ eventName, timestamp, severityNumber, context, attributes: attributes() })
  }
  if (operationOf(event.operation) === 'chat') {
    write('gen_ai.client.inference.operation.details', debug, () => ({
      ...attributesOf(event),
      ...(content && contentOf(event)),
    }))
  }
  // the caller's own wish to stop is no fault
  if (event.type !== 'failure' || event.error.code === 'aborted') return
  const { name, message, stack } = event.error
  write('gen_ai.client.operation.exception', warn, () => ({
    'exception.type': name,
    'exception.message': message,
    ...(stack !== undefined && { 'exception.stacktrace': stack }),
  }))
}
