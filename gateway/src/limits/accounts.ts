import type { LimitAccount } from 'llmux'
import type { Directory } from '../keys/directory.js'
import type { SpendBook } from '../ledger/spend-book.js'
import type { StoredRow, SubjectLimits } from '../store/rows.js'
import type { ControlSettings, Principal } from '../types.js'
import { budgetPeriod, namedPeriod, type Period, periodAt, rollingSlots, spanOf } from './durations.js'

/** Kind of a subject with limits. */
export type Scope = 'key' | 'team' | 'member' | 'user' | 'customer' | 'tag' | 'organization' | 'budget' | 'gateway'

/** A subject of a call, with its limits. */
export interface Subject {
  readonly scope: Scope
  readonly id: string
  readonly alias: string | null
  /** Name in the table of spend, such as `key:{hash}`. */
  readonly name: string
  readonly epoch: number
  readonly limits: EffectiveLimits
  /** Whether calls of it are refused. */
  readonly blocked: boolean
  /** Whether its spend is kept in memory: clients make up tags without end. Those without a row are in the daily sums alone. */
  readonly counted: boolean
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
  /** Names of the periods whose sums count; several for a rolling budget. */
  readonly counted: readonly string[]
  /** End of the current slot of a rolling budget, in milliseconds since 1970. */
  readonly slotEndsAt: number | undefined
  /** US dollars; infinite for a soft budget alone. */
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
  /** Where the requests of a month are kept; undefined for limits of a minute. */
  readonly monthly?: SpendPlace | undefined
  readonly account: LimitAccount
}

/** Everything that a call is counted on. */
export interface CallAccounts {
  readonly subjects: readonly Subject[]
  readonly budgets: readonly BudgetAccount[]
  readonly rates: readonly RateAccount[]
  /** Rows of the table of spend that the call is added to. */
  readonly spend: readonly SpendPlace[]
  /** Periods whose sums are the spend of the first subject, the key. */
  readonly counted: readonly string[]
}

/** A row of the table of spend. */
export interface SpendPlace {
  readonly subject: string
  readonly period: string
  /** Whether it counts requests rather than money. */
  readonly requests?: boolean | undefined
}

/** Name of a period of a subject's spend. Without a duration it has no end. */
function periodName(epoch: number, period: Period | undefined, now: number): string {
  if (!period) return epoch === 0 ? total : `${epoch}||`
  let known = named.get(period)
  if (!known || now < known.from || now >= known.to) {
    const { from, to } = periodAt(now, period)
    known = { from, to, text: `|${period.name}|${new Date(from).toISOString()}` }
    named.set(period, known)
  }
  return `${epoch}${known.text}`
}

/** The names of the periods of now: every call asks for several, and a date in text is a part of each. */
const named = new WeakMap<Period, { readonly from: number; readonly to: number; readonly text: string }>()

/** Name of the period that never ends and is never reset. */
export const total = 'total'

/** When a period of the table of spend has ended; undefined if it never does. A slot of a rolling period counts for its whole length. */
export function periodEnd(name: string): number | undefined {
  const [, duration, from] = name.split('|')
  const period = duration ? namedPeriod(duration) : undefined
  if (!period || !from) return undefined
  return period.rolling ? periodAt(Date.parse(from), period).to + spanOf(period) : periodAt(Date.parse(from), period).to
}

/** Names of the periods whose sums are the spend that counts now. */
export function countedPeriods(epoch: number, period: Period | undefined, now: number): string[] {
  if (!period?.rolling) return [periodName(epoch, period, now)]
  const slot = spanOf(period) / rollingSlots
  // a slot counts until it has left the period completely
  return Array.from({ length: rollingSlots + 1 }, (_, at) => periodName(epoch, period, now - at * slot))
}

/** Limits with the time zone of their periods. */
export interface ZonedLimits {
  readonly budget_duration?: string | null
  readonly timezone?: string | undefined
}

const periodOf = ({ budget_duration, timezone }: ZonedLimits) =>
  budget_duration ? budgetPeriod(budget_duration, timezone) : undefined

/** Name of the current period of a row with limits. */
export const currentPeriod = (row: ZonedLimits, epoch: number, now: number): string =>
  periodName(epoch, periodOf(row), now)

/** Spend of a subject that counts on the budget of a row with limits, in 10⁻⁹ US dollars. */
export const currentSpend = (
  book: Pick<SpendBook, 'get'>,
  name: string,
  row: ZonedLimits,
  epoch: number,
  now: number,
): bigint => countedPeriods(epoch, periodOf(row), now).reduce((sum, period) => sum + book.get(name, period), 0n)

/** When the budget of a row is reset, as ISO 8601. Rolling budgets never are. */
export function resetAt(row: ZonedLimits, now: number): string | null {
  const period = periodOf(row)
  return period && !period.rolling ? new Date(periodAt(now, period).to).toISOString() : null
}

interface OwnLimits extends Partial<SubjectLimits> {
  readonly budget_id?: string | null
  readonly blocked?: boolean | null
}

export type EffectiveLimits = Partial<SubjectLimits> & ZonedLimits

/** Limits of a row; open ones come from the budget that it refers to, unless that is spent by all of its subjects together. */
export function effectiveLimits(directory: Directory, row: OwnLimits): EffectiveLimits {
  const { timezone } = directory
  const budget = row.budget_id ? directory.get('budgets', row.budget_id) : undefined
  if (!budget || budget.shared) return timezone === undefined ? row : { ...row, timezone }
  const own = Object.entries(row).filter(([, value]) => value !== null && value !== undefined && !isEmpty(value))
  const extra = { ...budget.extra, ...(row as { extra?: object }).extra }
  return { ...budget, ...Object.fromEntries(own), extra, timezone } as EffectiveLimits
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
  const shared = new Set<string>()
  const add = (
    scope: Scope,
    id: string,
    alias: string | null,
    row: (OwnLimits & Pick<StoredRow, 'spend_epoch'>) | undefined,
  ) => {
    const metadata = (row as { metadata?: Readonly<Record<string, unknown>> } | undefined)?.metadata ?? {}
    const limits = row ? effectiveLimits(directory, row) : {}
    const budget = row?.budget_id ? directory.get('budgets', row.budget_id) : undefined
    const blocked = row?.blocked === true
    found.push({
      ...{ scope, id, alias, name: `${scope}:${id}`, epoch: row?.spend_epoch ?? 0, limits, metadata },
      blocked: blocked || (budget?.blocked === true && !budget.shared),
      counted: scope !== 'tag' || row !== undefined,
    })
    if (budget?.shared) shared.add(budget.budget_id)
  }
  add('key', principal.keyHash, principal.keyAlias, key)
  if (team) add('team', team.team_id, team.team_alias, team)
  if (principal.teamId && principal.userId) {
    add('member', `${principal.teamId}/${principal.userId}`, null, membership)
  }
  // as in LiteLLM, the limits of a person hold for personal keys; a team's keys live by the team's
  const free = team !== undefined && settings.userBudgetOnTeamKeys !== true
  if (principal.userId)
    add('user', principal.userId, user?.user_alias ?? null, free && user ? withoutLimits(user) : user)
  if (principal.organizationId) {
    const organization = directory.get('organizations', principal.organizationId)
    add('organization', principal.organizationId, organization?.organization_alias ?? null, organization)
  }
  if (customerId) {
    const customer = directory.get('customers', customerId)
    const fallback = settings.maxEndUserBudget === undefined ? {} : { max_budget: settings.maxEndUserBudget }
    const { spend_epoch = 0, blocked = false } = customer ?? {}
    const { endUserBudgetId: standard } = settings
    // a name without a budget must not take the place of the amount
    const isKnown = standard !== undefined && directory.get('budgets', standard) !== undefined
    const budget_id = customer?.budget_id ?? (isKnown ? standard : undefined)
    const limits = budget_id ? { budget_id } : fallback
    add('customer', customerId, customer?.alias ?? null, { spend_epoch, blocked, ...limits })
  }
  for (const tag of tags) add('tag', tag, null, directory.get('tags', tag))
  for (const id of shared) {
    const budget = directory.get('budgets', id)
    if (budget) add('budget', id, null, budget)
  }
  const { maxBudget, budgetDuration, gatewayLimits } = settings
  add('gateway', 'all', null, {
    spend_epoch: 0,
    ...gatewayLimits,
    ...(maxBudget !== undefined && { max_budget: maxBudget, budget_duration: budgetDuration ?? null }),
    ...{ metadata: gatewayLimits },
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
  const spend: SpendPlace[] = []
  for (const subject of subjects) {
    const { limits, epoch, name, metadata } = subject
    if (!subject.counted) continue
    spend.push({ subject: name, period: total })
    const main = currentPeriod(limits, epoch, now)
    if (main !== total) spend.push({ subject: name, period: main })
    for (const window of windowsOf(limits, now)) {
      const account = budgetAccount(subject, name, window, now)
      budgets.push(account)
      const place = { subject: name, period: account.period }
      if (place.period !== main && place.period !== total && !spend.some((known) => isSame(known, place)))
        spend.push(place)
    }
    const ofModel = modelBudget(limits.model_max_budget, model, limits.timezone)
    if (ofModel) {
      const account = budgetAccount(subject, `${name}/${model}`, ofModel, now)
      budgets.push(account)
      spend.push({ subject: account.name, period: account.period })
    }
    const { rpm_limit, tpm_limit, max_parallel_requests, itpm_limit, otpm_limit, monthly_request_limit } = limits
    const rate = rateAccount(subject, undefined, rpm_limit, tpm_limit, max_parallel_requests, itpm_limit, otpm_limit)
    if (rate) rates.push(rate)
    if (monthly_request_limit != null) {
      const month = monthAccount(subject, monthly_request_limit, now)
      rates.push(month)
      spend.push({ ...month.monthly, requests: true })
    }
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
  const [first] = subjects
  const counted = first ? countedPeriods(first.epoch, periodOf(first.limits), now) : []
  return { subjects, budgets, rates, spend, counted }
}

/**
 * Milliseconds since 1970 until which the accounts of a call stay as they are, if nothing is changed: calendar periods begin at whole
 * seconds, slots of rolling ones and the end of a temporary increase at any time.
 */
export function accountsUntil({ subjects, budgets }: CallAccounts, now: number): number {
  let until = (Math.floor(now / 1_000) + 1) * 1_000
  for (const { slotEndsAt } of budgets) if (slotEndsAt !== undefined) until = Math.min(until, slotEndsAt)
  for (const { limits } of subjects) {
    const period = periodOf(limits)
    if (period?.rolling) until = Math.min(until, periodAt(now, period).to)
    if (temporaryIncrease(limits, now) !== 0) until = now
  }
  return until
}

interface Window {
  readonly limit: number
  readonly soft?: number | undefined
  readonly period: Period | undefined
  readonly rpm?: number | undefined
  readonly tpm?: number | undefined
}

/** The budgets of a subject for all models. `further` are those of `budget_limits`. */
export function windowsOf(limits: EffectiveLimits, now: number): (Window & { readonly further: boolean })[] {
  const found: (Window & { readonly further: boolean })[] = []
  const { max_budget, soft_budget, budget_limits, timezone } = limits
  const increase = temporaryIncrease(limits, now)
  const soft = soft_budget ?? undefined
  const limit = typeof max_budget === 'number' ? max_budget + increase : Number.POSITIVE_INFINITY
  if (Number.isFinite(limit) || soft !== undefined)
    found.push({ limit, soft, period: periodOf(limits), further: false })
  for (const entry of budget_limits ?? []) {
    const window = windowOf(entry, timezone)
    if (window) found.push({ ...window, further: true })
  }
  return found
}

const isSame = (one: SpendPlace, other: SpendPlace) => one.subject === other.subject && one.period === other.period

function temporaryIncrease(limits: object, now: number): number {
  const row = limits as Record<string, unknown>
  const extra = row.extra as Record<string, unknown> | undefined
  const { temp_budget_increase = extra?.temp_budget_increase, temp_budget_expiry = extra?.temp_budget_expiry } = row
  if (typeof temp_budget_increase !== 'number') return 0
  // an end that can't be read is no reason to spend more
  return typeof temp_budget_expiry === 'string' && !(Date.parse(temp_budget_expiry) > now) ? 0 : temp_budget_increase
}

/** Reads `{ budget_limit | max_budget, time_period | budget_duration }`. */
function windowOf(entry: unknown, timezone: string | undefined): Window | undefined {
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
  return { limit, period: typeof word === 'string' ? budgetPeriod(word, timezone) : undefined, ...rates }
}

function modelBudget(budgets: unknown, model: string, timezone: string | undefined): Window | undefined {
  if (typeof budgets !== 'object' || budgets === null || !Object.hasOwn(budgets, model)) return undefined
  return windowOf((budgets as Record<string, unknown>)[model], timezone)
}

function budgetAccount(subject: Subject, name: string, { limit, soft, period }: Window, now: number): BudgetAccount {
  const key = periodName(subject.epoch, period, now)
  const span = period && periodAt(now, period)
  return {
    subject,
    name,
    period: key,
    counted: countedPeriods(subject.epoch, period, now),
    slotEndsAt: period?.rolling ? span?.to : undefined,
    limit,
    soft,
    endsAt: period?.rolling ? undefined : span?.to,
    // the period is part of the key, so a reset is a new account; the window lets the store drop the old one
    account: {
      key: `budget:${name}|${key}`,
      budget: Math.max(0, limit),
      ...(period && span && { budgetWindow: windowFor(period, span) }),
    },
  }
}

/** The stores count calendar periods in UTC. In other zones, and for slots of a rolling period, the window only has to last long enough. */
const windowFor = ({ name, zone, rolling }: Period, { from, to }: { from: number; to: number }) =>
  zone === undefined && !rolling
    ? { duration: name, type: 'calendar' as const }
    : { duration: `${Math.ceil((to - from) / 1_000)}s`, type: 'rolling' as const }

/** Requests of a subject in the current month. */
function monthAccount(subject: Subject, requests: number, now: number) {
  const { limits, name, epoch } = subject
  const month = budgetPeriod('1mo', limits.timezone)
  const period = periodName(epoch, month, now)
  const span = periodAt(now, month ?? { name: '1mo', count: 1, unit: 'mo' })
  const monthly = { subject: `requests:${name}`, period }
  const window = month ? windowFor(month, span) : undefined
  return { subject, part: 'a month', monthly, account: { key: `requests:${name}|${period}`, requests, window } }
}

function rateAccount(
  subject: Subject,
  part: string | undefined,
  requests: number | null | undefined,
  tokens: number | null | undefined,
  parallel: number | null | undefined,
  inputTokens?: number | null,
  outputTokens?: number | null,
): RateAccount | undefined {
  const found = [
    ['requests', asNumber(requests)],
    ['tokens', asNumber(tokens)],
    ['inputTokens', asNumber(inputTokens)],
    ['outputTokens', asNumber(outputTokens)],
    ['parallel', asNumber(parallel)],
  ] as const
  const limits: Partial<LimitAccount> = Object.fromEntries(found.filter(([, value]) => value !== undefined))
  if (Object.keys(limits).length === 0) return undefined
  const key = part === undefined ? subject.name : `${subject.name}/${part}`
  return { subject, part, account: { key, ...limits } }
}

/** A limit, also one of metadata that no route has checked. */
const asNumber = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : undefined

function numberOf(map: unknown, name: string): number | undefined {
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, name)) return undefined
  return asNumber((map as Record<string, unknown>)[name])
}
