import { metaOf, withMeta } from '../call/meta.js'
import type { RerankResponse } from '../types/rerank.js'
import type { Origin } from './entry.js'
import { keyOf, type Question, questionOf } from './key.js'
import type { Plan } from './plan.js'
import type { CacheState } from './state.js'
import { type CacheCall, through } from './through.js'

/** One rerank call through a cache. */
export interface RerankPassage {
  readonly state: CacheState
  readonly plan: Plan
  readonly call: CacheCall
  /** Who is asked, as text. */
  readonly address: string
  readonly question: Question
  /** Who answered; undefined where it was not the one who was asked. */
  origin(answer: RerankResponse): Origin | undefined
  ask(): Promise<RerankResponse>
}

/** A rerank call through a cache; as it is, where it has no key. */
export async function cachedRerank({ plan, call, address, ...passage }: RerankPassage): Promise<RerankResponse> {
  let key: string
  try {
    key = keyOf(plan, address, questionOf(passage.question))
  } catch {
    return passage.ask()
  }
  return through<'rerank', RerankResponse>({
    state: passage.state,
    plan,
    operation: 'rerank',
    key,
    call,
    async revive({ data: { answer } }) {
      call.settle(answer.usage, { answeredModel: answer.model })
      return withMeta(answer, metaOf(call))
    },
    async ask(keep) {
      const answer = await passage.ask()
      const from = passage.origin(answer)
      const data = () => ({ ...(from ?? { provider: '', model: '' }), answer: { ...answer } })
      keep?.({ worth: from !== undefined && answer.results.length > 0, data })
      return answer
    },
  })
}
