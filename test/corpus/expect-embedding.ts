import { count, isObject, object, objects } from './json.js'

export interface ExpectedEmbedding {
  readonly vectors: readonly (readonly number[])[]
  readonly model: unknown
  /** Undefined where the answer says nothing of it. */
  readonly promptTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly cost: number | undefined
}

export function expectEmbedding(body: unknown): ExpectedEmbedding | undefined {
  if (!isObject(body) || !Array.isArray(body.data)) return undefined
  const usage = object(body.usage)
  const items = objects(body.data).sort((a, b) => Number(a.index) - Number(b.index))
  return {
    vectors: items.map(({ embedding }) => vectorOf(embedding)),
    model: body.model,
    promptTokens: count(usage.prompt_tokens),
    totalTokens: count(usage.total_tokens),
    cost: count(usage.cost),
  }
}

/** base64 is little-endian float32, four bytes a number. */
function vectorOf(recorded: unknown): number[] {
  if (typeof recorded !== 'string') return Array.isArray(recorded) ? recorded.map(Number) : []
  const bytes = Uint8Array.from(atob(recorded), (character) => character.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(at * 4, true))
}
