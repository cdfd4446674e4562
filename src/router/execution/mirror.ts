import type { RouterOptions } from '../types.js'
import { RoutedCall } from './routed-call.js'
import { runCall } from './run-call.js'

/** Copies in flight at the same time. More are dropped and counted, as are copies to a group that was removed. */
const maxCopies = 100

/** Sends a copy of a call to another group, if its own has one. The result is discarded. */
export function mirror(call: RoutedCall): void {
  const { options, groups, copies } = call.context
  // the call itself reports an unknown group
  const group = groups.find(call.requested)
  const target = group && (mirrorOf(options, group.name) ?? group.mirrorTo)
  if (target === undefined) return
  if (copies.inFlight >= maxCopies || !groups.has(target)) {
    copies.dropped++
    return
  }
  copies.inFlight++
  send(call, target)
    .catch(() => {})
    .finally(() => copies.inFlight--)
}

async function send({ context, operation, request, options }: RoutedCall, model: string): Promise<void> {
  const { signal: _, stream: _stream, stream_options: _options, onSettled: _settled, ...params } = request
  // these also restrict the copy
  const { tags, allowedRegions, priority } = options
  const copy = { ...params, tags, allowedRegions, priority, model, fallbacks: false, numRetries: 0 }
  await runCall(new RoutedCall(context, operation, copy))
}

const mirrorOf = ({ mirrorTo }: RouterOptions, name: string): string | undefined =>
  mirrorTo && Object.hasOwn(mirrorTo, name) ? mirrorTo[name] : undefined
