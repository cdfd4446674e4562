import type { ChatParams } from '../../../src/types/chat.js'
import type { Kit } from './kit.js'
import { type Fields, isFields } from './wire.js'

/** Tokens to think with, for efforts below the model's own. Undefined is without a limit. */
const budgets: ReadonlyMap<string, number | undefined> = new Map([
  ['minimal', 512],
  ['low', 1024],
  ['medium', 4096],
  ['high', undefined],
  ['xhigh', undefined],
  ['max', undefined],
])

/** `reasoning_effort` and `thinking` as Cohere's `thinking`. Models that think do so unasked. https://docs.cohere.com/docs/reasoning */
export function encodeThinking({ thinking, reasoning_effort }: ChatParams, kit: Kit): Fields | undefined {
  if (isFields(thinking)) {
    // Cohere's own shape, or Anthropic's
    const { type, budget_tokens: budget, display: _, ...own } = thinking as Fields
    if (type === 'disabled') return off(kit)
    if (!kit.facts.thinks) return refuse('thinking', kit)
    return { type: 'enabled', ...(typeof budget === 'number' && { token_budget: budget }), ...own }
  }
  const effort = reasoning_effort ?? undefined
  if (effort === undefined) return undefined
  if (effort === 'none') return off(kit)
  if (!kit.facts.thinks) return refuse('reasoning_effort', kit)
  const budget = budgets.get(effort)
  if (budget === undefined) return { type: 'enabled' }
  kit.report.changed('reasoning_effort', `'${effort}' is sent as a budget of ${budget} tokens to think with.`)
  return { type: 'enabled', token_budget: budget }
}

/** What doesn't think needs not be told. */
const off = ({ facts }: Kit): Fields | undefined => (facts.thinks ? { type: 'disabled' } : undefined)

function refuse(param: string, { report }: Kit): undefined {
  report.unsupported(param, 'this model does not think')
}
