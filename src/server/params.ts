import type { OperationSpec } from '../call/operation.js'
import { clientOptions, routerCallOptions, toCamel } from '../call/options.js'
import { closestParameter, isOption } from '../call/request.js'
import { BadRequestError, got } from '../errors.js'

/** The fields of a body, by their meaning. */
export interface BodyParams {
  /** Parameters of the model. */
  readonly params: Record<string, unknown>
  /** Options of llmux, which no body can set. */
  readonly ignored: Readonly<Record<string, unknown>>
}

/** Names that would change the prototype of an object. */
const unsafe: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const routed: ReadonlySet<string> = new Set(routerCallOptions)
const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

/**
 * Separates the parameters of a body from everything that it can't set: options of llmux, in either casing, and `extra_body`. Fields that
 * llmux does not know are parameters: clients are newer than this code.
 * @throws {BadRequestError} if the body is no object, or has a schema in place of a format
 */
export function readParams(spec: OperationSpec, body: unknown): BodyParams {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestError(`The body of a request must be a JSON object; ${got(body)}.`)
  }
  const params: Record<string, unknown> = {}
  let ignored: Record<string, unknown> | undefined
  let similar: Record<string, unknown> | undefined
  const fields = body as Readonly<Record<string, unknown>>
  for (const name in fields) {
    if (unsafe.has(name)) continue
    const value = fields[name]
    if (spec.params.has(name) && name !== 'extra_body') {
      if (value !== null || name !== 'stream') params[name] = value
    } else if (name === 'extra_body' || isOption(name, spec, routed) || isClientOption(name, spec)) {
      ignored ??= {}
      ignored[name] = value
    } else if (!spec.open && closestParameter(name, spec.params) !== undefined) {
      // a call would take it for a misspelled parameter
      similar ??= {}
      similar[name] = value
    } else params[name] = value
  }
  if (similar) params.extra_body = similar
  const { response_format: format } = params
  if (typeof format === 'object' && format !== null && '~standard' in format) {
    throw new BadRequestError(
      "'response_format' must be an object such as { type: 'json_object' }; got an object with '~standard'.",
      { param: 'response_format' },
    )
  }
  return { params, ignored: ignored ?? nothing }
}

const isClientOption = (name: string, { open }: OperationSpec): boolean =>
  open !== true && (clientOptions.has(name) || clientOptions.has(toCamel(name)))

/**
 * Parses a body.
 * @throws {BadRequestError} if it is not JSON
 */
export function parseBody(body: Uint8Array | string): unknown {
  let text: string
  try {
    text = typeof body === 'string' ? body : decoder.decode(body)
  } catch (error) {
    throw new BadRequestError('The body of a request must be UTF-8 text; got other bytes.', { cause: error })
  }
  if (text === '') throw new BadRequestError('The body of a request must be a JSON object; got an empty body.')
  try {
    // an own property of this name would become a prototype when it is copied
    return text.includes('__proto__') ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BadRequestError(`The body of a request must be JSON: ${reason}`, { cause: error })
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

const withoutPrototype = (name: string, value: unknown): unknown => (name === '__proto__' ? undefined : value)
