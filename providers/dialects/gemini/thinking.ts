import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import type { Kit } from './kit.js'
import type { Budget, Level } from './models.js'
import type { Fields } from './wire.js'

/** Google's own table, for models that think on a budget. https://ai.google.dev/gemini-api/docs/openai#thinking */
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
 * `reasoning_effort` and `thinking` as `thinkingConfig`: a budget in tokens for Gemini 2.5, a level from Gemini 3 on. Who asks for
 * reasoning wants to read it, so that its summary is asked for too.
 * https://ai.google.dev/gemini-api/docs/thinking
 */
export function encodeThinking(params: ChatParams, kit: Kit): Fields | undefined {
  const { thinking, reasoning_effort: effort } = params
  if (!thinking && !effort) return undefined
  const { budget, levels } = kit.facts
  if (thinking?.type === 'disabled' || (!thinking && effort === 'none')) {
    return off(thinking ? 'thinking' : 'reasoning_effort', kit)
  }
  if (!budget && levels.length === 0) {
    kit.report.unsupported(thinking ? 'thinking' : 'reasoning_effort', "this model's thinking can't be set")
    return undefined
  }
  const config = budget ? byBudget(thinking, effort, budget, kit) : byLevel(thinking, effort, kit)
  return (
    config && { ...config, includeThoughts: !(thinking && 'display' in thinking && thinking.display === 'omitted') }
  )
}

function off(param: string, { facts, report }: Kit): Fields | undefined {
  const { budget, levels } = facts
  if (budget?.off) return { thinkingBudget: 0 }
  if (!budget && levels.length === 0) return undefined
  if (levels.includes('minimal')) {
    report.changed(param, "This model can't be kept from thinking: 'minimal' is sent, with which it hardly does.")
    return levelField('minimal')
  }
  report.unsupported(param, "this model always thinks: use reasoning_effort 'low' for the least")
  return undefined
}

function byBudget(
  thinking: Thinking | undefined,
  effort: string | null | undefined,
  range: Budget,
  kit: Kit,
): Fields | undefined {
  if (thinking?.type === 'enabled') {
    return { thinkingBudget: within(thinking.budget_tokens, range, kit) }
  }
  // -1 is as much as the model sees fit
  if (!effort || effort === 'none') return { thinkingBudget: -1 }
  const tokens = budgets.get(effort)
  if (tokens === undefined) {
    kit.report.unsupported('reasoning_effort', `'${effort}' is none of none, ${ladder.join(', ')}`)
    return undefined
  }
  return { thinkingBudget: Math.min(Math.max(tokens, range.least), range.most) }
}

function within(tokens: number, { least, most }: Budget, kit: Kit): number {
  const fit = Math.min(Math.max(tokens, least), most)
  if (fit !== tokens) {
    kit.report.changed('thinking', `This model takes a budget from ${least} to ${most} tokens: ${fit} is sent.`)
  }
  return fit
}

function byLevel(thinking: Thinking | undefined, effort: string | null | undefined, kit: Kit): Fields | undefined {
  if (effort && effort !== 'none') return fromEffort(effort, kit)
  if (thinking?.type !== 'enabled') return {}
  const level = nearest(levelOf(thinking.budget_tokens), kit)
  kit.report.changed('thinking', `This model takes a level of thinking and no budget: '${level}' is sent.`)
  return levelField(level)
}

function fromEffort(effort: string, kit: Kit): Fields | undefined {
  if (!ladder.includes(effort)) {
    kit.report.unsupported('reasoning_effort', `'${effort}' is none of none, ${ladder.join(', ')}`)
    return undefined
  }
  const level = nearest(effort, kit)
  if (level !== effort) {
    kit.report.changed('reasoning_effort', `This model has no level '${effort}' of thinking: '${level}' is sent.`)
  }
  return levelField(level)
}

/** The level itself, or the next that the model has: a medium that isn't there is a high to Google too. */
function nearest(effort: string, { facts: { levels } }: Kit): Level {
  const wanted = ladder.indexOf(effort)
  return levels.find((level) => ladder.indexOf(level) >= wanted) ?? 'high'
}

const levelField = (level: Level): Fields => ({ thinkingLevel: level.toUpperCase() })

function levelOf(budget: number): Level {
  if (budget <= 1024) return 'low'
  return budget <= 8192 ? 'medium' : 'high'
}
