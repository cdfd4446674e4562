import type { LLMError, RejectionReason } from 'llmux'
import { refuse } from '../refusal.js'
import type { BudgetAccount, RateAccount } from './accounts.js'

/** Refusal of a call whose budget is used up. `spent` is in US dollars. */
export function budgetRefusal(
  { subject, name: account, limit, endsAt }: BudgetAccount,
  spent: number,
  status: number,
  now: number,
  more?: string,
): LLMError {
  const { scope } = subject
  const reset = endsAt === undefined ? '' : ` It is reset at ${new Date(endsAt).toISOString()}.`
  const name = scope === 'gateway' ? 'gateway' : `${scope} ${shownId(subject)}`
  const model = account.startsWith(`${subject.name}/`) ? ` for ${account.slice(subject.name.length + 1)}` : ''
  const end = more === undefined ? '' : ` ${more}`
  return refuse(`The budget of the ${name}${model} is used up: $${spent} of $${limit} spent.${reset}${end}`, {
    status,
    type: 'budget_exceeded',
    retryAfterMs: endsAt === undefined ? 60_000 : endsAt - now,
    headers: status === 429 ? { 'x-should-retry': 'false' } : undefined,
  })
}

/** Refusal of a call on a budget that must not be passed, while the counters of all processes are out of reach. */
export const countersAway = (): LLMError =>
  refuse(
    "The counters of the caller's budget are out of reach, and its 'budget_mode' lets no call pass without them.",
    {
      status: 503,
      type: 'service_unavailable_error',
      retryAfterMs: 5_000,
    },
  )

const shownId = ({ scope, id, alias }: BudgetAccount['subject']) =>
  alias ?? (scope === 'key' ? `${id.slice(0, 8)}…` : id)

const kinds: Readonly<Record<string, string>> = {
  parallel: 'max_parallel_requests',
  requests: 'requests',
  tokens: 'tokens',
}

const words: Readonly<Record<string, string>> = {
  requests: 'requests a minute',
  tokens: 'tokens a minute',
  max_parallel_requests: 'calls at the same time',
}

/** Refusal of a call over a limit of requests, tokens or calls in flight. */
export function rateRefusal(reason: RejectionReason | undefined, rate: RateAccount | undefined, now: number): LLMError {
  const kind = kinds[reason?.kind ?? ''] ?? 'requests'
  const retryAfterMs = Math.max(reason?.kind === 'parallel' ? 1_000 : 0, reason?.retryAfterMs ?? 1_000)
  const { requests, tokens, inputTokens, outputTokens, parallel } = rate?.account ?? {}
  // which of them is reached changes from call to call
  const limits = [
    ...(tokens === undefined ? [] : [String(tokens)]),
    ...(inputTokens === undefined ? [] : [`${inputTokens} input`]),
    ...(outputTokens === undefined ? [] : [`${outputTokens} output`]),
  ].join(' and ')
  const limit = kind === 'requests' ? requests : kind === 'tokens' ? limits : parallel
  const scope = rate?.subject.scope ?? 'gateway'
  const id = rate ? shownId(rate.subject) : ''
  const part = rate?.monthly || !rate?.part ? '' : ` for ${rate.part}`
  const quantity = rate?.monthly ? 'requests a month' : words[kind]
  const reset = new Date(now + retryAfterMs)
  return refuse(
    `The ${scope} ${id} has reached its limit of ${limit} ${quantity}${part}. It frees up at ${reset.toISOString()}.`,
    {
      status: 429,
      type: 'rate_limit_error',
      retryAfterMs,
      headers: {
        rate_limit_type: kind,
        reset_at: `${reset.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
        'x-llmux-limit-scope': scope,
      },
    },
  )
}
