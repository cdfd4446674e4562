import type { RawReply } from '../reply.js'
import { anthropic } from '../wire/anthropic.js'
import { converse } from '../wire/converse.js'
import { gemini } from '../wire/gemini.js'
import { openai } from '../wire/openai.js'
import type { Incoming, Wire } from '../wire/wire.js'
import { anthropicBatches } from './anthropic.js'
import { bedrockBatches, s3Objects } from './bedrock.js'
import { geminiBatches } from './gemini.js'
import { mistralBatches } from './mistral.js'
import { openaiBatches } from './openai.js'
import type { BatchStore, StoredBatchRun } from './store.js'
import { vertexBatches } from './vertex.js'

export { type BatchPlan, BatchStore } from './store.js'

interface BatchWire {
  /** Whose keys and errors it has. */
  readonly wire: Wire
  /** Cheap: most requests are for none of them. */
  readonly path: RegExp
  readonly header?: string
  take(incoming: Incoming, store: BatchStore, run: StoredBatchRun): RawReply | undefined
}

const wires: readonly BatchWire[] = [
  {
    wire: gemini,
    path: /\/v1beta\/(?:files|batches)(?:[/?:]|$)|:(?:batchGenerateContent|asyncBatchEmbedContent)$/,
    take: geminiBatches,
  },
  { wire: gemini, path: /\/batchPredictionJobs(?:[/?:]|$)|\/storage\/v1\/b\//, take: vertexBatches },
  { wire: converse, path: /\/model-invocation-jobs?(?:[/?]|$)/, take: bedrockBatches },
  // clients of AWS send the header to Bedrock too
  { wire: converse, path: /^\/(?!model\/)/, header: 'x-amz-content-sha256', take: s3Objects },
  {
    wire: anthropic,
    path: /\/v1\/(?:messages\/batches|files)(?:[/?]|$)/,
    // other hosts have files at the same path
    header: 'anthropic-version',
    take: anthropicBatches,
  },
  { wire: openai, path: /\/batch\/jobs(?:[/?]|$)/, take: mistralBatches },
  { wire: openai, path: /\/(?:files|batches)(?:[/?]|$)/, take: openaiBatches },
]

/** The wire of a request about files and batches, and its handler. */
export function batchWireOf(incoming: Incoming): BatchWire | undefined {
  const { path: asked, headers } = incoming
  return wires.find(({ path, header }) => path.test(asked) && (header === undefined || header in headers))
}
