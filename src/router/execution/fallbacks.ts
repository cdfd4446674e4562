import { type AnyLLMError, LLMError } from '../../errors.js'
import { FallbackStep } from './fallback-step.js'
import { isWorthFallingBack } from './policy.js'
import { runWithRetries } from './retries.js'
import type { RoutedCall } from './routed-call.js'

/** Sends a call to its group, then to its fallbacks, until one answers. */
export async function runWithFallbacks(call: RoutedCall): Promise<unknown> {
  const { context } = call
  call.checkTargets()
  const steps = [FallbackStep.first(call)]
  let failed: { error: AnyLLMError; group: string } | undefined
  for (;;) {
    const step = steps.shift()
    if (!step) throw failed?.error
    // two fallbacks may lead to the same place, and a group may have been removed
    if (failed && !step.refreshGroup()) continue
    if (failed && call.visited.has(step.place)) continue
    const group = step.group.name
    try {
      if (failed) {
        const { error, group: from } = failed
        call.fallbacks++
        call.recorder?.fallback(error, from, group)
        context.events.emit({ type: 'fallback', from, to: group, error, depth: call.fallbacks })
      }
      step.hasNext = steps.length > 0
      return await runWithRetries(step)
    } catch (error) {
      if (!LLMError.is(error)) throw error
      error.attempts = call.attempts
      failed = { error, group }
      const isLast = call.fallbacks >= context.settings.maxFallbacks || context.calls.closed || call.isLate
      if (isLast || !isWorthFallingBack(error)) throw error
      steps.unshift(...step.stepsAfter(error))
    }
  }
}
