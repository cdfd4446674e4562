import { type Fields, filled, isObject, object, objects, parse, text } from '../wire/json.js'
import { splitEvents } from '../wire/sse.js'
import type { ExpectedAnswer, ExpectedThinking, ExpectedTool } from './expectation.js'
import type { ExpectedStream } from './openai-stream.js'
import { laterUsage, usageOfAnthropic } from './usage.js'

/** What a whole answer of the Messages API says. */
export function expectAnthropic(body: unknown): ExpectedAnswer | undefined {
  if (!isObject(body) || body.type !== 'message') return undefined
  return answerOf(body, objects(body.content), object(body.usage), filled(body.stop_reason))
}

function answerOf(head: Fields, blocks: Fields[], usage: Fields, stop: string | undefined): ExpectedAnswer {
  return {
    id: filled(head.id),
    model: filled(head.model),
    choices: [
      {
        index: 0,
        text: textOf(blocks, 'text'),
        refusal: '',
        reasoning: textOf(blocks, 'thinking'),
        tools: blocks.flatMap(toolOf),
        functionCall: undefined,
        finish: stop,
        nativeFinish: stop,
        logprobs: 0,
        citedUrls: [],
        thinking: blocks.flatMap(thinkingOf),
      },
    ],
    usage: usageOfAnthropic(usage),
    kept: blocks.flatMap(keptOf),
    replayed: [],
  }
}

/** The blocks of one kind as one text. Thoughts are paragraphs of their own; text goes on where it stopped. */
const textOf = (blocks: Fields[], type: 'text' | 'thinking'): string =>
  blocks
    .flatMap((block) => (block.type === type ? (filled(block[type]) ?? []) : []))
    .join(type === 'thinking' ? '\n\n' : '')

function toolOf(block: Fields): ExpectedTool[] {
  if (block.type !== 'tool_use') return []
  const { id, name, input } = block
  return [
    { id: filled(id), name: text(name) ?? '', arguments: typeof input === 'string' ? input : JSON.stringify(input) },
  ]
}

function thinkingOf(block: Fields): ExpectedThinking[] {
  if (block.type === 'redacted_thinking') return [{ type: 'redacted_thinking', text: text(block.data) ?? '' }]
  if (block.type !== 'thinking') return []
  const signature = filled(block.signature)
  return [{ type: 'thinking', text: text(block.thinking) ?? '', ...(signature && { signature }) }]
}

/** Citations, and the blocks of tools that Anthropic's own servers ran: a next turn, or the reader, needs them. */
function keptOf(block: Fields): string[] {
  const kept = objects(block.citations).flatMap((citation) => filled(citation.url) ?? filled(citation.cited_text) ?? [])
  if (block.type === 'server_tool_use' || block.type === 'mcp_tool_use') kept.push(filled(block.id) ?? '')
  if (filled(block.tool_use_id)) kept.push(filled(block.tool_use_id) ?? '')
  for (const result of objects(block.content)) kept.push(filled(result.encrypted_content) ?? '')
  return kept.filter(Boolean)
}

/** What a stream of the Messages API says when all its events are put together. */
export function expectAnthropicStream(stream: string): ExpectedStream {
  const blocks: Fields[] = []
  let head: Fields = {}
  let usage: Fields = {}
  let stop: string | undefined
  let failed = false
  let ended = false
  for (const { data } of splitEvents(stream)) {
    const event = object(parse(data))
    const index = typeof event.index === 'number' ? event.index : 0
    if (event.type === 'message_start') {
      head = object(event.message)
      usage = object(head.usage)
    } else if (event.type === 'content_block_start') blocks[index] = { ...object(event.content_block) }
    else if (event.type === 'content_block_delta') addDelta(blocks[index], object(event.delta))
    else if (event.type === 'message_delta') {
      stop = filled(object(event.delta).stop_reason) ?? stop
      usage = laterUsage(usage, object(event.usage))
    } else if (event.type === 'message_stop') ended = true
    else if (event.type === 'error') failed = true
  }
  const whole = blocks.filter((block) => block !== undefined)
  const answer = answerOf(head, whole, usage, stop)
  return { answer, failed, ended: ended || stop !== undefined, blocks: whole.map(withInput) }
}

/** The streamed text of a call's input as what it says. */
const withInput = (block: Fields): Fields =>
  typeof block.input === 'string' ? { ...block, input: parse(block.input) ?? {} } : block

function addDelta(block: Fields | undefined, delta: Fields): void {
  if (!block) return
  if (delta.type === 'text_delta') block.text = (text(block.text) ?? '') + (text(delta.text) ?? '')
  if (delta.type === 'thinking_delta') block.thinking = (text(block.thinking) ?? '') + (text(delta.thinking) ?? '')
  if (delta.type === 'signature_delta') block.signature = (text(block.signature) ?? '') + (text(delta.signature) ?? '')
  if (delta.type === 'citations_delta') block.citations = [...objects(block.citations), delta.citation]
  if (delta.type === 'input_json_delta') {
    // the block starts with an empty object, which the pieces replace
    block.input = (typeof block.input === 'string' ? block.input : '') + (text(delta.partial_json) ?? '')
  }
}
