import { base64Bytes, type Conversation, type SeenImage, type SeenToolResult } from '../conversation.js'
import { countTokens } from '../digest.js'
import { isRecord, type Json, list, number, record, records, string } from '../json.js'

const imageTokens = 100

/** https://docs.ollama.com/api/chat */
export function readChat(body: Json): Conversation {
  const messages = records(body.messages)
  const lastUser = messages.findLast(({ role }) => role === 'user')
  const lastTurn = messages.findLastIndex(({ role }) => role === 'assistant')
  const { stop, num_predict: limit } = record(body.options)
  const tokens = messages.reduce((sum, message) => sum + tokensOf(message), 0)
  const most = number(limit)
  return {
    userText: string(lastUser?.content) ?? '',
    images: list(lastUser?.images).flatMap(imageOf),
    toolResults: messages.slice(lastTurn + 1).flatMap((message) => toolResult(message, messages[lastTurn])),
    tools: records(body.tools).flatMap(({ function: fn }) => {
      const { name, parameters } = record(fn)
      return typeof name === 'string' ? { name, schema: parameters } : []
    }),
    // the API has no tool_choice
    toolChoice: 'auto',
    json: isRecord(body.format) ? { schema: body.format } : body.format === 'json' ? { schema: undefined } : undefined,
    reasons: body.think === true || (typeof body.think === 'string' && body.think !== ''),
    choices: 1,
    // -1 means no limit
    maxTokens: most !== undefined && most >= 0 ? most : undefined,
    stops: list(stop).filter((word) => typeof word === 'string'),
    prompt: {
      fresh: tokens + countTokens(body.tools === undefined ? '' : JSON.stringify(body.tools)),
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
    },
  }
}

/** Base64 prefixes of image types, the only hint of the type. */
const kinds: readonly (readonly [start: string, mediaType: string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
]

function imageOf(image: unknown): SeenImage[] {
  if (typeof image !== 'string') return []
  const mediaType = kinds.find(([start]) => image.startsWith(start))?.[1] ?? 'unknown'
  return [{ kind: 'data', mediaType, bytes: base64Bytes(image) }]
}

/** Matches a result by call id, or by tool name for older servers without ids. */
function toolResult(message: Json, turn: Json | undefined): SeenToolResult[] {
  if (message.role !== 'tool') return []
  const call = records(turn?.tool_calls).find(({ id }) => id !== undefined && id === message.tool_call_id)
  const name = string(message.tool_name) ?? string(record(call?.function).name) ?? 'the tool'
  return [{ name, text: string(message.content) ?? '' }]
}

function tokensOf({ content, thinking, images, tool_calls: calls }: Json): number {
  const said = countTokens(string(content) ?? '') + countTokens(string(thinking) ?? '')
  return 3 + said + list(images).length * imageTokens + (calls === undefined ? 0 : countTokens(JSON.stringify(calls)))
}
