import { MessagesStream } from '../call/messages-stream.js'
import { type Action, events, json, send, type WithMeta } from './action.js'
import { errorEvents, streamBody } from './sse.js'

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
      return events(input.headers(answer.meta), streamBody(answer.texts(), errorEvents.anthropic))
    }
    return json(input.headers((answer as WithMeta).meta), answer as object)
  },
}
