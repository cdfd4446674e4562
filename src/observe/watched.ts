import { AnswerStream } from '../call/answer-stream.js'
import { BadRequestError, LLMError } from '../errors.js'
import type { AnyAnswer, Callback } from '../types/observe.js'
import type { Hub } from './hub.js'
import type { Watch, Watched } from './watch.js'

/** Makes a call, and tells whoever wants to know how it goes. Costs next to nothing where nobody does. */
export function watched<Answer>(
  hub: Hub,
  operation: Watched['operation'],
  request: object,
  run: (watch: Watch | undefined) => Promise<Answer>,
  routed = false,
): Promise<Answer> {
  // what is no object is refused where the call's other faults are
  if (typeof request !== 'object' || request === null) return run(undefined)
  const given = request as Readonly<Record<string, unknown>>
  const callbacks = given.callbacks as readonly Callback[] | undefined
  const watch = hub.watch({ operation, request: given, callbacks, routed })
  return watch ? follow(watch, run) : run(undefined)
}

async function follow<Answer>(watch: Watch, run: (watch: Watch) => Promise<Answer>): Promise<Answer> {
  watch.start()
  let answer: Answer
  try {
    answer = await run(watch)
  } catch (error) {
    watch.failure(known(error))
    throw error
  }
  if (answer instanceof AnswerStream) {
    answer.whenOver((failure, soFar) => {
      if (failure) watch.failure(known(failure))
      else watch.success(soFar as () => AnyAnswer)
    })
  } else watch.success(() => answer as AnyAnswer)
  return answer
}

/** Every call that began also ends: who counts those under way relies on it. */
const known = (error: unknown) =>
  LLMError.is(error)
    ? error
    : (new BadRequestError('The call ended with something that is no error of llmux.', {
        cause: error,
      }) as BadRequestError & { readonly code: 'bad_request' })
