import { BadRequestError, UnsupportedParamsError } from '../src/errors.js'
import type { Warning } from '../src/types/meta.js'
import type { EncodeContext } from './contract.js'

/**
 * Parameters that are about the call and not about its answer: who asks, what it costs, how fast it is, what is kept of it. The
 * answer is the same without them, so that a target that has nothing for one gets the request without it, and the caller a
 * warning. What would change the answer is refused. The one place of this rule: dialects say `unsupported` of both.
 */
export const hints: ReadonlySet<string> = new Set([
  'user',
  'safety_identifier',
  'metadata',
  'store',
  'service_tier',
  'cache_control',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prediction',
])

/** Of `metadata.team`, too. */
const isHint = (param: string): boolean => hints.has(param.split('.', 1)[0] ?? param)

/** Collects what a request asks in vain, so that one error names all of it, and what was changed on the way. */
export class Report {
  readonly warnings: Warning[] = []
  readonly #context: EncodeContext<unknown>
  readonly #unsupported: { param: string; advice: string }[] = []

  constructor(context: EncodeContext<unknown>) {
    this.#context = context
  }

  /** Notes a parameter that the target has nothing for; the encoder goes on as if it had not been given. */
  unsupported(param: string, advice: string): void {
    if (isHint(param)) this.dropped(param, leftOut(advice))
    else this.#unsupported.push({ param, advice })
  }

  dropped(param: string, message: string): void {
    this.warnings.push({ type: 'dropped', param, message })
  }

  changed(param: string, message: string): void {
    this.warnings.push({ type: 'changed', param, message })
  }

  emulated(feature: string, message: string): void {
    this.warnings.push({ type: 'emulated', feature, message })
  }

  repaired(messageIndex: number, message: string): void {
    this.warnings.push({ type: 'repaired', messageIndex, message })
  }

  /** An error to throw, about a place such as `messages[3].tool_calls[0]`. */
  invalid(where: string, why: string): BadRequestError {
    const { provider, model } = this.#context
    return new BadRequestError(`${where}: ${why}`, { provider, model, param: where })
  }

  /** @throws {UnsupportedParamsError} naming everything noted, unless the caller accepts that it is left out */
  throwUnsupported(): void {
    if (this.#unsupported.length === 0) return
    const { provider, model, dropParams } = this.#context
    if (dropParams) {
      for (const { param, advice } of this.#unsupported) this.dropped(param, leftOut(advice))
      return
    }
    const list = this.#unsupported.map(({ param, advice }) => `${param} (${advice})`).join('; ')
    throw new UnsupportedParamsError(
      `${provider}/${model} can't honour ${list}. Leave out what is named, or pass dropParams: true to have it left out.`,
      { provider, model, params: this.#unsupported.map(({ param }) => param) },
    )
  }
}

const leftOut = (advice: string): string => `Left out: ${advice}`
