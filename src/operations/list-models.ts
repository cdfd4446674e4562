import type { Address, Provider } from '../../providers/contract.js'
import { HttpOfHost } from '../batches/host-http.js'
import { anyModel } from '../batches/place.js'
import type { ClientContext } from '../call/context.js'
import { splitRequest } from '../call/request.js'
import { resolveModel } from '../call/resolve.js'
import { BadRequestError, InvalidResponseError, LLMError, NotFoundError } from '../errors.js'
import type { ListedModel } from '../types/model-list.js'
import type { CallOptions } from '../types/options.js'

/** Most pages of a list: a server that repeats a page would never end. */
const mostPages = 200

const names: ReadonlySet<string> = new Set()

/**
 * Lists the models of a provider, all pages.
 * @throws {BadRequestError} if the provider has no list
 */
export async function runListModels(
  context: ClientContext,
  provider: string,
  given: CallOptions = {},
): Promise<ListedModel[]> {
  const { options } = splitRequest(given, names)
  const resolved = await resolveModel(await anyModel(context, provider), context, {
    operation: 'chat',
    params: {},
    options,
  })
  const { modelListOf, readModel } = await import('../../providers/model-lists.js')
  const host = resolved.provider
  const list = modelListOf(host)
  if (!list) {
    throw new BadRequestError(`${host.name} has no list of models here. Its documentation has the names.`, {
      provider: host.id,
      param: 'provider',
    })
  }
  const http = new HttpOfHost(
    context,
    { provider: list.base ? atBase(host, list.base) : host, storage: undefined, storageBase: undefined },
    options,
  )
  const found: ListedModel[] = []
  const seen = new Set<string>()
  for (const start of [list.first, ...(list.more ?? [])]) {
    let next: typeof start | undefined = start
    for (let page = 0; next !== undefined; page++) {
      if (page >= mostPages) {
        throw new InvalidResponseError(`${host.name} has more than ${mostPages} pages of models.`, {
          provider: host.id,
        })
      }
      const { entries, next: following } = list.read(await bodyOf(http, host, next))
      for (const entry of entries) {
        const model = readModel(list, entry, provider)
        if (!model || seen.has(model.id)) continue
        seen.add(model.id)
        found.push(model)
      }
      next = following
    }
  }
  return found
}

async function bodyOf(http: HttpOfHost, { id, name }: Provider, path: Parameters<HttpOfHost['json']>[0]['path']) {
  try {
    return await http.json({ path })
  } catch (error) {
    if (!(LLMError.is(error) && error.code === 'not_found')) throw error
    throw new NotFoundError(
      `${name} has no list of models at this address. Check apiBase; its documentation has the names.`,
      {
        ...(error.status !== undefined && { status: error.status }),
        provider: id,
        cause: error,
      },
    )
  }
}

/** The provider at another host of its own. Credentials and signature are those of calls. */
function atBase(provider: Provider, base: NonNullable<Address['base']>): Provider {
  const address: Address = Object.create(provider.address, { base: { value: base }, env: { value: [] } })
  return Object.create(provider, { address: { value: address } })
}
