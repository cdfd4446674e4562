import type { Answer } from '../answer.js'
import type { Frame } from '../frames.js'
import type { Json } from '../json.js'
import { padding } from './converse.js'
import type { Headers, WireRequest } from './wire.js'

/** A chunk of an InvokeModel stream: the model's own JSON, in base64. */
export function chunkFrame(request: WireRequest, at: number, part: Frame['part'], body: Json): Frame {
  const bytes = Buffer.from(JSON.stringify(body)).toString('base64')
  return { event: 'chunk', data: JSON.stringify({ bytes, p: padding(request, at) }), part }
}

/** AWS's token counts, in the last chunk of a stream. */
export const metricsOf = ({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json => ({
  inputTokenCount: prompt.fresh,
  outputTokenCount: spoken + reasoning,
  invocationLatency: 100,
  firstByteLatency: 50,
  cacheReadInputTokenCount: prompt.cacheRead,
  cacheWriteInputTokenCount: prompt.cacheWrite5m + prompt.cacheWrite1h,
})

/** AWS's token counts, in the headers of a non-streamed answer. */
export const countHeaders = ({ tally }: Answer): Headers => ({
  'x-amzn-bedrock-invocation-latency': '100',
  ...(tally && {
    'x-amzn-bedrock-input-token-count': String(tally.prompt.fresh + tally.prompt.cacheRead),
    'x-amzn-bedrock-output-token-count': String(tally.spoken + tally.reasoning),
  }),
})
