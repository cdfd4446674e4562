import { count, isObject, object, objects } from '../wire/json.js'

export interface ExpectedEmbedding {
  readonly vectors: readonly (readonly number[])[]
  readonly model: unknown
  /** Undefined where the answer says nothing of it. */
  readonly promptTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly cost: number | undefined
}

/** Hugging Face answers one text with the bare vector. */
const isVector = (body: unknown): body is number[] => Array.isArray(body) && typeof body[0] === 'number'

/** @param bytes whether text is one signed byte a number (Perplexity), and not four of floating point */
export function expectEmbedding(body: unknown, bytes = false): ExpectedEmbedding | undefined {
  if (isVector(body)) {
    return { vectors: [body], model: undefined, promptTokens: undefined, totalTokens: undefined, cost: undefined }
  }
  if (!isObject(body) || !Array.isArray(body.data)) return undefined
  const usage = object(body.usage)
  const items = objects(body.data).sort((a, b) => Number(a.index) - Number(b.index))
  return {
    vectors: items.map(({ embedding }) => vectorOf(embedding, bytes)),
    model: body.model,
    // Voyage counts the total only, which is the prompt
    promptTokens: count(usage.prompt_tokens) ?? count(usage.total_tokens),
    totalTokens: count(usage.total_tokens),
    cost: count(usage.cost) ?? count(object(usage.cost).total_cost),
  }
}

/** Otherwise base64 is little-endian float32, four bytes a number. */
function vectorOf(recorded: unknown, signed: boolean): number[] {
  if (typeof recorded !== 'string') return Array.isArray(recorded) ? recorded.map(Number) : []
  const bytes = Uint8Array.from(atob(recorded), (character) => character.charCodeAt(0))
  if (signed) return Array.from(bytes, (byte) => (byte > 127 ? byte - 256 : byte))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(at * 4, true))
}
