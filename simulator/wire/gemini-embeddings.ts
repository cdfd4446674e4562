import { countTokens, vectorOf } from '../digest.js'
import { type Json, number, record, string } from '../json.js'
import { geminiError, invalid } from './gemini-errors.js'
import { field, items } from './gemini-fields.js'
import { refuseFields } from './gemini-refusals.js'
import { googleMethod, type WireBody, type WireError, type WireRequest } from './wire.js'

const mostAtOnce = 100
const mostInstances = 250
const defaultDimensions = 16

/** https://ai.google.dev/api/embeddings, and Vertex AI's `predict` */
export function embeddings(request: WireRequest, vectors: readonly (readonly number[])[] | undefined): WireBody {
  const { body } = request
  const name = googleMethod(request.path)?.name
  if (name === 'predict')
    return { predictions: isMultimodal(request) ? shown(body, vectors) : predictions(body, vectors) }
  const one = (of: Json, index: number): Json => {
    const text = textOf(record(of.content))
    return {
      values: vectors?.[index] ?? vectorOf(text, number(field(of, 'outputDimensionality')) ?? defaultDimensions),
    }
  }
  if (name === 'embedContent') return { embedding: one(body, 0) }
  return { embeddings: items(body.requests).map(one) }
}

function predictions(body: Json, vectors: readonly (readonly number[])[] | undefined): Json[] {
  const dimensions = number(record(body.parameters).outputDimensionality) ?? defaultDimensions
  return items(body.instances).map(({ content }, index) => {
    const text = string(content) ?? ''
    const statistics = { truncated: false, token_count: countTokens(text) }
    return { embeddings: { statistics, values: vectors?.[index] ?? vectorOf(text, dimensions) } }
  })
}

const isMultimodal = ({ model }: WireRequest): boolean => model.startsWith('multimodalembedding')

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api */
function shown(body: Json, vectors: readonly (readonly number[])[] | undefined): Json[] {
  const dimension = number(record(body.parameters).dimension) ?? 1408
  return items(body.instances).map(({ text, image }, index) => {
    const said = string(text)
    const vector = vectors?.[index] ?? vectorOf(said ?? JSON.stringify(image), dimension)
    return said === undefined ? { imageEmbedding: vector } : { textEmbedding: vector }
  })
}

function textOf({ parts }: Json): string {
  return items(parts)
    .map((part) => string(part.text) ?? JSON.stringify(part))
    .join('\n')
}

/** Validates an embedding request. */
export function refuseEmbeddings(request: WireRequest): WireError | undefined {
  switch (googleMethod(request.path)?.name) {
    case 'predict':
      return refusePredict(request)
    case 'embedContent':
      return refuseFields(request, 'EmbedContentRequest') ?? refuseOne(request, request.body, 'EmbedContentRequest')
    default:
      return refuseFields(request, 'BatchEmbedContentsRequest') ?? refuseBatch(request)
  }
}

function refuseBatch(request: WireRequest): WireError | undefined {
  const all = items(request.body.requests)
  if (all.length === 0) return invalid(request, '* BatchEmbedContentsRequest.requests: requests is not specified\n')
  if (all.length > mostAtOnce) {
    return invalid(
      request,
      `* BatchEmbedContentsRequest.requests: at most ${mostAtOnce} requests can be in one batch\n`,
    )
  }
  for (const [index, one] of all.entries()) {
    const place = `BatchEmbedContentsRequest.requests[${index}]`
    // unlike elsewhere, the model appears twice
    if (one.model !== `models/${request.model}`) {
      return invalid(request, `* ${place}.model: unexpected model name format\n`)
    }
    const refusal = refuseOne(request, one, place)
    if (refusal) return refusal
  }
  return undefined
}

function refuseOne(request: WireRequest, { content }: Json, place: string): WireError | undefined {
  const parts = items(record(content).parts)
  if (parts.length === 0) return invalid(request, `* ${place}.content: content is not specified\n`)
  return parts.some((part) => part.text === '') ? invalid(request, `* ${place}.content: content is empty\n`) : undefined
}

function refusePredict(request: WireRequest): WireError | undefined {
  const misspelt = refuseFields(request, 'PredictRequest')
  if (misspelt) return misspelt
  const all = items(request.body.instances)
  if (all.length === 0) return geminiError(request, { status: 400, message: 'Empty instances.' })
  if (all.length > mostInstances) {
    return invalid(request, `${all.length} instance(s) is over the allowed limit of ${mostInstances}.`)
  }
  if (isMultimodal(request)) {
    if (all.length > 1) return invalid(request, `${all.length} instance(s) is over the allowed limit of 1.`)
    const { text, image } = all[0] ?? {}
    return text || image ? undefined : invalid(request, 'One of text, image or video is required.')
  }
  const bare = all.some(({ content }) => typeof content !== 'string' || content === '')
  return bare ? invalid(request, 'The text content is empty.') : undefined
}
