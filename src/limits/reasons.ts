import { specOf } from './account.js'
import type { LimitAccount, LimitCandidate, RejectionReason } from './types.js'

/** Usage of the account that refused, for the sentence. */
export interface RefusedUsage {
  readonly tokens: number
  readonly spent: number
  readonly reserved: number
  /** Milliseconds until its capacity returns, as far as known. */
  readonly freesIn: number | undefined
}

/** Polling interval in milliseconds while capacity depends on the end of another call. */
export const pollMs = 50

/**
 * Explains why an account refused a candidate.
 * @param shared whether the counts are those of all processes
 */
export function limitReason(
  kind: 'parallel' | 'budget' | 'requests' | 'tokens',
  { id }: LimitCandidate,
  account: LimitAccount,
  used: RefusedUsage,
  shared: boolean,
): RejectionReason {
  const { key, requests, parallel, budget } = account
  const name = key === `deployment:${id}` ? '' : `account ${key} `
  const all = shared ? ' by all processes' : ''
  const say = (reason: string, retryAfterMs: number | undefined = used.freesIn): RejectionReason => ({
    kind,
    reason,
    retryAfterMs,
    account: key,
  })
  switch (kind) {
    case 'parallel':
      return say(`${name}has ${parallel} calls in flight${shared ? ' in all processes' : ''}, its maximum`, pollMs)
    case 'budget': {
      const held = used.reserved > 0 ? `, $${used.reserved.toFixed(4)} held for calls in flight` : ''
      const spent = `$${used.spent.toFixed(4)} of $${budget} spent${all}`
      return say(`budget ${key}: ${spent}${held}`, used.reserved > 0 ? pollMs : used.freesIn)
    }
    case 'tokens':
      return say(`${name}has used ${used.tokens} of its ${tokenLimit(account)} tokens ${perWindow(account)}${all}`)
    default:
      return say(`${name}has used its ${requests} requests ${perWindow(account)}${all}`)
  }
}

const tokenLimit = ({ tokens, inputTokens, outputTokens }: LimitAccount) => tokens ?? inputTokens ?? outputTokens

function perWindow(account: LimitAccount): string {
  const { duration } = specOf(account).rates
  if (!duration) return 'in all'
  return duration.ms === 60_000 ? 'a minute' : `per ${duration.count}${duration.unit}`
}
