import type { Dispatcher } from 'undici'
import type { Dialect, EncodeContext } from '../../providers/contract.js'
import { scopeText } from '../cache/key.js'
import { type CachePolicy, refuseCache } from '../cache/policy.js'
import { BadRequestError, LLMError } from '../errors.js'
import type { Media } from '../types/media.js'
import type { CallMeta } from '../types/meta.js'
import { attempt, recover, withRetries } from './attempt.js'
import type { CacheOutcome } from './cache-outcome.js'
import { type Call, quirksOf } from './call.js'
import type { ClientContext } from './context.js'
import { sendForJson } from './json-response.js'
import { metaOf, withMeta } from './meta.js'
import type { CallObserver, CallRecorder } from './observer.js'
import type { Job, OperationSpec, Params } from './operation.js'
import { prepare } from './prepare.js'
import { type SplitRequest, splitRequest } from './request.js'
import { resolveModel } from './resolve.js'
import { sendStream } from './stream-reader.js'
import { formatOf } from './structured.js'
import { encodeToolSchemas, hasToolSchemas } from './tool-schemas.js'

type Answer = object & { readonly meta: CallMeta }

/**
 * Runs one call of any operation: validate, resolve, prepare, look in the cache, attempt with retries, settle.
 * @param observer makes the call part of a larger one, such as a Router's; the cache is then not used
 * @throws {LLMError} the class depends on the failure
 */
export async function execute(
  context: ClientContext,
  asked: OperationSpec,
  request: object,
  observer?: CallObserver,
  recorder?: CallRecorder,
): Promise<unknown> {
  const startedAt = context.clock.now()
  const split = splitRequest(request, asked.params, asked.open)
  const { options } = split
  if (!asked.cached) refuseCache(options.cache, asked.method)
  asked.check(split.params, options)
  const resolving = resolveModel(split.params.model ?? asked.defaultModel, context, {
    operation: asked.api,
    params: split.params,
    options,
  })
  let { provider, model } = resolving instanceof Promise ? await resolving : resolving
  let spec = asked
  let { params } = split
  const found = asked.part(provider.dialect)
  let part = found instanceof Promise ? await found : found
  if (part === undefined && asked.bridge) {
    const bridge = await bridged(context, asked, split, observer, provider.dialect)
    spec = bridge.spec
    params = bridge.params
    part = bridge.part
    provider = bridge.provider
    model = bridge.model
  }
  if (!part) throw new BadRequestError(spec.unsupported(provider), { provider: provider.id, model })
  const schema = spec.schemaOf?.(params)
  if (schema) params.response_format = await formatOf(schema)
  if (hasToolSchemas(params)) await encodeToolSchemas(params)
  const extraBody = params.extra_body
  if (extraBody !== undefined) delete params.extra_body
  const stream = params.stream === true && spec.stream !== undefined
  const loading = spec.ready?.(params, part)
  if (loading) await loading
  const job: Job = {
    context,
    spec,
    provider,
    part,
    model,
    params,
    options,
    extraBody,
    schema,
    stream,
    startedAt,
    observer,
    recorder,
  }
  // a Router looks in its cache before it selects a deployment
  const policy = observer || !spec.cached ? undefined : context.cache.policyFor(options.cache)
  if (policy) return executeCached(job, policy)
  const batches = spec.batches && batchesOf(job, params)
  if (batches) return executeBatches(job, batches)
  const prepared = prepare(job, params)
  const call = prepared instanceof Promise ? await prepared : prepared
  // awaited: a promise that is returned as such takes two turns more
  return await (stream ? sendStreamed(job, call) : sendOnce(job, params, call))
}

/** Translates a call to chat, for a provider without the operation. Chat may have another route. */
async function bridged(
  context: ClientContext,
  asked: OperationSpec,
  { params: given, options }: SplitRequest,
  observer: CallObserver | undefined,
  dialect: Dialect,
) {
  const { wall, random } = context.clock
  const { spec, params } = (await asked.bridge?.(given, {
    requested: observer?.router.requested ?? String(given.model),
    options,
    created: Math.floor(wall() / 1000),
    id: `${wall().toString(36)}${Math.floor(random() * 2 ** 52).toString(36)}`,
    webSearch: dialect.chat?.webSearch,
  })) ?? { spec: asked, params: given }
  const { provider, model } = await resolveModel(params.model, context, { operation: spec.api, params, options })
  return { spec, params, part: await spec.part(provider.dialect), provider, model }
}

async function executeCached(job: Job, policy: CachePolicy): Promise<unknown> {
  const { context, spec, provider, model, options, params, extraBody, schema, stream } = job
  const batches = spec.batches && batchesOf(job, params)
  let media: ReadonlyMap<string, Media> | undefined
  const call = await prepare(job, batches?.[0] ?? params, (downloaded) => {
    media = downloaded
  })
  const configured = context.providerOptions(provider.id)
  const headers = [context.headers, configured.headers, options.headers]
  const dropParams = options.dropParams ?? context.dropParams
  const { target, baseModel } = call
  const origin = { provider: provider.id, model, baseModel }
  return spec.cached?.({
    state: context.cache,
    policy,
    call,
    scope: scopeText({ provider, model, target, options, configured, dropParams, headers }, policy),
    params,
    options,
    extraBody,
    media,
    stream,
    schema,
    context,
    origin: () => origin,
    send: (some, outcome) =>
      some ? sendPart(job, some, outcome) : stream ? sendStreamed(job, call) : sendOnce(job, params, call),
  })
}

/** Sends a part of a request whose rest was in the cache, with a lifetime of its own. */
async function sendPart(job: Job, params: Params, outcome: CacheOutcome | undefined): Promise<unknown> {
  const batches = batchesOf(job, params)
  if (batches) return executeBatches(job, batches, outcome)
  const call = await prepare(job, params)
  call.cache = outcome
  return sendOnce(job, params, call)
}

/** Sends a call and waits for its answer. */
export async function sendOnce<Part>(job: Job<Part>, params: Params, call: Call): Promise<unknown> {
  const { spec, part } = job
  const send = sender(job, params, call)
  let decoded: object
  let startedAt: number | undefined
  // as in withRetries(), which costs another promise
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    startedAt = call.clock.now()
    decoded = await attempt(call, send)
    call.recordAttempt(startedAt)
  } catch (error) {
    decoded = await recover(call, error, startedAt, send)
  }
  spec.settle(call, decoded, part)
  const answer: Answer = withMeta(decoded, metaOf(call))
  return spec.finish ? spec.finish(job, answer) : answer
}

/** Returns a function that sends a call once and decodes its answer. */
function sender<Part>(job: Job<Part>, params: Params, call: Call): () => Promise<object> {
  const { context, spec, part, options } = job
  const decode = (body: unknown): object => {
    const decoded = spec.decode(part, body, call.decodeContext())
    spec.verify?.(job, params, decoded, call)
    return decoded
  }
  return () => {
    const dispatcher = context.dispatcher(options)
    return dispatcher instanceof Promise
      ? dispatcher.then((ready) => sendForJson(call, ready, decode))
      : sendForJson(call, dispatcher, decode)
  }
}

/** Sends a call and returns its stream, once it has content. */
export async function sendStreamed(job: Job, call: Call): Promise<unknown> {
  const { context, spec, provider, options } = job
  call.target.headers.accept ??= 'text/event-stream'
  const loading = context.framer(provider.dialect.framing)
  const framer = loading instanceof Promise ? await loading : loading
  const send = (dispatcher: Dispatcher) => {
    const setup = spec.stream?.(job, call)
    if (!setup) throw new BadRequestError(`${spec.method}() can't stream.`, { param: 'stream' })
    return sendStream(call, dispatcher, framer, setup)
  }
  return withRetries(call, () => {
    const dispatcher = context.dispatcher(options)
    return dispatcher instanceof Promise ? dispatcher.then(send) : send(dispatcher)
  })
}

function batchesOf({ spec, part, provider, model }: Job, params: Params): readonly Params[] | undefined {
  const info: EncodeContext = {
    provider: provider.id,
    model,
    dropParams: false,
    ownHost: false,
    quirks: quirksOf(provider, false),
  }
  return spec.batches?.(part, params, info)
}

/** Batches of one request that are in flight at the same time. */
const parallelBatches = 4

/** Sends batches, a few at a time. The first failure stops the others. */
async function executeBatches(job: Job, batches: readonly Params[], outcome?: CacheOutcome): Promise<unknown> {
  const { spec, part, options, observer } = job
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  // the larger call is settled once, with the sum
  const batchJob: Job = {
    ...job,
    options: { ...options, signal },
    observer: observer && {
      startedAt: observer.startedAt,
      attempts: observer.attempts,
      mark: observer.mark,
      router: observer.router,
      settled: () => {},
    },
  }
  const done: ({ call: Call; answer: object } | undefined)[] = new Array(batches.length).fill(undefined)
  let next = 0
  const worker = async () => {
    for (let at = next++; at < batches.length; at = next++) {
      const params = batches[at] as Params
      const call = await prepare(batchJob, params)
      const answer = await withRetries(call, sender(batchJob, params, call))
      spec.settle(call, answer, part)
      done[at] = { call, answer }
    }
  }
  /** Settles the first call for all of them. */
  const join = (error?: LLMError): unknown => {
    const [first, ...others] = done.filter((one) => one !== undefined)
    if (!first || !spec.join) return undefined
    const { call } = first
    if (call.attempts !== observer?.attempts) for (const other of others) call.attempts.push(...other.call.attempts)
    call.observer = observer
    call.cache = outcome
    const answer = spec.join(
      done.map((one) => one?.answer),
      batches,
    )
    spec.settle(call, answer, part, error)
    const joined: Answer = withMeta(answer, metaOf(call))
    return spec.finish ? spec.finish(job, joined) : joined
  }
  try {
    await Promise.all(Array.from({ length: Math.min(parallelBatches, batches.length) }, worker))
  } catch (error) {
    stop.abort(error)
    if (LLMError.is(error)) {
      const results = join(error)
      if (results) Object.defineProperty(error, 'partialEmbedding', { value: results, configurable: true })
    }
    throw error
  }
  return join()
}
