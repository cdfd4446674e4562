import type { Answer } from '../answer.js'
import type { Frame } from '../frames.js'
import type { Json } from '../json.js'
import { anthropic } from './anthropic.js'
import { findFault } from './anthropic-refusals.js'
import { readMessages } from './anthropic-request.js'
import { converse } from './converse.js'
import { invalid } from './converse-errors.js'
import { chunkFrame, countHeaders, metricsOf } from './invoke-chunks.js'
import type { Wire, WireError, WireRequest } from './wire.js'

/**
 * Claude on Amazon Bedrock's InvokeModel: Anthropic's bodies in AWS's framing.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
export const invoke: Wire = {
  ...converse,
  route(method, path) {
    const [, id, action] = /\/model\/([^/?]+)\/(invoke(?:-with-response-stream)?)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || id === undefined) return undefined
    const model = decodeURIComponent(id)
    return /anthropic|claude/.test(model) ? { operation: 'chat', model, stream: action !== 'invoke' } : undefined
  },
  refuse,
  read: ({ body }) => readMessages(body),
  whole: anthropic.whole,
  answerHeaders: countHeaders,
  frames,
}

function refuse({ body, model }: WireRequest): WireError | undefined {
  if (body.anthropic_version === undefined) return invalid('anthropic_version: Field required')
  if (body.anthropic_version !== version) return invalid(`anthropic_version: Input should be '${version}'`)
  const extra = ['model', 'stream'].find((name) => body[name] !== undefined)
  if (extra !== undefined) return invalid(`${extra}: Extra inputs are not permitted`)
  const fault = findFault({ ...body, model })
  return fault === undefined ? undefined : invalid(fault)
}

const version = 'bedrock-2023-05-31'

/** Each of Anthropic's events is a chunk in base64, without pings; the last one has AWS's token counts. */
function frames(answer: Answer, request: WireRequest): Frame[] {
  const events = anthropic.frames(answer, request).filter(({ event }) => event !== 'ping')
  return events.map(({ data, part }, at) => {
    const metrics =
      part === 'mark' && answer.tally ? { 'amazon-bedrock-invocationMetrics': metricsOf(answer.tally) } : {}
    return chunkFrame(request, at, part, { ...(JSON.parse(data) as Json), ...metrics })
  })
}
