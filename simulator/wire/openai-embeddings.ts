import { countTokens, idOf, vectorOf } from '../digest.js'
import { isRecord, type Json, list, number, string } from '../json.js'
import type { WireRequest } from './wire.js'

const defaultDimensions = 16
/** Mistral's embedding answers have an id, OpenAI's don't. https://docs.mistral.ai/api/endpoint/embeddings */
const mistralModel = /^(?:mistral|codestral)-embed/

/**
 * Embeddings in OpenAI's format. Voyage and Jina use other names: `output_dimension`, `embedding_type`, and `inputs` for
 * images.
 */
export function embeddings(
  { body, model, seed }: WireRequest,
  vectors: readonly (readonly number[])[] | undefined,
): Json {
  const given = body.input ?? body.inputs
  const input = Array.isArray(given) && typeof given[0] !== 'number' ? given : [given]
  const dimensions = number(body.dimensions) ?? number(body.output_dimension) ?? defaultDimensions
  const format = body.encoding_format ?? body.output_encoding ?? body.embedding_type
  let tokens = 0
  const data = input.map((item: unknown, index) => {
    const key = string(item) ?? JSON.stringify(item)
    tokens += isRecord(item) || typeof item === 'string' ? countTokens(key) : list(item).length
    const vector = vectors?.[index] ?? vectorOf(key, dimensions)
    return { object: 'embedding', index, embedding: format === 'base64' ? base64(vector) : vector }
  })
  const answer = { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
  return mistralModel.test(model) ? { id: idOf(seed, 'embedding').toLowerCase(), ...answer } : answer
}

function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
