import { z } from 'zod'
import { budgetPeriod } from '../limits/durations.js'
import { badRequest } from '../refusal.js'
import type { SubjectLimits } from '../store/rows.js'
import { hashKey } from '../store/secrets.js'
import type { AdminRequest } from '../types.js'

/** A body, or a part of it. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The body of a request, which must be a JSON object. */
export function bodyOf({ body }: AdminRequest): Fields {
  if (!isFields(body)) throw badRequest(`The body must be a JSON object; ${got(body)}.`, 'body')
  return body
}

const got = (value: unknown) => (value === undefined ? 'got none' : `got ${JSON.stringify(value)?.slice(0, 80)}`)

const wrong = (name: string, what: string, value: unknown) =>
  badRequest(`'${name}' must be ${what}; ${got(value)}.`, name)

const longestText = 2_000

const textKind = z
  .string()
  .max(longestText)
  .refine((value) => !value.includes('\0'))

/** Types of fields. The readers below check values with them, and the OpenAPI document is made of them. */
export const kinds = {
  text: textKind,
  flag: z.boolean(),
  amount: z.number().min(0),
  count: z.int().min(0),
  texts: z.array(textKind),
  object: z.record(z.string(), z.unknown()),
  list: z.array(z.unknown()),
  duration: textKind.refine((value) => budgetPeriod(value) !== undefined),
  time: textKind.refine((value) => !Number.isNaN(Date.parse(value))),
  rates: z.record(z.string(), z.int().min(0).nullable()),
} as const

/** Reads a field that may be left out or null. */
function read<Kind extends z.ZodType>(
  fields: Fields,
  name: string,
  kind: Kind,
  what: string,
): z.output<Kind> | null | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return value
  const { success, data } = kind.safeParse(unquoted(kind, value))
  if (!success) throw wrong(name, what, value)
  return data
}

const quotable: readonly z.ZodType[] = [kinds.amount, kinds.count, kinds.flag]

/** Scripts quote numbers and booleans, since variables of a shell are texts. */
function unquoted(kind: z.ZodType, value: unknown): unknown {
  if (typeof value !== 'string' || !quotable.includes(kind)) return value
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  return /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value
}

/** A field that may be left out or null. */
export function text(fields: Fields, name: string): string | null | undefined {
  const value = fields[name]
  if (typeof value === 'string') checkText(name, value)
  return read(fields, name, kinds.text, 'a string')
}

/** Databases store no NUL, and ids are no documents. */
function checkText(name: string, value: string): void {
  if (value.includes('\0')) throw badRequest(`'${name}' must not contain the character U+0000.`, name)
  if (value.length > longestText)
    throw badRequest(`'${name}' must have at most ${longestText} characters; got ${value.length}.`, name)
}

export function requiredText(fields: Fields, name: string): string {
  const value = text(fields, name)
  if (!value) throw wrong(name, 'a string', fields[name])
  return value
}

export const flag = (fields: Fields, name: string) => read(fields, name, kinds.flag, 'a boolean')

/** A number that is 0 or more. */
export const amount = (fields: Fields, name: string) => read(fields, name, kinds.amount, 'a number, 0 or more')

export function count(fields: Fields, name: string): number | null | undefined {
  amount(fields, name)
  return read(fields, name, kinds.count, 'an integer')
}

export function texts(fields: Fields, name: string): readonly string[] | null | undefined {
  const value = fields[name]
  if (Array.isArray(value)) for (const entry of value) if (typeof entry === 'string') checkText(name, entry)
  return read(fields, name, kinds.texts, 'a list of strings')
}

export function requiredTexts(fields: Fields, name: string): readonly string[] {
  const value = texts(fields, name)
  if (!value || value.length === 0) throw wrong(name, 'a list of at least one string', fields[name])
  return value
}

export const object = (fields: Fields, name: string) => read(fields, name, kinds.object, 'an object')

export const list = (fields: Fields, name: string) => read(fields, name, kinds.list, 'a list')

/** One of several words. */
export function word<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word | null | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return value
  const found = words.find((known) => known === value)
  if (!found) throw wrong(name, words.map((known) => `'${known}'`).join(', '), value)
  return found
}

/** A budget duration, kept as it was sent. */
export function duration(fields: Fields, name: string): string | null | undefined {
  text(fields, name)
  const sample = "a duration such as '1h', '24h', '7d', '30d', 'daily', 'monthly' or 'rolling:24h'"
  return read(fields, name, kinds.duration, sample)
}

/** Limits without any limit. */
export const noLimits: SubjectLimits = {
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: {},
  budget_limits: null,
}

/** Further budgets. A window that can't be read would be no limit at all. */
function windows(fields: Fields): readonly unknown[] | null | undefined {
  const found = list(fields, 'budget_limits')
  for (const entry of found ?? []) {
    const window = isFields(entry) ? entry : {}
    const limit = window.budget_limit ?? window.max_budget
    const period = window.time_period ?? window.budget_duration
    const fits = typeof limit === 'number' && limit >= 0 && typeof period === 'string' && budgetPeriod(period)
    if (!fits)
      throw wrong('budget_limits', "a list such as [{ 'budget_limit': 5, 'time_period': '1d' }]", fields.budget_limits)
  }
  return found
}

/** Budgets of single models. One that can't be read would be no limit at all. */
function modelBudgets(fields: Fields): Readonly<Record<string, unknown>> | undefined {
  if (fields.model_max_budget === undefined) return undefined
  const found = object(fields, 'model_max_budget') ?? {}
  for (const [model, entry] of Object.entries(found)) {
    if (typeof entry === 'number' && entry >= 0) continue
    const name = `model_max_budget.${model}`
    if (!isFields(entry)) throw wrong(name, "an object such as { 'max_budget': 10, 'budget_duration': '30d' }", entry)
    const limit = entry.budget_limit ?? entry.max_budget
    if (typeof limit !== 'number' || limit < 0) throw wrong(`${name}.max_budget`, 'a number, 0 or more', limit)
    const period = entry.time_period ?? entry.budget_duration ?? undefined
    if (period !== undefined && (typeof period !== 'string' || budgetPeriod(period) === undefined))
      throw wrong(`${name}.budget_duration`, "a duration such as '24h', '30d' or 'monthly'", period)
  }
  return found
}

/** Limits by model or tag. One that can't be read would be no limit at all. */
export function checkRates(fields: Fields, ...names: readonly string[]): void {
  for (const name of names) {
    for (const [part, limit] of Object.entries(object(fields, name) ?? {})) {
      if (limit !== null && !kinds.count.safeParse(limit).success)
        throw wrong(`${name}.${part}`, 'an integer, 0 or more', limit)
    }
  }
}

/** Checks `temp_budget_increase` and `temp_budget_expiry`. */
function checkIncrease(fields: Fields): void {
  amount(fields, 'temp_budget_increase')
  text(fields, 'temp_budget_expiry')
  read(fields, 'temp_budget_expiry', kinds.time, "a time such as '2026-12-31T00:00:00Z'")
}

/** Fields of a body that are limits. */
export const limitNames = [
  ...(['max_budget', 'soft_budget', 'budget_duration', 'model_max_budget', 'budget_limits'] as const),
  ...(['rpm_limit', 'tpm_limit', 'itpm_limit', 'otpm_limit'] as const),
  ...(['max_parallel_requests', 'monthly_request_limit'] as const),
  ...(['budget_mode', 'over_budget', 'budget_fallbacks'] as const),
] as const

/** Names within the metadata of a key or a team that change its limits, or the guardrails that check its calls. */
export const limitingMetadata = [
  ...(['model_rpm_limit', 'model_tpm_limit', 'tag_rpm_limit', 'tags', 'guardrails'] as const),
  ...(['budget_mode', 'limit_wait', 'allowed_passthrough_routes'] as const),
] as const

/** The limits that a body sets; fields that it leaves out are not in the result. */
export function limits(fields: Fields): Partial<SubjectLimits> {
  checkIncrease(fields)
  return defined({
    max_budget: amount(fields, 'max_budget'),
    soft_budget: amount(fields, 'soft_budget'),
    budget_duration: duration(fields, 'budget_duration'),
    rpm_limit: count(fields, 'rpm_limit'),
    tpm_limit: count(fields, 'tpm_limit'),
    max_parallel_requests: count(fields, 'max_parallel_requests'),
    model_max_budget: modelBudgets(fields),
    budget_limits: windows(fields),
    itpm_limit: count(fields, 'itpm_limit'),
    otpm_limit: count(fields, 'otpm_limit'),
    monthly_request_limit: count(fields, 'monthly_request_limit'),
    budget_mode: word(fields, 'budget_mode', ['strict', 'clamp', 'expected'] as const),
    over_budget: word(fields, 'over_budget', ['refuse', 'downgrade', 'alert'] as const),
    budget_fallbacks: object(fields, 'budget_fallbacks'),
  })
}

/** Drops fields that are undefined. */
export function defined<Value extends object>(
  value: Value,
): { [Name in keyof Value]: Exclude<Value[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [Name in keyof Value]: Exclude<Value[Name], undefined>
  }
}

const keptNumbers = /^(temp_budget_increase|team_member_(budget|\w+_limit|max_parallel_requests))$/

/** Picks fields that are stored and returned, without an effect here. */
export function others(fields: Fields, names: readonly string[]): Record<string, unknown> {
  const read = (name: string) => (keptNumbers.test(name) ? unquoted(kinds.amount, fields[name]) : fields[name])
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, read(name)]))
}

/** A parameter of the query. */
export function param({ query }: AdminRequest, name: string): string | undefined {
  const value = query[name]
  const one = typeof value === 'string' ? value : value?.[0]
  if (one !== undefined) checkText(name, one)
  return one === '' ? undefined : one
}

/** All values of a parameter of the query, repeated or separated by commas. */
export function params({ query }: AdminRequest, name: string): string[] {
  const value = query[name]
  const found = (typeof value === 'string' ? [value] : (value ?? []))
    .flatMap((entry) => entry.split(','))
    .filter(Boolean)
  for (const entry of found) checkText(name, entry)
  return found
}

export function requiredParam(request: AdminRequest, ...names: readonly string[]): string {
  for (const name of names) {
    const value = param(request, name)
    if (value !== undefined) return value
  }
  throw badRequest(`The query must have '${names[0]}'.`, names[0])
}

/** A page of a list. */
export interface Page {
  readonly page: number
  readonly size: number
}

/** The page that a query asks for. */
export function pageOf(request: AdminRequest, sizeName: string, fallback: number, most = 1_000): Page {
  const read = (name: string, initial: number, highest: number) => {
    const value = param(request, name)
    if (value === undefined) return initial
    const number = Number(value)
    if (!Number.isInteger(number) || number < 1) throw wrong(name, 'an integer of 1 or more', value)
    return Math.min(number, highest)
  }
  return { page: read('page', 1, Number.MAX_SAFE_INTEGER), size: read(sizeName, fallback, most) }
}

/** Cuts a page out of a list. */
export const cut = <Item>(items: readonly Item[], { page, size }: Page): Item[] =>
  items.slice((page - 1) * size, page * size)

/** The place of a page in its list, as lists of teams, users and audits have it. */
export const counted = (total: number, page: Page) => ({
  total,
  page: page.page,
  page_size: page.size,
  total_pages: pages(total, page),
})

/** Orders rows. */
export const newestFirst = (a: { readonly created_at: string }, b: { readonly created_at: string }): number =>
  a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0

export const pages = (count: number, { size }: Page): number => Math.ceil(count / size)

/** The id of a key's row, from the key or its hash. */
export const keyId = (value: string): string => (value.startsWith('sk-') ? hashKey(value) : value)
