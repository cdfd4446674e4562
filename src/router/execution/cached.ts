import { canonical, digest } from '../../cache/canonical.js'
import { chatWithCache } from '../../cache/chat.js'
import { embeddingWithCache } from '../../cache/embedding.js'
import { credentialFingerprint, type KeyInput, type KeyScope, scopeText, splitHeaders } from '../../cache/key.js'
import type { CachePolicy } from '../../cache/policy.js'
import { rerankWithCache } from '../../cache/rerank.js'
import type { CacheState } from '../../cache/state.js'
import { UnroutedCall } from '../../cache/unrouted-call.js'
import type { CompletionStream } from '../../call/completion-stream.js'
import { splitRequest } from '../../call/request.js'
import { resolveModel } from '../../call/resolve.js'
import { formatOf, isSchema } from '../../call/structured.js'
import { findTarget } from '../../call/target.js'
import { embedderOf } from '../../operations/embedding.js'
import { operations } from '../../operations/index.js'
import type { ChatCompletion, ChatParams } from '../../types/chat.js'
import type { EmbeddingParams, EmbeddingResponse } from '../../types/embedding.js'
import type { CallMeta } from '../../types/meta.js'
import type { CallOptions, CompletionRequest } from '../../types/options.js'
import type { RerankResponse } from '../../types/rerank.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor } from '../deployments/model-groups.js'
import { RoutedCall, type RoutedRequest } from './routed-call.js'

/**
 * Looks for an answer before a deployment is chosen: whichever of the group gave it. Answers of a fallback are not kept, for they
 * would be remembered as those of the group that had failed.
 */
export async function runCached(
  core: RouterContext,
  state: CacheState,
  policy: CachePolicy,
  ride: RoutedCall,
  given: RoutedRequest,
  send: (ride: RoutedCall) => Promise<unknown>,
): Promise<unknown> {
  const { operation, requested } = ride
  const { params, options } = splitRequest(ride.request, operations[operation].params)
  const group = core.groups.resolve(requested)
  const { response_format: format } = ride.request as Partial<CompletionRequest>
  const schema = isSchema(format) ? format : undefined
  if (schema) params.response_format = await formatOf(schema)
  // what can't be told apart from others can't be kept
  const scope = await scopeIn(core, ride, group, policy, options).catch(() => undefined)
  if (scope === undefined) return send(ride)
  const keyInput: KeyInput = { operation, params, extraBody: params.extra_body }
  const call = new UnroutedCall({
    operation,
    registry: core.context.registry,
    clock: core.clock,
    signal: ride.signal,
    timeout: ride.timeout,
    startedAt: ride.startedAt,
    watch: ride.watch,
    router: { requested, modelGroup: group.name, deployment: '', fallbacks: 0 },
  })
  const origin = ({ meta }: { readonly meta?: CallMeta }) => {
    if (!meta || (meta.router?.fallbacks ?? 0) > 0) return undefined
    const baseModel = core.groups.get(meta.router?.deployment ?? '')?.baseModel
    return { provider: meta.provider, model: meta.model, baseModel }
  }
  const ask = (one = ride) => {
    // what is sent has a life of its own
    call.lifetime.close()
    one.note = call.cache
    return send(one)
  }
  switch (operation) {
    case 'chat': {
      const { stream_options: shown } = params as Partial<ChatParams>
      const replay = { stream: ride.stream, includeUsage: shown?.include_usage === true, schema }
      const embedder = embedderOf(core.context)
      const chat = () => ask() as Promise<ChatCompletion | CompletionStream>
      return chatWithCache({ state, policy, call, scope, keyInput, replay, embedder, origin, send: chat })
    }
    case 'embedding': {
      const { input } = params as unknown as EmbeddingParams
      // the call itself says what is wrong with it
      if (typeof input !== 'string' && !(Array.isArray(input) && input.length > 0)) return ask()
      const vectorType = (given as { vectorType?: 'array' | 'float32' }).vectorType ?? 'array'
      return embeddingWithCache({
        ...{ state, policy, call, scope, keyInput, input, vectorType, origin },
        send: (missing, note) => {
          const request = { ...given, input: missing } as RoutedRequest
          const part = missing === input ? ride : new RoutedCall('embedding', request, ride.startedAt, ride.timeout)
          part.watch = ride.watch
          call.cache = note
          return ask(part) as Promise<EmbeddingResponse<number[] | Float32Array>>
        },
      })
    }
    case 'rerank':
      return rerankWithCache({
        ...{ state, policy, call, scope, keyInput, origin },
        send: () => ask() as Promise<RerankResponse>,
      })
  }
}

/**
 * Who may answer, as text: the group, whoever is in it now, and what narrows it down.
 * @throws {TypeError} where that can't be said
 */
async function scopeIn(
  core: RouterContext,
  ride: RoutedCall,
  group: ModelGroup,
  policy: CachePolicy,
  options: CallOptions,
): Promise<string> {
  const { tags, allowedRegions } = ride.options
  const { visible, secret } = splitHeaders([options.headers])
  const tenant = policy.shareAcrossKeys ? '' : credentialFingerprint(policy, [], secret)
  const narrowed = [group.tagged ? tags : undefined, allowedRegions, options.dropParams]
  return canonical(['router', await membersOf(core, ride, group, policy), narrowed, visible, tenant])
}

/** A group is made anew when its deployments change. */
const members = new WeakMap<ModelGroup, Map<string, string>>()
const mostSalts = 100

async function membersOf(
  core: RouterContext,
  { operation }: RoutedCall,
  group: ModelGroup,
  policy: CachePolicy,
): Promise<string> {
  let known = members.get(group)
  if (!known) {
    known = new Map()
    members.set(group, known)
  }
  const name = canonical([operation, policy.salt, policy.shareAcrossKeys])
  let text = known.get(name)
  if (text === undefined) {
    const all = await Promise.all(group.deployments.map((one) => memberOf(core, operation, one, group, policy)))
    text = digest(canonical([group.name, group.matched, [...new Set(all.map(({ text }) => text))].sort()]))
    // a salt may be a call's own
    if (known.size >= mostSalts) known.clear()
    // the key that one lacks may come
    if (all.every(({ callable }) => callable)) known.set(name, text)
  }
  return text
}

async function memberOf(
  core: RouterContext,
  operation: RoutedCall['operation'],
  deployment: Deployment,
  group: ModelGroup,
  policy: CachePolicy,
): Promise<{ text: string; callable: boolean }> {
  const { context, defaults, id } = deployment
  let asked: readonly [KeyScope, Partial<CompletionRequest>]
  try {
    const { params, options } = splitRequest({ ...core.defaults, ...defaults }, operations[operation].params)
    const { provider, model } = await resolveModel(modelFor(deployment, group.matched), context, {
      operation,
      params,
      options: { ...options, baseModel: deployment.baseModel },
    })
    const configured = context.providerOptions(provider.id)
    const target = findTarget(provider, { operation, model, stream: false }, options, configured)
    const dropParams = options.dropParams ?? context.dropParams
    const headers = [context.headers, configured.headers, options.headers]
    asked = [{ provider, model, target, options, configured, dropParams, headers }, params]
  } catch {
    // it can't be called as it is configured; whoever can answers
    return { text: canonical(['none', id]), callable: false }
  }
  const [scope, params] = asked
  // what it makes of an answer is not kept with it
  if (isSchema(params.response_format)) throw new TypeError('A schema is of one deployment.')
  return { text: canonical([scopeText(scope, policy), params]), callable: true }
}
