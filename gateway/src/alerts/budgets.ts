import type { BudgetState } from '../ledger/reader.js'
import type { ControlEvent } from '../types.js'
import type { Alert } from './types.js'

type BudgetEvent = Extract<ControlEvent, { kind: 'budget' }>

/** LiteLLM's fields of a webhook about a subject. */
const subjectFields = (scope: string, id: string, alias: string | null, email: string | null) => ({
  event_group: scope === 'user' ? 'internal_user' : scope === 'gateway' ? 'proxy' : scope,
  token: scope === 'key' ? id : null,
  key_alias: scope === 'key' ? alias : null,
  team_id: scope === 'team' ? id : null,
  user_id: scope === 'user' ? id : null,
  customer_id: scope === 'customer' ? id : null,
  tag: scope === 'tag' ? id : null,
  user_email: email,
})

const named = (id: string, alias: string | null) => (alias ? `\`${id}\` (\`${alias}\`)` : `\`${id}\``)

/** The alert of a budget that has passed a threshold. */
export function budgetAlert(
  { scope, id, alias, spend, budget, percent, state }: BudgetEvent,
  email: string | null,
): Alert {
  const what =
    state === 'soft'
      ? 'the soft budget is reached'
      : percent >= 100
        ? 'the budget is used up'
        : `${percent} % of the budget is used`
  const most = Number.isFinite(budget) ? budget : null
  return {
    type: 'budget_alerts',
    level: percent >= 100 ? 'High' : 'Medium',
    message: [
      `Budget of ${scope} ${named(id, alias)}: ${what}.`,
      `*spend:* \`${spend}\``,
      ...(most === null ? [] : [`*max_budget:* \`${most}\``]),
      `*${scope}_id:* \`${id}\``,
    ].join('\n'),
    subject: `${scope} ${id} ${state} ${percent} ${budget}`,
    fields: {
      ...subjectFields(scope, id, alias, email),
      event: state === 'soft' ? 'soft_budget_crossed' : percent >= 100 ? 'budget_crossed' : 'threshold_crossed',
      spend,
      max_budget: most,
      percent: state === 'soft' ? null : percent,
    },
    ...(email && { to: [email] }),
  }
}

/** Shortest part of a period after which its spend says something about the rest. */
const shortestPart = 0.1

/** The alert of a budget that will be used up before its period ends, if spending goes on as it does. */
export function projectionAlert(
  { scope, id, alias, spend, limit, from, to }: BudgetState,
  now: number,
  email: string | null,
): Alert | undefined {
  if (from === undefined || to === undefined || spend <= 0 || spend >= limit) return undefined
  const part = (now - from) / (to - from)
  if (part < shortestPart) return undefined
  const projected = spend / part
  if (projected <= limit) return undefined
  const exceeded = new Date(from + (now - from) * (limit / spend)).toISOString()
  const dollars = Number(projected.toPrecision(4))
  return {
    type: 'budget_alerts',
    level: 'Medium',
    message: `Budget of ${scope} ${named(id, alias)}: at this rate it is used up on ${exceeded.slice(0, 10)}.\n*spend:* \`${spend}\`\n*max_budget:* \`${limit}\`\n*projected_spend:* \`${dollars}\``,
    subject: `${scope} ${id} projected ${limit} ${new Date(from).toISOString()}`,
    // once in a period
    quietMs: Math.max(60_000, to - now),
    fields: {
      ...subjectFields(scope, id, alias, email),
      event: 'projected_limit_exceeded',
      spend,
      max_budget: limit,
      projected_spend: dollars,
      projected_exceeded_date: exceeded,
    },
    ...(email && { to: [email] }),
  }
}
