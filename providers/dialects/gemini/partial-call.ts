import { type Fields, isFields, type Part } from './wire.js'

/**
 * A call whose arguments come in pieces: Vertex AI streams them if `stream_function_call_arguments` asks for it.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
export class PartialCall {
  #part: Part | undefined
  #args: Fields = {}

  /** Takes a part with a call. @returns the call if it is complete: the part itself if it has no pieces */
  add(part: Part): Part | undefined {
    const { partialArgs: pieces, willContinue: goesOn, ...call } = (part.functionCall ?? {}) as Fields
    if (!this.#part && goesOn !== true && !Array.isArray(pieces)) return part
    if (!this.#part) this.#args = isFields(call.args) ? { ...call.args } : {}
    this.#part = { ...this.#part, ...part, functionCall: { ...this.#part?.functionCall, ...call } }
    for (const piece of Array.isArray(pieces) ? pieces : []) if (isFields(piece)) this.#set(piece)
    return goesOn === true ? undefined : this.end()
  }

  /** The call so far, which ends. */
  end(): Part | undefined {
    if (!this.#part) return undefined
    const part: Part = { ...this.#part, functionCall: { ...this.#part.functionCall, args: this.#args } }
    this.#part = undefined
    return part
  }

  #set(piece: Fields): void {
    const steps = stepsOf(piece.jsonPath)
    const last = steps.pop()
    const value = pieceValue(piece)
    if (last === undefined || value === undefined) return
    let node: Fields | unknown[] = this.#args
    for (const [at, step] of steps.entries()) {
      const inner: unknown = read(node, step)
      const next =
        typeof inner === 'object' && inner !== null ? inner : typeof (steps[at + 1] ?? last) === 'number' ? [] : {}
      write(node, step, next)
      node = next as Fields | unknown[]
    }
    const before = read(node, last)
    // a long text comes in several pieces
    write(node, last, typeof before === 'string' && typeof value === 'string' ? before + value : value)
  }
}

/** More elements than any list of arguments has. */
const mostElements = 100_000

/** The steps of `$.places[0].name`. */
function stepsOf(path: unknown): (string | number)[] {
  const steps: (string | number)[] = []
  for (const [, name, index, quoted] of String(path).matchAll(/\.([^.[\]]+)|\[(\d{1,6})\]|\[['"]([^'"]*)['"]\]/g)) {
    if (index !== undefined) steps.push(Math.min(Number(index), mostElements))
    else steps.push(name ?? quoted ?? '')
  }
  return steps
}

function pieceValue(piece: Fields): unknown {
  if ('nullValue' in piece) return null
  return piece.stringValue ?? piece.numberValue ?? piece.boolValue
}

const read = (node: Fields | unknown[], step: string | number): unknown =>
  Object.hasOwn(node, step) ? (node as Fields)[step] : undefined

function write(node: Fields | unknown[], step: string | number, value: unknown): void {
  // assigning to this name would set the prototype
  if (step !== '__proto__') (node as Fields)[step] = value
}
