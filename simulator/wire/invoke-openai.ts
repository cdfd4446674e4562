import type { Frame } from '../frames.js'
import { type Json, record, records, string } from '../json.js'
import { converse } from './converse.js'
import { chunkFrame, countHeaders, metricsOf } from './invoke-chunks.js'
import { openai } from './openai.js'
import { refuseChat } from './openai-refusals.js'
import { readChat } from './openai-request.js'
import type { Wire } from './wire.js'

/**
 * OpenAI's open models and Jamba on Amazon Bedrock's InvokeModel: OpenAI's bodies in AWS's framing.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
 */
export const invokeOpenai: Wire = {
  ...converse,
  route(method, path) {
    const [, id, action] = /\/model\/([^/?]+)\/(invoke(?:-with-response-stream)?)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || id === undefined) return undefined
    const model = decodeURIComponent(id)
    const known = /openai\.gpt-oss|ai21\.jamba/.test(model)
    return known ? { operation: 'chat', model, stream: action !== 'invoke' } : undefined
  },
  refuse: ({ body, model }) => refuseChat({ ...body, model }, model),
  read: ({ body }) => readChat(body),
  whole(answer, request) {
    const { usage, ...body } = record(openai.whole(answer, request))
    const { completion_tokens_details: _, prompt_tokens_details: details, ...tokens } = record(usage)
    const read = answer.tally && answer.tally.prompt.cacheRead > 0 ? { prompt_tokens_details: details } : {}
    return { ...marked(body, 'message'), ...(usage !== undefined && { usage: { ...tokens, ...read } }) }
  },
  answerHeaders: countHeaders,
  frames(answer, request) {
    const frames = openai.frames(answer, request).filter(({ part }) => part !== 'mark')
    const metrics = answer.tally && { 'amazon-bedrock-invocationMetrics': metricsOf(answer.tally) }
    return frames.map(({ data, part }, at): Frame => {
      const chunk = marked(record(JSON.parse(data)), 'delta')
      return chunkFrame(request, at, part, at === frames.length - 1 ? { ...chunk, ...metrics } : chunk)
    })
  },
}

/** Reasoning is in the text, between tags, repeated in each chunk (recorded). */
function marked(body: Json, place: 'message' | 'delta'): Json {
  const choices = records(body.choices).map(({ [place]: said, ...choice }) => {
    const { reasoning_content: reasoning, content, ...rest } = record(said)
    const thought = string(reasoning)
    const text = thought === undefined ? content : `<reasoning>${thought}</reasoning>${string(content) ?? ''}`
    return { ...choice, [place]: { ...rest, ...(text !== undefined && { content: text }) } }
  })
  return { ...body, choices }
}
