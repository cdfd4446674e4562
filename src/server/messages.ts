import type { TextSource } from '../call/answer-stream.js'
import { MessagesStream } from '../call/messages-stream.js'
import { type Action, events, json, send, type WithMeta } from './action.js'
import { errorEvents, streamBody } from './sse.js'
import type { HandlerCall } from './types.js'

/** Anthropic's Messages API. */
export const messages: Action = {
  spec: 'messages',
  async run(input) {
    const { params, request } = input.call
    const { 'anthropic-beta': betas, 'anthropic-version': version } = request.headers
    if (version !== undefined) params.anthropic_version ??= version
    if (betas !== undefined && betas !== '') {
      const own = Array.isArray(params.betas) ? params.betas : []
      params.betas = [...new Set([...own, ...betas.split(',').map((flag) => flag.trim())])].filter(
        (flag) => flag !== '',
      )
    }
    const answer = await send(input, 'messages')
    if (answer instanceof MessagesStream) {
      return events(
        input.headers(answer.meta),
        streamBody(withStart(answer.texts(), input.call), errorEvents.anthropic),
      )
    }
    return json(input.headers((answer as WithMeta).meta), answer as object)
  },
}

const withoutStart = /^event: (?:content_block_|message_(?!start))/

/** Every answer begins with `message_start`, which clients need. llama.cpp leaves it out of some answers. */
function withStart(source: TextSource, { id, params }: HandlerCall): TextSource {
  let isFirst = true
  return {
    ...source,
    async next() {
      const text = await source.next()
      if (!isFirst || text === undefined) return text
      isFirst = false
      return withoutStart.test(text) ? startOf(id, params.model) + text : text
    },
  }
}

function startOf(id: string, model: unknown): string {
  const usage = { input_tokens: 0, output_tokens: 0 }
  const stop = { stop_reason: null, stop_sequence: null }
  const message = { id: id.replace(/^req_/, 'msg_'), type: 'message', role: 'assistant', model, content: [] }
  return `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { ...message, ...stop, usage } })}\n\n`
}
