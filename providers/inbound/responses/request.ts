import { BadRequestError, got } from '../../../src/errors.js'
import type { ChatParams, ResponseFormat } from '../../../src/types/chat.js'
import type { ResponsesParams } from '../../../src/types/responses.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { InboundContext } from '../contract.js'
import { decodeInput } from './input.js'
import { decodeToolChoice, decodeTools, ToolNames } from './tools.js'

/**
 * A Responses request as a chat request. References to stored answers and items were replaced before: see `previous_response_id` in
 * `src/server/response-store.ts`. https://platform.openai.com/docs/api-reference/responses/create
 */
export function decodeRequest(params: ResponsesParams, context: InboundContext): ChatParams {
  const request = params as unknown as Fields
  refuse(request)
  const names = new ToolNames(request)
  const messages = decodeInput(request.input, request.instructions, names, context)
  if (messages.length === 0) {
    throw new BadRequestError(`'input' must be a string or a non-empty array of items; ${got(request.input)}.`, {
      param: 'input',
    })
  }
  const chat: ChatParams = { model: context.model, messages, ...decodeTools(request, names, context) }
  const choice = decodeToolChoice(request.tool_choice, chat.tools, names, context)
  if (choice !== undefined) chat.tool_choice = choice
  const into = chat as unknown as Fields
  for (const name in request) {
    const value = request[name]
    if (value !== null && value !== undefined) decodeParam(name, value, into, context)
  }
  return chat
}

/** Requests whose answer would be wrong or missing. */
function refuse(request: Fields): void {
  if (request.background === true) {
    throw new BadRequestError(
      "'background' must be false or absent; got true. This model answers in the foreground only.",
      {
        param: 'background',
      },
    )
  }
  if (isFields(request.prompt)) {
    throw new BadRequestError(
      "'prompt' must be absent; got a template, which only OpenAI stores. Send 'instructions' and 'input'.",
      { param: 'prompt' },
    )
  }
  if (request.conversation !== undefined && request.conversation !== null) {
    throw new BadRequestError(
      "'conversation' must be absent; got a conversation, which only OpenAI stores. Send 'previous_response_id' or the items of the conversation.",
      { param: 'conversation' },
    )
  }
  const { previous_response_id: previous } = request
  if (typeof previous === 'string' && previous) {
    throw new BadRequestError(
      `'previous_response_id' must be the id of an answer that is still stored; got '${previous}'. Send the items of the conversation as 'input'.`,
      { param: 'previous_response_id' },
    )
  }
}

/** One parameter with a value. */
function decodeParam(name: string, value: unknown, chat: Fields, context: InboundContext): void {
  switch (name) {
    case 'max_output_tokens':
      chat.max_completion_tokens = value
      return
    case 'reasoning':
      if (isFields(value) && textIn(value, 'effort')) chat.reasoning_effort = value.effort
      return
    case 'text':
      if (isFields(value)) decodeText(value, chat)
      return
    case 'parallel_tool_calls':
      if (chat.tools) chat.parallel_tool_calls = value
      return
    case 'include':
      decodeInclude(value, chat, context)
      return
    case 'top_logprobs':
      // 0 is the default of clients that list all parameters
      if (typeof value === 'number' && value > 0) {
        chat.top_logprobs = value
        chat.logprobs = true
      }
      return
    case 'metadata':
      if (isFields(value) && Object.keys(value).length > 0) chat.metadata = value
      return
    case 'max_tool_calls':
      context.warn?.({ type: 'dropped', param: name, message: 'Left out: chat has no limit of tool calls.' })
      return
    case 'truncation':
      if (value !== 'disabled') {
        context.warn?.({ type: 'dropped', param: name, message: 'Left out: an input that is too long is an error.' })
      }
      return
    default:
      if (same.has(name)) chat[name] = value
      else if (!read.has(name)) {
        context.warn?.({ type: 'dropped', param: name, message: 'Left out: chat has no such parameter.' })
      }
  }
}

/** Parameters with the same name and meaning in chat, also those that clients add for other hosts. */
const same: ReadonlySet<string> = new Set([
  'cache_control',
  'extra_body',
  'frequency_penalty',
  'logit_bias',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'stream',
  'temperature',
  'thinking',
  'top_k',
  'top_p',
  'user',
])

/** Parameters that are read elsewhere, and notes of clients to their own servers. */
const read: ReadonlySet<string> = new Set([
  'background',
  'client_metadata',
  'conversation',
  'input',
  'instructions',
  'model',
  'previous_response_id',
  'prompt',
  'store',
  'stream_options',
  'tool_choice',
  'tools',
])

/** https://platform.openai.com/docs/guides/structured-outputs */
function decodeText({ format, verbosity }: Fields, chat: Fields): void {
  if (verbosity !== undefined && verbosity !== null) chat.verbosity = verbosity
  const decoded = isFields(format) ? decodeFormat(format) : undefined
  if (decoded) chat.response_format = decoded
}

function decodeFormat(format: Fields): ResponseFormat | undefined {
  switch (format.type) {
    case 'json_object':
      return { type: 'json_object' }
    case 'json_schema': {
      const { name, schema, description, strict } = format
      return {
        type: 'json_schema',
        json_schema: {
          name: typeof name === 'string' && name ? name : 'answer',
          ...(isFields(schema) && { schema }),
          ...(typeof description === 'string' && { description }),
          ...(typeof strict === 'boolean' && { strict }),
        },
      }
    }
    default:
      return undefined
  }
}

/** Additional output. Encrypted reasoning always comes. */
function decodeInclude(value: unknown, chat: Fields, context: InboundContext): void {
  for (const item of Array.isArray(value) ? value : []) {
    if (item === 'message.output_text.logprobs') chat.logprobs = true
    else if (item !== 'reasoning.encrypted_content') {
      context.warn?.({ type: 'dropped', param: 'include', message: `Left out: chat has no '${String(item)}'.` })
    }
  }
}
