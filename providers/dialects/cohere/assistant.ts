import type { AssistantMessage } from '../../../src/types/messages.js'
import { partsOf, plainly } from './content.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, isPart, type Part, type WireCall, type WireMessage } from './wire.js'

type WireAssistant = Extract<WireMessage, { role: 'assistant' }>

/** A tool call of the history. */
export interface CallInHistory {
  /** The id as the caller has it; undefined for a legacy function call, which is answered by name. */
  readonly id: string | undefined
  readonly name: string
  /** JSON text of an object. */
  readonly arguments: string
  /** `messages[1].tool_calls[0]` */
  readonly where: string
}

export function readCalls(message: AssistantMessage, index: number, scope: EncodeScope): CallInHistory[] {
  const list = message.tool_calls ?? []
  if (!Array.isArray(list)) throw scope.report.invalid(`messages[${index}].tool_calls`, 'it is a list of tool calls.')
  const calls = list.map((call, position): CallInHistory => {
    const where = `messages[${index}].tool_calls[${position}]`
    if (typeof call?.id !== 'string' || call.id === '')
      throw scope.report.invalid(where, "it is a tool call without 'id'.")
    if (call.type === 'custom') {
      // the text of an OpenAI custom tool; what Cohere calls has fields
      return { id: call.id, name: call.custom.name, arguments: JSON.stringify({ input: call.custom.input }), where }
    }
    const name = call.function?.name
    if (typeof name !== 'string' || name === '')
      throw scope.report.invalid(where, "it is a tool call without 'function.name'.")
    return { id: call.id, name, arguments: argumentsOf(call.function.arguments, where, scope), where }
  })
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({ id: undefined, name: legacy.name, arguments: argumentsOf(legacy.arguments, where, scope), where })
  }
  return calls
}

function argumentsOf(given: unknown, where: string, scope: EncodeScope): string {
  if (isFields(given)) return JSON.stringify(given)
  if (given === undefined || given === null || (typeof given === 'string' && given.trim() === '')) return '{}'
  let parsed: unknown
  try {
    parsed = JSON.parse(String(given))
  } catch {
    throw scope.report.invalid(where, `it has arguments that are not JSON: ${String(given).slice(0, 80)}`)
  }
  if (!isFields(parsed)) throw scope.report.invalid(where, 'it has arguments that are not a JSON object.')
  return String(given)
}

/** An assistant turn; undefined where nothing is left of it. */
export function assistantTurn(
  message: AssistantMessage,
  calls: readonly WireCall[],
  index: number,
  scope: EncodeScope,
): WireAssistant | undefined {
  const where = `messages[${index}]`
  const said = partsOf(message.content, where, scope)
  if (said.length === 0 && message.refusal) said.push({ type: 'text', text: message.refusal })
  if (message.audio) scope.report.repaired(index, `${where}: audio was left out: Cohere takes none.`)
  if (message.images?.length) {
    scope.report.repaired(index, `${where}: images were left out: Cohere takes them from the user only.`)
  }
  const { thinking, plan } = reasoningOf(message, calls.length > 0, index, scope)
  const content: Part[] = thinking ? [{ type: 'thinking', thinking }] : []
  if (calls.length === 0) {
    content.push(...said)
    if (content.length === 0) return undefined
    const citations = ownCitations(message)
    return { role: 'assistant', content: plainly(content), ...(citations && { citations }) }
  }
  const text = said.map((part) => part.text ?? '').join('')
  // "text content is not allowed when tool_calls are provided": what was said before a call is its plan
  if (text) scope.report.repaired(index, `${where}: the text beside the tool calls is sent as their tool_plan.`)
  const whole = [plan, text].filter(Boolean).join('\n\n')
  return {
    role: 'assistant',
    ...(content.length > 0 && { content }),
    ...(whole && { tool_plan: whole }),
    tool_calls: [...calls],
  }
}

interface Reasoning {
  thinking?: string
  plan?: string
}

/**
 * Reasoning of whatever model, as thinking where the model thinks, else as the plan of its calls. A plan that Cohere made is told
 * from thinking by `provider_specific_fields.tool_plan`. https://docs.cohere.com/docs/reasoning
 */
function reasoningOf(message: AssistantMessage, called: boolean, index: number, scope: EncodeScope): Reasoning {
  const own = message.provider_specific_fields?.tool_plan
  const all = reasoningText(message, index, scope)
  const plan = called && typeof own === 'string' && own !== '' ? own : undefined
  const thinking = plan !== undefined && all.endsWith(plan) ? all.slice(0, -plan.length).trimEnd() : all
  if (thinking === '') return plan === undefined ? {} : { plan }
  if (scope.facts.thinks) return plan === undefined ? { thinking } : { thinking, plan }
  if (called) return { plan: plan === undefined ? thinking : `${thinking}\n\n${plan}` }
  scope.report.repaired(index, `messages[${index}]: the reasoning was left out, as this model takes none.`)
  return {}
}

function reasoningText(message: AssistantMessage, index: number, scope: EncodeScope): string {
  if (message.reasoning_content) return message.reasoning_content
  const inContent: readonly unknown[] = Array.isArray(message.content) ? message.content : []
  const blocks = [...(message.thinking_blocks ?? []), ...inContent].filter(isPart)
  if (blocks.some(({ type }) => type === 'redacted_thinking')) {
    scope.report.repaired(
      index,
      `messages[${index}]: encrypted reasoning was left out: only its own provider reads it.`,
    )
  }
  return blocks
    .map((block) => (block.type === 'thinking' ? String(block.thinking ?? '') : ''))
    .filter(Boolean)
    .join('\n\n')
}

/** Citations that Cohere made for this text. */
function ownCitations({ content, provider_specific_fields: extras }: AssistantMessage): Fields[] | undefined {
  const given = extras?.citations
  if (!Array.isArray(given) || given.length === 0 || typeof content !== 'string') return undefined
  const fits = (citation: unknown): citation is Fields =>
    isFields(citation) &&
    Array.isArray(citation.sources) &&
    typeof citation.text === 'string' &&
    content.includes(citation.text)
  return given.every(fits) ? given : undefined
}
