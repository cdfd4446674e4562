import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import type { ClaudeRules, Effort } from '../../models/index.js'
import { looksLikeBase64 } from './content.js'
import type { EncodeScope } from './scope.js'
import { type Block, type Fields, isBlock, isFields, type Turn } from './wire.js'

export interface ThinkingPlan {
  readonly thinking?: Fields
  /** For `output_config.effort`. */
  readonly effort?: string
  /** The thinking budget in tokens, for models that use one. */
  readonly budget?: number
}

/** Thinking budgets in tokens by effort. 1024 is the minimum of the API. */
const budgets: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 2048],
  ['high', 4096],
  ['xhigh', 8192],
  ['max', 16_384],
])

const ladder: readonly string[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/**
 * Encodes `reasoning_effort` and `thinking` in the form the model supports: adaptive thinking with an effort, or a
 * token budget.
 * https://platform.claude.com/docs/en/build-with-claude/thinking
 * https://platform.claude.com/docs/en/build-with-claude/effort
 */
export function encodeThinking(params: ChatParams, turns: readonly Turn[], scope: EncodeScope): ThinkingPlan {
  if (params.thinking && !isFields(params.thinking)) {
    throw scope.report.invalid('thinking', "must be an object such as { type: 'adaptive' }", params.thinking)
  }
  const plan = params.thinking
    ? explicit(params.thinking, params.reasoning_effort, scope)
    : fromEffort(params.reasoning_effort, scope)
  if (plan.thinking?.type === 'enabled' && lacksThinking(turns)) {
    scope.report.dropped(
      'thinking',
      'Left out: the last tool calls of the history have no thinking (they may come from another model), and with a ' +
        'budget the API requires it.',
    )
    return plan.effort === undefined ? {} : { effort: plan.effort }
  }
  return plan
}

function explicit(thinking: Thinking, effort: string | null | undefined, scope: EncodeScope): ThinkingPlan {
  const { facts, report } = scope
  const level = effort && effort !== 'none' && facts.efforts.length > 0 ? { effort: nearest(effort, scope) } : {}
  if (facts.thinking === 'none') {
    if (thinking.type !== 'disabled') report.unsupported('thinking', 'this model does not think')
    return {}
  }
  switch (thinking.type) {
    case 'enabled': {
      if (facts.thinking !== 'adaptive') return { thinking: { ...thinking }, budget: thinking.budget_tokens, ...level }
      const guessed = effortOf(thinking.budget_tokens)
      report.changed(
        'thinking',
        `This model has no thinking budget: adaptive thinking with effort '${level.effort ?? guessed}' is sent instead.`,
      )
      return { thinking: adaptive(facts, thinking.display), effort: level.effort ?? guessed }
    }
    case 'adaptive': {
      if (facts.thinking !== 'budget') return { thinking: { ...thinking }, ...level }
      const budget = budgets.get(effort ?? 'high') ?? 4096
      report.changed('thinking', `This model has no adaptive thinking: a budget of ${budget} tokens is sent instead.`)
      const display = thinking.display ? { display: thinking.display } : {}
      return { thinking: { type: 'enabled', budget_tokens: budget, ...display }, budget }
    }
    case 'disabled':
      return { ...off(facts, scope, 'thinking'), ...level }
    default:
      // a type newer than this version
      return { thinking: { ...(thinking as Fields) }, ...level }
  }
}

function fromEffort(effort: string | null | undefined, scope: EncodeScope): ThinkingPlan {
  const { facts, report } = scope
  if (!effort) return {}
  if (effort === 'none') return facts.thinking === 'none' ? {} : off(facts, scope, 'reasoning_effort')
  if (facts.thinking === 'none') {
    report.unsupported('reasoning_effort', 'this model does not think')
    return {}
  }
  if (facts.thinking === 'adaptive' || facts.thinking === 'either') {
    return { thinking: adaptive(facts, undefined), effort: nearest(effort, scope) }
  }
  const budget = budgets.get(effort)
  if (budget === undefined) {
    report.unsupported('reasoning_effort', `'${effort}' is not one of ${[...budgets.keys()].join(', ')}`)
    return {}
  }
  return { thinking: { type: 'enabled', budget_tokens: budget }, budget }
}

/** Requests the text of the reasoning, which newer models hide by default. */
const adaptive = (facts: ClaudeRules, display: string | undefined): Fields => ({
  type: 'adaptive',
  ...(display ? { display } : facts.hidden && { display: 'summarized' }),
})

function off(facts: ClaudeRules, scope: EncodeScope, param: string): ThinkingPlan {
  if (facts.off === 'disabled') return { thinking: { type: 'disabled' } }
  if (facts.off === 'between_tools') {
    scope.report.changed(param, "This model can't think only until its first tool call: 'between_tools' is sent.")
    return { thinking: { type: 'between_tools' } }
  }
  scope.report.unsupported(param, "this model always thinks: use reasoning_effort 'low' for the least")
  return {}
}

/** The level itself, or the next weaker one the model supports. */
function nearest(effort: string, scope: EncodeScope): string {
  const { efforts } = scope.facts
  if (efforts.includes(effort as Effort) || !ladder.includes(effort)) return effort
  const weaker = efforts.findLast((level) => ladder.indexOf(level) < ladder.indexOf(effort)) ?? efforts[0] ?? 'low'
  scope.report.changed('reasoning_effort', `This model has no effort '${effort}': '${weaker}' is sent instead.`)
  return weaker
}

function effortOf(budget: number): Effort {
  if (budget <= 1024) return 'low'
  if (budget <= 4096) return 'medium'
  return budget <= 16_384 ? 'high' : 'xhigh'
}

/** True if the request continues a tool-use turn that doesn't begin with thinking. */
function lacksThinking(turns: readonly Turn[]): boolean {
  const last = turns.findLast(({ role }) => role === 'assistant')
  const answer = last && turns[turns.indexOf(last) + 1]
  if (!last || typeof last.content === 'string' || !answer || typeof answer.content === 'string') return false
  const [first] = last.content
  const inToolUse =
    answer === turns.findLast(({ role }) => role === 'user') &&
    answer.content.some(({ type }) => type === 'tool_result')
  return (
    inToolUse &&
    first !== undefined &&
    !isThinking(first) &&
    last.content.some((block) => isFields(block) && block.type === 'tool_use')
  )
}

/**
 * Filters the thinking of a history: the API rejects blocks of other providers and blocks without a signature. A block
 * with empty text is still complete, because its signature carries the thinking.
 * https://platform.claude.com/docs/en/build-with-claude/thinking#preserving-thinking-blocks
 */
export function ownThinking(blocks: unknown, index: number, scope: EncodeScope): Block[] {
  if (!Array.isArray(blocks) || blocks.length === 0) return []
  if (scope.facts.thinking === 'none') {
    scope.report.repaired(index, `messages[${index}]: thinking_blocks were removed, because this model does not think.`)
    return []
  }
  return blocks.flatMap((block: unknown) => {
    const good = isBlock(block) ? (scope.unsignedThinking ? unsigned(block) : signed(block)) : undefined
    if (!good) {
      scope.report.repaired(
        index,
        `messages[${index}]: a thinking block was removed, because it has no Anthropic signature.`,
      )
    }
    return good ?? []
  })
}

function signed(block: Block): Block | undefined {
  if (block.type === 'redacted_thinking') {
    const { data, cache_control: _, type, ...foreign } = block
    if (Object.keys(foreign).length > 0 || typeof data !== 'string' || !looksLikeBase64(data)) return undefined
    return { type, data }
  }
  if (block.type !== 'thinking') return undefined
  const { thinking, signature, cache_control: _, type, ...foreign } = block
  // other dialects add fields to their blocks; every recorded Anthropic signature begins with E
  if (Object.keys(foreign).length > 0 || typeof signature !== 'string') return undefined
  if (!signature.startsWith('E') || !looksLikeBase64(signature)) return undefined
  return { type, thinking: typeof thinking === 'string' ? thinking : '', signature }
}

/** Servers without signatures take the text, whatever model wrote it. */
function unsigned({ type, thinking, signature, data }: Block): Block | undefined {
  if (type === 'redacted_thinking') return signed({ type, data })
  if (type !== 'thinking' || typeof thinking !== 'string' || thinking === '') return undefined
  return { type, thinking, ...(typeof signature === 'string' && { signature }) }
}

export const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking'
