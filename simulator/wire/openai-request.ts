import { type Conversation, type SeenImage, type SeenTool, type SeenToolResult, seeImage } from '../conversation.js'
import { countTokens } from '../digest.js'
import { isRecord, type Json, list, number, record, records, string } from '../json.js'

const imageTokens = 85

export function readChat(body: Json): Conversation {
  const messages = records(body.messages)
  const lastUser = messages.findLast((message) => message.role === 'user')
  const lastTurn = messages.findLastIndex((message) => message.role === 'assistant')
  const format = record(body.response_format)
  const effort = string(body.reasoning_effort)
  const thinking = string(record(body.thinking).type)
  return {
    userText: textOf(lastUser?.content),
    images: imagesOf(lastUser?.content),
    toolResults: messages.slice(lastTurn + 1).flatMap((message) => toolResult(message, messages[lastTurn])),
    tools: tools(body),
    toolChoice: toolChoice(body.tool_choice),
    json: /^json/.test(string(format.type) ?? '') ? { schema: record(format.json_schema).schema } : undefined,
    reasons:
      (effort !== undefined && effort !== 'none') ||
      (thinking !== undefined && thinking !== 'disabled') ||
      body.enable_thinking === true,
    choices: Math.min(128, Math.max(1, number(body.n) ?? 1)),
    maxTokens: number(body.max_completion_tokens) ?? number(body.max_tokens),
    stops: typeof body.stop === 'string' ? [body.stop] : list(body.stop).filter((stop) => typeof stop === 'string'),
    prompt: prompt(messages, lastTurn, body.tools),
  }
}

/** The text of `content`, a string or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return records(content)
    .flatMap((part) => string(part.text) ?? [])
    .join('\n')
}

function imagesOf(content: unknown): SeenImage[] {
  return records(content).flatMap((part) => {
    if (part.type !== 'image_url') return []
    const url = isRecord(part.image_url) ? part.image_url.url : part.image_url
    return seeImage(string(url) ?? '')
  })
}

function toolResult(message: Json, turn: Json | undefined): SeenToolResult[] {
  if (message.role !== 'tool' && message.role !== 'function') return []
  const call = records(turn?.tool_calls).find(({ id }) => id === message.tool_call_id)
  const name = string(message.name) ?? string(record(call?.function).name) ?? 'the tool'
  return [{ name, text: textOf(message.content) }]
}

function tools(body: Json): SeenTool[] {
  const choice = record(record(body.tool_choice).allowed_tools)
  const allowed = records(choice.tools).map((tool) => string(record(tool.function).name) ?? string(tool.name))
  return records(body.tools).flatMap((tool) => {
    const { name, parameters } = record(tool.function)
    if (typeof name !== 'string' || (allowed.length > 0 && !allowed.includes(name))) return []
    return { name, schema: parameters }
  })
}

function toolChoice(choice: unknown): Conversation['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  const { type, function: named, allowed_tools: allowed } = record(choice)
  if (type === 'allowed_tools' && record(allowed).mode === 'required') return 'required'
  const name = string(record(named).name)
  return name === undefined ? 'auto' : { name }
}

function prompt(messages: readonly Json[], lastTurn: number, tools: unknown): Conversation['prompt'] {
  let total = 3 + (tools === undefined ? 0 : countTokens(JSON.stringify(tools)))
  let before = 0
  for (const [index, message] of messages.entries()) {
    if (index === lastTurn) before = total
    total += 4 + countTokens(textOf(message.content)) + imageTokens * imagesOf(message.content).length
    for (const call of records(message.tool_calls))
      total += countTokens(JSON.stringify(call.function ?? call.custom ?? ''))
  }
  // the previous prompt is cached from 1024 tokens, in steps of 128
  const cacheRead = before >= 1024 ? before - (before % 128) : 0
  return { fresh: total - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 }
}
