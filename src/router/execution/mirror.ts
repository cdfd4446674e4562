import type { RouterContext } from '../context.js'
import type { RouterOptions } from '../types.js'
import { RoutedCall } from './routed-call.js'
import { runCall } from './run-call.js'

/** Copies in flight at the same time. More are dropped and counted, as are copies to a group that was removed. */
const maxCopies = 100

/** Sends copies of calls to another group. Their results are discarded. */
export class Mirror {
  dropped = 0
  #inFlight = 0
  readonly #context: RouterContext

  constructor(context: RouterContext) {
    this.#context = context
  }

  copy(call: RoutedCall): void {
    const { options, groups } = this.#context
    // the call itself reports an unknown group
    const group = groups.find(call.requested)
    const target = group && (mirrorOf(options, group.name) ?? group.mirrorTo)
    if (target === undefined) return
    if (this.#inFlight >= maxCopies || !groups.has(target)) {
      this.dropped++
      return
    }
    this.#inFlight++
    this.#send(call, target)
      .catch(() => {})
      .finally(() => this.#inFlight--)
  }

  async #send({ operation, request, options }: RoutedCall, model: string): Promise<void> {
    const { signal: _, stream: _stream, stream_options: _options, onSettled: _settled, ...params } = request
    // these also restrict the copy
    const { tags, allowedRegions, priority } = options
    const copy = { ...params, tags, allowedRegions, priority, model, fallbacks: false, numRetries: 0 }
    await runCall(new RoutedCall(this.#context, operation, copy))
  }
}

const mirrorOf = ({ mirrorTo }: RouterOptions, name: string): string | undefined =>
  mirrorTo && Object.hasOwn(mirrorTo, name) ? mirrorTo[name] : undefined
