import { AnswerStream } from '../../call/answer-stream.js'
import { CompletionStream } from '../../call/completion-stream.js'
import { runWithFallbacks } from './fallbacks.js'
import { resumable } from './resume.js'
import type { RoutedCall } from './routed-call.js'

/** Runs a call: fallbacks of retries of attempts. It is in flight until its stream has ended. */
export async function runCall(call: RoutedCall): Promise<unknown> {
  const { calls } = call.context
  calls.begin()
  let answer: unknown
  try {
    answer = await runWithFallbacks(call)
    if (answer instanceof CompletionStream && call.options.resume) answer = resumable(call, answer)
  } catch (error) {
    calls.end()
    throw error
  }
  if (answer instanceof AnswerStream) answer.whenOver(() => calls.end())
  else calls.end()
  return answer
}
