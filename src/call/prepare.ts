import type { EncodeContext, Encoded, PollRequest, Provider } from '../../providers/contract.js'
import { writeJSON } from '../../providers/shared/kept-json.js'
import { BadRequestError, got, LLMError } from '../errors.js'
import type { Media } from '../types/media.js'
import { Call, quirksOf } from './call.js'
import { type CallLimits, resolveCallLimits } from './call-limits.js'
import { writeForm } from './form.js'
import { KnownTargets } from './known-targets.js'
import { Lifetime } from './lifetime.js'
import type { Job, OperationSpec, Params } from './operation.js'
import { withHeaders, withSubpath } from './target.js'

type MediaByUrl = ReadonlyMap<string, Media>

/**
 * Prepares a call: finds its target, encodes its body, starts its clock. Synchronous, unless images or files must be
 * downloaded first.
 * @param onMedia receives the downloaded media
 */
export function prepare<Part>(
  job: Job<Part>,
  params: Params,
  onMedia?: (media: MediaByUrl) => void,
): Call | Promise<Call> {
  const { context, spec, provider, part, model, options, stream, startedAt } = job
  const configured = context.providerOptions(provider.id)
  context.targets ??= new KnownTargets()
  const target = context.targets.find(provider, { operation: spec.api, model, stream }, options, configured)
  const encodeContext: EncodeContext = {
    provider: provider.id,
    model,
    dropParams: options.dropParams ?? context.dropParams,
    ownHost: target.ownHost,
    settings: target.settings,
    quirks: quirksOf(provider, target.ownHost),
    baseModel: options.baseModel ?? undefined,
    keeps: true,
  }
  const limits = resolveCallLimits(options, context.limits)
  const names = { provider: provider.id, model }
  job.recorder?.target(provider.id, model)
  const urls = spec.remoteMedia && remoteMedia(spec, part, params, encodeContext, provider)
  if (urls === undefined || urls.length === 0) return build(encodeContext)
  const lifetime = new Lifetime(options.signal ?? undefined, limits.timeout, startedAt, names)
  return download(urls, lifetime, limits)
    .then((media) => {
      onMedia?.(media)
      return build({ ...encodeContext, media }, lifetime)
    })
    .catch((error) => {
      lifetime.close()
      throw error
    })

  function build(encodeWith: EncodeContext, started?: Lifetime): Call {
    const encoded = encode(spec, part, params, encodeWith, provider)
    const filed = encoded.files || encoded.raw ? writeFiles(encoded, job) : undefined
    if (filed) Object.assign(target.headers, filed.headers)
    return new Call({
      operation: spec.name,
      keepsText: spec.keepsText === true,
      answer: spec.answer ?? 'json',
      provider,
      model,
      target: withHeaders(
        encoded.subpath ? withSubpath(target, encoded.subpath) : target,
        encoded,
        [context.headers, configured.headers],
        options.headers,
      ),
      limits,
      clock: context.clock,
      warnings: encoded.warnings ?? none,
      encodeState: encoded.encodeState,
      registry: context.registry,
      baseModel: options.baseModel ?? undefined,
      startedAt,
      observer: job.observer,
      recorder: job.recorder,
      connect: connector(context, options),
      cancelJob: cancelPendingJob,
      body: filed?.body ?? stringify(encoded.body, job.extraBody, provider),
      lifetime: started ?? new Lifetime(options.signal ?? undefined, limits.timeout, startedAt, names),
    })
  }
}

/** Apart, because a function made in `prepare()` would keep all that a call is prepared from, for as long as a stream idles. */
const connector = (context: Job['context'], options: Job['options']) => () => context.dispatcher(options)

function encode<Part>(
  spec: OperationSpec<Part>,
  part: Part,
  params: Params,
  context: EncodeContext,
  provider: Provider,
): Encoded {
  try {
    return spec.encode(part, params, context)
  } catch (error) {
    throw translationError(error, context, provider)
  }
}

function remoteMedia<Part>(
  spec: OperationSpec<Part>,
  part: Part,
  params: Params,
  context: EncodeContext,
  provider: Provider,
): readonly string[] | undefined {
  try {
    return spec.remoteMedia?.(part, params, context)
  } catch (error) {
    throw translationError(error, context, provider)
  }
}

/** Dialects rely on the types of parameters: another exception than ours means that one has the wrong type. */
function translationError(error: unknown, { model }: EncodeContext, { id, name }: Provider): LLMError {
  if (LLMError.is(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new BadRequestError(
    `The request can't be translated for ${name} (${reason}). Check the types of its parameters.`,
    { provider: id, model, cause: error },
  )
}

/** Loads its code with the first job that is cancelled. */
function cancelPendingJob(call: Call, pollRequest: PollRequest): void {
  void import('./auxiliary-request.js').then(({ cancelJob }) => cancelJob(call, pollRequest)).catch(() => {})
}

/** Downloads media within the time of the call. */
async function download(urls: readonly string[], lifetime: Lifetime, limits: CallLimits): Promise<MediaByUrl> {
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

/** The request as a form or as one file, for operations with files. */
function writeFiles({ body, files = none, raw }: Encoded, { extraBody, context }: Pick<Job, 'extraBody' | 'context'>) {
  checkExtraBody(extraBody)
  if (raw && extraBody) {
    throw new BadRequestError(
      "'extra_body' must be absent; got fields, but the body is a file. Pass them as parameters, which go into the query.",
      { param: 'extra_body' },
    )
  }
  const { type, body: content } = raw
    ? { type: raw.type, body: raw.data }
    : writeForm({ ...body, ...(extraBody ?? undefined) }, files, context.clock.random())
  const { size } = content instanceof Uint8Array ? { size: undefined } : content
  return {
    headers: { 'content-type': type, ...(size !== undefined && { 'content-length': String(size) }) },
    body: content,
  }
}

function checkExtraBody(extra: unknown): asserts extra is Record<string, unknown> | null | undefined {
  if (extra !== undefined && extra !== null && (typeof extra !== 'object' || Array.isArray(extra))) {
    throw new BadRequestError(
      `'extra_body' must be an object, whose fields are merged into the provider's body; ${got(extra)}.`,
      {
        param: 'extra_body',
      },
    )
  }
}

function stringify(body: Record<string, unknown>, extra: unknown, provider: Provider): string {
  checkExtraBody(extra)
  try {
    return writeJSON(extra ? { ...body, ...extra } : body)
  } catch (error) {
    throw new BadRequestError(
      `The request can't be written as JSON: ${error instanceof Error ? error.message : error}`,
      { provider: provider.id, cause: error },
    )
  }
}
