import type { TokenCount } from '../tokens/types.js'
import type { ChatParams } from '../types/chat.js'
import { type Action, json, send } from './action.js'

/** Token counts in the form of Anthropic or Google, made from the same request as chat. */
export const countTokens: Action = {
  spec: 'messages',
  async run(input) {
    const { route, params, id } = input.call
    const context = { model: String(params.model ?? ''), created: 0, id: id.replace('req_', '') }
    const { decodeCountRequest, encodeCount } =
      route.dialect === 'gemini'
        ? await import('../../providers/inbound/gemini/index.js')
        : await import('../../providers/inbound/anthropic/index.js')
    const chat = decodeCountRequest(params as never, context)
    const { tokens } = (await send(input, 'countTokens', { ...countable(chat), model: params.model })) as TokenCount
    return json(input.headers(undefined), encodeCount(tokens))
  },
}

/** The parts of a request that have tokens. */
const countable = ({ messages, tools, tool_choice, response_format }: ChatParams) => ({
  messages,
  ...(tools !== undefined && { tools }),
  ...(tool_choice !== undefined && { tool_choice }),
  ...(response_format !== undefined && { response_format }),
})
