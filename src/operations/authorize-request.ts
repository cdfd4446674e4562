import type { Address, Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import type { Job, OperationSpec } from '../call/operation.js'
import { prepare } from '../call/prepare.js'
import { splitRequest } from '../call/request.js'
import { resolveModel } from '../call/resolve.js'
import { BadRequestError, got } from '../errors.js'
import type { CallOptions } from '../types/options.js'
import { chat } from './chat.js'

/** A request to an API of a provider that no method of the client covers. Options are those of a call. */
export interface AuthorizeRequest extends CallOptions {
  /** `provider/model`, such as `bedrock/amazon.nova-lite-v1:0`: it decides on the host. */
  model: string
  /** Path with query, appended to the base of the provider. It begins with `/`. */
  path: string
  /** @default 'POST' */
  method?: string | undefined
  /** The body exactly as it will be sent: a signature covers it. @default '' */
  body?: string | undefined
}

/** The address of a request, and the headers that authorise it. */
export interface AuthorizedRequest {
  url: string
  /** Lower-case names. They hold a credential, a token or a signature. */
  headers: Record<string, string>
}

const names: ReadonlySet<string> = new Set(['model', 'path', 'method', 'body'])

/**
 * Finds the address and the credentials for a request, fetches a token or signs it. Nothing else is sent.
 * @throws {BadRequestError} if the path is wrong
 * @throws {AuthenticationError} if there is no credential
 */
export async function runAuthorizeRequest(
  context: ClientContext,
  request: AuthorizeRequest,
): Promise<AuthorizedRequest> {
  const { params, options } = splitRequest(request, names)
  const { model: given, path, method = 'POST', body = '' } = params as unknown as AuthorizeRequest
  if (typeof path !== 'string' || !/^\/(?!\/)[^\s\\#]*$/.test(path) || /\/(\.|%2e){1,2}([/?]|$)/i.test(path))
    throw new BadRequestError(`'path' must begin with one '/' and have no '..'; ${got(path)}.`, { param: 'path' })
  if (typeof body !== 'string') throw new BadRequestError(`'body' must be a string; ${got(body)}.`, { param: 'body' })
  const { provider, model } = await resolveModel(given, context, { operation: 'chat', params, options })
  const job = emptyJob(context, providerWithPath(provider, path), model, options)
  const call = await prepare(job, job.params)
  try {
    const { target } = call
    const { origin, headers, settings, tradedKey: key } = target
    const url = `${origin}${target.path}`
    if (!target.authorized) return { url, headers }
    const added = await provider.authorize?.(
      // no provider looks at more than the text of the method
      { method: method as 'POST', url, headers, body, now: context.clock.wall() },
      settings,
      { key, send: async (sent) => (await import('../call/auxiliary-request.js')).sendAuxiliary(call, sent) },
    )
    return { url, headers: { ...headers, ...added } }
  } finally {
    call.settle(undefined)
  }
}

/** A call without a body of its own, for its target. */
export const emptyJob = (
  context: ClientContext,
  provider: Provider,
  model: string,
  options: CallOptions,
): Job<unknown> => ({
  context,
  spec: emptySpec,
  provider,
  part: undefined,
  model,
  params: {},
  options,
  extraBody: undefined,
  schema: undefined,
  stream: false,
  startedAt: context.clock.now(),
  observer: undefined,
  recorder: undefined,
})

const emptySpec: OperationSpec<unknown> = {
  name: 'chat',
  api: 'chat',
  method: 'completion',
  path: chat.path,
  params: names,
  check: () => {},
  part: () => undefined,
  unsupported: chat.unsupported,
  encode: () => ({ body: {} }),
  decode: () => ({}),
  settle: () => {},
}

/** Address, credentials and signature are those of chat calls. */
function providerWithPath(provider: Provider, path: string): Provider {
  const address: Address = Object.create(provider.address, { path: { value: () => path } })
  return Object.create(provider, { address: { value: address } })
}
