import { base64, fromBase64, utf8 } from '../../../src/platform/index.js'
import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import { type ClaudeRules, claudeRules } from '../../models/index.js'
import type { EncodeScope as ClaudeScope } from '../anthropic/scope.js'
import { encodeThinking as encodeClaudeThinking, ownThinking } from '../anthropic/thinking.js'
import type { Turn as ClaudeTurn } from '../anthropic/wire.js'
import type { EncodeScope } from './scope.js'
import { type Block, type Fields, inner, type Turn, textIn } from './wire.js'

export interface ThinkingPlan {
  /** For `additionalModelRequestFields`. */
  readonly fields: Fields
  /** For `outputConfig.effort`. */
  readonly effort?: string
  /** Claude's `thinking`. */
  readonly thinking?: Fields
  /** Thinking budget in tokens. */
  readonly budget?: number
  /** True if the model then takes neither sampling parameters nor a token limit. */
  readonly unlimited?: boolean
}

const nothing: ThinkingPlan = Object.freeze({ fields: Object.freeze({}) })
const ladder: readonly string[] = ['low', 'medium', 'high']

const noQuirks = Object.freeze({})

/** The scope of Anthropic's dialect, whose rules for Claude hold on Bedrock too. */
export const claudeScope = (
  { report, facts, names, ids }: EncodeScope,
  own: ClaudeRules = facts.claude ?? claudeRules(''),
): ClaudeScope => ({
  report,
  facts: own,
  quirks: noQuirks,
  names,
  ids,
  properties: undefined,
  betas: new Set(),
})

/** `reasoning_effort` and `thinking` in the terms of the model's family. */
export function encodeThinking(params: ChatParams, turns: readonly Turn[], scope: EncodeScope): ThinkingPlan {
  const { facts, report } = scope
  if (facts.thinking === 'claude') return planClaude(params, turns, scope)
  const { thinking, reasoning_effort: effort } = params
  const param = thinking ? 'thinking' : 'reasoning_effort'
  if (facts.thinking === 'unknown' && thinking) return { fields: { thinking }, thinking: { ...thinking } }
  const level = thinking ? levelOf(thinking, effort) : (effort ?? undefined)
  if (level === undefined) return nothing
  switch (facts.thinking) {
    case 'nova':
      return planNova(level, param, scope)
    case 'effort':
      if (level !== 'none') return { fields: { reasoning_effort: nearestLevel(level, param, scope) } }
      report.unsupported(param, `${facts.who} always reasons; use reasoning_effort 'low' for the least`)
      return nothing
    case 'always':
      report.unsupported(param, `${facts.who} always reasons and has no setting for it`)
      return nothing
    case 'none':
      if (level !== 'none') {
        report.unsupported(
          param,
          `${facts.who} has no such setting on Bedrock; pass the model's own fields in additional_model_request_fields`,
        )
      }
      return nothing
    default:
      report.unsupported(
        param,
        "the model's family is unknown; set baseModel, pass thinking, or pass the model's own fields in additional_model_request_fields",
      )
      return nothing
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
function planClaude(params: ChatParams, turns: readonly Turn[], scope: EncodeScope): ThinkingPlan {
  const { thinking, effort, budget } = encodeClaudeThinking(params, turns.map(toClaudeTurn), claudeScope(scope))
  return {
    fields: thinking ? { thinking } : {},
    ...(thinking && { thinking }),
    ...(effort !== undefined && { effort }),
    ...(budget !== undefined && { budget }),
  }
}

/** A turn as far as thinking depends on it: whether it begins with thinking, calls tools or answers calls. */
const toClaudeTurn = ({ role, content }: Turn): ClaudeTurn => ({
  role,
  content: content.map((block) => {
    if ('reasoningContent' in block) return { type: 'thinking' }
    if (inner(block, 'toolUse')) return { type: 'tool_use' }
    return { type: 'toolResult' in block ? 'tool_result' : 'text' }
  }),
})

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function planNova(level: string, param: string, scope: EncodeScope): ThinkingPlan {
  if (level === 'none') return { fields: { reasoningConfig: { type: 'disabled' } } }
  const effort = nearestLevel(level, param, scope)
  return {
    fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } },
    unlimited: effort === 'high',
  }
}

function nearestLevel(level: string, param: string, { report, facts }: EncodeScope): string {
  if (ladder.includes(level)) return level
  const near = level === 'minimal' ? 'low' : level === 'xhigh' || level === 'max' ? 'high' : undefined
  if (near === undefined) {
    report.unsupported(param, `must be one of ${ladder.join(', ')}; got '${level}'`)
    return 'medium'
  }
  report.changed(param, `${facts.who} has no effort '${level}': '${near}' was sent.`)
  return near
}

function levelOf(thinking: Thinking, effort: string | null | undefined): string {
  if (thinking.type === 'disabled') return 'none'
  if (effort && effort !== 'none') return effort
  if (thinking.type !== 'enabled') return 'medium'
  if (thinking.budget_tokens <= 1024) return 'low'
  return thinking.budget_tokens <= 4096 ? 'medium' : 'high'
}

/**
 * Signed reasoning of the history. Only Claude takes its reasoning back.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html
 */
export function encodeReasoningBlocks(thinking: unknown, index: number, scope: EncodeScope): Block[] {
  if (!Array.isArray(thinking) || thinking.length === 0) return []
  const { facts, report } = scope
  if (!takesReasoning(scope)) {
    report.repaired(index, `messages[${index}]: thinking_blocks were left out, as ${facts.who} takes none back.`)
    return []
  }
  return ownThinking(thinking, index, claudeScope(scope)).map((block): Block => {
    if (block.type === 'redacted_thinking') return { reasoningContent: { redactedContent: toBlob(String(block.data)) } }
    return { reasoningContent: { reasoningText: { text: block.thinking, signature: block.signature } } }
  })
}

const takesReasoning = ({ facts }: EncodeScope): boolean => facts.thinking === 'claude' || facts.thinking === 'unknown'

/** Whether a stored reasoning block can be sent back: it is signed, and the model takes it. */
export function canReplay(block: Block, scope: EncodeScope): boolean {
  const reasoning = inner(block, 'reasoningContent') ?? {}
  const signature = inner(reasoning, 'reasoningText')?.signature
  return takesReasoning(scope) && (typeof signature === 'string' || 'redactedContent' in reasoning)
}

/** Decodes a reasoning block of an answer. Undefined without a signature, as the next turn doesn't need it. */
export function decodeThinking(reasoning: Block) {
  const redacted = textIn(reasoning, 'redactedContent')
  if (redacted !== undefined) return { type: 'redacted_thinking' as const, data: fromBlob(redacted) }
  const { text, signature } = inner(reasoning, 'reasoningText') ?? {}
  if (typeof signature !== 'string' || signature === '') return undefined
  return { type: 'thinking' as const, thinking: typeof text === 'string' ? text : '', signature }
}

/** Blobs are base64, and so is Anthropic's redacted data inside them: callers get it in Anthropic's form. */
function fromBlob(blob: string): string {
  const data = utf8(fromBase64(blob))
  return toBlob(data) === blob ? data : blob
}

const toBlob = (data: string): string => base64(data)
