import type { ToolCallDelta } from '../../../src/types/chat.js'
import { type Fields, isFields, placeOf, textIn } from './kit.js'
import { argumentsOf, callExtras, callsIn, idOf, madeId } from './message.js'

interface OpenCall {
  id: string
  named: boolean
}

/**
 * The tool calls of one choice, as they grow. Whatever the host leaves out is put in: OpenAI gives an index with every delta, and
 * id, type and name with the first one of a call.
 */
export class ToolDeltas {
  readonly #calls: OpenCall[] = []
  readonly #prefix: string
  #last = -1

  /** @param prefix of ids that are made where the host gives none */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  read(raw: unknown): ToolCallDelta[] {
    const deltas: ToolCallDelta[] = []
    const calls = Array.isArray(raw) ? raw : callsIn(raw)
    for (const call of calls) if (isFields(call)) deltas.push(this.#delta(call))
    return deltas
  }

  #delta(raw: Fields): ToolCallDelta {
    const fn = isFields(raw.function) ? raw.function : undefined
    const id = idOf(raw)
    const name = fn && textIn(fn, 'name')
    const index = this.#indexOf(raw.index, id, name)
    const delta: ToolCallDelta = { index }
    let open = this.#calls[index]
    if (!open) {
      open = { id: id || madeId(this.#prefix, index), named: false }
      this.#calls[index] = open
      delta.id = open.id
      delta.type = 'function'
    }
    if (fn) {
      delta.function = {}
      // hosts that repeat the name with every piece of the arguments mean it once
      if (name && !open.named) {
        open.named = true
        delta.function.name = name
      }
      if (fn.arguments !== undefined && fn.arguments !== null) delta.function.arguments = argumentsOf(fn.arguments)
    } else if (raw.custom !== undefined) {
      Object.assign(delta, { custom: raw.custom }, delta.type && { type: 'custom' })
    }
    const extras = callExtras(raw)
    if (extras) delta.provider_specific_fields = extras
    return delta
  }

  /** By index; where the host has none, or gives all its calls the same, by id; else the call that came last. */
  #indexOf(said: unknown, id: string, name: string | undefined): number {
    const given = placeOf(said)
    let index = this.#last
    if (given !== undefined) {
      const open = this.#calls[given]
      index = open && id && name && open.named && open.id !== id ? this.#find(id) : given
    } else if (id) index = this.#find(id)
    else if (name || index < 0) index = this.#calls.length
    this.#last = index
    return index
  }

  /** The call of this id, or the place of a new one. */
  #find(id: string): number {
    const found = this.#calls.findIndex((call) => call?.id === id)
    return found < 0 ? this.#calls.length : found
  }
}
