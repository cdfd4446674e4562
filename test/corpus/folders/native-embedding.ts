import type { ExpectedEmbedding } from '../expectation/embedding.js'
import { camelCased } from '../wire/google-json.js'
import { count, type Fields, isObject, list, object, objects, text } from '../wire/json.js'

/** Vectors in any shape but OpenAI's; undefined where there are none. */
export function expectNativeEmbedding(
  body: unknown,
  headers: Readonly<Record<string, string>>,
): ExpectedEmbedding | undefined {
  const answer = object(body)
  const vectors = vectorsOf(answer)
  if (vectors.length === 0) return undefined
  // Bedrock counts in a header what Cohere's models embed
  const tokens = count(Number(headers['x-amzn-bedrock-input-token-count'] ?? Number.NaN)) ?? tokensOf(answer)
  return {
    vectors,
    model: text(answer.model),
    promptTokens: tokens,
    totalTokens: tokens,
    cost: undefined,
  }
}

function vectorsOf({ embeddings, embedding, predictions, data }: Fields): number[][] {
  // Cohere's by type, of which the recordings have one each
  const given = isObject(embeddings) ? Object.values(embeddings)[0] : (embeddings ?? predictions ?? data)
  const all = given === undefined && embedding !== undefined ? [embedding] : list(given)
  return all.map(vectorOf)
}

function vectorOf(item: unknown): number[] {
  if (Array.isArray(item)) return item.map(Number)
  const { values, embeddings, embedding } = object(item)
  return values !== undefined ? list(values).map(Number) : vectorOf(embeddings ?? embedding)
}

function tokensOf({
  usageMetadata,
  predictions,
  meta,
  prompt_eval_count,
  inputTextTokenCount,
}: Fields): number | undefined {
  const said = count(object(usageMetadata).promptTokenCount) ?? count(prompt_eval_count) ?? count(inputTextTokenCount)
  if (said !== undefined) return said
  if (Array.isArray(predictions)) {
    const each = objects(predictions).map(
      ({ embeddings }) => count(object(object(embeddings).statistics).token_count) ?? 0,
    )
    return each.reduce((a, b) => a + b, 0)
  }
  const { input_tokens, image_tokens } = object(object(meta).billed_units)
  return (count(input_tokens) ?? 0) + (count(image_tokens) ?? 0)
}

/** Requests of Google's in OpenAI's shape; undefined where one input has several parts, which OpenAI's shape has no word for. */
export function embeddingFromGemini(body: Fields): Fields | undefined {
  const { requests, instances, parameters, content } = object(camelCased(body))
  if (Array.isArray(instances)) {
    const [first = {}] = objects(instances)
    const { taskType, title } = first
    return {
      input: objects(instances).map((instance) => instance.content),
      ...inSnakeCase({ taskType, title, ...object(parameters) }),
    }
  }
  const all = Array.isArray(requests) ? objects(requests) : isObject(content) ? [object(camelCased(body))] : []
  const inputs = all.map((request) => objects(object(request.content).parts))
  if (all.length === 0 || inputs.some((parts) => parts.length !== 1)) return undefined
  const { content: _, model: __, ...settings } = all[0] ?? {}
  return { input: inputs.map(([part]) => part?.text), ...inSnakeCase(settings) }
}

function inSnakeCase({ outputDimensionality, taskType, ...rest }: Fields): Fields {
  return {
    ...rest,
    ...(outputDimensionality !== undefined && { dimensions: outputDimensionality }),
    ...(taskType !== undefined && { task_type: taskType }),
  }
}

/** Of Cohere's, also behind Bedrock. */
export function embeddingFromCohere({ model: _, texts, images, output_dimension, ...rest }: Fields): Fields {
  return { ...rest, input: texts ?? images, ...(output_dimension != null && { dimensions: output_dimension }) }
}

export function embeddingFromBedrock(body: Fields): Fields {
  if (body.inputText === undefined) return embeddingFromCohere(body)
  const { inputText, ...rest } = body
  return { ...rest, input: [inputText] }
}

export function embeddingFromOllama({ model: _, ...rest }: Fields): Fields {
  return rest
}
