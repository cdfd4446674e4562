import { metaOf, withMeta } from '../call/meta.js'
import type { RerankResponse } from '../types/rerank.js'
import type { CacheableCall } from './cacheable-call.js'
import type { Origin } from './entry.js'
import { cacheKey, inputText, type KeyInput } from './key.js'
import type { CachePolicy } from './policy.js'
import type { CacheState } from './state.js'
import { withCache } from './with-cache.js'

/** A rerank call and its cache. */
export interface CachedRerank {
  readonly state: CacheState
  readonly policy: CachePolicy
  readonly call: CacheableCall
  /** Text of the model, address and account, see `scopeText()`. */
  readonly scope: string
  readonly keyInput: KeyInput
  /** Returns the origin of an answer; undefined if it must not be stored. */
  origin(answer: RerankResponse): Origin | undefined
  send(): Promise<RerankResponse>
}

/** Runs a rerank call with its cache. A request without a usable key goes straight to the provider. */
export async function rerankWithCache({ policy, call, scope, ...rerank }: CachedRerank): Promise<RerankResponse> {
  let key: string
  try {
    key = cacheKey(policy, scope, inputText(rerank.keyInput))
  } catch {
    return rerank.send()
  }
  return withCache<'rerank', RerankResponse>({
    state: rerank.state,
    policy,
    operation: 'rerank',
    key,
    call,
    async revive({ data: { answer } }) {
      call.settle(answer.usage, { answeredModel: answer.model })
      return withMeta(answer, metaOf(call))
    },
    async send(store) {
      const answer = await rerank.send()
      const from = rerank.origin(answer)
      const data = () => ({ ...(from ?? { provider: '', model: '' }), answer: { ...answer } })
      store?.({ cacheable: from !== undefined && answer.results.length > 0, data })
      return answer
    },
  })
}
