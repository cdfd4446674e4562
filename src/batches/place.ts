import type { BatchHost } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { splitRequest } from '../call/request.js'
import { checkProvider, resolveModel } from '../call/resolve.js'
import { BadRequestError, got, shortened } from '../errors.js'
import type { CallOptions } from '../types/options.js'
import { HttpOfHost } from './host-http.js'

/** Runs a result as a call: with its callbacks and its record for accounting. */
export type Report = (operation: 'chat' | 'embedding', model: string, run: () => Promise<object>) => Promise<object>

/** The provider of a request, its batches, and a way to send to them. */
export interface Place {
  readonly provider: Provider
  readonly host: BatchHost
  readonly http: HttpOfHost
  readonly options: CallOptions
  readonly rest: Readonly<Record<string, unknown>>
}

/**
 * Finds the provider of a request.
 * @param names fields of the request beside options of calls
 * @throws {BadRequestError} if it has no batches
 */
export async function placeOf(
  context: ClientContext,
  given: string,
  request: object,
  names: ReadonlySet<string>,
): Promise<Place> {
  const { params: rest, options } = splitRequest(request, names)
  for (const name of Object.keys(rest)) {
    if (names.has(name)) continue
    throw new BadRequestError(`Unknown field '${shortened(name)}'. Known fields: ${[...names].join(', ')}.`, {
      param: name,
    })
  }
  const { provider } = await resolveModel(given, context, { operation: 'chat', params: rest, options })
  const { batchHost, batchProviders } = await import('../../providers/batches/index.js')
  const host = await batchHost(provider)
  if (!host) {
    throw new BadRequestError(
      `${provider.name} has no batch API here. Providers with one: ${batchProviders.join(', ')}. batch() of 'llmux/batch' runs the requests as single calls.`,
      { provider: provider.id },
    )
  }
  const { storageBase } = rest as { storageBase?: string }
  const storage = host.storage?.(provider)
  const api = host.api?.(provider) ?? provider
  return {
    provider,
    host,
    http: new HttpOfHost(context, { provider: api, storage, storageBase }, options),
    options,
    rest,
  }
}

/** The same by the prefix of a provider. */
export const placeOfProvider = async (
  context: ClientContext,
  prefix: unknown,
  request: object,
  names: ReadonlySet<string>,
): Promise<Place> => placeOf(context, await anyModel(context, prefix), request, names)

const prefixForm = /^[^/]+$/

/** The model string of a provider, for requests that name none. */
export async function anyModel({ own }: ClientContext, provider: unknown, param = 'provider'): Promise<string> {
  if (typeof provider === 'string' && prefixForm.test(provider)) {
    await checkProvider(provider, own, param)
    return `${provider}/any`
  }
  throw new BadRequestError(`'${param}' must be the prefix of a provider, such as 'openai'; ${got(provider)}.`, {
    param,
  })
}

export const over: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled'])
