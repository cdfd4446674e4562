import { isRecord, type Json, list, number, record, string } from '../json.js'
import { invalid, invalidField, isVertex } from './gemini-errors.js'
import { field, items, unknownName } from './gemini-fields.js'
import { declarations, generation } from './gemini-request.js'
import { findSchemaFault } from './gemini-schema.js'
import { isSignature } from './gemini-signature.js'
import type { WireError, WireRequest } from './wire.js'

const validName = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/
const dataUri = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode']
const moreData = ['codeExecutionResult', 'toolCall', 'toolResponse']
/** Accepted in place of a signature for calls that another model made. https://ai.google.dev/gemini-api/docs/thought-signatures */
const standIns = ['context_engineering_is_the_way_to_go', 'skip_thought_signature_validator']

/** Validates a request like the API. */
export function refuseContents(request: WireRequest): WireError | undefined {
  const counting = request.operation === 'count-tokens'
  const misspelt = refuseFields(request, counting ? 'CountTokensRequest' : 'GenerateContentRequest')
  if (misspelt) return misspelt
  const nested = field(request.body, 'generateContentRequest')
  const body = isRecord(nested) ? nested : request.body
  const fault = findFault(body, request)
  return fault === undefined ? undefined : invalid(request, fault)
}

/** Unknown fields are always rejected. */
export function refuseFields(request: WireRequest, message: string): WireError | undefined {
  const unknown = unknownName(request.body, message, isVertex(request))
  if (!unknown) return undefined
  const at = unknown.place === '' ? '' : ` at '${unknown.place}'`
  const text = `Invalid JSON payload received. Unknown name "${unknown.name}"${at}: Cannot find field.`
  return invalidField(request, unknown.place, text)
}

function findFault(body: Json, request: WireRequest): string | undefined {
  const contents = items(body.contents)
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified\n'
  for (const [index, content] of contents.entries()) {
    const fault = findContentFault(content, index)
    if (fault !== undefined) return fault
  }
  const order = findOrderFault(turnsOf(contents))
  if (order !== undefined) return order
  return (
    findToolFault(body) ??
    findConfigFault(record(field(body, 'generationConfig')), body, request.model) ??
    findCacheFault(body) ??
    (generation(request.model) >= 3 ? findSignatureFault(contents) : undefined)
  )
}

function findContentFault({ role, parts }: Json, index: number): string | undefined {
  if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function') {
    return 'Please use a valid role: user, model.'
  }
  const place = `* GenerateContentRequest.contents[${index}].parts`
  if (items(parts).length === 0) return `${place}: contents.parts must not be empty.\n`
  for (const [at, part] of items(parts).entries()) {
    const given = [...dataUri, ...moreData].filter((name) => field(part, name) !== undefined)
    if (given.length === 0) {
      return `${place}[${at}].data: required oneof field 'data' must have one initialized field\n`
    }
    if (given.length > 1)
      return `Invalid value at 'contents[${index}].parts[${at}]' (oneof), oneof field 'data' is already set.`
    const fault = findPartFault(part, `contents[${index}].parts[${at}]`)
    if (fault !== undefined) return fault
  }
  return undefined
}

function findPartFault(part: Json, place: string): string | undefined {
  const blob = field(part, 'inlineData')
  if (isRecord(blob)) {
    const data = string(blob.data) ?? ''
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(data)) {
      return `Invalid value at '${place}.inline_data.data' (TYPE_BYTES), Base64 decoding failed for "${data.slice(0, 40)}"`
    }
    if (string(field(blob, 'mimeType')) === undefined)
      return `* GenerateContentRequest.${place}.inline_data.mime_type: must not be empty\n`
  }
  const call = field(part, 'functionCall')
  if (isRecord(call)) {
    if (!validName.test(string(call.name) ?? ''))
      return `* GenerateContentRequest.${place}.function_call.name: Name cannot be empty.\n`
    if (call.args !== undefined && !isRecord(call.args)) {
      return `Invalid value at '${place}.function_call.args' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(call.args)}`
    }
  }
  const result = field(part, 'functionResponse')
  if (isRecord(result)) {
    if (!validName.test(string(result.name) ?? '')) {
      return `* GenerateContentRequest.${place}.function_response.name: Name cannot be empty.\n`
    }
    if (!isRecord(result.response)) {
      return `Invalid value at '${place}.function_response.response' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(result.response ?? null)}`
    }
  }
  const signature = string(field(part, 'thoughtSignature'))
  if (signature !== undefined && !isSignature(signature) && !isStandIn(signature)) return 'Corrupted thought signature.'
  return undefined
}

function isStandIn(signature: string): boolean {
  return standIns.includes(signature) || standIns.includes(Buffer.from(signature, 'base64').toString('utf8'))
}

const count = (content: Json | undefined, name: string): number =>
  items(content?.parts).filter((part) => field(part, name) !== undefined).length

/** Consecutive contents of one role are one turn. */
function turnsOf(contents: readonly Json[]): Json[] {
  const turns: Json[] = []
  for (const content of contents) {
    const before = turns.at(-1)
    const same = before && (before.role === 'model') === (content.role === 'model')
    if (same) turns[turns.length - 1] = { ...before, parts: [...items(before.parts), ...items(content.parts)] }
    else turns.push(content)
  }
  return turns
}

/** A call follows a user turn or a result, and its results follow immediately. */
function findOrderFault(contents: readonly Json[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    const calls = count(content, 'functionCall')
    const results = count(content, 'functionResponse')
    const before = contents[index - 1]
    if (calls > 0 && index === 0) {
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
    }
    if (results > 0 && count(before, 'functionCall') === 0) {
      return 'Please ensure that function response turn comes immediately after a function call turn.'
    }
    if (results !== count(before, 'functionCall')) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
    }
  }
  return undefined
}

function findToolFault(body: Json): string | undefined {
  const functions = declarations(body)
  const names = new Set<string>()
  for (const [index, tool] of functions.entries()) {
    const place = `GenerateContentRequest.tools[0].function_declarations[${index}]`
    const name = string(tool.name) ?? ''
    if (!validName.test(name)) {
      return `* ${place}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n`
    }
    if (names.has(name)) return `Duplicate function declaration found: ${name}`
    names.add(name)
    if (tool.parameters !== undefined && field(tool, 'parametersJsonSchema') !== undefined) {
      return `* ${place}: parameters and parameters_json_schema are mutually exclusive.\n`
    }
    const fault = findSchemaFault(tool.parameters, `${place}.parameters`)
    if (fault !== undefined) return fault
  }
  const config = record(field(record(field(body, 'toolConfig')), 'functionCallingConfig'))
  if (config.mode === undefined) return undefined
  if (functions.length === 0) return 'Function calling config is set without function_declarations.'
  const allowed = list(field(config, 'allowedFunctionNames'))
  if (allowed.length > 0 && !/^(?:any|validated)$/i.test(String(config.mode))) {
    return 'Allowed function names can only be set when the function calling mode is ANY or VALIDATED.'
  }
  const stranger = allowed.find((name) => typeof name !== 'string' || !names.has(name))
  return stranger === undefined
    ? undefined
    : `* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: ${String(stranger)} is not a declared function.\n`
}

function findConfigFault(config: Json, body: Json, model: string): string | undefined {
  const place = '* GenerateContentRequest.generation_config'
  const within = (name: string, least: number, most: number): string | undefined => {
    const value = field(config, name)
    if (value === undefined) return undefined
    const amount = number(value)
    if (amount === undefined)
      return `Invalid value at 'generation_config.${name}' (TYPE_FLOAT), ${JSON.stringify(value)}`
    return amount >= least && amount <= most
      ? undefined
      : `${place}.${name}: ${name} must be in the range [${least}, ${most}].\n`
  }
  const range =
    within('temperature', 0, 2) ??
    within('topP', 0, 1) ??
    within('maxOutputTokens', 1, Number.MAX_SAFE_INTEGER) ??
    within('candidateCount', 1, 8)
  if (range !== undefined) return range
  if (list(field(config, 'stopSequences')).length > 5) {
    return `${place}.stop_sequences: the number of stop_sequences must be at most 5.\n`
  }
  const json = field(config, 'responseMimeType') === 'application/json'
  const schemas = ['responseSchema', 'responseJsonSchema'].filter((name) => field(config, name) !== undefined)
  if (schemas.length > 1) return `${place}: response_schema and response_json_schema are mutually exclusive.\n`
  if (schemas.length > 0 && !json && field(config, 'responseMimeType') !== 'text/x.enum') {
    return `${place}.response_schema: only allowed when response_mime_type is application/json.\n`
  }
  if (json && declarations(body).length > 0 && generation(model) < 3) {
    return "Function calling with a response mime type: 'application/json' is unsupported"
  }
  return (
    findSchemaFault(field(config, 'responseSchema'), 'GenerateContentRequest.generation_config.response_schema') ??
    findThinkingFault(record(field(config, 'thinkingConfig')), model)
  )
}

/** https://ai.google.dev/gemini-api/docs/thinking */
function findThinkingFault(thinking: Json, model: string): string | undefined {
  const budget = number(field(thinking, 'thinkingBudget'))
  const level = field(thinking, 'thinkingLevel')
  if (budget === undefined && level === undefined) return undefined
  if (budget !== undefined && level !== undefined)
    return 'You can only set only one of thinking budget and thinking level.'
  const version = generation(model)
  if (version < 2.5) return 'Unable to submit request because Thinking is not supported by this model.'
  if (level !== undefined && version < 3) return 'Thinking level is not supported for this model.'
  if (budget === 0 && /-pro/.test(model)) return 'Budget 0 is invalid. This model only works in thinking mode.'
  if (budget !== undefined && (budget < -1 || budget > 32_768)) {
    return `The thinking budget ${budget} is invalid. Please choose a value between 0 and 32768.`
  }
  return undefined
}

function findCacheFault(body: Json): string | undefined {
  if (field(body, 'cachedContent') === undefined) return undefined
  const clash = ['systemInstruction', 'tools', 'toolConfig'].some((name) => field(body, name) !== undefined)
  return clash
    ? 'CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.'
    : undefined
}

/** The first call of each step since the last user message. */
function findSignatureFault(contents: readonly Json[]): string | undefined {
  const asked = contents.findLastIndex(
    (content) => content.role !== 'model' && count(content, 'functionResponse') === 0,
  )
  for (const [index, content] of contents.entries()) {
    if (index < asked || content.role !== 'model') continue
    const call = items(content.parts).find((part) => isRecord(field(part, 'functionCall')))
    if (!call || field(call, 'thoughtSignature') !== undefined) continue
    const name = String(record(field(call, 'functionCall')).name)
    return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`
  }
  return undefined
}
