import { z } from 'zod'
import { kinds } from '../admin/fields.js'

/** Gives a schema a name, under which the document has it once, in `components/schemas`. */
export function component<Schema extends z.ZodType>(id: string, schema: Schema, description?: string): Schema {
  z.globalRegistry.add(schema, description === undefined ? { id } : { id, description })
  return schema
}

/** Fields of a request. All may be left out; `null` removes a value. */
export const text = kinds.text.nullish()
export const flag = kinds.flag.nullish()
export const amount = kinds.amount.nullish()
export const count = kinds.count.nullish()
export const texts = kinds.texts.nullish()
export const object = kinds.object.nullish()
export const rates = kinds.rates.nullish()
export const list = kinds.list.nullish()
/** A field that is stored and returned, and has no effect. */
export const kept = z.unknown().optional()
export const word = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words).nullish()
/** The fields, each kept without an effect. */
export const keptFields = <const Names extends readonly string[]>(names: Names) =>
  Object.fromEntries(names.map((name) => [name, kept])) as Record<Names[number], typeof kept>

/** Limits that a request sets. */
export const limitFields = {
  max_budget: amount.describe('US dollars per `budget_duration`, or in all. Calls fail once they are spent.'),
  soft_budget: amount.describe('US dollars after which an alert is sent.'),
  budget_duration: kinds.duration.nullish().describe('`1h`, `24h`, `7d`, `30d`, `daily`, `weekly`, `monthly`, …'),
  rpm_limit: count.describe('Requests in any 60 seconds.'),
  tpm_limit: count.describe('Tokens in any 60 seconds.'),
  max_parallel_requests: count.describe('Calls in flight.'),
  model_max_budget: object.describe(
    'Budgets of single models: `{ "gpt-5.5": { "max_budget": 5, "budget_duration": "1d" } }`.',
  ),
  budget_limits: z
    .array(z.looseObject({}))
    .nullish()
    .describe('Further budgets: `[{ "max_budget": 1, "budget_duration": "1h" }]`.'),
  itpm_limit: count.describe('Input tokens in any 60 seconds.'),
  otpm_limit: count.describe('Output tokens in any 60 seconds.'),
  monthly_request_limit: count.describe('Requests in a calendar month.'),
  budget_mode: word(['strict', 'clamp', 'expected']).describe(
    'Reservation of calls; of the budgets of a call the strictest mode holds.',
  ),
  over_budget: word(['refuse', 'downgrade', 'alert']).describe('Calls on a used-up budget.'),
  budget_fallbacks: object.describe('Cheaper models by model, for calls on a used-up budget.'),
}

/** A budget that is larger for a while. */
export const increaseFields = {
  temp_budget_increase: amount.describe('US dollars that are added to `max_budget` for a while.'),
  temp_budget_expiry: kinds.time.nullish().describe('End of the increase, ISO 8601.'),
}

/** Fields of an answer. */
export const string = z.string()
export const number = z.number()
export const boolean = z.boolean()
export const integer = z.int()
export const maybeString = z.string().nullable()
export const maybeNumber = z.number().nullable()
export const maybeBoolean = z.boolean().nullable()
export const strings = z.array(z.string())
export const anyObject = z.record(z.string(), z.unknown())
export const anyValue = z.unknown()
/** An object that also has fields that the document does not name. */
export const open = z.looseObject

/** Fields of LiteLLM that have no meaning here, and are always the same. */
export const fixed = {
  none: z.null(),
  empty: z.array(z.unknown()),
  emptyObject: z.object({}),
} as const

/** Limits in an answer; `null` is no limit. */
export const limitAnswers = {
  tpm_limit: maybeNumber,
  rpm_limit: maybeNumber,
  max_parallel_requests: maybeNumber,
  max_budget: maybeNumber.describe('US dollars.'),
  budget_duration: maybeString,
  budget_reset_at: maybeString.describe('End of the current period, ISO 8601.'),
  model_max_budget: anyObject,
  budget_limits: z.array(z.unknown()).nullable(),
}

export const times = {
  created_at: string.describe('ISO 8601.'),
  created_by: string,
  updated_at: string.describe('ISO 8601.'),
  updated_by: string,
}

/** One route of the document. */
export interface Operation {
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** True if the request may come without a body. */
  readonly bodyOptional?: boolean
  /** JSON of an answer with status 200. Undefined if the answer is no JSON. */
  readonly answer?: z.ZodType
  /** Media type of an answer that is no JSON, or may be something else. */
  readonly media?: string
  /** JSON of one event of a streamed answer. */
  readonly events?: z.ZodType
  /** True for a route that checks the key by itself. */
  readonly ownKeyCheck?: boolean
  /** Status of a success. @default 200 */
  readonly status?: number
}

/** Operations by method and path, as in `POST /key/generate`. */
export type Operations = Readonly<Record<string, Operation>>

/** Parameters of a list in pages. */
export const paged = (sizeName: string, size: number) => ({
  page: z.int().min(1).optional().describe('Page, from 1. Default: 1.'),
  [sizeName]: z.int().min(1).optional().describe(`Rows of a page. Default: ${size}.`),
})
export const textParam = z.string().max(2_000).optional()
export const dayParam = z.string().optional().describe('A day such as `2026-11-29`, in UTC.')
