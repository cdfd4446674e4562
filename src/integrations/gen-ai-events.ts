import type { FailureEvent, SuccessEvent } from '../types/observe.js'
import { attributesOf, contentOf, operationOf } from './gen-ai.js'

/** A source of loggers: `logs` of `@opentelemetry/api-logs` for the global provider, or an SDK's `LoggerProvider`. */
export interface EventLoggerProvider {
  getLogger(name: string): EventLogger
}

/** The methods used of an OpenTelemetry logger. */
export interface EventLogger {
  emit(record: EventRecord): void
  /** False if records of this kind are discarded. */
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
 * Emits the events of a call: input and output messages, and the exception if it failed.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-exceptions.md
 *
 * @param context contains the span of the call
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
  // an abort by the caller is not an error
  if (event.type !== 'failure' || event.error.code === 'aborted') return
  const { name, message, stack } = event.error
  write('gen_ai.client.operation.exception', warn, () => ({
    'exception.type': name,
    'exception.message': message,
    ...(stack !== undefined && { 'exception.stacktrace': stack }),
  }))
}
