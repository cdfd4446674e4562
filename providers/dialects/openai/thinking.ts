import type { Thinking } from '../../../src/types/chat.js'
import type { EncodeContext } from '../../contract.js'
import type { Report } from '../../report.js'
import { isFields } from './kit.js'
import { modelFacts } from './models.js'
import type { OpenAIQuirks } from './quirks.js'

type Body = Record<string, unknown>

/** Most tokens of thinking that still count as this effort. The rest is `high`. */
const efforts = [
  [2048, 'low'],
  [8192, 'medium'],
] as const

/** Anthropic's `thinking`, in the words of the host. An effort that the caller gives wins over it. */
export function sayThinking(
  thinking: Thinking,
  body: Body,
  context: EncodeContext<OpenAIQuirks>,
  report: Report,
): void {
  if (!isFields(thinking))
    throw report.invalid('thinking', "it is an object such as { type: 'enabled', budget_tokens: 2048 }")
  switch (context.quirks.thinking) {
    case 'pass':
      return
    case 'reasoning':
      delete body.thinking
      body.reasoning ??= reasoningOf(thinking)
      return
    case 'effort':
      delete body.thinking
      return sayEffort(thinking, body, context, report)
  }
}

/** https://openrouter.ai/docs/use-cases/reasoning-tokens */
function reasoningOf(thinking: Thinking): object {
  if (thinking.type === 'enabled') return { max_tokens: thinking.budget_tokens }
  return { enabled: thinking.type !== 'disabled' }
}

function sayEffort(
  thinking: Thinking,
  body: Body,
  { quirks, model }: EncodeContext<OpenAIQuirks>,
  report: Report,
): void {
  const facts = quirks.openaiModels ? modelFacts(model) : undefined
  if (facts && !facts.reasons) {
    if (thinking.type !== 'disabled') report.unsupported('thinking', 'the model does not reason')
    return
  }
  if (body.reasoning_effort !== undefined) {
    report.dropped('thinking', 'Left out: reasoning_effort is given, and says it.')
    return
  }
  if (thinking.type === 'enabled') {
    const effort = efforts.find(([most]) => thinking.budget_tokens <= most)?.[1] ?? 'high'
    body.reasoning_effort = effort
    report.changed('thinking', `Sent as reasoning_effort '${effort}': a budget of tokens can't be set here.`)
  } else if (thinking.type === 'disabled' && facts?.effortNone) {
    body.reasoning_effort = 'none'
    report.changed('thinking', "Sent as reasoning_effort 'none'.")
  } else {
    report.dropped('thinking', `Left out: '${thinking.type}' has no counterpart here; reasoning_effort has.`)
  }
}
