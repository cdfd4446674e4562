import type { Thinking } from '../../../src/types/chat.js'
import { isFields } from '../../fields.js'
import { type Effort, effortLevels, type ModelRules } from '../../models/index.js'
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
    case 'enable_thinking':
      delete body.thinking
      return encodeAsSwitch(thinking, body, scope)
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

/** https://www.alibabacloud.com/help/en/model-studio/deep-thinking */
function encodeAsSwitch(thinking: Thinking, body: Body, { rules, report }: EncodeScope): void {
  if (rules?.reasoning === 'never') {
    if (thinking.type !== 'disabled') report.unsupported('thinking', 'the model does not reason')
    return
  }
  if (body.enable_thinking !== undefined) {
    report.dropped('thinking', 'Left out: enable_thinking is given, and wins.')
  } else if (thinking.type !== 'disabled') {
    switchOn(body, rules)
    if (thinking.type !== 'enabled') return
    // an effort and a budget exclude each other
    if (body.reasoning_effort === undefined) body.thinking_budget ??= thinking.budget_tokens
    else report.dropped('thinking', 'The budget was left out: reasoning_effort is given, and wins.')
  } else if (rules?.reasoning === 'always') {
    report.unsupported('thinking', 'the model always reasons')
  } else {
    body.enable_thinking = false
  }
}

/** Thinking budgets in tokens by effort. The smallest limit of a model with the field is 38,912. */
const switchBudgets: Readonly<Record<string, number>> = Object.freeze({
  minimal: 512,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
})

/** Writes an effort as `enable_thinking` and, for models without levels, a budget. */
function fitSwitch(effort: string, body: Body, { rules, report }: EncodeScope): void {
  if (effort === 'none') {
    delete body.reasoning_effort
    if (rules?.reasoning === 'always') {
      report.unsupported('reasoning_effort', 'the model always reasons')
    } else if (body.enable_thinking === undefined) {
      body.enable_thinking = false
      report.changed('reasoning_effort', 'Sent as enable_thinking: false.')
    }
    return
  }
  if (body.enable_thinking === false) {
    delete body.reasoning_effort
    report.dropped('reasoning_effort', 'Left out: thinking is switched off.')
    return
  }
  switchOn(body, rules)
  if (rules?.efforts.length) {
    const fitted = nearestEffort(effort, rules.efforts)
    if (fitted === effort) return
    body.reasoning_effort = fitted
    report.changed('reasoning_effort', `Sent as '${fitted}': '${effort}' is not a level of this model.`)
    return
  }
  const budget = Object.hasOwn(switchBudgets, effort) ? switchBudgets[effort] : undefined
  delete body.reasoning_effort
  if (budget === undefined) {
    report.unsupported('reasoning_effort', `'${effort}' is not one of none, ${Object.keys(switchBudgets).join(', ')}`)
    return
  }
  if (body.thinking_budget !== undefined) return
  body.thinking_budget = budget
  report.changed('reasoning_effort', `Sent as a thinking_budget of ${budget} tokens: the model has no levels.`)
}

/** Models that always reason have no switch. */
function switchOn(body: Body, rules: ModelRules | undefined): void {
  if (rules?.reasoning !== 'always') body.enable_thinking ??= true
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
  if (context.quirks.thinking === 'enable_thinking' && api === 'chat') return fitSwitch(effort, body, scope)
  if (rules && context.quirks.effortSwitch.includes(rules.maker)) {
    if (effort === 'none' || effort === 'default') return
    body.reasoning_effort = 'default'
    report.changed('reasoning_effort', `Sent as 'default': the model knows 'none' and 'default' only.`)
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
