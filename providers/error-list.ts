import type { Failure } from './contract.js'
import { isFields } from './fields.js'

/** The first error of a list (`{ errors: [{ code, message }] }`), the form of IBM and Cloudflare. */
export function firstError(body: unknown): { code: string; message: string } | undefined {
  const outer = Array.isArray(body) ? body[0] : body
  const list = isFields(outer) ? outer.errors : undefined
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  if (!isFields(first)) return undefined
  const { code, message } = first
  return {
    code: typeof code === 'number' || typeof code === 'string' ? String(code) : '',
    message: typeof message === 'string' ? message : '',
  }
}

/** The same failure in OpenAI's shape. */
export function withFirstError(failure: Failure): Failure {
  const first = firstError(failure.body)
  return first ? { ...failure, body: { error: first } } : failure
}
