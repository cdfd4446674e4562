import { fromEnvironment } from '../call/environment.js'
import { BadRequestError } from '../errors.js'
import { contentParams } from '../observe/sanitize.js'

/** @throws {BadRequestError} where it is neither given nor in the environment */
export function required(service: string, option: string, given: string | undefined, names: readonly string[]): string {
  const value = given || fromEnvironment(names)?.value
  if (value) return value
  throw new BadRequestError(`${service}: '${option}' is missing. Give it as an option, or set ${names.join(' or ')}.`, {
    param: option,
  })
}

/** @throws {BadRequestError} where the base is no URL */
export function urlOf(
  service: string,
  given: string | undefined,
  names: readonly string[],
  fallback: string,
  path: string,
): URL {
  const base = (given || fromEnvironment(names)?.value || fallback).replace(/\/+$/, '')
  if (!/^https?:/.test(base) || !URL.canParse(base + path)) {
    throw new BadRequestError(`${service}: 'apiBase' is a URL such as '${fallback}'.`, { param: 'apiBase' })
  }
  return new URL(base + path)
}

/** A text of a call's metadata. */
export function textIn(metadata: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = metadata[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Parameters that are content, or may be. */
const content: ReadonlySet<string> = new Set([...contentParams, 'response_format', 'text'])

/** What `captureContent: false` leaves of a request. */
export const withoutContent = (request: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !content.has(name)))

/** What `captureContent: false` leaves of an error: a message may quote the prompt. */
export const reasonOf = ({ code, message }: { readonly code: string; readonly message: string }, captured: boolean) =>
  captured ? message : code
