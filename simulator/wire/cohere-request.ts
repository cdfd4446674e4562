import { type Conversation, type SeenImage, type SeenToolResult, seeImage } from '../conversation.js'
import { countTokens } from '../digest.js'
import { type Json, list, number, record, records, string } from '../json.js'
import type { WireRequest } from './wire.js'

const imageTokens = 256
const leastCached = 1024

export function readChat(request: WireRequest): Conversation {
  const { body } = request
  const messages = records(body.messages)
  const lastUser = messages.findLast(({ role }) => role === 'user')
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant')
  const format = record(body.response_format)
  const choice = string(body.tool_choice)
  return {
    userText: textOf(lastUser?.content),
    images: records(lastUser?.content).flatMap(imageOf),
    toolResults: messages.slice(lastTurn + 1).flatMap((message) => toolResult(message, messages[lastTurn])),
    tools: records(body.tools).flatMap((tool) => {
      const { name, parameters } = record(tool.function)
      return typeof name === 'string' ? { name, schema: parameters } : []
    }),
    toolChoice: choice === 'REQUIRED' ? 'required' : choice === 'NONE' ? 'none' : 'auto',
    json: format.type === 'json_object' ? { schema: format.json_schema ?? format.schema } : undefined,
    reasons: reasons(request),
    choices: 1,
    maxTokens: number(body.max_tokens),
    stops: list(body.stop_sequences).filter((stop) => typeof stop === 'string'),
    prompt: promptOf(messages, lastTurn, body),
  }
}

/** Thinking models think unless it is disabled. */
export function reasons({ model, body }: WireRequest): boolean {
  return canThink(model) && record(body.thinking).type !== 'disabled'
}

/** https://docs.cohere.com/docs/reasoning */
export function canThink(model: string): boolean {
  return /reasoning|^command-a-plus/.test(model)
}

export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return records(content)
    .flatMap((part) => (part.type === 'text' ? (string(part.text) ?? []) : []))
    .join('\n')
}

function imageOf(part: Json): SeenImage[] {
  if (part.type !== 'image_url') return []
  return [seeImage(string(record(part.image_url).url) ?? '')]
}

function toolResult(message: Json, turn: Json | undefined): SeenToolResult[] {
  if (message.role !== 'tool') return []
  const call = records(turn?.tool_calls).find(({ id }) => id === message.tool_call_id)
  const documents = records(message.content).flatMap((part) =>
    part.type === 'document' ? record(part.document).data : [],
  )
  const said = documents.map((data) => (typeof data === 'string' ? data : JSON.stringify(data)))
  const text = [textOf(message.content), ...said].filter(Boolean).join('\n')
  return [{ name: string(record(call?.function).name) ?? 'the tool', text }]
}

function promptOf(messages: readonly Json[], lastTurn: number, body: Json): Conversation['prompt'] {
  let total = body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools))
  if (body.documents !== undefined) total += countTokens(JSON.stringify(body.documents))
  let before = 0
  for (const [index, message] of messages.entries()) {
    if (index === lastTurn) before = total
    const images = records(message.content).flatMap(imageOf).length
    const rest = [
      ...records(message.tool_calls),
      ...records(message.content).filter((part) => part.type === 'document'),
    ]
    total += 4 + countTokens(textOf(message.content)) + imageTokens * images
    for (const item of rest) total += countTokens(JSON.stringify(item))
  }
  const cacheRead = before >= leastCached ? before - (before % 16) : 0
  return { fresh: total - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 }
}
