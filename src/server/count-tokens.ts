import { BadRequestError } from '../errors.js'
import type { TokenCount } from '../tokens/types.js'
import type { ChatParams } from '../types/chat.js'
import { type Action, json, send } from './action.js'

/** Token counts in the form of Anthropic or Google, made from the same request as chat. */
export const countTokens: Action = {
  spec: 'messages',
  async run(input) {
    const { route, params, id } = input.call
    const context = { model: String(params.model ?? ''), created: 0, id: id.replace('req_', '') }
    if (route.dialect === 'gemini') {
      const { wire } = await import('../../providers/inbound/gemini/index.js')
      const { generateContentRequest: whole } = params
      const request = { ...params, ...(typeof whole === 'object' ? whole : undefined) }
      if (request.contents === undefined)
        throw new BadRequestError("'contents' must be an array of turns.", { param: 'contents' })
      const chat = wire.decodeRequest(request as never, context)
      const { tokens } = (await send(input, 'countTokens', { ...countable(chat), model: params.model })) as TokenCount
      return json(input.headers(undefined), { totalTokens: tokens })
    }
    const { wire } = await import('../../providers/inbound/anthropic/index.js')
    const chat = wire.decodeRequest(params as never, context)
    const { tokens } = (await send(input, 'countTokens', { ...countable(chat), model: params.model })) as TokenCount
    return json(input.headers(undefined), { input_tokens: tokens })
  },
}

/** The parts of a request that have tokens. */
const countable = ({ messages, tools, tool_choice, response_format }: ChatParams) => ({
  messages,
  ...(tools !== undefined && { tools }),
  ...(tool_choice !== undefined && { tool_choice }),
  ...(response_format !== undefined && { response_format }),
})
