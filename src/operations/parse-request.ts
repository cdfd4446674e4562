import type { Options, Params, RequestSpec } from '../call/operation.js'
import { isOption } from '../call/request.js'
import { BadRequestError, got } from '../errors.js'
import { type RequestParams, requests } from './index.js'

export type { RequestParams }

export interface ParseRequestOptions {
  /**
   * For options of llmux in the body: `refuse` throws an error that names them, `drop` leaves them out.
   * @default 'refuse'
   */
  options?: 'refuse' | 'drop' | undefined
}

const noOptions: Options = Object.freeze({})

/** Names that would change the prototype of an object. */
const unsafe: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Turns an untrusted body, such as the JSON of an HTTP request, into the parameters of an operation. The result has snake_case
 * parameters only: options of llmux (`apiBase`, `apiKey`, `callbacks`, `timeout`, `cache`, …), in camelCase or snake_case, and
 * `extra_body` are refused or left out. Pass your own options as the second argument of the call.
 * @throws {BadRequestError} if the body is no object, has an option, or its parameters have the wrong shape
 * @example
 * const params = parseRequest('chat', await request.json())
 * const answer = await client.completion(params, { apiKey, timeout: 30_000 })
 */
export function parseRequest<Name extends keyof RequestParams>(
  operation: Name,
  body: unknown,
  { options = 'refuse' }: ParseRequestOptions = {},
): RequestParams[Name] {
  const spec: RequestSpec | undefined = Object.hasOwn(requests, operation) ? requests[operation] : undefined
  if (!spec) {
    throw new BadRequestError(`'operation' must be one of ${Object.keys(requests).join(', ')}; ${got(operation)}.`, {
      param: 'operation',
    })
  }
  if (options !== 'refuse' && options !== 'drop') {
    throw new BadRequestError(`'options' must be 'refuse' or 'drop'; ${got(options)}.`, { param: 'options' })
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestError(`The body of a request must be a JSON object; ${got(body)}.`)
  }
  const params: Params = {}
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue
    if (name === 'extra_body' || unsafe.has(name) || isOption(name, spec)) {
      if (options === 'drop') continue
      throw new BadRequestError(
        `'${name}' is not allowed in the body of a request: only parameters of the model are.`,
        {
          param: name,
        },
      )
    }
    params[name] = value
  }
  const { response_format: format } = params
  if (format !== undefined && format !== null && (typeof format !== 'object' || '~standard' in format)) {
    throw new BadRequestError(
      `'response_format' must be an object such as { type: 'json_object' }; got ${typeof format === 'object' ? 'a schema object' : typeof format}.`,
      { param: 'response_format' },
    )
  }
  spec.check(params, noOptions)
  if (params.stream === null) delete params.stream
  return params as unknown as RequestParams[Name]
}
