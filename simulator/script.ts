import type { Fault, ScriptOptions } from './fault.js'
import { namedFault } from './named-fault.js'
import type { Reply, SimulatedOperation } from './reply.js'
import type { SimulatedRequest } from './request-log.js'
import { checkFault, checkReply, checkScriptOptions } from './validate.js'

/** A reply: text, a detailed object, or a function of the request. If it returns undefined, the next entry in the queue applies. */
export type ReplySource = string | Reply | ((request: SimulatedRequest) => string | Reply | undefined)

/**
 * A fault, or a function of the request. If it returns undefined, the next entry in the queue or the reply applies.
 * @example
 * ```ts
 * // one request in three, at random
 * const flaky: FaultSource = () => (Math.random() < 1 / 3 ? { kind: 'reset' } : undefined)
 * simulator.fail(flaky, { times: Infinity })
 * ```
 */
export type FaultSource = Fault | ((request: SimulatedRequest) => Fault | undefined)

interface Queued<Item> {
  readonly item: Item
  readonly options: ScriptOptions
  left: number
}

/** Queued replies and faults. */
export class Script {
  readonly #replies: Queued<ReplySource>[] = []
  readonly #faults: Queued<FaultSource>[] = []
  /** Counts the faults requested by each model name. */
  readonly #named = new Map<string, number>()

  addReply(item: ReplySource, options: ScriptOptions = {}): void {
    checkReply(item)
    checkScriptOptions(options)
    this.#replies.push({ item, options, left: options.times ?? 1 })
  }

  addFault(item: FaultSource, options: ScriptOptions = {}): void {
    checkFault(item)
    checkScriptOptions(options)
    this.#faults.push({ item, options, left: options.times ?? 1 })
  }

  clear(): void {
    this.#replies.length = 0
    this.#faults.length = 0
    this.#named.clear()
  }

  takeFault(request: SimulatedRequest): Fault | undefined {
    for (const [index, queued] of this.#faults.entries()) {
      if (!matches(queued, request)) continue
      const fault = typeof queued.item === 'function' ? queued.item(request) : queued.item
      if (!fault) continue
      spend(this.#faults, index)
      return fault
    }
    const named = namedFault(request.model)
    if (!named) return undefined
    if (named.times === Number.POSITIVE_INFINITY) return named.fault
    const count = (this.#named.get(request.model) ?? 0) + 1
    this.#named.set(request.model, count)
    return count <= named.times ? named.fault : undefined
  }

  takeReply(request: SimulatedRequest): Reply | undefined {
    for (const [index, queued] of this.#replies.entries()) {
      if (!matches(queued, request)) continue
      const reply = replyFrom(queued.item, request)
      if (!reply || !isFor(reply, request)) continue
      spend(this.#replies, index)
      return reply
    }
    return undefined
  }
}

export function replyFrom(source: ReplySource, request: SimulatedRequest): Reply | undefined {
  const reply = typeof source === 'function' ? source(request) : source
  return typeof reply === 'string' ? { text: reply } : reply
}

/** Vectors wait for an embedding request, scores for a rerank request, text for a chat request. */
function isFor(reply: Reply, { operation }: SimulatedRequest): boolean {
  if (reply.raw) return true
  return operation === kindOf(reply)
}

/** The operation that a reply belongs to. */
export function kindOf({ vectors, scores }: Reply): SimulatedOperation {
  if (vectors) return 'embedding'
  return scores ? 'rerank' : 'chat'
}

function matches({ options }: Queued<unknown>, { model, wire }: SimulatedRequest): boolean {
  return (
    (options.model === undefined || options.model === model) && (options.wire === undefined || options.wire === wire)
  )
}

function spend(queue: Queued<unknown>[], index: number): void {
  const queued = queue[index]
  if (queued && --queued.left <= 0) queue.splice(index, 1)
}
