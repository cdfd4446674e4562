import type { Decoded } from '../../providers/contract.js'
import { chunksOf } from '../call/assemble.js'
import { billingOf } from '../call/billing.js'
import { CompletionStream } from '../call/completion-stream.js'
import { metaOf, withMeta } from '../call/meta.js'
import { noSource, Pipe } from '../call/pipe.js'
import { parseAnswer } from '../call/structured.js'
import type { ChatCompletion } from '../types/chat.js'
import type { StandardSchema } from '../types/schema.js'
import type { CacheableCall } from './cacheable-call.js'

/** The form in which a caller receives a cached answer. */
export interface ReplayOptions {
  readonly stream: boolean
  /** Whether a stream ends with a usage chunk. */
  readonly includeUsage: boolean
  readonly schema: StandardSchema | undefined
}

/**
 * Turns a cached answer into a response or a stream. The schema validates it again: the caller's schema may differ from the
 * one of the stored call although both have the same JSON Schema.
 * @throws {JSONSchemaValidationError} if the answer doesn't match the schema; the call is then not settled
 */
export async function replayAnswer(
  answer: Decoded<ChatCompletion>,
  call: CacheableCall,
  { stream, includeUsage, schema }: ReplayOptions,
): Promise<ChatCompletion | CompletionStream> {
  const meta = metaOf(call)
  const text = stream ? JSON.stringify(answer) : ''
  const copy = () => withMeta(JSON.parse(text) as Decoded<ChatCompletion>, meta)
  const completion: ChatCompletion = withMeta(answer, meta)
  if (schema) await parseAnswer(completion, schema)
  const [first] = answer.choices
  call.nativeFinishReason = first?.native_finish_reason ?? first?.finish_reason
  if (stream) call.firstTokenAt = call.clock.now()
  call.settle(answer.usage, billingOf(answer))
  if (!stream) return completion
  call.recorder?.firstToken()
  const pipe = new Pipe<ReturnType<typeof chunksOf>[number]>(noSource)
  for (const chunk of chunksOf(copy())) {
    if (chunk.usage && chunk.choices.length === 0 && !includeUsage) continue
    pipe.put(chunk)
    if (call.recorder?.chunks) call.recorder.chunk(chunk)
  }
  pipe.finish()
  return new CompletionStream({
    pipe,
    meta,
    soFar: copy,
    partial: copy,
    complete: async () => (schema ? parseAnswer(copy(), schema) : copy()),
    cancel: () => {},
  })
}
