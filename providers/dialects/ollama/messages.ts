import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { parseArguments } from '../../shared/calls.js'
import { compactionSummary, reportForeignParts } from '../../shared/foreign.js'
import { contentOf } from './content.js'
import type { EncodeScope } from './scope.js'
import type { WireCall, WireMessage } from './wire.js'
import { isFields } from './wire.js'

/**
 * Encodes the history. Roles may come in any order: the model's template renders them one by one.
 * https://docs.ollama.com/api/chat
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): WireMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid(
      'messages',
      "must be a non-empty array with at least one user message, for example [{ role: 'user', content: 'Hello' }].",
    )
  }
  const names = new Map<string, string>()
  return messages.flatMap((message, index) => {
    const encoded = encodeMessage(message, index, names, scope)
    if (message.role !== 'assistant') return [encoded]
    const summary = compactionSummary(message, index, scope.report)
    reportForeignParts(message, '', index, scope.report)
    return summary === undefined ? [encoded] : [{ role: 'user' as const, content: summary }, encoded]
  })
}

/** @param names functions called so far, by call id */
function encodeMessage(message: Message, index: number, names: Map<string, string>, scope: EncodeScope): WireMessage {
  const where = `messages[${index}]`
  if (!isFields(message))
    throw scope.report.invalid(where, "must be a message, for example { role: 'user', content: 'Hello' }", message)
  switch (message.role) {
    case 'system':
    case 'developer':
      return say('system', message.content, message.name, where, scope)
    case 'user':
      return say('user', message.content, message.name, where, scope)
    case 'assistant':
      return assistant(message, index, names, scope)
    case 'tool': {
      const id = message.tool_call_id
      if (typeof id !== 'string' || id === '') throw scope.report.invalid(where, "must have 'tool_call_id'")
      const name = names.get(id) ?? message.name
      const result = say('tool', message.content, undefined, where, scope)
      return { ...result, ...(name && { tool_name: name }), tool_call_id: id }
    }
    case 'function':
      return { ...say('tool', message.content, undefined, where, scope), tool_name: message.name }
    default:
      throw scope.report.invalid(
        where,
        'must have the role system, developer, user, assistant or tool',
        (message as { role?: unknown }).role,
      )
  }
}

function say(
  role: WireMessage['role'],
  content: unknown,
  name: string | undefined,
  where: string,
  scope: EncodeScope,
): WireMessage {
  if (name) scope.report.dropped(`${where}.name`, 'Ollama has no speaker names: include them in the text.')
  const { text, images } = contentOf(content, where, scope)
  return images.length > 0 ? { role, content: text, images } : { role, content: text }
}

function assistant(
  message: AssistantMessage,
  index: number,
  names: Map<string, string>,
  scope: EncodeScope,
): WireMessage {
  const where = `messages[${index}]`
  const wire = say('assistant', message.content || message.refusal, message.name, where, scope)
  const thinking = thinkingOf(message, index, scope)
  if (thinking) wire.thinking = thinking
  const calls = readCalls(message, index, scope)
  for (const { id, function: fn } of calls) if (id) names.set(id, fn.name)
  if (calls.length > 0) wire.tool_calls = calls
  if (message.audio) scope.report.repaired(index, `${where}: audio was removed: Ollama does not accept it.`)
  if (message.images?.length) {
    scope.report.repaired(index, `${where}: images were removed: Ollama accepts them in user messages only.`)
  }
  return wire
}

/** Reasoning of any model is plain text here; the template decides how to use it. */
function thinkingOf(message: AssistantMessage, index: number, scope: EncodeScope): string | undefined {
  if (message.reasoning_content) return message.reasoning_content
  const inContent = Array.isArray(message.content) ? message.content : []
  const blocks = [...(message.thinking_blocks ?? []), ...inContent] as readonly unknown[]
  const texts: string[] = []
  for (const block of blocks) {
    if (!isFields(block)) continue
    if (block.type === 'thinking' && typeof block.thinking === 'string' && block.thinking) texts.push(block.thinking)
    if (block.type === 'redacted_thinking') {
      scope.report.repaired(
        index,
        `messages[${index}]: encrypted reasoning was removed: only its own provider can read it.`,
      )
    }
  }
  return texts.length > 0 ? texts.join('\n\n') : undefined
}

function readCalls(message: AssistantMessage, index: number, scope: EncodeScope): WireCall[] {
  const list = message.tool_calls ?? []
  if (!Array.isArray(list))
    throw scope.report.invalid(`messages[${index}].tool_calls`, 'must be an array of tool calls', list)
  const calls = list.map((call, position): WireCall => {
    const where = `messages[${index}].tool_calls[${position}]`
    if (call?.type === 'custom') {
      return { id: call.id, function: { name: call.custom.name, arguments: { input: call.custom.input } } }
    }
    const name = call?.function?.name
    if (typeof name !== 'string' || name === '') {
      throw scope.report.invalid(where, "must have 'function.name', a non-empty string")
    }
    const fn = { name, arguments: parseArguments(call.function.arguments, where, index, scope.report) }
    return typeof call.id === 'string' && call.id !== '' ? { id: call.id, function: fn } : { function: fn }
  })
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({
      function: { name: legacy.name, arguments: parseArguments(legacy.arguments, where, index, scope.report) },
    })
  }
  return calls
}
