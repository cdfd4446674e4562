import { BadRequestError, got, LLMError } from '../errors.js'
import type { Attempt } from '../types/meta.js'
import type { ClientContext } from './context.js'
import { execute } from './execute.js'
import type { CallRecorder } from './observer.js'
import type { OperationSpec } from './operation.js'

type Target = { readonly model: string } & Readonly<Record<string, unknown>>

/** Whether another model may succeed. A request that llmux itself rejects fails everywhere; so does one that its caller ends. */
function isWorthIt(error: LLMError): boolean {
  switch (error.code) {
    case 'aborted':
    case 'image_fetch':
    case 'json_schema_validation':
      return false
    case 'bad_request':
      // a missing model or account concerns one provider
      return error.status !== undefined || error.param === 'model' || error.param === 'apiBase'
    default:
      return true
  }
}

/**
 * Sends a call to its model, and to its fallbacks until one answers.
 * @throws {LLMError} the error of the last model; `attempts` has those of all of them
 */
export async function executeWithFallbacks(
  context: ClientContext,
  spec: OperationSpec,
  request: Readonly<Record<string, unknown>>,
  recorder: (CallRecorder & { fallback?(error: LLMError, from: string, to: string): void }) | undefined,
): Promise<unknown> {
  const { fallbacks, ...first } = request
  const targets = [first as Target, ...targetsOf(fallbacks)]
  const attempts: Attempt[] = []
  for (let at = 0; ; at++) {
    const { model } = targets[at] as Target
    try {
      return await execute(context, spec, { ...first, ...targets[at] }, undefined, recorder)
    } catch (error) {
      if (!LLMError.is(error)) throw error
      attempts.push(...error.attempts)
      error.attempts = attempts
      const next = targets[at + 1]
      if (!next || !isWorthIt(error)) throw error
      recorder?.fallback?.(error, model, next.model)
    }
  }
}

function targetsOf(fallbacks: unknown): Target[] {
  if (fallbacks === false) return []
  if (!Array.isArray(fallbacks)) throw wrong('fallbacks', fallbacks)
  return fallbacks.map((one: unknown, index) => {
    if (typeof one === 'string') return { model: one }
    const { model } = (one ?? {}) as { model?: unknown }
    if (typeof model !== 'string') throw wrong(`fallbacks[${index}]`, one)
    return one as Target
  })
}

const wrong = (name: string, value: unknown): BadRequestError =>
  new BadRequestError(
    name === 'fallbacks'
      ? `'fallbacks' must be an array of models, such as ['openai/gpt-4o-mini']; ${got(value)}.`
      : `'${name}' must be a model, or an object such as { model, max_tokens }; ${got(value)}.`,
    { param: 'fallbacks' },
  )
