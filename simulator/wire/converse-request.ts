import {
  base64Bytes,
  type Conversation,
  type PromptTokens,
  type SeenImage,
  type SeenToolResult,
} from '../conversation.js'
import { countTokens } from '../digest.js'
import { type Json, list, number, parseJson, record, records, string } from '../json.js'

const imageTokens = 100

export function readConverse(body: Json): Conversation {
  const messages = records(body.messages)
  const lastUser = messages.findLast(({ role, content }) => role === 'user' && textOf(content) !== '')
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant')
  const inference = record(body.inferenceConfig)
  const toolConfig = record(body.toolConfig)
  const format = record(record(body.outputConfig).textFormat)
  return {
    userText: textOf(lastUser?.content),
    images: records(lastUser?.content).flatMap(imageOf),
    toolResults: messages.slice(lastTurn + 1).flatMap(({ content }) => toolResults(content, messages[lastTurn])),
    tools: records(toolConfig.tools).flatMap((tool) => {
      const { name, inputSchema } = record(tool.toolSpec)
      return typeof name === 'string' ? { name, schema: record(inputSchema).json } : []
    }),
    toolChoice: toolChoice(record(toolConfig.toolChoice), record(modelFields(body).tool_choice)),
    json: format.type === 'json_schema' ? { schema: schemaOf(format) } : undefined,
    reasons: reasons(modelFields(body)),
    choices: 1,
    maxTokens: number(inference.maxTokens),
    stops: list(inference.stopSequences).filter((stop) => typeof stop === 'string'),
    prompt: countPrompt(body, messages, lastTurn),
  }
}

export function modelFields(body: Json): Json {
  return record(body.additionalModelRequestFields)
}

/** Parses the JSON text of the schema. */
export function schemaOf(format: Json): unknown {
  return parseJson(string(record(record(format.structure).jsonSchema).schema) ?? '')
}

/** Reasoning parameters of Claude, Nova and gpt-oss. */
function reasons({ thinking, reasoningConfig, reasoning_effort: effort }: Json): boolean {
  const type = record(thinking ?? reasoningConfig).type
  return type === 'enabled' || type === 'adaptive' || typeof effort === 'string'
}

/** Plain text, and text marked for a guardrail. */
function textOf(content: unknown): string {
  return records(content)
    .flatMap(({ text, guardContent }) => string(text) ?? string(record(record(guardContent).text).text) ?? [])
    .join('\n')
}

function imageOf(block: Json): SeenImage[] {
  if (block.image === undefined) return []
  const { format, source } = record(block.image)
  const { bytes, s3Location } = record(source)
  if (s3Location !== undefined) return [{ kind: 'file', id: string(record(s3Location).uri) ?? '' }]
  return [{ kind: 'data', mediaType: `image/${String(format)}`, bytes: base64Bytes(string(bytes) ?? '') }]
}

function toolResults(content: unknown, turn: Json | undefined): SeenToolResult[] {
  return records(content).flatMap((block) => {
    if (block.toolResult === undefined) return []
    const { toolUseId, content: result } = record(block.toolResult)
    const uses = records(turn?.content).map(({ toolUse }) => record(toolUse))
    const name = string(uses.find((use) => use.toolUseId === toolUseId)?.name) ?? 'the tool'
    const parts = records(result).flatMap(
      ({ text, json }) => string(text) ?? (json === undefined ? [] : JSON.stringify(json)),
    )
    return { name, text: parts.join('\n') }
  })
}

function toolChoice(choice: Json, claude: Json): Conversation['toolChoice'] {
  const name = string(record(choice.tool).name) ?? (claude.type === 'tool' ? string(claude.name) : undefined)
  if (name !== undefined) return { name }
  return choice.any !== undefined || claude.type === 'any' ? 'required' : 'auto'
}

interface Segment {
  readonly tokens: number
  mark: '5m' | '1h' | undefined
}

/** Like Anthropic's API: the part before the last assistant turn was written by the request for that turn. */
function countPrompt(body: Json, messages: readonly Json[], lastTurn: number): PromptTokens {
  const segments: Segment[] = []
  const add = (blocks: readonly Json[]): void => {
    for (const block of blocks) {
      const last = segments.at(-1)
      if (block.cachePoint === undefined) segments.push({ tokens: tokensOf(block), mark: undefined })
      // a separate block after the content it marks
      else if (last) last.mark = record(block.cachePoint).ttl === '1h' ? '1h' : '5m'
    }
  }
  add(records(record(body.toolConfig).tools))
  add(records(body.system))
  let turnStart = 0
  for (const [index, message] of messages.entries()) {
    if (index === lastTurn) turnStart = segments.length
    segments.push({ tokens: 3, mark: undefined })
    add(records(message.content))
  }
  const lastMark = segments.findLastIndex(({ mark }) => mark !== undefined)
  const tokens = { fresh: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
  for (const [index, { tokens: count }] of segments.entries()) {
    if (index > lastMark) tokens.fresh += count
    else if (index < turnStart) tokens.cacheRead += count
    else if (segments.slice(index).find(({ mark }) => mark)?.mark === '1h') tokens.cacheWrite1h += count
    else tokens.cacheWrite5m += count
  }
  return tokens
}

function tokensOf(block: Json): number {
  if (typeof block.text === 'string') return countTokens(block.text)
  if (block.image !== undefined || block.document !== undefined || block.video !== undefined) return imageTokens
  const reasoning = string(record(record(block.reasoningContent).reasoningText).text)
  return countTokens(reasoning ?? JSON.stringify(block))
}
