import type { RawReply } from '../reply.js'
import { openai } from '../wire/openai.js'
import type { Incoming, Wire } from '../wire/wire.js'
import { openaiBatches } from './openai.js'
import type { BatchStore, StoredBatchRun } from './store.js'

export { type BatchPlan, BatchStore } from './store.js'

interface BatchWire {
  /** Whose keys and errors it has. */
  readonly wire: Wire
  /** Cheap: most requests are for none of them. */
  readonly path: RegExp
  take(incoming: Incoming, store: BatchStore, run: StoredBatchRun): RawReply | undefined
}

const wires: readonly BatchWire[] = [{ wire: openai, path: /\/(?:files|batches)(?:[/?]|$)/, take: openaiBatches }]

/** The wire of a request about files and batches, and what answers it. */
export function batchWireOf(incoming: Incoming): BatchWire | undefined {
  return wires.find(({ path }) => path.test(incoming.path))
}
