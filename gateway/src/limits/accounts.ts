import type { LimitAccount } from 'llmux'
import type { Directory } from '../keys/directory.js'
import type { StoredRow, SubjectLimits } from '../store/rows.js'
import type { ControlSettings, Principal } from '../types.js'
import { budgetPeriod, type Period, periodAt } from './durations.js'

/** Kind of a subject with limits. */
export type Scope = 'key' | 'team' | 'member' | 'user' | 'customer' | 'tag' | 'organization' | 'gateway'

/** A subject of a call, with its limits. */
export interface Subject {
  readonly scope: Scope
  readonly id: string
  readonly alias: string | null
  /** Name in the table of spend, such as `key:{hash}`. */
  readonly name: string
  readonly epoch: number
  readonly limits: Partial<SubjectLimits>
  /** `model_rpm_limit`, `model_tpm_limit`, `tag_rpm_limit` and temporary increases. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One budget of a subject in its current period. */
export interface BudgetAccount {
  readonly subject: Subject
  /** Name in the table of spend; the model is part of it for budgets of a model. */
  readonly name: string
  /** Name of the period in the table of spend. */
  readonly period: string
  /** US dollars. */
  readonly limit: number
  readonly soft: number | undefined
  /** End of the period, in milliseconds since 1970. */
  readonly endsAt: number | undefined
  readonly account: LimitAccount
}

/** Rate limits of a subject, or of one model or tag within it. */
export interface RateAccount {
  readonly subject: Subject
  /** `gpt-4o` for a limit of one model. */
  readonly part: string | undefined
  readonly account: LimitAccount
}

/** Everything that a call is counted on. */
export interface CallAccounts {
  readonly subjects: readonly Subject[]
  readonly budgets: readonly BudgetAccount[]
  readonly rates: readonly RateAccount[]
  /** Rows of the table of spend that the call is added to. */
  readonly spend: readonly { readonly subject: string; readonly period: string }[]
}

/** Name of a period of a subject's spend. Without a duration it has no end. */
export function periodName(epoch: number, period: Period | undefined, now: number): string {
  if (!period) return epoch === 0 ? total : `${epoch}||`
  return `${epoch}|${period.name}|${new Date(periodAt(now, period).from).toISOString()}`
}

/** Name of the period that never ends and is never reset. */
export const total = 'total'

/** When a period of the table of spend has ended; undefined if it never does. */
export function periodEnd(name: string): number | undefined {
  const [, duration, from] = name.split('|')
  const period = duration ? budgetPeriod(duration) : undefined
  return period && from ? periodAt(Date.parse(from), period).to : undefined
}

/** Name of the current period of a row with limits. */
export const currentPeriod = (row: { budget_duration?: string | null }, epoch: number, now: number): string =>
  periodName(epoch, row.budget_duration ? budgetPeriod(row.budget_duration) : undefined, now)

/** When the budget of a row is reset, as ISO 8601. */
export function resetAt({ budget_duration }: { budget_duration?: string | null }, now: number): string | null {
  const period = budget_duration ? budgetPeriod(budget_duration) : undefined
  return period ? new Date(periodAt(now, period).to).toISOString() : null
}

interface OwnLimits extends Partial<SubjectLimits> {
  readonly budget_id?: string | null
}

/** Limits of a row; open ones come from the budget that it refers to. */
export function effectiveLimits(directory: Directory, row: OwnLimits): Partial<SubjectLimits> {
  const shared = row.budget_id ? directory.get('budgets', row.budget_id) : undefined
  if (!shared) return row
  const own = Object.entries(row).filter(([, value]) => value !== null && value !== undefined && !isEmpty(value))
  return { ...shared, ...Object.fromEntries(own) }
}

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** The subjects that a call by this caller is counted on. */
export function subjectsOf(
  directory: Directory,
  settings: ControlSettings,
  principal: Principal,
  customerId: string | null,
  tags: readonly string[],
): Subject[] {
  const { key, team, user, membership } = principal
  const found: Subject[] = []
  const add = (
    scope: Scope,
    id: string,
    alias: string | null,
    row: (OwnLimits & Pick<StoredRow, 'spend_epoch'>) | undefined,
  ) => {
    const metadata = (row as { metadata?: Readonly<Record<string, unknown>> } | undefined)?.metadata ?? {}
    const limits = row ? effectiveLimits(directory, row) : {}
    found.push({ scope, id, alias, name: `${scope}:${id}`, epoch: row?.spend_epoch ?? 0, limits, metadata })
  }
  add('key', principal.keyHash, principal.keyAlias, key)
  if (team) add('team', team.team_id, team.team_alias, team)
  if (principal.teamId && principal.userId) {
    add('member', `${principal.teamId}/${principal.userId}`, null, membership)
  }
  // as in LiteLLM, the limits of a person hold for personal keys; a team's keys live by the team's
  if (principal.userId)
    add('user', principal.userId, user?.user_alias ?? null, team && user ? withoutLimits(user) : user)
  if (principal.organizationId) {
    const organization = directory.get('organizations', principal.organizationId)
    add('organization', principal.organizationId, organization?.organization_alias ?? null, organization)
  }
  if (customerId) {
    const customer = directory.get('customers', customerId)
    const fallback = settings.maxEndUserBudget === undefined ? {} : { max_budget: settings.maxEndUserBudget }
    const shared = customer?.budget_id ? { budget_id: customer.budget_id } : fallback
    add('customer', customerId, customer?.alias ?? null, { spend_epoch: customer?.spend_epoch ?? 0, ...shared })
  }
  for (const tag of tags) add('tag', tag, null, directory.get('tags', tag))
  const { maxBudget, budgetDuration } = settings
  add('gateway', 'all', null, {
    spend_epoch: 0,
    ...(maxBudget !== undefined && { max_budget: maxBudget, budget_duration: budgetDuration ?? null }),
  })
  return found
}

const withoutLimits = ({
  spend_epoch,
  budget_duration,
  metadata,
}: StoredRow & SubjectLimits & { metadata: unknown }) => ({
  spend_epoch,
  budget_duration,
  metadata,
})

/** The accounts of a call for one model. */
export function accountsOf(
  subjects: readonly Subject[],
  model: string,
  tags: readonly string[],
  now: number,
): CallAccounts {
  const budgets: BudgetAccount[] = []
  const rates: RateAccount[] = []
  const spend: { subject: string; period: string }[] = []
  for (const subject of subjects) {
    const { limits, epoch, name, metadata } = subject
    spend.push({ subject: name, period: total })
    const main = currentPeriod(limits, epoch, now)
    if (main !== total) spend.push({ subject: name, period: main })
    for (const window of windowsOf(limits, now)) {
      const account = budgetAccount(subject, name, window, now)
      budgets.push(account)
      if (account.period !== main && account.period !== total) spend.push({ subject: name, period: account.period })
    }
    const ofModel = modelBudget(limits.model_max_budget, model)
    if (ofModel) {
      const account = budgetAccount(subject, `${name}/${model}`, ofModel, now)
      budgets.push(account)
      spend.push({ subject: account.name, period: account.period })
    }
    const rate = rateAccount(subject, undefined, limits.rpm_limit, limits.tpm_limit, limits.max_parallel_requests)
    if (rate) rates.push(rate)
    const part = rateAccount(
      subject,
      model,
      numberOf(metadata.model_rpm_limit, model) ?? ofModel?.rpm,
      numberOf(metadata.model_tpm_limit, model) ?? ofModel?.tpm,
      undefined,
    )
    if (part) rates.push(part)
    for (const tag of tags) {
      const limited = rateAccount(subject, `tag ${tag}`, numberOf(metadata.tag_rpm_limit, tag), undefined, undefined)
      if (limited) rates.push(limited)
    }
  }
  return { subjects, budgets, rates, spend }
}

interface Window {
  readonly limit: number
  readonly soft?: number | undefined
  readonly period: Period | undefined
  readonly rpm?: number | undefined
  readonly tpm?: number | undefined
}

function windowsOf(limits: Partial<SubjectLimits>, now: number): Window[] {
  const found: Window[] = []
  const { max_budget, soft_budget, budget_duration, budget_limits } = limits
  const increase = temporaryIncrease(limits, now)
  if (typeof max_budget === 'number') {
    const period = budget_duration ? budgetPeriod(budget_duration) : undefined
    found.push({ limit: max_budget + increase, soft: soft_budget ?? undefined, period })
  }
  for (const entry of budget_limits ?? []) {
    const window = windowOf(entry)
    if (window) found.push(window)
  }
  return found
}

function temporaryIncrease(limits: object, now: number): number {
  const { temp_budget_increase, temp_budget_expiry } = limits as Record<string, unknown>
  if (typeof temp_budget_increase !== 'number') return 0
  return typeof temp_budget_expiry === 'string' && Date.parse(temp_budget_expiry) < now ? 0 : temp_budget_increase
}

/** Reads `{ budget_limit | max_budget, time_period | budget_duration }`. */
function windowOf(entry: unknown): Window | undefined {
  if (typeof entry === 'number') return { limit: entry, period: undefined }
  if (typeof entry !== 'object' || entry === null) return undefined
  const { budget_limit, max_budget, time_period, budget_duration, rpm_limit, tpm_limit } = entry as Record<
    string,
    unknown
  >
  const limit = Number(budget_limit ?? max_budget)
  const word = time_period ?? budget_duration
  const rates = { rpm: asNumber(rpm_limit), tpm: asNumber(tpm_limit) }
  if (!Number.isFinite(limit)) return undefined
  return { limit, period: typeof word === 'string' ? budgetPeriod(word) : undefined, ...rates }
}

function modelBudget(budgets: unknown, model: string): Window | undefined {
  if (typeof budgets !== 'object' || budgets === null || !Object.hasOwn(budgets, model)) return undefined
  return windowOf((budgets as Record<string, unknown>)[model])
}

function budgetAccount(subject: Subject, name: string, { limit, soft, period }: Window, now: number): BudgetAccount {
  const key = periodName(subject.epoch, period, now)
  return {
    subject,
    name,
    period: key,
    limit,
    soft,
    endsAt: period ? periodAt(now, period).to : undefined,
    // the period is part of the key, so a reset is a new account; the window lets the store drop the old one
    account: {
      key: `budget:${name}|${key}`,
      budget: Math.max(0, limit),
      ...(period && { budgetWindow: { duration: period.name, type: 'calendar' as const } }),
    },
  }
}

function rateAccount(
  subject: Subject,
  part: string | undefined,
  requests: number | null | undefined,
  tokens: number | null | undefined,
  parallel: number | null | undefined,
): RateAccount | undefined {
  if (requests == null && tokens == null && parallel == null) return undefined
  const key = part === undefined ? subject.name : `${subject.name}/${part}`
  return {
    subject,
    part,
    account: { key, requests: requests ?? undefined, tokens: tokens ?? undefined, parallel: parallel ?? undefined },
  }
}

const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)

function numberOf(map: unknown, name: string): number | undefined {
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, name)) return undefined
  return asNumber((map as Record<string, unknown>)[name])
}
