import { fromEnvironment } from '../call/environment.js'
import { BadRequestError, got } from '../errors.js'
import { contentParams } from '../observe/sanitize.js'

/** @throws {BadRequestError} if it is neither an option nor in the environment */
export function required(service: string, option: string, given: string | undefined, names: readonly string[]): string {
  const value = given || fromEnvironment(names)?.value
  if (value) return value
  throw new BadRequestError(`${service}: '${option}' is missing. Give it as an option, or set ${names.join(' or ')}.`, {
    param: option,
  })
}

/** @throws {BadRequestError} if the base is not a URL */
export function urlOf(
  service: string,
  given: string | undefined,
  names: readonly string[],
  fallback: string,
  path: string,
): URL {
  const base = (given || fromEnvironment(names)?.value || fallback).replace(/\/+$/, '')
  if (!/^https?:/.test(base) || !URL.canParse(base + path)) {
    throw new BadRequestError(`${service}: 'apiBase' must be a URL such as '${fallback}'; ${got(base)}.`, {
      param: 'apiBase',
    })
  }
  return new URL(base + path)
}

/** A string field of a call's metadata. */
export function textIn(metadata: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = metadata[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Parameters that may contain content. */
const content: ReadonlySet<string> = new Set([...contentParams, 'response_format', 'text'])

/** A request without content, for `captureContent: false`. */
export const withoutContent = (request: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !content.has(name)))

/** An error without its message, which may quote the prompt, for `captureContent: false`. */
export const reasonOf = ({ code, message }: { readonly code: string; readonly message: string }, captured: boolean) =>
  captured ? message : code
