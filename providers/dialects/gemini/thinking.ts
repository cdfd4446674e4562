import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import type { AssistantMessage, FunctionToolCall, ThinkingBlock } from '../../../src/types/messages.js'
import type { ThinkingBudget, ThinkingLevel } from '../../models/index.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, type Part, textIn } from './wire.js'

/** Thinking: its settings, and the thoughts and signatures that later turns send back. */

/** Google's own mapping, for models with a thinking budget. https://ai.google.dev/gemini-api/docs/openai#thinking */
const budgets: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 8192],
  ['high', 24_576],
  ['xhigh', 32_768],
  ['max', 32_768],
])

const ladder: readonly string[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/**
 * `reasoning_effort` and `thinking` as `thinkingConfig`: a budget in tokens for Gemini 2.5, a level from Gemini 3 on. Callers that set
 * either want to read the reasoning, so its summary is requested too.
 * https://ai.google.dev/gemini-api/docs/thinking
 */
export function encodeThinking(params: ChatParams, scope: EncodeScope): Fields | undefined {
  const { thinking, reasoning_effort: effort } = params
  if (!thinking && !effort) return undefined
  const { budget, levels } = scope.facts
  if (thinking?.type === 'disabled' || (!thinking && effort === 'none')) {
    return disableThinking(thinking ? 'thinking' : 'reasoning_effort', scope)
  }
  if (!budget && levels.length === 0) {
    scope.report.unsupported(thinking ? 'thinking' : 'reasoning_effort', "this model's thinking can't be set")
    return undefined
  }
  const config = budget ? encodeBudget(params, budget, scope) : encodeLevel(params, scope)
  return (
    config && { ...config, includeThoughts: !(thinking && 'display' in thinking && thinking.display === 'omitted') }
  )
}

function disableThinking(param: string, { facts, report }: EncodeScope): Fields | undefined {
  const { budget, levels } = facts
  if (budget?.off) return { thinkingBudget: 0 }
  if (!budget && levels.length === 0) return undefined
  if (levels.includes('minimal')) {
    report.changed(param, "This model always thinks: 'minimal' was sent, which is the least.")
    return levelField('minimal')
  }
  report.unsupported(param, "this model always thinks; use reasoning_effort 'low' for the least")
  return undefined
}

function encodeBudget(
  { thinking, reasoning_effort: effort }: ChatParams,
  range: ThinkingBudget,
  scope: EncodeScope,
): Fields | undefined {
  if (thinking?.type === 'enabled') return { thinkingBudget: clampBudget(thinking.budget_tokens, range, scope) }
  // -1 lets the model choose
  if (!effort || effort === 'none') return { thinkingBudget: -1 }
  const tokens = budgets.get(effort)
  if (tokens === undefined) {
    scope.report.unsupported('reasoning_effort', `must be one of none, ${ladder.join(', ')}; got '${effort}'`)
    return undefined
  }
  return { thinkingBudget: Math.min(Math.max(tokens, range.least), range.most) }
}

function clampBudget(tokens: number, { least, most }: ThinkingBudget, scope: EncodeScope): number {
  const fit = Math.min(Math.max(tokens, least), most)
  if (fit !== tokens) {
    scope.report.changed('thinking', `This model takes a budget from ${least} to ${most} tokens: ${fit} was sent.`)
  }
  return fit
}

function encodeLevel({ thinking, reasoning_effort: effort }: ChatParams, scope: EncodeScope): Fields | undefined {
  if (effort && effort !== 'none') return encodeEffort(effort, scope)
  if (thinking?.type !== 'enabled') return {}
  const level = nearestLevel(levelOfBudget(thinking), scope)
  scope.report.changed('thinking', `This model takes a thinking level instead of a budget: '${level}' was sent.`)
  return levelField(level)
}

function encodeEffort(effort: string, scope: EncodeScope): Fields | undefined {
  if (!ladder.includes(effort)) {
    scope.report.unsupported('reasoning_effort', `must be one of none, ${ladder.join(', ')}; got '${effort}'`)
    return undefined
  }
  const level = nearestLevel(effort, scope)
  if (level !== effort) {
    scope.report.changed('reasoning_effort', `This model has no thinking level '${effort}': '${level}' was sent.`)
  }
  return levelField(level)
}

/** The level itself or the next higher one that the model has, as Google's own mapping does. */
function nearestLevel(effort: string, { facts: { levels } }: EncodeScope): ThinkingLevel {
  const wanted = ladder.indexOf(effort)
  return levels.find((level) => ladder.indexOf(level) >= wanted) ?? 'high'
}

const levelField = (level: ThinkingLevel): Fields => ({ thinkingLevel: level.toUpperCase() })

function levelOfBudget({ budget_tokens: tokens }: Extract<Thinking, { type: 'enabled' }>): ThinkingLevel {
  if (tokens <= 1024) return 'low'
  return tokens <= 8192 ? 'medium' : 'high'
}

/** Marks thinking blocks as Gemini's: other providers refuse foreign signatures. */
const thinkingFormat = 'google-gemini-v1'

interface GeminiThinkingBlock extends ThinkingBlock {
  format: typeof thinkingFormat
}

export const thinkingBlock = (thinking: string, signature: string | undefined): GeminiThinkingBlock => ({
  type: 'thinking',
  thinking,
  ...(typeof signature === 'string' && { signature }),
  format: thinkingFormat,
})

const isOwnThinking = (block: unknown): block is GeminiThinkingBlock =>
  isFields(block) && block.type === 'thinking' && block.format === thinkingFormat

export const isThinking = (part: unknown): boolean =>
  isFields(part) && (part.type === 'thinking' || part.type === 'redacted_thinking')

/** The signed thoughts of a message. Thoughts without a signature are summaries for people. */
export function encodeThoughts(message: AssistantMessage, index: number, scope: EncodeScope): Part[] {
  if (!message.thinking_blocks && !message.reasoning_content && !Array.isArray(message.content)) return []
  const inContent: unknown[] = Array.isArray(message.content) ? message.content : []
  const blocks = [...(message.thinking_blocks ?? []), ...inContent.filter(isThinking)]
  const own = blocks.filter(isOwnThinking)
  if (own.length < blocks.length) {
    scope.report.repaired(index, `messages[${index}]: the thinking blocks of another model were left out.`)
  } else if (message.reasoning_content && blocks.length === 0) {
    scope.report.repaired(
      index,
      `messages[${index}]: reasoning_content was left out, as Gemini takes back signed thoughts only.`,
    )
  }
  return own.flatMap(({ thinking, signature }) =>
    signature ? [{ text: thinking, thought: true, thoughtSignature: signature }] : [],
  )
}

/**
 * The API's placeholder signature for calls of other models, as newer models require one: the base64 of
 * `skip_thought_signature_validator`. Recorded requests with it were answered.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const foreignSignature = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I='

/** The signature beside a call, an image or a message; also at the place that Google's OpenAI-compatible endpoint uses. */
export function signatureOf(holder: unknown): string | undefined {
  if (!isFields(holder)) return undefined
  const fields = isFields(holder.provider_specific_fields) ? holder.provider_specific_fields : undefined
  const own = textIn(fields, 'thought_signature')
  if (own !== undefined) return own
  const extra = isFields(fields?.extra_content) ? fields.extra_content : holder.extra_content
  return isFields(extra) && isFields(extra.google) ? textIn(extra.google, 'thought_signature') : undefined
}

export const signPart = (part: Part, signature: string | undefined): Part =>
  signature === undefined ? part : { ...part, thoughtSignature: signature }

/** A call of an answer with its signature. */
export function signCall(call: FunctionToolCall, signature: string | undefined): FunctionToolCall {
  return typeof signature === 'string' ? { ...call, provider_specific_fields: { thought_signature: signature } } : call
}

/** Adds the signature that newer models require to the first call of a turn, if it has none. */
export function sealCalls(parts: Part[]): Part[] {
  const first = parts.findIndex((part) => part.functionCall !== undefined)
  const part = parts[first]
  if (!part || part.thoughtSignature !== undefined) return parts
  return parts.with(first, { ...part, thoughtSignature: foreignSignature })
}
