import { type Json, list, record, records, string } from '../json.js'
import { badRequest } from './openai-errors.js'
import type { WireError } from './wire.js'

const knownRoles = ['system', 'developer', 'user', 'assistant', 'tool', 'function']
const toolName = /^[a-zA-Z0-9_-]+$/
const maxId = 40

/** Validates a chat request like OpenAI. */
export function refuseChat(body: Json, model: string): WireError | undefined {
  if (model === '') return badRequest('you must provide a model parameter')
  if (!Array.isArray(body.messages)) {
    return badRequest("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
  }
  if (body.messages.length === 0) {
    const message =
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return badRequest(message, 'messages', 'empty_array')
  }
  if (body.stream !== true && body.stream_options !== undefined && body.stream_options !== null) {
    return badRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  return refuseTools(body) ?? refuseMessages(records(body.messages))
}

function refuseMessages(messages: readonly Json[]): WireError | undefined {
  /** Calls of the last assistant message without a result. */
  let open: string[] = []
  for (const [index, message] of messages.entries()) {
    const role = string(message.role)
    if (role === undefined || !knownRoles.includes(role)) {
      const roles = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
      return badRequest(
        `Invalid value: '${String(message.role)}'. Supported values are: ${roles}.`,
        `messages[${index}].role`,
        'invalid_value',
      )
    }
    if (role === 'tool') {
      const id = string(message.tool_call_id) ?? ''
      if (!open.includes(id)) {
        const text =
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        return badRequest(text, `messages.[${index}].role`)
      }
      open = open.filter((other) => other !== id)
      continue
    }
    if (open.length > 0) return unanswered(open, index)
    if (role === 'assistant') open = records(message.tool_calls).map((call) => string(call.id) ?? '')
    const long = open.findIndex((id) => id.length > maxId)
    if (long >= 0) {
      const place = `messages[${index}].tool_calls[${long}].id`
      const text = `Invalid '${place}': string too long. Expected a string with maximum length ${maxId}, but got a string with length ${open[long]?.length} instead.`
      return badRequest(text, place, 'string_above_max_length')
    }
  }
  return open.length > 0 ? unanswered(open, messages.length - 1) : undefined
}

function unanswered(ids: readonly string[], index: number): WireError {
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`
  return badRequest(text, `messages.[${index}].role`)
}

function refuseTools(body: Json): WireError | undefined {
  for (const [index, tool] of records(body.tools).entries()) {
    const name = string(record(tool.function).name)
    if (name === undefined || toolName.test(name)) continue
    const place = `tools[${index}].function.name`
    const text = `Invalid '${place}': string does not match pattern. Expected a string that matches the pattern '${toolName.source}'.`
    return badRequest(text, place, 'invalid_value')
  }
  const choice = string(body.tool_choice)
  if (choice !== undefined && choice !== 'none' && records(body.tools).length === 0) {
    return badRequest(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      'tool_choice',
    )
  }
  return undefined
}

/** Validates an embedding request like OpenAI. */
export function refuseEmbedding(body: Json, model: string): WireError | undefined {
  if (model === '') return badRequest('you must provide a model parameter')
  // Voyage sends texts and images as `inputs`
  const input = body.input ?? body.inputs
  if (input === undefined || input === '' || (Array.isArray(input) && input.length === 0)) {
    return badRequest(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    )
  }
  if (list(body.input).length > 2048) {
    return badRequest(
      "Invalid 'input': array too long. Expected an array with maximum length 2048.",
      'input',
      'array_above_max_length',
    )
  }
  return undefined
}
