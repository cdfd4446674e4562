import type { EncodeContext, Encoded, Operation, PollRequest, Provider } from '../../providers/contract.js'
import { BadRequestError, LLMError } from '../errors.js'
import type { Media } from '../types/media.js'
import type { CallOptions } from '../types/options.js'
import { Call, quirksOf } from './call.js'
import { type CallLimits, resolveCallLimits } from './call-limits.js'
import type { ClientContext } from './context.js'
import { Lifetime, within } from './lifetime.js'
import type { CallObserver, CallWatch } from './observer.js'
import type { Resolved } from './resolve.js'
import { findTarget, keepSecret, withHeaders } from './target.js'

export interface Preparation {
  readonly context: ClientContext
  readonly operation: Operation
  readonly resolved: Resolved
  readonly options: CallOptions
  readonly extraBody: unknown
  readonly startedAt: number
  readonly stream: boolean
  readonly encode: (context: EncodeContext) => Encoded
  /** URLs whose content must be fetched before the request can be encoded. */
  readonly remoteMedia?: ((context: EncodeContext) => readonly string[]) | undefined
  readonly observer?: CallObserver | undefined
  readonly watch?: CallWatch | undefined
}

/**
 * Everything of a call that comes before its own request: where it goes, what is sent, how long it may take. Synchronous, but for
 * images and files that have to be fetched first.
 */
export function prepare(preparation: Preparation): Call | Promise<Call> {
  const { context, operation, resolved, options, startedAt, stream } = preparation
  const { provider, model } = resolved
  const configured = context.providerOptions(provider.id)
  const target = findTarget(provider, { operation, model, stream }, options, configured)
  const encodeContext: EncodeContext = {
    provider: provider.id,
    model,
    baseModel: options.baseModel ?? undefined,
    dropParams: options.dropParams ?? context.dropParams,
    ownHost: target.ownHost,
    settings: target.settings,
    quirks: quirksOf(provider, target.ownHost),
  }
  const limits = resolveCallLimits(options, context.limits)
  const scene = { provider: provider.id, model }
  preparation.watch?.target(provider.id, model)
  const urls = preparation.remoteMedia?.(encodeContext)
  if (urls === undefined || urls.length === 0) return build(preparation.encode(encodeContext))
  const lifetime = new Lifetime(options.signal ?? undefined, limits.timeout, startedAt, scene)
  return fetchFor(urls, lifetime, limits)
    .then((media) => build(preparation.encode({ ...encodeContext, media }), lifetime))
    .catch((error) => {
      lifetime.close()
      throw error
    })

  function build(encoded: Encoded, begun?: Lifetime): Call {
    return new Call({
      operation,
      provider,
      model,
      target: withHeaders(target, encoded, context.headers, configured.headers, options.headers),
      limits,
      clock: context.clock,
      warnings: encoded.warnings ?? none,
      encodeState: encoded.encodeState,
      registry: context.registry,
      baseModel: options.baseModel ?? undefined,
      startedAt,
      observer: preparation.observer,
      watch: preparation.watch,
      connect: () => options.dispatcher ?? context.dispatcher(),
      cancelJob: cancelPendingJob,
      body: stringify(encoded.body, preparation.extraBody, provider),
      lifetime: begun ?? new Lifetime(options.signal ?? undefined, limits.timeout, startedAt, scene),
    })
  }
}

/** Loads its code with the first job that is cancelled. */
function cancelPendingJob(call: Call, pollRequest: PollRequest): void {
  void import('./auxiliary-request.js').then(({ cancelJob }) => cancelJob(call, pollRequest)).catch(() => {})
}

/** Fetches within the time of the call. */
async function fetchFor(
  urls: readonly string[],
  lifetime: Lifetime,
  limits: CallLimits,
): Promise<ReadonlyMap<string, Media>> {
  const { fetchMedia } = await import('../transport/media.js')
  const stop = new AbortController()
  lifetime.listen((error) => stop.abort(error))
  try {
    return await fetchMedia(urls, {
      maxBytes: limits.maxMediaBytes,
      allowPrivate: limits.allowPrivateMedia,
      signal: stop.signal,
    })
  } finally {
    lifetime.listen(undefined)
  }
}

const none = Object.freeze([])

function stringify(body: Record<string, unknown>, extra: unknown, provider: Provider): string {
  if (extra !== undefined && extra !== null && (typeof extra !== 'object' || Array.isArray(extra))) {
    throw new BadRequestError("'extra_body' is an object: its fields are merged into the provider's body.", {
      param: 'extra_body',
    })
  }
  try {
    return JSON.stringify(extra ? { ...body, ...extra } : body)
  } catch (error) {
    throw new BadRequestError(
      `The request can't be written as JSON: ${error instanceof Error ? error.message : error}`,
      {
        provider: provider.id,
        cause: error,
      },
    )
  }
}

/** Signs the request, or fetches a token for it: anew for every try, since both grow old. */
async function authorize(call: Call): Promise<void> {
  const { provider, target, body, clock, lifetime } = call
  const { headers, settings, origin, path } = target
  const signed = provider.authorize?.(
    { method: 'POST', url: `${origin}${path}`, headers, body, now: clock.wall() },
    settings,
    {
      key: target.tradedKey,
      send: async (request) => (await import('./auxiliary-request.js')).sendAuxiliary(call, request),
    },
  )
  const added = signed instanceof Promise ? await within(lifetime, signed) : signed
  Object.assign(headers, added)
  if (added?.authorization) keepSecret(target, added.authorization)
}

/** Whether a try was refused for a token that has been dropped now. */
function forgets({ provider, target, clock, lifetime }: Call, { status, message }: LLMError): boolean {
  if (!provider.forget || !target.authorized || lifetime.ended || (status !== 401 && status !== 403)) return false
  const token = target.headers.authorization?.replace(/^Bearer /, '')
  return token !== undefined && provider.forget({ token, status, message, now: clock.wall() })
}

/** A try that goes once more, at once, where it was refused for its token. */
function renewing<Answer>(call: Call, once: () => Promise<Answer>): () => Promise<Answer> {
  let renewed = false
  return async () => {
    try {
      return await once()
    } catch (error) {
      if (renewed || !LLMError.is(error) || !forgets(call, error)) throw error
      renewed = true
      call.watch?.retry(error, call.attempts.length, 0)
      return once()
    }
  }
}

/** Runs the tries of a call. What they throw in the end carries all of them. */
export async function withRetries<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> {
  const once = async () => {
    const startedAt = call.clock.now()
    try {
      if (call.target.authorized) await authorize(call)
      const answer = await send()
      call.recordAttempt(startedAt)
      return answer
    } catch (error) {
      if (LLMError.is(error)) call.recordAttempt(startedAt, error)
      throw error
    }
  }
  const attempt = call.provider.forget && call.target.authorized ? renewing(call, once) : once
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    return await attempt()
  } catch (first) {
    try {
      if (!LLMError.is(first) || !first.retryable || call.limits.maxRetries === 0 || call.lifetime.ended) throw first
      const { retry } = await import('./retry.js')
      return await retry(call, first, attempt)
    } catch (error) {
      const known = LLMError.is(error) ? error : undefined
      call.settle(undefined, undefined, known)
      if (known) known.attempts = call.attempts
      throw error
    }
  }
}
