import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import { encodeThinking } from '../anthropic/thinking.js'
import type { Turn as ClaudeTurn } from '../anthropic/wire.js'
import { asClaude } from './claude.js'
import type { Kit } from './kit.js'
import { type Fields, inner, type Turn } from './wire.js'

export interface ReasoningPlan {
  /** For `additionalModelRequestFields`. */
  readonly fields: Fields
  /** For `outputConfig.effort`. */
  readonly effort?: string
  /** Claude's `thinking`. */
  readonly thinking?: Fields
  /** Tokens, where the model thinks on a budget. */
  readonly budget?: number
  /** True where the model then takes neither sampling parameters nor a limit of tokens. */
  readonly unlimited?: boolean
}

const nothing: ReasoningPlan = Object.freeze({ fields: Object.freeze({}) })
const ladder: readonly string[] = ['low', 'medium', 'high']

/** `reasoning_effort` and `thinking`, in the terms of the model's family. */
export function encodeReasoning(params: ChatParams, turns: readonly Turn[], kit: Kit): ReasoningPlan {
  const { reasoning } = kit.facts
  if (reasoning === 'claude') return forClaude(params, turns, kit)
  const { thinking, reasoning_effort: effort } = params
  const param = thinking ? 'thinking' : 'reasoning_effort'
  if (reasoning === 'unknown' && thinking) return { fields: { thinking }, thinking: { ...thinking } }
  const level = thinking ? levelOf(thinking, effort) : (effort ?? undefined)
  if (level === undefined) return nothing
  switch (reasoning) {
    case 'nova':
      return forNova(level, param, kit)
    case 'effort':
      if (level !== 'none') return { fields: { reasoning_effort: nearest(level, param, kit) } }
      kit.report.unsupported(param, `${kit.facts.who} always reasons: use reasoning_effort 'low' for the least`)
      return nothing
    case 'always':
      kit.report.unsupported(param, `${kit.facts.who} always reasons, and takes no setting for it`)
      return nothing
    case 'none':
      if (level !== 'none') {
        kit.report.unsupported(
          param,
          `${kit.facts.who} has no such setting on Bedrock; fields of the model's own go into additional_model_request_fields`,
        )
      }
      return nothing
    default:
      kit.report.unsupported(
        param,
        "its name doesn't tell how this model is asked to reason: pass thinking, or the model's own fields in additional_model_request_fields",
      )
      return nothing
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
function forClaude(params: ChatParams, turns: readonly Turn[], kit: Kit): ReasoningPlan {
  const { thinking, effort, budget } = encodeThinking(params, turns.map(asClaudeTurn), asClaude(kit))
  return {
    fields: thinking ? { thinking } : {},
    ...(thinking && { thinking }),
    ...(effort !== undefined && { effort }),
    ...(budget !== undefined && { budget }),
  }
}

/** As far as thinking depends on it: which turns begin with thinking, call tools and answer calls. */
const asClaudeTurn = ({ role, content }: Turn): ClaudeTurn => ({
  role,
  content: content.map((block) => {
    if ('reasoningContent' in block) return { type: 'thinking' }
    if (inner(block, 'toolUse')) return { type: 'tool_use' }
    return { type: 'toolResult' in block ? 'tool_result' : 'text' }
  }),
})

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function forNova(level: string, param: string, kit: Kit): ReasoningPlan {
  if (level === 'none') return { fields: { reasoningConfig: { type: 'disabled' } } }
  const effort = nearest(level, param, kit)
  return {
    fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } },
    unlimited: effort === 'high',
  }
}

function nearest(level: string, param: string, kit: Kit): string {
  if (ladder.includes(level)) return level
  const near = level === 'minimal' ? 'low' : level === 'xhigh' || level === 'max' ? 'high' : undefined
  if (near === undefined) {
    kit.report.unsupported(param, `'${level}' is none of ${ladder.join(', ')}`)
    return 'medium'
  }
  kit.report.changed(param, `${kit.facts.who} has no effort '${level}': '${near}' is sent.`)
  return near
}

function levelOf(thinking: Thinking, effort: string | null | undefined): string {
  if (thinking.type === 'disabled') return 'none'
  if (effort && effort !== 'none') return effort
  if (thinking.type !== 'enabled') return 'medium'
  if (thinking.budget_tokens <= 1024) return 'low'
  return thinking.budget_tokens <= 4096 ? 'medium' : 'high'
}
