import type { DecodeContext, Dialect, EncodeContext, Provider } from '../../../providers/contract.js'
import type { OpenAIQuirks } from '../../../providers/dialects/openai/quirks.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import type { RerankParams } from '../../../src/types/rerank.js'

type Host = Provider<OpenAIQuirks>

export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}

export const encodeContext = (host: Host, model: string, dropParams = false): EncodeContext<OpenAIQuirks> => ({
  provider: host.id,
  model,
  dropParams,
  ownHost: true,
  quirks: host.quirks,
})

export const decodeContext = (host: Host): DecodeContext<OpenAIQuirks> => ({
  provider: host.id,
  model: 'asked',
  quirks: host.quirks,
  encodeState: undefined,
  created: 1700000000,
  fallbackId: 'f1',
})

const part = <Name extends 'embedding' | 'rerank'>(host: Host, name: Name) =>
  host.dialect[name] as NonNullable<Dialect<OpenAIQuirks>[Name]>

export const embed = (host: Host, params: object, model = 'm') =>
  part(host, 'embedding').encode(freeze({ model, ...params }) as EmbeddingParams, encodeContext(host, model))

export const vectors = (host: Host, body: unknown) => part(host, 'embedding').decode(freeze(body), decodeContext(host))

export const ranked = (host: Host, params: object, dropParams = false) =>
  part(host, 'rerank').encode(
    freeze({ model: 'r', query: 'q', documents: ['a', 'b'], ...params }) as RerankParams,
    encodeContext(host, 'r', dropParams),
  )

export const ranking = (host: Host, body: unknown) => part(host, 'rerank').decode(freeze(body), decodeContext(host))
