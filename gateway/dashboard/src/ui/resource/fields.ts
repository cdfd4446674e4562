import type { MessageKey } from '../../i18n/i18n.tsx'

/** Lists that a field offers: they come from the gateway. */
export type Source = 'models' | 'teams' | 'users' | 'budgets'

interface Common {
  /** Name in the body of the request, such as `max_budget`. */
  readonly name: string
  readonly label: MessageKey
  readonly hint?: MessageKey
  readonly required?: boolean
  /** Whether the field is behind 'More settings'. */
  readonly more?: boolean
  /** Only in forms that create, or only in those that edit. */
  readonly only?: 'create' | 'edit'
  /** Whether the caller may set the field. @default true */
  readonly visible?: boolean
}

/** A field of a form. */
export type Field = Common &
  (
    | { readonly kind: 'text'; readonly placeholder?: string }
    /** A text that nobody else should see. */
    | { readonly kind: 'secret' }
    /** US dollars. */
    | { readonly kind: 'money' }
    /** A whole number. */
    | { readonly kind: 'count' }
    /** A period such as `30d`. */
    | { readonly kind: 'duration'; readonly suggestions: readonly string[] }
    | { readonly kind: 'flag' }
    /** Texts that the caller types. */
    | { readonly kind: 'names' }
    | { readonly kind: 'choice'; readonly options: readonly { readonly value: string; readonly label: MessageKey }[] }
    | { readonly kind: 'one'; readonly source: Source }
    | { readonly kind: 'many'; readonly source: Source }
    /** An object, written as JSON. */
    | { readonly kind: 'json' }
  )

export type FormValues = Record<string, unknown>

/** Values of the inputs for a row: an input has no null. */
export function valuesOf(fields: readonly Field[], row: Readonly<Record<string, unknown>>): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, inputValue(field, row[field.name])]))
}

function inputValue({ kind }: Field, value: unknown): unknown {
  switch (kind) {
    case 'flag':
      return value === true
    case 'names':
    case 'many':
      return Array.isArray(value) ? value : []
    case 'json':
      return isEmptyObject(value) ? '' : JSON.stringify(value, null, 2)
    default:
      return value ?? ''
  }
}

const isEmptyObject = (value: unknown) =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)

/** Problems that the form finds by itself, by name of the field. All others are the gateway's. */
export function problemsOf(fields: readonly Field[], values: FormValues): Record<string, MessageKey> {
  const problems: Record<string, MessageKey> = {}
  for (const { name, kind, required } of fields) {
    const value = values[name]
    if (required && (value === '' || (Array.isArray(value) && value.length === 0))) problems[name] = 'form.required'
    if (kind === 'json' && typeof value === 'string' && value.trim() !== '' && !isObjectText(value))
      problems[name] = 'form.json'
  }
  return problems
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/**
 * The body of a request: the fields that were changed. Emptied fields of an existing row become null, an empty list, or an
 * empty object; in a new row they are left out.
 */
export function bodyOf(fields: readonly Field[], values: FormValues, before: FormValues, isNew: boolean): FormValues {
  const body: FormValues = {}
  for (const field of fields) {
    const value = values[field.name]
    if (JSON.stringify(value) === JSON.stringify(before[field.name])) continue
    const sent = sentValue(field, value)
    if (isNew && (sent === null || (Array.isArray(sent) && sent.length === 0))) continue
    body[field.name] = sent
  }
  return body
}

function sentValue({ kind }: Field, value: unknown): unknown {
  if (kind === 'json') return typeof value === 'string' && value.trim() !== '' ? JSON.parse(value) : {}
  if (value === '') return null
  return value
}
