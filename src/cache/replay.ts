import type { Decoded } from '../../providers/contract.js'
import { chunksOf } from '../call/assemble.js'
import { billingOf } from '../call/billing.js'
import { CompletionStream } from '../call/completion-stream.js'
import { metaOf, withMeta } from '../call/meta.js'
import { Pipe, type PipeSource } from '../call/pipe.js'
import { parseAnswer } from '../call/structured.js'
import type { ChatCompletion } from '../types/chat.js'
import type { StandardSchema } from '../types/schema.js'
import type { CacheCall } from './through.js'

/** How the caller wants an answer. */
export interface Wanted {
  readonly stream: boolean
  /** Whether the usage chunk was asked for. */
  readonly includeUsage: boolean
  readonly schema: StandardSchema | undefined
}

/**
 * An answer that was kept, as the caller wants it. The schema has its say again: it may be another one, with the same JSON Schema.
 * @throws {JSONSchemaValidationError} where the answer doesn't fit; then the call is not settled
 */
export async function replay(
  answer: Decoded<ChatCompletion>,
  call: CacheCall,
  { stream, includeUsage, schema }: Wanted,
): Promise<ChatCompletion | CompletionStream> {
  const meta = metaOf(call)
  const text = stream ? JSON.stringify(answer) : ''
  const fresh = () => withMeta(JSON.parse(text) as Decoded<ChatCompletion>, meta)
  const whole: ChatCompletion = withMeta(answer, meta)
  if (schema) await parseAnswer(whole, schema)
  const [first] = answer.choices
  call.nativeFinishReason = first?.native_finish_reason ?? first?.finish_reason
  if (stream) call.firstTokenAt = call.clock.now()
  call.settle(answer.usage, billingOf(answer))
  if (!stream) return whole
  call.watch?.firstToken()
  const pipe = new Pipe<ReturnType<typeof chunksOf>[number]>(nobody)
  for (const chunk of chunksOf(fresh())) {
    if (chunk.usage && chunk.choices.length === 0 && !includeUsage) continue
    pipe.put(chunk)
    if (call.watch?.chunks) call.watch.chunk(chunk)
  }
  pipe.finish()
  return new CompletionStream({
    pipe,
    meta,
    soFar: fresh,
    partial: fresh,
    complete: async () => (schema ? parseAnswer(fresh(), schema) : fresh()),
    cancel: () => {},
  })
}

/** There is no socket to be paused. */
const nobody: PipeSource = { pause: () => {}, resume: () => {}, leave: () => {} }
