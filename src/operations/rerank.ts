import { type Decoded, ProviderFault, type RerankDialect } from '../../providers/contract.js'
import { rerankWithCache } from '../cache/rerank.js'
import type { OperationSpec } from '../call/operation.js'
import type { CallOptions, RerankRequest } from '../types/options.js'
import type { RerankParams, RerankResponse } from '../types/rerank.js'
import { rerankRequest } from './requests.js'

export interface RerankMethod<Extra, Options> {
  /**
   * Sorts documents by their relevance to a query.
   * @throws {LLMError} the class depends on the failure
   */
  rerank(request: RerankRequest & Extra, options?: CallOptions & Options): Promise<RerankResponse>
}

export const rerank: OperationSpec<RerankDialect, Decoded<RerankResponse>> = {
  ...rerankRequest,
  part: (dialect) => dialect.rerank,
  unsupported: ({ name }) => `${name} has no rerank models. Cohere, Jina AI and Voyage do.`,
  encode: (part, params, context) => part.encode(params as unknown as RerankParams, context),
  decode: (part, body, context) => part.decode(body, context),
  verify(_, params, answer) {
    const { documents, top_n: most } = params as unknown as RerankParams
    for (const { index } of answer.results) {
      if (index >= documents.length) throw new ProviderFault(`it ranked document ${index} of ${documents.length}`)
    }
    // servers that don't know top_n answer with all documents
    if (typeof most === 'number' && answer.results.length > most) answer.results = answer.results.slice(0, most)
  },
  settle: (call, { usage, model }) => call.settle(usage, { answeredModel: model }),
  /** The documents as they were given: not every provider returns them, and none returns records unchanged. */
  finish({ params }, answer) {
    const { documents, return_documents: wanted } = params as unknown as RerankParams
    if (!wanted) return answer
    for (const result of answer.results) {
      const document = documents[result.index]
      if (document !== undefined) result.document = document
    }
    return answer
  },
  cached: ({ state, policy, call, scope, origin, params, extraBody, send }) =>
    rerankWithCache({
      state,
      policy,
      call,
      scope,
      origin,
      keyInput: { operation: 'rerank', params, extraBody },
      send: () => send() as Promise<RerankResponse>,
    }),
}
