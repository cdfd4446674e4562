import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields } from './wire.js'

/** Thinking budgets in tokens by effort. Undefined means unlimited. */
const budgets: ReadonlyMap<string, number | undefined> = new Map([
  ['minimal', 512],
  ['low', 1024],
  ['medium', 4096],
  ['high', undefined],
  ['xhigh', undefined],
  ['max', undefined],
])

/**
 * Encodes `reasoning_effort` and `thinking` as Cohere's `thinking`. Reasoning models think by default.
 * https://docs.cohere.com/docs/reasoning
 */
export function encodeThinking({ thinking, reasoning_effort }: ChatParams, scope: EncodeScope): Fields | undefined {
  if (isFields(thinking)) {
    // Cohere's shape or Anthropic's
    const { type, budget_tokens: budget, display: _, ...own } = thinking as Fields
    if (type === 'disabled') return off(scope)
    if (!scope.facts.thinks) return refuse('thinking', scope)
    return { type: 'enabled', ...(typeof budget === 'number' && { token_budget: budget }), ...own }
  }
  const effort = reasoning_effort ?? undefined
  if (effort === undefined) return undefined
  if (effort === 'none') return off(scope)
  if (!scope.facts.thinks) return refuse('reasoning_effort', scope)
  const budget = budgets.get(effort)
  if (budget === undefined) return { type: 'enabled' }
  scope.report.changed('reasoning_effort', `'${effort}' is sent as a thinking budget of ${budget} tokens.`)
  return { type: 'enabled', token_budget: budget }
}

/** Models that don't think need no parameter. */
const off = ({ facts }: EncodeScope): Fields | undefined => (facts.thinks ? { type: 'disabled' } : undefined)

function refuse(param: string, { report }: EncodeScope): undefined {
  report.unsupported(param, 'this model does not think')
}
