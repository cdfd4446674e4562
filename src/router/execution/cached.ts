import { canonical, digest } from '../../cache/canonical.js'
import { credentialFingerprint, type KeyScope, scopeText, splitHeaders } from '../../cache/key.js'
import type { CachePolicy } from '../../cache/policy.js'
import type { CacheState } from '../../cache/state.js'
import { UnroutedCall } from '../../cache/unrouted-call.js'
import { splitRequest } from '../../call/request.js'
import { resolveModel } from '../../call/resolve.js'
import { formatOf } from '../../call/structured.js'
import { findTarget } from '../../call/target.js'
import { isSchema } from '../../call/validate.js'
import { operations } from '../../operations/specs.js'
import type { CallOptions, CompletionRequest } from '../../types/options.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor } from '../deployments/model-groups.js'
import { RoutedCall } from './routed-call.js'

type Send = (call: RoutedCall) => Promise<unknown>

/**
 * Looks for an answer before a deployment is selected: any of the group may have given it. Answers of a fallback are not stored,
 * because later calls would take them for answers of the group that had failed.
 */
export async function runCached(
  call: RoutedCall,
  state: CacheState,
  policy: CachePolicy,
  send: Send,
): Promise<unknown> {
  const { context, operation, requested } = call
  const spec = operations[operation]
  const { params, options } = splitRequest(call.request, spec.params)
  const group = context.groups.resolve(requested)
  spec.check(params, options)
  const schema = spec.schemaOf?.(params)
  if (schema) params.response_format = await formatOf(schema)
  // without a scope the key could match another call
  const scope = await groupScope(call, group, policy, options).catch(() => undefined)
  if (scope === undefined || !spec.cached) return send(call)
  const { extra_body: extraBody, ...rest } = params
  const lookup = new UnroutedCall({
    operation,
    registry: context.client.registry,
    clock: context.clock,
    signal: call.signal,
    timeout: call.timeout,
    startedAt: call.startedAt,
    recorder: call.recorder,
    router: { requested, modelGroup: group.name, deployment: '', fallbacks: 0 },
  })
  return spec.cached({
    state,
    policy,
    call: lookup,
    scope,
    params: rest,
    options,
    extraBody,
    media: undefined,
    stream: call.stream,
    schema,
    context: context.client,
    origin: ({ meta }) => {
      if (!meta || (meta.router?.fallbacks ?? 0) > 0) return undefined
      const baseModel = context.groups.get(meta.router?.deployment ?? '')?.baseModel
      return { provider: meta.provider, model: meta.model, baseModel }
    },
    send: (part, outcome) => {
      // the call that is sent has a lifetime of its own
      lookup.lifetime.close()
      if (outcome) lookup.cache = outcome
      const isWhole = part === undefined || part.input === rest.input
      const sent = isWhole ? call : createPart(call, part)
      sent.cacheOutcome = lookup.cache
      return send(sent)
    },
  })
}

/** The part of a call that was not in the cache. */
function createPart(call: RoutedCall, params: Readonly<Record<string, unknown>>): RoutedCall {
  const { context, operation, request, options, requested } = call
  return new RoutedCall(context, operation, { ...request, ...options, ...params, model: requested }, call)
}

/**
 * The model group, its current deployments and everything that narrows them down, as text.
 * @throws {TypeError} if a deployment has options without a textual form
 */
async function groupScope(
  call: RoutedCall,
  group: ModelGroup,
  policy: CachePolicy,
  options: CallOptions,
): Promise<string> {
  const { tags, allowedRegions } = call.options
  const { visible, secret } = splitHeaders([options.headers])
  const tenant = policy.shareAcrossKeys ? '' : credentialFingerprint(policy, [], secret)
  const restrictions = [group.tagged ? tags : undefined, allowedRegions, options.dropParams]
  return canonical(['router', await describeMembers(call, group, policy), restrictions, visible, tenant])
}

/** By group: group objects are replaced when their deployments change. */
const memberTexts = new WeakMap<ModelGroup, Map<string, string>>()
const maxTexts = 100

async function describeMembers(call: RoutedCall, group: ModelGroup, policy: CachePolicy): Promise<string> {
  let texts = memberTexts.get(group)
  if (!texts) {
    texts = new Map()
    memberTexts.set(group, texts)
  }
  const key = canonical([call.operation, policy.salt, policy.shareAcrossKeys])
  let text = texts.get(key)
  if (text === undefined) {
    const members = await Promise.all(group.deployments.map((one) => describeMember(call, one, group, policy)))
    const unique = new Set(members.map((member) => member.text))
    text = digest(canonical([group.name, group.matched, [...unique].sort()]))
    // each call may have a salt of its own
    if (texts.size >= maxTexts) texts.clear()
    // a missing key may be set later
    if (members.every(({ callable }) => callable)) texts.set(key, text)
  }
  return text
}

async function describeMember(
  { context: router, operation }: RoutedCall,
  deployment: Deployment,
  group: ModelGroup,
  policy: CachePolicy,
): Promise<{ text: string; callable: boolean }> {
  const { context, defaults, id } = deployment
  const spec = operations[operation]
  let scope: KeyScope
  let params: Partial<CompletionRequest>
  try {
    const split = splitRequest({ ...router.settings.callDefaults, ...defaults }, spec.params)
    const { options } = split
    params = split.params
    const { provider, model } = await resolveModel(modelFor(deployment, group.matched), context, {
      operation: spec.api,
      params: split.params,
      options: { ...options, baseModel: deployment.baseModel },
    })
    const configured = context.providerOptions(provider.id)
    const target = findTarget(provider, { operation: spec.api, model, stream: false }, options, configured)
    const dropParams = options.dropParams ?? context.dropParams
    const headers = [context.headers, configured.headers, options.headers]
    scope = { provider, model, target, options, configured, dropParams, headers }
  } catch {
    // misconfigured: another deployment will answer
    return { text: canonical(['none', id]), callable: false }
  }
  // the parsed form of an answer is not stored with it
  if (isSchema(params.response_format)) throw new TypeError("A deployment with a schema can't share cached answers.")
  return { text: canonical([scopeText(scope, policy), params]), callable: true }
}
