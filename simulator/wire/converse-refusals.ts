import { isRecord, type Json, list, number, record, records, string } from '../json.js'
import { findContentFault } from './converse-blocks.js'
import { exception, invalid } from './converse-errors.js'
import { schemaOf } from './converse-request.js'
import { findThinkingFault } from './converse-thinking.js'
import { findResultFault, findToolFault } from './converse-tools.js'
import type { WireError, WireRequest } from './wire.js'

const requestMembers: readonly string[] = [
  ...['messages', 'system', 'inferenceConfig', 'toolConfig', 'guardrailConfig', 'additionalModelRequestFields'],
  ...['additionalModelResponseFieldPaths', 'promptVariables', 'requestMetadata', 'performanceConfig', 'serviceTier'],
  'outputConfig',
]

/** Known and required members of objects. */
const objects: readonly (readonly [name: string, members: readonly string[], required: readonly string[]])[] = [
  ['inferenceConfig', ['maxTokens', 'temperature', 'topP', 'stopSequences'], []],
  ['toolConfig', ['tools', 'toolChoice'], ['tools']],
  [
    'guardrailConfig',
    ['guardrailIdentifier', 'guardrailVersion', 'trace', 'streamProcessingMode'],
    ['guardrailIdentifier', 'guardrailVersion'],
  ],
  ['performanceConfig', ['latency'], []],
  ['serviceTier', ['type'], ['type']],
  ['outputConfig', ['textFormat', 'effort'], []],
]

const systemBlocks: readonly string[] = ['text', 'guardContent', 'cachePoint']
/** https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html */
const systemless = /titan|mistral-7b|mixtral|command-(?:text|light)/
const maxCachePoints = 4

/** Validates a request to `/converse` and `/converse-stream` like Bedrock. */
export function findConverseFault(request: WireRequest): WireError | undefined {
  const { body, model } = request
  const shape = findShapeFault(body)
  if (shape !== undefined) return exception(400, 'SerializationException', shape)
  const messages = records(body.messages)
  const fault =
    findMemberFault(body) ??
    findInferenceFault(record(body.inferenceConfig)) ??
    findTurnFault(messages) ??
    findSystemFault(records(body.system), model) ??
    findMessageFault(messages) ??
    findToolFault(body, model) ??
    findResultFault(messages) ??
    findFormatFault(record(record(body.outputConfig).textFormat), model) ??
    findCacheFault(body, messages, model) ??
    findThinkingFault(request)
  return fault === undefined ? undefined : invalid(fault)
}

/** Type errors are rejected by the front end, before the service. */
function findShapeFault(body: Json): string | undefined {
  for (const [name, value] of [['messages', body.messages] as const, ['system', body.system] as const]) {
    if (value !== undefined && !(Array.isArray(value) && value.every(isRecord))) {
      return `Unexpected field type at ${name}: a list of structures was expected.`
    }
  }
  const odd = records(body.messages).findIndex(({ content }) => !(Array.isArray(content) && content.every(isRecord)))
  if (odd >= 0) return `Unexpected field type at messages.${odd}.content: a list of structures was expected.`
  const [flat] = [...objects.map(([name]) => name), 'additionalModelRequestFields', 'requestMetadata'].filter(
    (name) => body[name] !== undefined && !isRecord(body[name]),
  )
  return flat === undefined ? undefined : `Unexpected field type at ${flat}: a structure was expected.`
}

function findMemberFault(body: Json): string | undefined {
  const stranger = Object.keys(body).find((name) => !requestMembers.includes(name))
  if (stranger !== undefined) return extraneous('#', stranger)
  for (const [name, members, required] of objects) {
    if (body[name] === undefined) continue
    const given = record(body[name])
    const unknown = Object.keys(given).find((member) => !members.includes(member))
    if (unknown !== undefined) return extraneous(`#/${name}`, unknown)
    const missing = required.find((member) => given[member] === undefined)
    if (missing !== undefined) return constraint(null, `${name}.${missing}`, 'Member must not be null')
  }
  for (const [key, value] of Object.entries(record(body.requestMetadata))) {
    if (typeof value !== 'string') return constraint(value, `requestMetadata.${key}`, 'Member must be a string')
  }
  return undefined
}

function extraneous(place: string, name: string): string {
  return `Malformed input request: ${place}: extraneous key [${name}] is not permitted, please reformat your input and try again.`
}

export function constraint(value: unknown, place: string, rule: string): string {
  const shown = value === null || value === undefined ? 'null' : `'${String(value)}'`
  return `1 validation error detected: Value ${shown} at '${place}' failed to satisfy constraint: ${rule}`
}

function findInferenceFault(config: Json): string | undefined {
  const place = (name: string): string => `inferenceConfig.${name}`
  const { maxTokens } = config
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && Number(maxTokens) >= 1)) {
    return constraint(maxTokens, place('maxTokens'), 'Member must have value greater than or equal to 1')
  }
  for (const name of ['temperature', 'topP']) {
    const value = config[name]
    if (value === undefined) continue
    const given = number(value)
    if (given === undefined || given < 0) {
      return constraint(value, place(name), 'Member must have value greater than or equal to 0')
    }
    if (given > 1) return constraint(value, place(name), 'Member must have value less than or equal to 1')
  }
  const { stopSequences: stops } = config
  if (stops === undefined) return undefined
  const bad = list(stops).some((stop) => typeof stop !== 'string' || stop === '')
  return !Array.isArray(stops) || bad
    ? constraint(JSON.stringify(stops), place('stopSequences'), 'Member must have length greater than or equal to 1')
    : undefined
}

/** User and assistant alternate, starting with the user. */
function findTurnFault(messages: readonly Json[]): string | undefined {
  const odd = messages.findIndex(({ role }) => role !== 'user' && role !== 'assistant')
  if (odd >= 0) {
    const rule = 'Member must satisfy enum value set: [user, assistant]'
    return constraint(messages[odd]?.role, `messages.${odd + 1}.member.role`, rule)
  }
  if (messages[0]?.role !== 'user') {
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  }
  return messages.some(({ role }, index) => role === messages[index - 1]?.role)
    ? 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    : undefined
}

function findSystemFault(system: readonly Json[], model: string): string | undefined {
  if (system.length > 0 && systemless.test(model)) {
    return "This model doesn't support system messages. Try again without a system message or use a model that supports system messages."
  }
  for (const [index, block] of system.entries()) {
    const [kind, ...more] = Object.keys(block)
    if (kind === undefined || more.length > 0 || !systemBlocks.includes(kind)) {
      return `The SystemContentBlock object at system.${index} must set one of the following keys: ${systemBlocks.join(', ')}.`
    }
    if (kind === 'text' && (string(block.text) ?? '').trim() === '') {
      return `The text field in the SystemContentBlock object at system.${index} is blank. Add text to the text field, and try again.`
    }
  }
  return undefined
}

function findMessageFault(messages: readonly Json[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const stranger = Object.keys(message).find((name) => name !== 'role' && name !== 'content')
    if (stranger !== undefined) return extraneous(`#/messages/${index}`, stranger)
    const fault = findContentFault(message, index)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
function findFormatFault(format: Json, model: string): string | undefined {
  if (Object.keys(format).length === 0) return undefined
  if (/titan|llama|cohere|ai21|nova/.test(model)) {
    return "This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again."
  }
  const schema = schemaOf(format)
  if (format.type !== 'json_schema') {
    return constraint(format.type, 'outputConfig.textFormat.type', 'Member must satisfy enum value set: [json_schema]')
  }
  if (!isRecord(schema)) return 'The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON object.'
  return isOpen(schema)
    ? "The model returned the following errors: output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
    : undefined
}

function isOpen(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(isOpen)
  if (!isRecord(schema)) return false
  if (schema.type === 'object' && schema.additionalProperties !== false) return true
  const { properties, $defs, definitions, items, anyOf, allOf } = schema
  const named = [properties, $defs, definitions].flatMap((group) => Object.values(record(group)))
  return [...named, items, anyOf, allOf].some(isOpen)
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
function findCacheFault(body: Json, messages: readonly Json[], model: string): string | undefined {
  const blocks = [
    ...records(record(body.toolConfig).tools),
    ...records(body.system),
    ...messages.flatMap(({ content }) => records(content)),
  ]
  const points = blocks.filter(({ cachePoint }) => cachePoint !== undefined)
  if (points.length === 0) return undefined
  const odd = points.map(({ cachePoint }) => record(cachePoint)).find(({ type }) => type !== 'default')
  if (odd) return constraint(odd.type, 'cachePoint.type', 'Member must satisfy enum value set: [default]')
  const lasting = points
    .map(({ cachePoint }) => record(cachePoint).ttl)
    .find((ttl) => ttl !== undefined && ttl !== '5m' && ttl !== '1h')
  if (lasting !== undefined)
    return constraint(lasting, 'cachePoint.ttl', 'Member must satisfy enum value set: [5m, 1h]')
  if (/titan|llama|mistral|cohere|ai21|deepseek/.test(model)) {
    return 'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.'
  }
  if (points.length <= maxCachePoints) return undefined
  return `The model returned the following errors: A maximum of ${maxCachePoints} blocks with cache_control may be provided. Found ${points.length}.`
}
