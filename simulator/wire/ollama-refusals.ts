import { isRecord, type Json, list, number, record, records, string } from '../json.js'
import { ollamaFailure } from './ollama-errors.js'
import type { WireError, WireRequest } from './wire.js'

/** The server is written in Go and names the field that it could not parse. */
const unreadable = (value: unknown, place: string, type: string): string =>
  `json: cannot unmarshal ${kindOf(value)} into Go struct field ${place} of type ${type}`

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'object' ? 'object' : typeof value
}

const validBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Options by number type. https://docs.ollama.com/modelfile#valid-parameters-and-values */
const integers: readonly string[] = [
  ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'num_keep', 'num_predict', 'seed', 'top_k'],
  'repeat_last_n',
]
const floats: readonly string[] = [
  ...['temperature', 'top_p', 'min_p', 'typical_p', 'repeat_penalty', 'presence_penalty', 'frequency_penalty'],
]

/** Model families by missing capability; other models support everything. */
const thoughtless =
  /^(?:llama|codellama|gemma[23]?(?![\w])|mistral|mixtral|phi[34](?!.*reasoning)|qwen2|llava|tinyllama)/
const toolless = /^(?:llama2|llama3(?![.\w])|codellama|gemma[23]?(?![\w])|phi3|llava|tinyllama|moondream)/
const embedsOnly = /embed|minilm|^bge-/

/** `registry/owner/gpt-oss:20b` is `gpt-oss:20b`. */
const nameOf = (model: string): string => model.slice(model.lastIndexOf('/') + 1)

export function findChatFault({ body, model }: WireRequest): WireError | undefined {
  if (model === '') return ollamaFailure(400, 'model is required')
  const unread = findUnreadable(body)
  if (unread !== undefined) return ollamaFailure(400, unread)
  const top = number(body.top_logprobs)
  if (top !== undefined && (top < 0 || top > 20)) return ollamaFailure(400, 'top_logprobs must be between 0 and 20')
  const name = nameOf(model)
  if (embedsOnly.test(name)) return ollamaFailure(400, `"${model}" does not support chat`)
  const thinks = body.think === true || (typeof body.think === 'string' && body.think !== '')
  if (thinks && thoughtless.test(name)) return ollamaFailure(400, `"${model}" does not support thinking`)
  if (list(body.tools).length > 0 && toolless.test(name)) {
    return ollamaFailure(400, `registry.ollama.ai/library/${model} does not support tools`)
  }
  const option = findOptionFault(record(body.options))
  // errors after parsing are server errors
  return option === undefined ? findFormatFault(body.format) : ollamaFailure(500, option)
}

/** Validates types like the server's parser. Unknown fields are ignored. */
function findUnreadable(body: Json): string | undefined {
  const { messages, tools, options, stream, think, logprobs } = body
  if (messages !== undefined && messages !== null && !Array.isArray(messages)) {
    return unreadable(messages, 'ChatRequest.messages', '[]api.Message')
  }
  for (const message of list(messages)) {
    const fault = findMessageFault(message)
    if (fault !== undefined) return fault
  }
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
    return unreadable(tools, 'ChatRequest.tools', 'api.Tools')
  }
  for (const tool of list(tools)) {
    const { function: fn, type } = record(tool)
    if (typeof type !== 'string') return unreadable(type, 'Tool.tools.type', 'string')
    if (!isRecord(fn)) return unreadable(fn, 'Tool.tools.function', 'api.ToolFunction')
    const { name, parameters } = fn
    if (typeof name !== 'string') return unreadable(name, 'ToolFunction.tools.function.name', 'string')
    if (!isRecord(parameters) || typeof parameters.type !== 'string') {
      return unreadable(parameters, 'ToolFunction.tools.function.parameters', 'api.ToolFunctionParameters')
    }
  }
  if (options !== undefined && options !== null && !isRecord(options)) {
    return unreadable(options, 'ChatRequest.options', 'map[string]interface {}')
  }
  for (const [name, value] of Object.entries({ stream, logprobs })) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      return unreadable(value, `ChatRequest.${name}`, 'bool')
    }
  }
  return findThinkFault(think)
}

function findThinkFault(think: unknown): string | undefined {
  if (think === undefined || think === null || typeof think === 'boolean') return undefined
  if (typeof think !== 'string') return 'think must be a boolean or string ("high", "medium", "low", true, or false)'
  return ['high', 'medium', 'low'].includes(think)
    ? undefined
    : `invalid think value: "${think}" (must be "high", "medium", "low", true, or false)`
}

function findMessageFault(message: unknown): string | undefined {
  if (!isRecord(message)) return unreadable(message, 'ChatRequest.messages', 'api.Message')
  for (const name of ['role', 'content', 'thinking', 'tool_name', 'tool_call_id']) {
    const value = message[name]
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return unreadable(value, `ChatRequest.messages.${name}`, 'string')
    }
  }
  const { images, tool_calls: calls } = message
  if (images !== undefined && images !== null && !Array.isArray(images)) {
    return unreadable(images, 'ChatRequest.messages.images', '[]api.ImageData')
  }
  for (const image of list(images)) {
    if (typeof image !== 'string') return unreadable(image, 'ChatRequest.messages.images', 'api.ImageData')
    // a data URL or a remote URL
    if (!validBase64.test(image)) return `illegal base64 data at input byte ${image.search(/[^A-Za-z0-9+/=]/)}`
  }
  for (const call of list(calls)) {
    const { function: fn } = record(call)
    const { name, arguments: given } = record(fn)
    if (typeof name !== 'string')
      return unreadable(name, 'ToolCallFunction.messages.tool_calls.function.name', 'string')
    if (given !== undefined && !isRecord(given)) {
      const place = 'ToolCallFunction.messages.tool_calls.function.arguments'
      return unreadable(given, place, 'api.ToolCallFunctionArguments')
    }
  }
  return undefined
}

function findOptionFault(options: Json): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (value === null) continue
    if (integers.includes(name) && typeof value !== 'number') return `option "${name}" must be of type integer`
    if (floats.includes(name) && typeof value !== 'number') return `option "${name}" must be of type float32`
    if (name === 'stop' && !Array.isArray(value)) return 'option "stop" must be of type array'
    if (name === 'stop' && list(value).some((word) => typeof word !== 'string')) {
      return 'option "stop" must be of an array of strings'
    }
  }
  return undefined
}

function findFormatFault(format: unknown): WireError | undefined {
  if (format === undefined || format === null || format === '' || format === 'json') return undefined
  if (!isRecord(format)) {
    return ollamaFailure(
      500,
      `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`,
    )
  }
  return undefined
}

export function findEmbedFault({ body, model }: WireRequest): WireError | undefined {
  if (model === '') return ollamaFailure(404, "model '' not found")
  const { input, dimensions } = body
  const texts: readonly unknown[] = Array.isArray(input) ? input : input === undefined || input === null ? [] : [input]
  if (texts.some((text) => typeof text !== 'string')) return ollamaFailure(400, 'invalid input type')
  if (dimensions !== undefined && !Number.isInteger(dimensions)) {
    return ollamaFailure(400, unreadable(dimensions, 'EmbedRequest.dimensions', 'int'))
  }
  const option = findOptionFault(record(body.options))
  return option === undefined ? undefined : ollamaFailure(500, option)
}

/** The texts of an embedding request; a single empty string counts as none. */
export function embedTexts({ input }: Json): string[] {
  if (typeof input === 'string') return input === '' ? [] : [input]
  return list(input).map((text) => string(text) ?? '')
}

/** A chat without messages loads the model and returns no text. */
export const onlyLoads = (body: Json): boolean => records(body.messages).length === 0
