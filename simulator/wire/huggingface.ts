import { countTokens, vectorOf } from '../digest.js'
import { list, record, string } from '../json.js'
import { openai } from './openai.js'
import { openaiError } from './openai-errors.js'
import { documentText, rank } from './rank.js'
import { endsWith, type Wire, type WireError } from './wire.js'

const size = 16

/**
 * Embeddings of Hugging Face's router; embeddings and rerank of Text Embeddings Inference.
 * https://huggingface.co/docs/inference-providers/tasks/feature-extraction
 * https://huggingface.github.io/text-embeddings-inference/
 */
export const huggingface: Wire = {
  ...openai,
  route(method, path, _headers, body) {
    if (method !== 'POST') return undefined
    const [, model] = /\/models\/([^?]+)\/pipeline\/feature-extraction(?:\?|$)/.exec(path) ?? []
    if (model !== undefined)
      return { operation: 'embedding', model: model.split('/').map(decodeURIComponent).join('/') }
    if (endsWith(path, '/embed') && body.inputs !== undefined) return { operation: 'embedding' }
    return endsWith(path, '/rerank') && body.texts !== undefined ? { operation: 'rerank' } : undefined
  },
  // the router returns no usage
  headers: ({ path, body }) => ({
    'x-compute-type': 'cpu',
    ...(!path.includes('/pipeline/') && { 'x-compute-tokens': String(tokensOf(body)) }),
  }),
  refuseKey: (request) => huggingfaceError(openaiError(request, { status: 401 }), request.path),
  refuse({ body, operation, path }) {
    const texts = operation === 'rerank' ? body.texts : body.inputs
    if (list(texts).length > 0 || string(texts)) return undefined
    return huggingfaceError({ status: 422, body: { error: { message: 'Input validation error: it is empty' } } }, path)
  },
  error: (request, wish) => huggingfaceError(openaiError(request, wish), request.path),
  embeddings: ({ body }, vectors) =>
    inputsOf(body).map((text, at) => vectors?.[at] ?? vectorOf(string(text) ?? '', size)),
  rerank: ({ body }, scores) =>
    rank(string(body.query) ?? '', list(body.texts), scores, undefined).map(({ index, score }) => ({
      index,
      score,
      ...(body.return_text === true && { text: documentText(list(body.texts)[index]) }),
    })),
}

const inputsOf = ({ inputs }: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Array.isArray(inputs) ? inputs : [inputs]

const tokensOf = (body: Readonly<Record<string, unknown>>): number =>
  [...inputsOf(body), body.query, ...list(body.texts)].reduce<number>(
    (sum, text) => sum + countTokens(string(text) ?? ''),
    0,
  )

/** The error is a string; self-hosted servers add its type and have no rate limits. */
function huggingfaceError(error: WireError, path: string): WireError {
  if (typeof error.body === 'string') return error
  const { message } = record(record(error.body).error)
  if (path.includes('/pipeline/')) return { ...error, body: { error: message } }
  if (error.status === 429) return { ...error, body: { error: 'Model is overloaded', error_type: 'Overloaded' } }
  return { ...error, body: { error: message, error_type: error.status === 422 ? 'Validation' : 'Backend' } }
}
