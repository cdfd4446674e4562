import { BadRequestError, UnsupportedParamsError } from '../src/errors.js'
import type { Warning } from '../src/types/meta.js'
import type { EncodeContext } from './contract.js'

/** Collects what a request asks in vain, so that one error names all of it, and what was changed on the way. */
export class Report {
  readonly warnings: Warning[] = []
  readonly #context: EncodeContext<unknown>
  readonly #unsupported: { param: string; advice: string }[] = []

  constructor(context: EncodeContext<unknown>) {
    this.#context = context
  }

  /** Notes a parameter that the caller must leave out; the encoder goes on as if it had been. */
  unsupported(param: string, advice: string): void {
    this.#unsupported.push({ param, advice })
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
  bad(where: string, why: string): BadRequestError {
    const { provider, model } = this.#context
    return new BadRequestError(`${where}: ${why}`, { provider, model, param: where })
  }

  /** @throws {UnsupportedParamsError} naming everything noted, unless the caller accepts that it is left out */
  settle(): void {
    if (this.#unsupported.length === 0) return
    const { provider, model, dropParams } = this.#context
    if (dropParams) {
      for (const { param, advice } of this.#unsupported) this.dropped(param, `Left out: ${advice}`)
      return
    }
    const list = this.#unsupported.map(({ param, advice }) => `${param} (${advice})`).join('; ')
    throw new UnsupportedParamsError(
      `${provider}/${model} can't honour ${list}. Leave out what is named, or pass dropParams: true to have it left out.`,
      { provider, model, params: this.#unsupported.map(({ param }) => param) },
    )
  }
}
