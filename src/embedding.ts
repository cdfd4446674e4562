import type { EmbeddingDialect } from '../providers/contract.js'
import { embeddingWithCache } from './cache/embedding.js'
import { scopeText } from './cache/key.js'
import type { CacheOutcome } from './call/cache-outcome.js'
import type { Call } from './call/call.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { metaOf, withMeta } from './call/meta.js'
import type { CallObserver, CallWatch } from './call/observer.js'
import { embeddingParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { resolveModel } from './call/resolve.js'
import { toNumbers, toVector } from './call/vectors.js'
import { BadRequestError, InvalidResponseError } from './errors.js'
import type { Embedding, EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from './types/embedding.js'
import type { CallOptions, EmbeddingRequest } from './types/options.js'

/** What a vector is: `Float32Array` for `vectorType: 'float32'`, else `number[]`. */
export type EmbeddingResult<VectorType extends 'array' | 'float32'> = 'array' | 'float32' extends VectorType
  ? EmbeddingResponse<number[] | Float32Array>
  : VectorType extends 'float32'
    ? EmbeddingResponse<Float32Array>
    : EmbeddingResponse

type Input = EmbeddingParams['input']
type Batch = { call: Call; vectors: (number[] | string)[]; usage: EmbeddingUsage; model: string }

/** Batches of one list that are under way at the same time. */
const parallelBatches = 4

/** The way of one embedding call. A list beyond the provider's limit becomes several requests and one answer. */
export async function runEmbedding<VectorType extends 'array' | 'float32'>(
  context: ClientContext,
  request: EmbeddingRequest<VectorType>,
  observer?: CallObserver,
  watch?: CallWatch,
): Promise<EmbeddingResult<VectorType>> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, embeddingParams)
  const { vectorType = 'array', ...callOptions } = options
  if (vectorType !== 'array' && vectorType !== 'float32') {
    throw new BadRequestError("'vectorType' is 'array' or 'float32'.", { param: 'vectorType' })
  }
  checkInput(params.input)
  const found = resolveModel(params.model, context, { operation: 'embedding', params, options })
  const resolved = found instanceof Promise ? await found : found
  const { provider, model } = resolved
  const { embedding } = provider.dialect
  if (!embedding) {
    throw new BadRequestError(`${provider.name} has no embedding models. Choose one of another provider.`, {
      provider: provider.id,
      model,
    })
  }
  const { extra_body: extraBody, ...rest } = params
  const begin = (input: Input, signal: AbortSignal | undefined) =>
    prepare({
      context,
      operation: 'embedding',
      resolved,
      options: signal ? { ...callOptions, signal } : callOptions,
      extraBody,
      startedAt,
      observer,
      watch,
      stream: false,
      encode: (encodeContext) => embedding.encode({ ...rest, input } as EmbeddingParams, encodeContext),
    })
  const start = async (input: Input, signal: AbortSignal | undefined) => {
    const begun = begin(input, signal)
    const call = begun instanceof Promise ? await begun : begun
    return runBatch(context, call, embedding, callOptions, countOf(input))
  }
  const limit = embedding.maxInputs({
    provider: provider.id,
    model,
    dropParams: false,
    ownHost: false,
    quirks: provider.quirks,
  })
  const ask = async (input: Input, note: CacheOutcome | undefined) =>
    join(await runAll(split(input, limit), callOptions.signal ?? undefined, start), vectorType, note)
  const input = params.input as Input
  // a Router looks before it chooses
  const policy = observer ? undefined : context.cache.policyFor(options.cache)
  if (!policy) return (await ask(input, undefined)) as EmbeddingResult<VectorType>
  const call = await begin(split(input, limit)[0] ?? input, undefined)
  const configured = context.providerOptions(provider.id)
  const headers = [context.headers, configured.headers, options.headers]
  const dropParams = options.dropParams ?? context.dropParams
  const { target } = call
  const answer = await embeddingWithCache({
    state: context.cache,
    policy,
    call,
    scope: scopeText({ provider, model, target, options, configured, dropParams, headers }, policy),
    keyInput: { operation: 'embedding', params: rest, extraBody },
    input,
    vectorType,
    origin: () => ({ provider: provider.id, model, baseModel: call.baseModel }),
    send: ask,
  })
  return answer as EmbeddingResult<VectorType>
}

async function runBatch(
  context: ClientContext,
  call: Call,
  embedding: EmbeddingDialect,
  options: CallOptions,
  expected: number,
): Promise<Batch> {
  const { data, usage, model } = await withRetries(call, async () => {
    const ready = options.dispatcher ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => embedding.decode(value, call.decodeContext()))
  })
  if (data.length !== expected) {
    const { provider, model: asked, status, target } = call
    throw new InvalidResponseError(`${target.who} answered ${expected} inputs with ${data.length} vectors.`, {
      provider: provider.id,
      model: asked,
      status,
    })
  }
  call.settle(usage, { answeredModel: model })
  return { call, vectors: data.map((item) => item.embedding), usage, model }
}

/** One batch goes as it is; many go a few at a time, and the first failure stops the others. */
async function runAll(
  inputs: Input[],
  signal: AbortSignal | undefined,
  start: (input: Input, signal: AbortSignal | undefined) => Promise<Batch>,
): Promise<Batch[]> {
  const [only] = inputs
  if (inputs.length === 1 && only !== undefined) return [await start(only, signal)]
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const batches: Batch[] = new Array(inputs.length)
  let next = 0
  const worker = async () => {
    for (let at = next++; at < inputs.length; at = next++) batches[at] = await start(inputs[at] as Input, either)
  }
  try {
    await Promise.all(Array.from({ length: Math.min(parallelBatches, inputs.length) }, worker))
  } catch (error) {
    stop.abort(error)
    throw error
  }
  return batches
}

function join(
  batches: Batch[],
  vectorType: 'array' | 'float32',
  note: CacheOutcome | undefined,
): EmbeddingResponse<number[] | Float32Array> {
  const data: Embedding<number[] | Float32Array>[] = []
  const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  for (const batch of batches) {
    for (const vector of batch.vectors) {
      const embedding = vectorType === 'float32' ? toVector(vector) : toNumbers(vector)
      data.push({ object: 'embedding', index: data.length, embedding })
    }
    usage.prompt_tokens += batch.usage.prompt_tokens
    usage.total_tokens += batch.usage.total_tokens
    if (batch.usage.cost !== undefined) usage.cost = (usage.cost ?? 0) + batch.usage.cost
  }
  const [first, ...others] = batches
  if (!first) throw new BadRequestError("'input' is empty.", { param: 'input' })
  const { call, model } = first
  for (const other of others) call.attempts.push(...other.call.attempts)
  call.settle(usage, { answeredModel: model })
  call.cache = note
  return withMeta({ object: 'list', model, data, usage }, metaOf(call))
}

const isList = (input: Input): input is readonly string[] | readonly (readonly number[])[] =>
  typeof input !== 'string' && typeof input[0] !== 'number'

const countOf = (input: Input) => (isList(input) ? input.length : 1)

function split(input: Input, limit: number): Input[] {
  if (!isList(input) || input.length <= limit) return [input]
  const parts: Input[] = []
  for (let at = 0; at < input.length; at += limit) parts.push(input.slice(at, at + limit) as Input)
  return parts
}

function checkInput(input: unknown): void {
  const what = "'input' is a text, a list of texts, or token ids (a list of numbers, or of such lists)"
  if (typeof input === 'string') return
  if (!Array.isArray(input) || input.length === 0) {
    throw new BadRequestError(`${what}${Array.isArray(input) ? ', and this list is empty' : ''}.`, { param: 'input' })
  }
  const kind = typeof input[0] === 'number' ? 'number' : typeof input[0] === 'string' ? 'string' : 'list'
  for (const [index, item] of input.entries()) {
    if (kind === 'list' ? !Array.isArray(item) : typeof item !== kind) {
      throw new BadRequestError(`${what}; input[${index}] is ${item === null ? 'null' : typeof item}.`, {
        param: 'input',
      })
    }
  }
}
