import {
  base64Bytes,
  type Conversation,
  type PromptTokens,
  type SeenImage,
  type SeenToolResult,
  seeImage,
} from '../conversation.js'
import { countTokens } from '../digest.js'
import { type Json, list, number, record, records, string } from '../json.js'

const imageTokens = 100

export function readMessages(body: Json): Conversation {
  const messages = records(body.messages)
  const lastUser = messages.findLast(({ role, content }) => role === 'user' && textOf(content) !== '')
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant')
  const format = record(record(body.output_config).format ?? body.output_format)
  const thinking = string(record(body.thinking).type)
  return {
    userText: textOf(lastUser?.content),
    images: records(lastUser?.content).flatMap(imageOf),
    toolResults: messages.slice(lastTurn + 1).flatMap(({ content }) => toolResults(content, messages[lastTurn])),
    tools: records(body.tools).flatMap(({ name, input_schema: schema }) =>
      typeof name === 'string' && schema !== undefined ? { name, schema } : [],
    ),
    toolChoice: toolChoice(record(body.tool_choice)),
    json: format.type === 'json_schema' ? { schema: format.schema } : undefined,
    reasons: thinking === 'enabled' || thinking === 'adaptive',
    choices: 1,
    maxTokens: number(body.max_tokens),
    stops: list(body.stop_sequences).filter((stop) => typeof stop === 'string'),
    prompt: countPrompt(body, messages, lastTurn),
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return records(content)
    .flatMap((block) => (block.type === 'text' ? (string(block.text) ?? []) : []))
    .join('\n')
}

function imageOf(block: Json): SeenImage[] {
  if (block.type !== 'image') return []
  const source = record(block.source)
  if (source.type === 'url') return [seeImage(string(source.url) ?? '')]
  if (source.type === 'file') return [{ kind: 'file', id: string(source.file_id) ?? '' }]
  return [
    { kind: 'data', mediaType: string(source.media_type) ?? 'unknown', bytes: base64Bytes(string(source.data) ?? '') },
  ]
}

function toolResults(content: unknown, turn: Json | undefined): SeenToolResult[] {
  return records(content).flatMap((block) => {
    if (block.type !== 'tool_result') return []
    const call = records(turn?.content).find(({ id }) => id === block.tool_use_id)
    return { name: string(call?.name) ?? 'the tool', text: textOf(block.content) }
  })
}

function toolChoice({ type, name }: Json): Conversation['toolChoice'] {
  if (type === 'none') return 'none'
  if (type === 'any') return 'required'
  return type === 'tool' && typeof name === 'string' ? { name } : 'auto'
}

interface Segment {
  readonly tokens: number
  readonly mark: '5m' | '1h' | undefined
}

/**
 * Derives cache usage from the history instead of earlier requests: the part before the last assistant turn
 * was written by the request for that turn and is read now; the rest up to the last breakpoint is written.
 */
function countPrompt(body: Json, messages: readonly Json[], lastTurn: number): PromptTokens {
  const segments: Segment[] = [...records(body.tools), ...blocks(body.system)].map(segment)
  let turnStart = 0
  for (const [index, message] of messages.entries()) {
    if (index === lastTurn) turnStart = segments.length
    segments.push({ tokens: 3, mark: undefined }, ...blocks(message.content).map(segment))
  }
  const automatic = markOf(body)
  const last = segments.pop()
  if (last) segments.push(automatic ? { ...last, mark: automatic } : last)
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

function blocks(content: unknown): readonly Json[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : records(content)
}

function segment(block: Json): Segment {
  const mark = markOf(block)
  if (block.type === 'text') return { tokens: countTokens(string(block.text) ?? ''), mark }
  if (block.type === 'image') return { tokens: imageTokens, mark }
  if (block.type === 'thinking') return { tokens: countTokens(string(block.thinking) ?? ''), mark }
  const { cache_control: _, ...rest } = block
  return { tokens: countTokens(JSON.stringify(rest)), mark }
}

function markOf({ cache_control: mark }: Json): '5m' | '1h' | undefined {
  if (record(mark).type !== 'ephemeral') return undefined
  return record(mark).ttl === '1h' ? '1h' : '5m'
}
