import type { Thinking } from '../../../src/types/chat.js'
import { isFields } from '../../fields.js'
import { type Effort, effortLevels } from '../../models/index.js'
import type { EncodeScope } from './scope.js'

type Body = Record<string, unknown>

/** Largest thinking budget in tokens that still counts as this effort. A larger one is `high`. */
const budgets = [
  [2048, 'low'],
  [8192, 'medium'],
] as const

/** Writes Anthropic's `thinking` in the host's terms. An effort given by the caller wins over it. */
export function encodeThinking(thinking: Thinking, body: Body, scope: EncodeScope): void {
  const { report, context } = scope
  if (!isFields(thinking))
    throw report.invalid('thinking', "must be an object such as { type: 'enabled', budget_tokens: 2048 }", thinking)
  switch (context.quirks.thinking) {
    case 'pass':
      return
    case 'reasoning':
      delete body.thinking
      body.reasoning ??= reasoningOf(thinking)
      return
    case 'effort':
      delete body.thinking
      return encodeAsEffort(thinking, body, scope)
  }
}

/** https://openrouter.ai/docs/use-cases/reasoning-tokens */
function reasoningOf(thinking: Thinking): object {
  if (thinking.type === 'enabled') return { max_tokens: thinking.budget_tokens }
  return { enabled: thinking.type !== 'disabled' }
}

function encodeAsEffort(thinking: Thinking, body: Body, { rules, report }: EncodeScope): void {
  if (rules?.reasoning === 'never') {
    if (thinking.type !== 'disabled') report.unsupported('thinking', 'the model does not reason')
    return
  }
  if (body.reasoning_effort !== undefined) {
    report.dropped('thinking', 'Left out: reasoning_effort is given, and wins.')
    return
  }
  if (thinking.type === 'enabled') {
    const effort = budgets.find(([most]) => thinking.budget_tokens <= most)?.[1] ?? 'high'
    body.reasoning_effort = effort
    report.changed('thinking', `Sent as reasoning_effort '${effort}': the provider takes no token budget.`)
  } else if (thinking.type === 'disabled' && rules?.efforts.includes('none')) {
    body.reasoning_effort = 'none'
    report.changed('thinking', "Sent as reasoning_effort 'none'.")
  } else {
    report.dropped('thinking', `Left out: '${thinking.type}' has no counterpart here; use reasoning_effort.`)
  }
}

/** Replaces an effort that the host or the model refuses by the nearest level that it accepts. */
export function fitEffort(body: Body, scope: EncodeScope, api: 'chat' | 'responses'): void {
  const { context, rules, report } = scope
  const effort = body.reasoning_effort
  if (typeof effort !== 'string') return
  if (rules?.reasoning === 'never') {
    delete body.reasoning_effort
    if (effort !== 'none') report.unsupported('reasoning_effort', 'the model does not reason')
    return
  }
  if (effort === 'none' && context.quirks.noneAsThinking && api === 'chat' && rules?.reasoning !== 'always') {
    delete body.reasoning_effort
    body.thinking ??= { type: 'disabled' }
    report.changed('reasoning_effort', "Sent as thinking, because the provider has no effort 'none'.")
    return
  }
  const all = rules?.efforts.length ? rules.efforts : (context.quirks.efforts ?? [])
  const levels = api === 'chat' && rules ? all.filter((level) => !rules.responsesEfforts.includes(level)) : all
  const fitted = nearestEffort(effort, levels)
  if (fitted === effort) return
  if (fitted === undefined) {
    delete body.reasoning_effort
    report.unsupported('reasoning_effort', `the model always reasons, with '${levels[0]}' as its least effort`)
    return
  }
  body.reasoning_effort = fitted
  report.changed('reasoning_effort', `Sent as '${fitted}': '${effort}' is not a level of this model.`)
}

/**
 * The weakest level that is at least as strong, or the strongest one. Unknown words are left to the API.
 * @returns undefined for `none` if the model always reasons
 */
function nearestEffort(effort: string, levels: readonly Effort[]): string | undefined {
  const wanted = (effortLevels as readonly string[]).indexOf(effort)
  if (levels.length === 0 || wanted < 0 || (levels as readonly string[]).includes(effort)) return effort
  if (effort === 'none') return undefined
  return levels.find((level) => effortLevels.indexOf(level) >= wanted) ?? levels.at(-1)
}
