import type { Answer } from '../answer.js'
import type { Frame } from '../frames.js'
import type { Json } from '../json.js'
import { padding } from './converse.js'
import type { Headers, WireRequest } from './wire.js'

/** A piece of a stream of InvokeModel: JSON of the model's own, in base64. */
export function chunkFrame(request: WireRequest, at: number, part: Frame['part'], body: Json): Frame {
  const bytes = Buffer.from(JSON.stringify(body)).toString('base64')
  return { event: 'chunk', data: JSON.stringify({ bytes, p: padding(request, at) }), part }
}

/** What AWS has counted, in the last piece of a stream. */
export const metricsOf = ({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json => ({
  inputTokenCount: prompt.fresh,
  outputTokenCount: spoken + reasoning,
  invocationLatency: 100,
  firstByteLatency: 50,
  cacheReadInputTokenCount: prompt.cacheRead,
  cacheWriteInputTokenCount: prompt.cacheWrite5m + prompt.cacheWrite1h,
})

/** What AWS has counted, beside a whole answer. */
export const countHeaders = ({ tally }: Answer): Headers => ({
  'x-amzn-bedrock-invocation-latency': '100',
  ...(tally && {
    'x-amzn-bedrock-input-token-count': String(tally.prompt.fresh + tally.prompt.cacheRead),
    'x-amzn-bedrock-output-token-count': String(tally.spoken + tally.reasoning),
  }),
})
