import { isRecord, type Json, list, number, record, records, string } from '../json.js'
import { invalid, invalidField } from './cohere-errors.js'
import { unknownParameter } from './cohere-fields.js'
import { canThink, textOf } from './cohere-request.js'
import type { WireError, WireRequest } from './wire.js'

const roles = ['system', 'user', 'assistant', 'tool']
const toolName = /^[a-zA-Z_][a-zA-Z0-9_-]*$/
const types = ['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64']
const inputTypes = ['search_document', 'search_query', 'classification', 'clustering', 'image']
const mostTexts = 96
const mostDocuments = 10_000
const mostCharacters = 65_536

/** Validates a request like Cohere. Rules come from the documentation and recordings; not all messages are known. */
export function refuse(request: WireRequest): WireError | undefined {
  const object = objectOf(request)
  const unknown = unknownParameter(request.body, object)
  if (unknown) return invalidField(request, unknown.name)
  if (request.model === '' && object !== 'tokenize') return invalid(request, 'invalid request: model is required')
  // null counts as absent
  const given = Object.entries(request.body).filter(([, value]) => value !== null)
  const fault = findFault(Object.fromEntries(given), object, request.model)
  return fault === undefined ? undefined : invalid(request, `invalid request: ${fault}`)
}

function objectOf({ operation }: WireRequest): string {
  switch (operation) {
    case 'embedding':
      return 'embed'
    case 'count-tokens':
      return 'tokenize'
    default:
      return operation
  }
}

function findFault(body: Json, object: string, model: string): string | undefined {
  switch (object) {
    case 'chat':
      return findChatFault(body, model)
    case 'embed':
      return findEmbedFault(body, model)
    case 'rerank':
      return findRerankFault(body)
    default:
      return findTextFault(body)
  }
}

function findChatFault(body: Json, model: string): string | undefined {
  const messages = records(body.messages)
  if (messages.length === 0) return 'messages must have at least one element'
  for (const [index, message] of messages.entries()) {
    const fault = findMessageFault(message, index)
    if (fault !== undefined) return fault
  }
  return findCallFault(messages) ?? findParameterFault(body, model) ?? findToolFault(body)
}

function findMessageFault({ role, content, tool_calls: calls }: Json, index: number): string | undefined {
  if (!roles.includes(string(role) ?? '')) {
    return `messages[${index}].role must be one of 'system', 'user', 'assistant' or 'tool'`
  }
  const empty = content === undefined || content === '' || (Array.isArray(content) && content.length === 0)
  if (empty && !(role === 'assistant' && records(calls).length > 0)) {
    return 'message must be at least 1 token long or tool results must be specified.'
  }
  for (const [at, part] of records(content).entries()) {
    const place = `messages[${index}].content[${at}]`
    const kinds =
      role === 'user' ? ['text', 'image_url'] : role === 'assistant' ? ['text', 'thinking'] : ['text', 'document']
    if (!kinds.includes(string(part.type) ?? '')) return `${place}.type is not valid for the role '${String(role)}'`
    if (part.type === 'image_url' && !/^(?:https?:|data:image\/)/.test(string(record(part.image_url).url) ?? '')) {
      return `${place}.image_url.url must be a data URI or a URL`
    }
  }
  if (role === 'user' && records(content).every((part) => part.type === 'text') && textOf(content) === '') {
    return 'message must be at least 1 token long or tool results must be specified.'
  }
  for (const call of records(calls)) {
    const { name, arguments: given } = record(call.function)
    if (string(call.id) === undefined || string(name) === undefined)
      return `messages[${index}].tool_calls need an id and a name`
    if (typeof given !== 'string') return `messages[${index}].tool_calls[].function.arguments must be a string`
  }
  return undefined
}

/** All tool results must follow the turn with their calls. */
function findCallFault(messages: readonly Json[]): string | undefined {
  let open: string[] = []
  for (const message of messages) {
    if (message.role === 'tool') {
      const id = string(message.tool_call_id) ?? ''
      if (!open.includes(id))
        return `tool_call_id '${id}' not found in the tool calls of the previous assistant message`
      open = open.filter((other) => other !== id)
      continue
    }
    if (open.length > 0) break
    open = records(message.tool_calls).flatMap((call) => string(call.id) ?? [])
  }
  return open.length > 0 ? `tool calls must be followed by their results: ${open.join(', ')}` : undefined
}

function findParameterFault(body: Json, model: string): string | undefined {
  const ranges: readonly (readonly [string, number, number])[] = [
    ['temperature', 0, Number.MAX_SAFE_INTEGER],
    ['p', 0.01, 0.99],
    ['k', 0, 500],
    ['frequency_penalty', 0, 1],
    ['presence_penalty', 0, 1],
    ['max_tokens', 1, Number.MAX_SAFE_INTEGER],
  ]
  for (const [name, least, most] of ranges) {
    const value = body[name]
    if (value === undefined) continue
    const amount = number(value)
    if (amount === undefined || amount < least || amount > most)
      return `${name} must be between ${least} and ${most} inclusive.`
  }
  if (list(body.stop_sequences).length > 5) return 'stop_sequences must have at most 5 elements'
  const thinking = record(body.thinking)
  if (body.thinking !== undefined && thinking.type !== 'enabled' && thinking.type !== 'disabled') {
    return "thinking.type must be one of 'enabled' or 'disabled'"
  }
  if (thinking.type === 'enabled' && !canThink(model)) return `thinking is not supported by model '${model}'`
  const format = record(body.response_format)
  if (body.response_format !== undefined && format.type !== 'text' && format.type !== 'json_object') {
    return "response_format.type must be one of 'text' or 'json_object'"
  }
  return findSchemaFault(format.json_schema)
}

/** https://docs.cohere.com/docs/structured-outputs */
function findSchemaFault(schema: unknown): string | undefined {
  if (!isRecord(schema)) return undefined
  if (schema.type !== 'object') return "json_schema: the top level must be of type 'object'"
  const open = Object.entries(record(schema.properties)).length > 0 && list(schema.required).length === 0
  return open ? 'json_schema: at least one property must be required' : undefined
}

function findToolFault(body: Json): string | undefined {
  const tools = records(body.tools)
  for (const [index, tool] of tools.entries()) {
    const { name, parameters } = record(tool.function)
    if (tool.type !== 'function') return `tools[${index}].type must be 'function'`
    if (!toolName.test(string(name) ?? '')) return `tools[${index}].function.name is not valid`
    if (!isRecord(parameters)) return `tools[${index}].function.parameters is required`
  }
  if (tools.length > 0 && record(body.response_format).type === 'json_object') {
    return "response_format with type 'json_object' cannot be used with tools"
  }
  const choice = body.tool_choice
  if (choice === undefined) return undefined
  if (choice !== 'REQUIRED' && choice !== 'NONE') return "tool_choice must be one of 'REQUIRED' or 'NONE'"
  return choice === 'REQUIRED' && tools.length === 0 ? "tool_choice 'REQUIRED' needs tools" : undefined
}

function findEmbedFault(body: Json, model: string): string | undefined {
  const given = ['texts', 'images', 'inputs'].filter((name) => list(body[name]).length > 0)
  if (given.length !== 1) return 'exactly one of texts, images or inputs must be provided'
  const inputs = list(body[given[0] ?? ''])
  if (inputs.length > mostTexts) {
    return `total number of ${String(given[0])} must be at most ${mostTexts} - received ${inputs.length}`
  }
  if (!inputTypes.includes(string(body.input_type) ?? '')) {
    return 'valid input_type must be provided with the provided model'
  }
  if (list(body.embedding_types).some((type) => typeof type !== 'string' || !types.includes(type))) {
    return `embedding_types must be among ${types.join(', ')}`
  }
  const dimensions = body.output_dimension
  if (dimensions === undefined) return undefined
  if (!/embed-v[4-9]/.test(model)) return `output_dimension is not supported by model '${model}'`
  const known = [256, 512, 1024, 1536].some((size) => size === dimensions)
  return known ? undefined : 'output_dimension must be one of 256, 512, 1024 or 1536'
}

function findRerankFault(body: Json): string | undefined {
  if (!body.query || typeof body.query !== 'string') return 'query must not be empty'
  const documents = list(body.documents)
  if (documents.length === 0) return 'list of documents must not be empty'
  if (documents.length > mostDocuments) return `too many documents: the limit is ${mostDocuments}`
  if (documents.some((document) => typeof document !== 'string')) return 'documents must be strings'
  const top = body.top_n
  return top === undefined || (number(top) ?? 0) >= 1 ? undefined : 'top_n must be at least 1'
}

function findTextFault(body: Json): string | undefined {
  const text = string(body.text)
  if (!text) return 'text must be at least 1 character long'
  return text.length > mostCharacters ? `text must be at most ${mostCharacters} characters long` : undefined
}
