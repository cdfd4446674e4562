import { base64Bytes, type Conversation, type SeenImage, type SeenToolResult } from '../conversation.js'
import { countTokens } from '../digest.js'
import { isRecord, type Json, list, number, record, string } from '../json.js'
import { isVertex } from './gemini-errors.js'
import { field, items } from './gemini-fields.js'
import type { WireRequest } from './wire.js'

const imageTokens = 258
/** Minimum for implicit caching. */
const leastCached = 1024

/** Reads a generate or count request. */
export function readContents(request: WireRequest): Conversation {
  const nested = field(request.body, 'generateContentRequest')
  const body = isRecord(nested) ? nested : request.body
  const contents = items(body.contents)
  const lastTurn = contents.findLastIndex(({ role }) => role === 'model')
  const lastUser = contents.findLast((content) => content.role !== 'model' && textOf(content) !== '')
  const config = record(field(body, 'generationConfig'))
  return {
    userText: textOf(lastUser),
    images: items(lastUser?.parts).flatMap(imageOf),
    toolResults: contents.slice(lastTurn + 1).flatMap(({ parts }) => items(parts).flatMap(toolResult)),
    ...toolsOf(body),
    json: jsonOf(config),
    reasons: field(record(field(config, 'thinkingConfig')), 'includeThoughts') === true && thinks({ ...request, body }),
    choices: Math.min(8, Math.max(1, number(field(config, 'candidateCount')) ?? 1)),
    maxTokens: number(field(config, 'maxOutputTokens')),
    stops: list(field(config, 'stopSequences')).filter((stop) => typeof stop === 'string'),
    prompt: promptOf(body, contents, lastTurn),
  }
}

/** Whether the model thinks: capable models do unless disabled. */
export function thinks({ model, body }: WireRequest): boolean {
  const thinking = record(field(record(field(body, 'generationConfig')), 'thinkingConfig'))
  const budget = number(field(thinking, 'thinkingBudget'))
  if (budget !== undefined) return budget !== 0
  return generation(model) >= 3 || /gemini-2\.5-(?!flash-lite)/.test(model)
}

/** 2.5 for `gemini-2.5-pro`; the newest version for names without one. */
export function generation(model: string): number {
  const match = /gemini-(\d+(?:\.\d+)?)/.exec(model)
  return match ? Number(match[1]) : 2.5
}

/** Gemini 3 on AI Studio gives calls an id; others rely on their order. */
export function namesCalls(request: WireRequest): boolean {
  return generation(request.model) >= 3 && !isVertex(request)
}

/** The text of a turn, without thoughts. */
function textOf(content: Json | undefined): string {
  return items(content?.parts)
    .flatMap((part) => (part.thought === true ? [] : (string(part.text) ?? [])))
    .join('\n')
}

function imageOf(part: Json): SeenImage[] {
  const inline = field(part, 'inlineData')
  if (isRecord(inline)) {
    const mediaType = string(field(inline, 'mimeType')) ?? 'unknown'
    if (!mediaType.startsWith('image/')) return []
    return [{ kind: 'data', mediaType, bytes: base64Bytes(string(inline.data) ?? '') }]
  }
  const uri = string(field(record(field(part, 'fileData')), 'fileUri'))
  if (uri === undefined) return []
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url?.protocol === 'https:' && !url.host.endsWith('.googleapis.com')) return [{ kind: 'url', host: url.host }]
  return [{ kind: 'file', id: uri }]
}

function toolResult(part: Json): SeenToolResult[] {
  const result = field(part, 'functionResponse')
  if (!isRecord(result)) return []
  const values = Object.values(record(result.response))
  const [only] = values
  const text = values.length === 1 && typeof only === 'string' ? only : JSON.stringify(result.response ?? {})
  return [{ name: string(result.name) ?? 'the tool', text }]
}

/** All declared functions, of all tools. */
export function declarations(body: Json): readonly Json[] {
  return items(body.tools).flatMap((tool) => items(field(tool, 'functionDeclarations')))
}

function toolsOf(body: Json): Pick<Conversation, 'tools' | 'toolChoice'> {
  const config = record(field(record(field(body, 'toolConfig')), 'functionCallingConfig'))
  const allowed = list(field(config, 'allowedFunctionNames'))
  const tools = declarations(body).flatMap((tool) => {
    const name = string(tool.name)
    if (name === undefined || (allowed.length > 0 && !allowed.includes(name))) return []
    const json = field(tool, 'parametersJsonSchema')
    return { name, schema: json ?? jsonSchemaOf(tool.parameters) ?? { type: 'object' } }
  })
  const [only] = tools
  switch (string(config.mode)?.toUpperCase()) {
    case 'NONE':
      return { tools, toolChoice: 'none' }
    case 'ANY':
      return { tools, toolChoice: allowed.length === 1 && only ? { name: only.name } : 'required' }
    default:
      return { tools, toolChoice: 'auto' }
  }
}

function jsonOf(config: Json): Conversation['json'] {
  if (field(config, 'responseMimeType') !== 'application/json') return undefined
  const schema = config._responseJsonSchema ?? field(config, 'responseJsonSchema')
  return { schema: schema ?? jsonSchemaOf(field(config, 'responseSchema')) }
}

/** In the order of the protocol's enum values. */
const mediaTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']

/** Converts OpenAPI type names to those of JSON Schema. */
function jsonSchemaOf(schema: unknown): unknown {
  if (!isRecord(schema)) return undefined
  const out: Record<string, unknown> = { ...schema }
  if (typeof schema.type === 'string') out.type = schema.type.toLowerCase()
  if (typeof schema.type === 'number') out.type = mediaTypes[schema.type - 1]
  if (schema.items !== undefined) out.items = jsonSchemaOf(schema.items)
  const anyOf = field(schema, 'anyOf')
  if (Array.isArray(anyOf)) out.anyOf = anyOf.map(jsonSchemaOf)
  if (isRecord(schema.properties)) {
    const properties = Object.entries(schema.properties)
    out.properties = Object.fromEntries(properties.map(([name, property]) => [name, jsonSchemaOf(property)]))
  }
  return out
}

function promptOf(body: Json, contents: readonly Json[], lastTurn: number): Conversation['prompt'] {
  let total = contentTokens(record(field(body, 'systemInstruction')))
  if (body.tools !== undefined) total += countTokens(JSON.stringify(body.tools))
  let before = 0
  for (const [index, content] of contents.entries()) {
    if (index === lastTurn) before = total
    total += 1 + contentTokens(content)
  }
  // explicitly cached content is read in addition to the request
  const held = field(body, 'cachedContent') === undefined ? 0 : leastCached
  const cacheRead = held + (before >= leastCached ? before : 0)
  return { fresh: total + held - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 }
}

function contentTokens({ parts }: Json): number {
  let tokens = 0
  for (const part of items(parts)) {
    if (field(part, 'inlineData') !== undefined || field(part, 'fileData') !== undefined) tokens += imageTokens
    else if (typeof part.text === 'string') tokens += countTokens(part.text)
    else tokens += countTokens(JSON.stringify(part.functionCall ?? part.functionResponse ?? ''))
  }
  return tokens
}
