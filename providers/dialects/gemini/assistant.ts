import type { AssistantMessage } from '../../../src/types/messages.js'
import { parseArguments } from '../../shared/calls.js'
import { partsOf } from './content.js'
import { imageParts } from './images.js'
import { keptParts } from './kept.js'
import type { Kit } from './kit.js'
import { isOwnThinking, sealCalls, signatureOf, withSignature } from './signatures.js'
import { type Fields, isFields, type Part } from './wire.js'

/** A tool call of the history. */
export interface CallInHistory {
  /** The id as the caller has it; undefined for a legacy function call, which is answered by name. */
  readonly id: string | undefined
  readonly name: string
  readonly args: Fields
  readonly signature?: string | undefined
  /** `messages[1].tool_calls[0]` */
  readonly where: string
}

/** The calls of an assistant message. */
export function callsOf(message: AssistantMessage, index: number, kit: Kit): CallInHistory[] {
  const calls: CallInHistory[] = []
  const list: unknown = message.tool_calls ?? []
  if (!Array.isArray(list)) throw kit.report.invalid(`messages[${index}].tool_calls`, 'is a list of tool calls.')
  for (const [position, call] of list.entries()) {
    const where = `messages[${index}].tool_calls[${position}]`
    if (!isFields(call) || typeof call.id !== 'string' || call.id === '') {
      throw kit.report.invalid(where, "is a tool call without 'id'.")
    }
    const { id } = call
    if (call.type === 'custom' && isFields(call.custom)) {
      // the text of an OpenAI custom tool; what Gemini calls has fields
      calls.push({ id, name: String(call.custom.name), args: { input: call.custom.input }, where })
      continue
    }
    const { name, arguments: text } = isFields(call.function) ? call.function : ({} as Fields)
    if (typeof name !== 'string' || name === '')
      throw kit.report.invalid(where, "is a tool call without 'function.name'.")
    calls.push({ id, name, args: parseArguments(text, where, kit.report), signature: signatureOf(call), where })
  }
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({ id: undefined, name: legacy.name, args: parseArguments(legacy.arguments, where, kit.report), where })
  }
  return calls
}

/** The parts of an assistant turn: thoughts with a signature, then text, images, and the calls. */
export function assistantParts(
  message: AssistantMessage,
  calls: readonly CallInHistory[],
  index: number,
  kit: Kit,
): Part[] {
  // models that don't think know nothing of signatures
  const sealed = kit.facts.signatures || kit.facts.budget !== undefined
  const callParts = calls.map(({ id, name, args, signature }) =>
    withSignature(
      { functionCall: { ...(id !== undefined && { id }), name: kit.names.wire(name), args } },
      sealed ? signature : undefined,
    ),
  )
  const kept = keptParts(message, callParts, index, kit)
  const parts = kept ?? [
    ...thoughts(message, index, kit),
    ...said(message, index, kit),
    ...imageParts(message, index, kit),
    ...callParts,
  ]
  if (message.audio) kit.report.repaired(index, `messages[${index}]: audio was left out: Gemini hears the user only.`)
  return kit.facts.signatures ? sealCalls(parts) : parts
}

/** A thought without a signature is a summary, which is for people. */
function thoughts(message: AssistantMessage, index: number, kit: Kit): Part[] {
  const inContent: unknown[] = Array.isArray(message.content) ? message.content : []
  const blocks = [...(message.thinking_blocks ?? []), ...inContent.filter(isThinking)]
  const own = blocks.filter(isOwnThinking)
  if (own.length < blocks.length) {
    kit.report.repaired(index, `messages[${index}]: thinking of another model was left out.`)
  } else if (message.reasoning_content && blocks.length === 0) {
    kit.report.repaired(index, `messages[${index}]: reasoning_content was left out: Gemini takes back what it signed.`)
  }
  return own.flatMap(({ thinking, signature }) =>
    signature ? [{ text: thinking, thought: true, thoughtSignature: signature }] : [],
  )
}

const isThinking = (part: unknown): boolean =>
  isFields(part) && (part.type === 'thinking' || part.type === 'redacted_thinking')

function said(message: AssistantMessage, index: number, kit: Kit): Part[] {
  const content: unknown = Array.isArray(message.content)
    ? message.content.filter((part: unknown) => !isThinking(part))
    : message.content
  const parts = partsOf(content, `messages[${index}]`, kit)
  if (parts.length === 0 && message.refusal) parts.push({ text: message.refusal })
  const signature = signatureOf(message)
  const last = parts.at(-1)
  if (signature === undefined) return parts
  if (last?.text === undefined) return [...parts, { text: '', thoughtSignature: signature }]
  return [...parts.slice(0, -1), { ...last, thoughtSignature: signature }]
}
