import { TextCompletionStream } from '../call/text-completion-stream.js'
import { type Action, events, json, send, type WithMeta } from './action.js'
import { errorEvents, streamBody } from './sse.js'

/** OpenAI's text completions: at hosts that have them unchanged, over chat for all other models. */
export const completion: Action = {
  spec: 'textCompletion',
  async run(input) {
    const answer = await send(input, 'textCompletion')
    if (answer instanceof TextCompletionStream) {
      return events(input.headers(answer.meta), streamBody(answer.texts(), errorEvents.openai))
    }
    return json(input.headers((answer as WithMeta).meta), answer as object)
  },
}
