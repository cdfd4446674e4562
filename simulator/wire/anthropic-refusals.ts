import { sign } from '../digest.js'
import { isRecord, type Json, number, record, records, string } from '../json.js'
import type { WireRequest } from './wire.js'

const toolName = /^[a-zA-Z0-9_-]{1,128}$/
const toolId = /^[a-zA-Z0-9_-]+$/
const maxCacheMarks = 4

/** Validates a request to `/v1/messages` like Anthropic; returns its error message or undefined. */
export function findFault(body: Json): string | undefined {
  if (string(body.model) === undefined) return 'model: Field required'
  if (!Array.isArray(body.messages)) return 'messages: Field required'
  if (number(body.max_tokens) === undefined) return 'max_tokens: Field required'
  const messages = records(body.messages)
  if (messages.length === 0) return 'messages: at least one message is required'
  const fault = findParameterFault(body, messages)
  if (fault !== undefined) return fault
  for (const [index, message] of messages.entries()) {
    const last = index === messages.length - 1
    const found = findMessageFault(message, index, last) ?? findToolFault(messages, index)
    if (found !== undefined) return found
  }
  return findThinkingFault(body, messages)
}

/** Required body fields on Vertex AI, and fields that belong in the path. */
export function findVertexFault({ body, operation }: WireRequest): string | undefined {
  if (body.anthropic_version === undefined) return 'anthropic_version: Field required'
  if (body.anthropic_version !== 'vertex-2023-10-16') return "anthropic_version: Input should be 'vertex-2023-10-16'"
  if (operation === 'chat' && body.model !== undefined) return 'model: Extra inputs are not permitted'
  return undefined
}

function findParameterFault(body: Json, messages: readonly Json[]): string | undefined {
  const temperature = number(body.temperature)
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) return 'temperature: range: 0..1'
  for (const [index, tool] of records(body.tools).entries()) {
    if (tool.input_schema !== undefined && !toolName.test(string(tool.name) ?? '')) {
      return `tools.${index}.custom.name: String should match pattern '${toolName.source}'`
    }
  }
  const blocks = [...records(body.tools), ...records(body.system), ...messages.flatMap((turn) => records(turn.content))]
  const marks = [body, ...blocks].filter((block) => isRecord(block.cache_control)).length
  if (marks > maxCacheMarks) {
    return `A maximum of ${maxCacheMarks} blocks with cache_control may be provided. Found ${marks}.`
  }
  return undefined
}

function findMessageFault({ role, content }: Json, index: number, last: boolean): string | undefined {
  if (role === 'system') {
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.'
  }
  if (role !== 'user' && role !== 'assistant') return `messages.${index}.role: Input should be 'user' or 'assistant'`
  const empty = content === '' || (Array.isArray(content) && content.length === 0)
  if (empty && !(last && role === 'assistant')) {
    return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`
  }
  for (const [at, block] of records(content).entries()) {
    const fault = findBlockFault(block, `messages.${index}.content.${at}`)
    if (fault !== undefined) return fault
  }
  const end = typeof content === 'string' ? content : string(records(content).at(-1)?.text)
  if (last && role === 'assistant' && end !== undefined && end !== end.trimEnd()) {
    return 'messages: final assistant content cannot end with trailing whitespace'
  }
  return undefined
}

function findBlockFault(block: Json, place: string): string | undefined {
  switch (block.type) {
    case 'text':
      if (block.text === '') return 'messages: text content blocks must be non-empty'
      if (string(block.text)?.trim() === '') return 'messages: text content blocks must contain non-whitespace text'
      return undefined
    case 'tool_use':
      if (!toolId.test(string(block.id) ?? '')) {
        return `${place}.tool_use.id: String should match pattern '${toolId.source}'`
      }
      return isRecord(block.input) ? undefined : `${place}.tool_use.input: Input should be a valid dictionary`
    case 'thinking':
      if (string(block.signature) === undefined) return `${place}.thinking.signature: Field required`
      return block.signature === sign(string(block.thinking) ?? '')
        ? undefined
        : `${place}: Invalid \`signature\` in \`thinking\` block`
    default:
      return undefined
  }
}

/** Each `tool_use` needs a result in the next message, and only those. */
function findToolFault(messages: readonly Json[], index: number): string | undefined {
  const uses = ids(messages[index], 'tool_use', 'id')
  const results = ids(messages[index + 1], 'tool_result', 'tool_use_id')
  const missing = uses.filter((id) => !results.includes(id))
  if (missing.length > 0) {
    return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
  }
  const before = ids(messages[index - 1], 'tool_use', 'id')
  const stray = ids(messages[index], 'tool_result', 'tool_use_id').find((id) => !before.includes(id))
  return stray === undefined
    ? undefined
    : `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
}

function ids(message: Json | undefined, type: string, field: string): string[] {
  return records(message?.content).flatMap((block) => (block.type === type ? (string(block[field]) ?? []) : []))
}

function findThinkingFault(body: Json, messages: readonly Json[]): string | undefined {
  const thinking = record(body.thinking)
  if (thinking.type !== 'enabled') return undefined
  const budget = number(thinking.budget_tokens)
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required'
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'
  if (budget >= (number(body.max_tokens) ?? 0)) return '`max_tokens` must be greater than `thinking.budget_tokens`.'
  const temperature = number(body.temperature)
  if (temperature !== undefined && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled.'
  }
  const choice = record(body.tool_choice).type
  if (choice === 'any' || choice === 'tool') return 'Thinking may not be enabled when tool_choice forces tool use.'
  const turn = messages.findLastIndex(({ role }) => role === 'assistant')
  const [first] = records(messages[turn]?.content)
  // only a turn that continues after tool results must start with thinking
  if (turn < 0 || first === undefined || ids(messages[turn], 'tool_use', 'id').length === 0) return undefined
  if (first.type === 'thinking' || first.type === 'redacted_thinking') return undefined
  return `messages.${turn}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
}
