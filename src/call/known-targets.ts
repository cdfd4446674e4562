import type { Operation, Provider } from '../../providers/contract.js'
import type { CallOptions, ProviderOptions } from '../types/options.js'
import { areCurrent, type EnvironmentRead, withReads } from './environment.js'
import { accountOptionsOfCalls } from './options.js'
import { findTarget, type Target } from './target.js'

/** A target with everything that it was found by. */
interface Known {
  readonly operation: Operation
  readonly stream: boolean
  /** Options of the call that may change a target, in the order of `accountOptions`. */
  readonly onCall: readonly unknown[]
  readonly configured: readonly (readonly [name: string, value: unknown])[]
  readonly reads: readonly EnvironmentRead[]
  readonly target: Target
}

/** A target depends on these options only. */
const accountOptions = [...accountOptionsOfCalls] as readonly (keyof CallOptions)[]

const mostModels = 256
const longestModel = 500

/**
 * The targets of a client's calls. Calls to one model differ in their parameters only, and finding a target took 2 to 5 µs: a URL, headers,
 * settings, and comparisons of origins. A target is found again if anything has changed that it depends on, the environment included.
 */
export class KnownTargets {
  readonly #byProvider = new Map<Provider, Map<string, Known>>()

  /** Works like {@link findTarget}. The result belongs to the caller, who may change its headers and secrets. */
  find(
    provider: Provider,
    call: { operation: Operation; model: string; stream: boolean },
    options: CallOptions,
    configured: ProviderOptions,
  ): Target {
    const byModel = this.#modelsOf(provider)
    const known = byModel.get(call.model)
    if (known && fits(known, call, options, configured)) return copyOf(known.target)
    const { result: target, reads } = withReads(() => findTarget(provider, call, options, configured))
    if (call.model.length > longestModel) return target
    if (byModel.size >= mostModels) byModel.clear()
    byModel.set(call.model, {
      operation: call.operation,
      stream: call.stream,
      onCall: accountOptions.map((name) => options[name]),
      configured: Object.entries(configured),
      reads,
      target: copyOf(target),
    })
    return target
  }

  /** Forgets all: a provider that is registered again may have been changed in place. */
  clear(): void {
    this.#byProvider.clear()
  }

  #modelsOf(provider: Provider): Map<string, Known> {
    let byModel = this.#byProvider.get(provider)
    if (!byModel) {
      byModel = new Map()
      if (this.#byProvider.size >= mostModels) this.#byProvider.clear()
      this.#byProvider.set(provider, byModel)
    }
    return byModel
  }
}

function fits(
  known: Known,
  { operation, stream }: { operation: Operation; stream: boolean },
  options: CallOptions,
  configured: ProviderOptions,
): boolean {
  if (known.operation !== operation || known.stream !== stream) return false
  for (let at = 0; at < accountOptions.length; at++) {
    if (options[accountOptions[at] as keyof CallOptions] !== known.onCall[at]) return false
  }
  let count = 0
  for (const _ in configured) count++
  if (count !== known.configured.length) return false
  for (const [name, value] of known.configured) {
    if ((configured as Readonly<Record<string, unknown>>)[name] !== value) return false
  }
  return areCurrent(known.reads)
}

function copyOf(target: Target): Target {
  // field by field: a field that is added after a spread takes a microsecond, and later stages add headers
  const headers: Record<string, string> = {}
  for (const name in target.headers) headers[name] = target.headers[name] as string
  return {
    base: target.base,
    who: target.who,
    origin: target.origin,
    path: target.path,
    place: target.place,
    headers,
    ownHost: target.ownHost,
    isGuest: target.isGuest,
    settings: target.settings,
    secrets: target.secrets.slice(),
    keySource: target.keySource,
    tradedKey: target.tradedKey,
    authorized: target.authorized,
    keyName: target.keyName,
    withheld: target.withheld,
  }
}
