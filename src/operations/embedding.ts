import { type Decoded, type EmbeddingDialect, ProviderFault } from '../../providers/contract.js'
import { embeddingWithCache } from '../cache/embedding.js'
import type { Embedder } from '../cache/semantic-lookup.js'
import type { ClientContext } from '../call/context.js'
import { execute } from '../call/execute.js'
import type { OperationSpec, Params } from '../call/operation.js'
import { toNumbers, toVector } from '../call/vectors.js'
import { BadRequestError, got, InvalidResponseError } from '../errors.js'
import type { EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from '../types/embedding.js'

/** `Float32Array` vectors for `vectorType: 'float32'`, else `number[]`. */
export type EmbeddingResult<VectorType extends 'array' | 'float32'> = 'array' | 'float32' extends VectorType
  ? EmbeddingResponse<number[] | Float32Array>
  : VectorType extends 'float32'
    ? EmbeddingResponse<Float32Array>
    : EmbeddingResponse

type Input = EmbeddingParams['input']
type Vectors = EmbeddingResponse<number[] | Float32Array>
type Body = Decoded<EmbeddingResponse<number[] | string>>

/** OpenAI's shape requires a usage, so providers that report none get one of 0 tokens, which no input has. */
const isKnown = ({ total_tokens: tokens, input_images: images, cost }: EmbeddingUsage): boolean =>
  tokens > 0 || images !== undefined || cost !== undefined

export const embedding: OperationSpec<EmbeddingDialect, Body> = {
  name: 'embedding',
  method: 'embedding',
  path: '/v1/embeddings',
  params: new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'extra_body']),
  check({ input }, { vectorType }) {
    if (vectorType !== undefined && vectorType !== null && vectorType !== 'array' && vectorType !== 'float32') {
      throw new BadRequestError(`'vectorType' must be 'array' or 'float32'; ${got(vectorType)}.`, {
        param: 'vectorType',
      })
    }
    checkInput(input)
  },
  part: (dialect) => dialect.embedding,
  unsupported: ({ name }) => `${name} has no embedding models. Choose one of another provider.`,
  encode: (part, params, context) => part.encode(params as unknown as EmbeddingParams, context),
  decode: (part, body, context) => part.decode(body, context),
  verify(_, { input }, { data }, { target }) {
    const expected = countOf(input as Input)
    if (data.length !== expected) {
      throw new ProviderFault(`it answered ${expected} inputs with ${data.length} vectors (${target.who})`)
    }
  },
  settle: (call, { usage, model }) => call.settle(isKnown(usage) ? usage : undefined, { answeredModel: model }),
  finish({ options }, answer) {
    const float32 = options.vectorType === 'float32'
    const data = answer.data as Vectors['data']
    for (let index = 0; index < data.length; index++) {
      const vector = answer.data[index]?.embedding ?? []
      data[index] = { object: 'embedding', index, embedding: float32 ? toVector(vector) : toNumbers(vector) }
    }
    return answer
  },
  batches(part, params, context) {
    const input = params.input as Input
    const limit = part.maxInputs(context)
    if (!isList(input) || input.length <= limit) return undefined
    const batches: Params[] = []
    for (let at = 0; at < input.length; at += limit) batches.push({ ...params, input: input.slice(at, at + limit) })
    return batches
  },
  join(answers) {
    const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
    for (const { usage: one } of answers) {
      usage.prompt_tokens += one.prompt_tokens
      usage.total_tokens += one.total_tokens
      if (one.input_images !== undefined) usage.input_images = (usage.input_images ?? 0) + one.input_images
      if (one.cost !== undefined) usage.cost = (usage.cost ?? 0) + one.cost
    }
    return { object: 'list', model: answers[0]?.model ?? '', data: answers.flatMap(({ data }) => data), usage }
  },
  cached: ({ params, options, extraBody, media: _, stream: __, schema: ___, context: ____, send, ...rest }) =>
    embeddingWithCache({
      ...rest,
      keyInput: { operation: 'embedding', params, extraBody },
      input: params.input as Input,
      vectorType: options.vectorType === 'float32' ? 'float32' : 'array',
      send: (input, outcome) => send({ ...params, input }, outcome) as Promise<Vectors>,
    }),
}

/** Embeds texts for a semantic cache. */
export const embedderOf =
  (context: ClientContext): Embedder =>
  async (model, text, signal) => {
    const request = { model, input: text, signal, cache: false }
    const { data, usage, meta } = (await execute(context, embedding, request)) as EmbeddingResponse
    const [first] = data
    if (!first) throw new InvalidResponseError('The embedding model returned no vector.')
    return { vector: first.embedding, tokens: usage.prompt_tokens, cost: meta.cost }
  }

const isList = (input: Input): input is readonly string[] | readonly (readonly number[])[] =>
  typeof input !== 'string' && typeof input[0] !== 'number'

const countOf = (input: Input) => (isList(input) ? input.length : 1)

function checkInput(input: unknown): void {
  const wrong = (got: string) =>
    new BadRequestError(
      `'input' must be a string, an array of strings, or token ids (an array of numbers, or of such arrays); ${got}.`,
      { param: 'input' },
    )
  if (typeof input === 'string') return
  if (!Array.isArray(input) || input.length === 0) throw wrong(got(input))
  const kind = typeof input[0] === 'number' ? 'number' : typeof input[0] === 'string' ? 'string' : 'list'
  for (const [index, item] of input.entries()) {
    if (kind === 'list' ? !Array.isArray(item) : typeof item !== kind) {
      throw wrong(`input[${index}] is ${got(item).slice(4)}`)
    }
  }
}
