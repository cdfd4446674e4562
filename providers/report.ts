import { BadRequestError, UnsupportedParamsError } from '../src/errors.js'
import type { Warning } from '../src/types/meta.js'
import type { EncodeContext } from './contract.js'

/**
 * Parameters about the call rather than its answer: caller, cost, speed, storage. A target without an equivalent gets
 * the request without them, and the caller gets a warning; parameters that change the answer are rejected. This set is
 * the only place of the rule: dialects call `unsupported` for both.
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
  'prompt_cache_options',
  'prediction',
])

/** Includes nested names such as `metadata.team`. */
const isHint = (param: string): boolean => hints.has(param.split('.', 1)[0] ?? param)

/** Collects the unsupported parameters of one request, so that one error names all of them, and its warnings. */
export class Report {
  readonly warnings: Warning[] = []
  readonly #context: EncodeContext<unknown>
  readonly #unsupported: { param: string; advice: string }[] = []

  constructor(context: EncodeContext<unknown>) {
    this.#context = context
  }

  /** Records an unsupported parameter; the encoder continues without it. */
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

  /**
   * Makes the error for an invalid value. `problem` completes the sentence: `'messages[3].content' must be …; got ….`
   */
  invalid(param: string, problem: string, ...given: [value?: unknown]): BadRequestError {
    const { provider, model } = this.#context
    const got = given.length > 0 ? `; got ${describe(given[0])}.` : /[.…]$/.test(problem) ? '' : '.'
    return new BadRequestError(`'${param}' ${problem}${got}`, { provider, model, param })
  }

  /** @throws {UnsupportedParamsError} naming every unsupported parameter, unless `dropParams` is set */
  throwUnsupported(): void {
    if (this.#unsupported.length === 0) return
    const { provider, model, dropParams } = this.#context
    if (dropParams) {
      for (const { param, advice } of this.#unsupported) this.dropped(param, leftOut(advice))
      return
    }
    const list = this.#unsupported.map(({ param, advice }) => `${param} (${advice})`).join('; ')
    throw new UnsupportedParamsError(
      `${provider}/${model} does not support ${list}. Remove the parameters, or pass dropParams: true to drop them.`,
      { provider, model, params: this.#unsupported.map(({ param }) => param) },
    )
  }
}

const leftOut = (advice: string): string => `Left out: ${advice}`

/** A value for an error message: short, on one line. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
