import { AnswerStream } from '../call/answer-stream.js'
import { BadRequestError, LLMError } from '../errors.js'
import type { AnyAnswer, Callback } from '../types/observe.js'
import { EventRecorder, type ObservedCall } from './event-recorder.js'
import type { ObserverHub } from './hub.js'
import { linesFor } from './lines.js'

/** Runs a call and records its events. Without observers it only calls `run`. */
export function observed<Answer>(
  hub: ObserverHub,
  operation: ObservedCall['operation'],
  request: object,
  run: (recorder: EventRecorder | undefined) => Promise<Answer>,
  routed = false,
): Promise<Answer> {
  // the call itself rejects invalid requests
  if (typeof request !== 'object' || request === null) return run(undefined)
  const given = request as Readonly<Record<string, unknown>>
  const callbacks = given.callbacks as readonly Callback[] | undefined
  const observers = hub.observersOf(callbacks, linesFor)
  if (!observers) return run(undefined)
  const call = { operation, request: given, callbacks, routed }
  return record(new EventRecorder(hub, hub.delivery, observers, call, crypto.randomUUID()), run)
}

async function record<Answer>(
  recorder: EventRecorder,
  run: (recorder: EventRecorder) => Promise<Answer>,
): Promise<Answer> {
  recorder.start()
  let answer: Answer
  try {
    answer = await run(recorder)
  } catch (error) {
    recorder.failure(asLLMError(error))
    throw error
  }
  if (answer instanceof AnswerStream) {
    answer.whenOver((failure, soFar) => {
      if (failure) recorder.failure(asLLMError(failure))
      else recorder.success(soFar as () => AnyAnswer)
    })
  } else recorder.success(() => answer as AnyAnswer)
  return answer
}

/** Every started call also reports its end: observers count in-flight calls by these events. */
const asLLMError = (error: unknown) =>
  LLMError.is(error)
    ? error
    : (new BadRequestError('Unexpected error while running the call; see its cause.', {
        cause: error,
      }) as BadRequestError & { readonly code: 'bad_request' })
