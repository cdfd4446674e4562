import { type Decoded, type EmbeddingDialect, ProviderFault } from '../../providers/contract.js'
import { embeddingWithCache } from '../cache/embedding.js'
import type { Embedder } from '../cache/semantic-lookup.js'
import type { Call } from '../call/call.js'
import type { ClientContext } from '../call/context.js'
import { execute } from '../call/execute.js'
import type { OperationSpec, Params } from '../call/operation.js'
import { toNumbers, toVector } from '../call/vectors.js'
import { got, InvalidResponseError } from '../errors.js'
import { estimateTokens } from '../tokens/estimate.js'
import type { EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from '../types/embedding.js'
import type { CallOptions, EmbeddingRequest } from '../types/options.js'
import { embeddingRequest } from './requests.js'

/** `Float32Array` vectors for `vectorType: 'float32'`, else `number[]`. */
export type EmbeddingResult<VectorType extends 'array' | 'float32'> = 'array' | 'float32' extends VectorType
  ? EmbeddingResponse<number[] | Float32Array>
  : VectorType extends 'float32'
    ? EmbeddingResponse<Float32Array>
    : EmbeddingResponse

export interface EmbeddingMethod<Extra, Options> {
  /**
   * Embeds texts. A list beyond the provider's limits becomes several requests and one answer.
   * @throws {LLMError} the class depends on the failure
   */
  embedding<const VectorType extends 'array' | 'float32' = 'array'>(
    request: EmbeddingRequest<VectorType> & Extra,
    options?: CallOptions & Options & { vectorType?: VectorType | undefined },
  ): Promise<EmbeddingResult<VectorType>>
}

type Input = EmbeddingParams['input']
type Vectors = EmbeddingResponse<number[] | Float32Array>
type Body = Decoded<EmbeddingResponse<number[] | string>>

/** A decoder that finds no count gives 0 tokens, which no input has. */
const isKnown = ({ total_tokens: tokens, input_images: images, cost }: EmbeddingUsage): boolean =>
  tokens > 0 || images !== undefined || cost !== undefined

export const embedding: OperationSpec<EmbeddingDialect, Body> = {
  ...embeddingRequest,
  part: (dialect) => dialect.embedding,
  unsupported: ({ name }) => `${name} has no embedding models. Choose one of another provider.`,
  encode: (part, params, context) => part.encode(params as unknown as EmbeddingParams, context),
  decode(part, body, context) {
    const answer = part.decode(body, context)
    if (answer.usage && !isKnown(answer.usage)) delete answer.usage
    for (const [index, item] of answer.data.entries()) item.index = index
    return answer
  },
  verify,
  settle: (call, { usage, model }, _, error) => call.settle(usage, { answeredModel: model }, error),
  finish({ options }, answer) {
    const float32 = options.vectorType === 'float32'
    const data = answer.data as Vectors['data']
    for (const [at, { index, embedding: vector }] of answer.data.entries()) {
      data[at] = { object: 'embedding', index, embedding: float32 ? toVector(vector) : toNumbers(vector) }
    }
    return answer
  },
  batches,
  join(answers, batches) {
    const usages: (EmbeddingUsage | undefined)[] = []
    const data: Body['data'] = []
    let model = ''
    let offset = 0
    for (const [at, params] of batches.entries()) {
      const answer = answers[at]
      if (answer) {
        for (const item of answer.data) data.push({ ...item, index: offset + item.index })
        usages.push(answer.usage)
        model ||= answer.model
      }
      offset += countOf(params.input as Input)
    }
    const usage = sumOf(usages)
    return { object: 'list', model, data, ...(usage && { usage }) }
  },
  cached: ({ state, policy, call, scope, origin, params, options, extraBody, send }) =>
    embeddingWithCache({
      state,
      policy,
      call,
      scope,
      origin,
      keyInput: { operation: 'embedding', params, extraBody },
      input: params.input as Input,
      vectorType: options.vectorType === 'float32' ? 'float32' : 'array',
      send: (input, outcome) => send({ ...params, input }, outcome) as Promise<Vectors>,
    }),
}

/** The sum of several requests; undefined if the usage of one is unknown. */
function sumOf(usages: readonly (EmbeddingUsage | undefined)[]): EmbeddingUsage | undefined {
  const sum: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  for (const usage of usages) {
    if (!usage) return undefined
    sum.prompt_tokens += usage.prompt_tokens
    sum.total_tokens += usage.total_tokens
    if (usage.input_images !== undefined) sum.input_images = (sum.input_images ?? 0) + usage.input_images
    if (usage.cost !== undefined) sum.cost = (sum.cost ?? 0) + usage.cost
  }
  return sum
}

/** Embeds texts for a semantic cache. */
export const embedderOf =
  (context: ClientContext): Embedder =>
  async (model, text, signal) => {
    const request = { model, input: text, signal, cache: false }
    const { data, usage, meta } = (await execute(context, embedding, request)) as EmbeddingResponse
    const [first] = data
    if (!first) throw new InvalidResponseError('The embedding model returned no vector.')
    return { vector: first.embedding, tokens: usage?.prompt_tokens, cost: meta.cost }
  }

const isList = (input: Input): input is readonly string[] | readonly (readonly number[])[] =>
  typeof input !== 'string' && typeof input[0] !== 'number'

const countOf = (input: Input) => (isList(input) ? input.length : 1)

type Batches = NonNullable<OperationSpec<EmbeddingDialect, Body>['batches']>

/** Splits a list by the provider's limits of inputs and tokens. */
function batches(
  part: EmbeddingDialect,
  params: Params,
  context: Parameters<Batches>[2],
): readonly Params[] | undefined {
  const input = params.input as Input
  if (!isList(input)) return undefined
  const mostInputs = part.maxInputs(context)
  const mostTokens = part.maxTokens?.(context) ?? Number.POSITIVE_INFINITY
  const counts = tokensOf(input, context.model, mostTokens)
  if (input.length <= mostInputs && !counts) return undefined
  const parts: Params[] = []
  let start = 0
  let tokens = 0
  for (let at = 0; at < input.length; at++) {
    const count = counts?.[at] ?? 0
    if (at > start && (at - start >= mostInputs || tokens + count > mostTokens)) {
      parts.push({ ...params, input: input.slice(start, at) })
      start = at
      tokens = 0
    }
    tokens += count
  }
  parts.push({ ...params, input: input.slice(start) })
  return parts.length > 1 ? parts : undefined
}

/** Estimated counts may be too low by this factor. */
const margin = 1.15
/** Most tokens of one character, in any script. */
const tokensPerCharacter = 3

/** Tokens of each input; undefined if they can't exceed the limit together. */
function tokensOf(input: readonly (string | readonly number[])[], model: string, most: number): number[] | undefined {
  let highest = 0
  for (const one of input) highest += typeof one === 'string' ? one.length * tokensPerCharacter : one.length
  if (highest <= most) return undefined
  const counts = input.map((one) =>
    typeof one === 'string' ? Math.ceil(estimateTokens({ model, text: one }).tokens * margin) : one.length,
  )
  return counts.reduce((sum, count) => sum + count, 0) > most ? counts : undefined
}

/** Rejects an answer with the wrong number of vectors, or with vectors that are empty or of something else than numbers. */
function verify(_: unknown, { input, dimensions }: Params, { data }: Body, call: Call): void {
  const expected = countOf(input as Input)
  if (data.length !== expected) {
    throw new ProviderFault(`it answered ${expected} inputs with ${data.length} vectors`)
  }
  for (const { index, embedding: vector } of data) {
    if (dimensionsOf(vector) === 0) throw new ProviderFault(`vector ${index} is empty`)
    if (typeof vector === 'string') continue
    for (let at = 0; at < vector.length; at++) {
      const value: unknown = vector[at]
      if (typeof value !== 'number') throw new ProviderFault(`vector ${index} has ${got(value).slice(4)} at ${at}`)
    }
  }
  const [first] = data
  if (typeof dimensions !== 'number' || !first) return
  const length = dimensionsOf(first.embedding)
  // packed binary vectors have eight dimensions in a number
  if (
    length === dimensions ||
    length * 8 === dimensions ||
    call.warnings.some((warning) => 'param' in warning && warning.param === 'dimensions')
  )
    return
  const message = `The server ignored 'dimensions': ${dimensions} were requested, the vectors have ${length}.`
  call.warnings = [...call.warnings, { type: 'dropped', param: 'dimensions', message }]
}

/** The length of a vector, whose base64 has four bytes for a number. */
const dimensionsOf = (vector: readonly number[] | string): number =>
  typeof vector === 'string' ? Math.floor((vector.replace(/=+$/, '').length * 3) / 16) : vector.length
