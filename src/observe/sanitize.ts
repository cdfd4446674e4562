import { type AnyLLMError, LLMError } from '../errors.js'
import type { Attempt } from '../types/meta.js'
import type { Redact } from '../types/observe.js'

const longestBase64 = 64
const longestVector = 8
const deepest = 32
/** Maximum number of values in one copy, against circular and oversized input. */
const mostValues = 200_000
const hidden = '[redacted]'

/** String fields that are not content. `redact: true` keeps them, like all numbers and booleans. */
const settings: ReadonlySet<string> = new Set([
  ...['model', 'encoding_format', 'reasoning_effort', 'verbosity', 'service_tier', 'modalities', 'stream_options'],
  ...['truncation', 'include', 'previous_response_id', 'safety_identifier'],
])

/** Parameters with content, which may be large. */
export const contentParams: ReadonlySet<string> = new Set([
  ...['messages', 'input', 'prompt', 'instructions', 'query', 'documents', 'tools', 'functions', 'prediction'],
  ...['extra_body', 'system', 'contents', 'system_instruction'],
])

/** True if `redact` excludes a part of an event: `answer`, `chunk`, `metadata`, `user` or `error`. */
export function redacts(redact: Redact | undefined, part: string): boolean {
  if (redact === true) return true
  if (!Array.isArray(redact)) return false
  return redact.includes(part) || (part === 'chunk' && redact.includes('answer'))
}

function redactsField(redact: Redact | undefined, name: string, value: unknown): boolean {
  if (redact === true) return typeof value !== 'number' && typeof value !== 'boolean' && !settings.has(name)
  return Array.isArray(redact) && redact.includes(name)
}

/** A copy for observers: redacted, without fields named like credentials, with truncated base64 and vectors. */
export function sanitized(
  value: Readonly<Record<string, unknown>>,
  redact: Redact | undefined,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  const budget = newBudget()
  for (const name in value) {
    const field = value[name]
    if (field === undefined || typeof field === 'function') continue
    copy[name] = redactsField(redact, name, field) ? hidden : fieldOf(name, field, 0, budget)
  }
  return copy
}

interface Budget {
  left: number
  /** Ancestors of the current object. */
  readonly within: Set<object>
}

const newBudget = (): Budget => ({ left: mostValues, within: new Set() })

function fieldOf(name: string, value: unknown, depth: number, budget: Budget): unknown {
  if (typeof value !== 'string') return copyOf(value, depth, budget, name)
  if (isSecret(name)) return hidden
  const shown = name.endsWith('url') ? value.replace(login, `$1${hidden}@`) : value
  return copyOf(name === 'server_url' ? shown.replace(/\?.*$/s, `?${hidden}`) : shown, depth, budget, name)
}

/** Matches credentials in a URL. */
const login = /^([a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#@\s]+@/i

function copyOf(value: unknown, depth: number, budget: Budget, name = ''): unknown {
  if (typeof value === 'string') return value.length > longestBase64 ? shorter(value) : value
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth > deepest) return '[too deep]'
  if (--budget.left < 0) return '[too large]'
  if (budget.within.has(value)) return '[circular]'
  budget.within.add(value)
  const copy = objectCopy(value, depth, budget, name)
  budget.within.delete(value)
  return copy
}

function objectCopy(value: object, depth: number, budget: Budget, name: string): unknown {
  if (Array.isArray(value)) {
    if (value.length > longestVector && typeof value[0] === 'number') {
      return [...value.slice(0, longestVector), `[${value.length - longestVector} more]`]
    }
    return value.map((item) => copyOf(item, depth + 1, budget))
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  // a schema object of a validation library: large and circular
  if ('~standard' in value) return '[schema]'
  const copy: Record<string, unknown> = {}
  const secret = name === 'headers'
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key]
    copy[key] = secret && typeof field === 'string' ? hidden : fieldOf(key, field, depth + 1, budget)
  }
  return copy
}

/** Definitions of tools and servers contain their credentials. */
const secretName =
  /^(x?apikey|(proxy)?authorization(token)?|(auth|access|refresh|session|bearer|id)token|(client|aws)?secret(accesskey|key)?|accesskey(id)?|privatekey|password|cookie|credentials?)$/
const seen = new Map<string, boolean>()

function isSecret(name: string): boolean {
  const known = seen.get(name)
  if (known !== undefined) return known
  const secret = name.length < 32 && secretName.test(name.toLowerCase().replace(/[-_]/g, ''))
  if (seen.size < 1_000) seen.set(name, secret)
  return secret
}

const dataUrl = /data:[^,\s"']{0,200};base64,/

/** Truncates data URLs and long runs of base64, but not prose. */
function shorter(text: string): string {
  if (text.includes(';base64,') && dataUrl.test(text)) {
    return text.replace(/(data:[^,\s"']{0,200};base64,)([A-Za-z0-9+/_=-]+)/g, (_, head: string, data: string) =>
      data.length > longestBase64 ? `${head}[${data.length} characters]` : `${head}${data}`,
    )
  }
  if (text.length > 512 && /^[A-Za-z0-9+/_=\r\n-]{512}/.test(text)) {
    return `${text.slice(0, 32)}[${text.length - 32} characters]`
  }
  return text
}

/** A copy of an error with the same class, so that handlers can't change the caller's error. */
export function errorCopy(error: AnyLLMError, redact: Redact | undefined): AnyLLMError {
  const quiet = redacts(redact, 'error')
  const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
  const { message, stack, body, attempts, cause } = error
  const own = (name: string, value: unknown) =>
    Object.defineProperty(copy, name, { value, writable: true, configurable: true, enumerable: name === 'body' })
  own('message', quiet ? hidden : message)
  own('stack', quiet ? stack?.replace(message, hidden) : stack)
  own('body', quiet || body === undefined ? undefined : copyOf(body, 0, newBudget()))
  // the partial answer is the event's `answer`
  own('partial', undefined)
  own('attempts', attemptsCopy(attempts, redact))
  if (cause !== undefined) own('cause', LLMError.is(cause) ? errorCopy(cause, redact) : quiet ? undefined : cause)
  if ('issues' in error) own('issues', quiet ? [] : error.issues.map((issue) => ({ ...issue })))
  if ('deployments' in error) own('deployments', copyOf(error.deployments, 0, newBudget()))
  if ('completion' in error) own('completion', undefined)
  return copy as AnyLLMError
}

/** @param redact removes messages of failed attempts, in which a provider may quote the prompt */
export function attemptsCopy(attempts: readonly Attempt[], redact: Redact | undefined): Attempt[] {
  const quiet = redacts(redact, 'error')
  return attempts.map((attempt) =>
    quiet && attempt.message !== undefined ? { ...attempt, message: hidden } : { ...attempt },
  )
}
