import type { CompatibleRow } from '../../providers/compatible.js'
import type { Operation, Provider, RouteRequest } from '../../providers/contract.js'
import { loadedProvider, loadProvider, providerIds } from '../../providers/registry.js'
import { BadRequestError, got, shortened } from '../errors.js'
import type { CallOptions, ProviderOptions } from '../types/options.js'
import { goesToOwnHost } from './target.js'

/** A resolved model string. */
export interface Resolved {
  provider: Provider
  /** The provider's name of the model. */
  model: string
}

/** The parts of a call that may choose among the APIs of one host. */
export interface RoutedBy {
  readonly operation: Operation
  readonly params: Readonly<Record<string, unknown>>
  readonly options: Pick<CallOptions, 'apiBase' | 'baseModel'>
}

/** Registered providers by prefix: rows until their first use. */
export type OwnProviders = Map<string, Provider | CompatibleRow>

/** The providers of a client and their options. */
export interface ProviderLookup {
  readonly own: OwnProviders
  /** Names of the user's own for models. */
  readonly aliases?: Readonly<Record<string, string>> | undefined
  providerOptions(id: string): ProviderOptions
}

/**
 * Text before the first `/` names the provider; a bare known name resolves through the table of known models. A user's own
 * providers come first. Synchronous once the provider's code is loaded.
 * @throws {BadRequestError} with similar names, if the model is unknown
 */
export function resolveModel(given: unknown, context: ProviderLookup, call?: RoutedBy): Resolved | Promise<Resolved> {
  const { own, aliases } = context
  const model = aliases && typeof given === 'string' && Object.hasOwn(aliases, given) ? aliases[given] : given
  if (typeof model !== 'string' || model.trim() === '') {
    throw new BadRequestError(
      `'model' must be a string such as 'openai/gpt-4o' or 'claude-sonnet-4-5'; ${got(model)}.`,
      { param: 'model' },
    )
  }
  const slash = model.indexOf('/')
  if (slash > 0) {
    const id = model.slice(0, slash)
    const provider = own.get(id) ?? loadedProvider(id)
    if (provider && 'dialect' in provider) return route(provider, nameAfter(model, slash), context, call)
  }
  return resolveSlowly(model, slash, context, call)
}

async function resolveSlowly(
  model: string,
  slash: number,
  context: ProviderLookup,
  call: RoutedBy | undefined,
): Promise<Resolved> {
  const { own } = context
  if (slash > 0) {
    const provider = await find(model.slice(0, slash), own)
    if (provider) return route(provider, nameAfter(model, slash), context, call)
  }
  const { providerOfBareModel } = await import('../../providers/known-models.js')
  const id = providerOfBareModel(model)
  const provider = id === undefined ? undefined : await find(id, own)
  if (provider) return route(provider, model, context, call)
  throw await unknownModel(model, slash, own)
}

async function find(id: string, own: OwnProviders): Promise<Provider | undefined> {
  const mine = own.get(id)
  if (!mine) return loadProvider(id)
  if ('dialect' in mine) return mine
  const { compatible } = await import('../../providers/compatible.js')
  const provider = compatible(mine) as Provider
  own.set(id, provider)
  return provider
}

/** One host may speak several dialects. */
function route(
  provider: Provider,
  model: string,
  context: Pick<ProviderLookup, 'providerOptions'>,
  call: RoutedBy | undefined,
): Resolved | Promise<Resolved> {
  if (!provider.route) return named(provider, model)
  const request = call && new RoutedRequest(provider, call, context)
  const served = provider.route(model, request)
  return served instanceof Promise ? served.then((loaded) => named(loaded, model)) : named(served, model)
}

/** The parts of a call that select an API. The environment is slow to read, so `ownHost` is computed on access. */
class RoutedRequest implements RouteRequest {
  readonly operation: Operation
  readonly params: Readonly<Record<string, unknown>>
  readonly baseModel: string | undefined
  readonly #provider: Provider
  readonly #options: RoutedBy['options']
  readonly #context: Pick<ProviderLookup, 'providerOptions'>

  constructor(provider: Provider, call: RoutedBy, context: Pick<ProviderLookup, 'providerOptions'>) {
    this.operation = call.operation
    this.params = call.params
    this.baseModel = call.options.baseModel ?? undefined
    this.#provider = provider
    this.#options = call.options
    this.#context = context
  }

  get ownHost(): boolean {
    return goesToOwnHost(this.#provider, this.#options, this.#context.providerOptions(this.#provider.id))
  }
}

const named = (provider: Provider, model: string): Resolved => ({
  provider,
  model: provider.modelName ? provider.modelName(model) : model,
})

function nameAfter(model: string, slash: number): string {
  const name = model.slice(slash + 1)
  if (name === '')
    throw new BadRequestError(`'model' must name a model after the provider; got '${shortened(model, 200)}'.`, {
      param: 'model',
    })
  return name
}

/**
 * Checks the prefix of a provider, for requests without a model.
 * @throws {BadRequestError} with similar prefixes, if it is unknown
 */
export async function checkProvider(id: string, own: OwnProviders, param: string): Promise<void> {
  if (await find(id, own)) return
  const { nearMatches } = await import('../../providers/known-models.js')
  const near = nearMatches(`${id.slice(0, shownLength)}/x`, 3, [...own.keys(), ...(await providerIds())])
  const names = near.map((name) => `'${name.slice(0, name.indexOf('/'))}'`)
  const suggestion = names.length > 0 ? ` Did you mean ${names.join(' or ')}?` : ''
  throw new BadRequestError(
    `'${param}' must be the prefix of a provider, such as 'openai'; ${got(shortened(id, shownLength))}.${suggestion}`,
    { param },
  )
}

/** Longer model names are cut in messages, and not compared with known ones as a whole. */
const shownLength = 200

async function unknownModel(given: string, slash: number, own: OwnProviders): Promise<BadRequestError> {
  const { nearMatches } = await import('../../providers/known-models.js')
  const prefixes = [...own.keys(), ...(await providerIds())]
  const model = given.length > shownLength ? `${given.slice(0, shownLength)}…` : given
  const near = nearMatches(model, 3, prefixes)
  const suggestion = near.length > 0 ? ` Did you mean ${near.map((name) => `'${name}'`).join(' or ')}?` : ''
  const problem =
    slash > 0
      ? `Unknown provider '${shortened(model.slice(0, slash), 200)}' in model '${shortened(model, 200)}'.`
      : `Unknown model '${shortened(model, 200)}'.`
  return new BadRequestError(
    `${problem}${suggestion} Write 'provider/model', for example 'openai/gpt-4o'; ` +
      `for a server of your own, use 'openai/<its model>' with apiBase.`,
    { model, param: 'model' },
  )
}
