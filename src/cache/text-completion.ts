import { metaOf, withMeta } from '../call/meta.js'
import type { CacheRequest } from '../call/operation.js'
import { noSource, Pipe } from '../call/pipe.js'
import { TextCompletionStream } from '../call/text-completion-stream.js'
import type { TextCompletion, TextCompletionChunk, TextCompletionParams } from '../types/text-completion.js'
import type { CachedData } from './entry.js'
import { cacheKey, inputText } from './key.js'
import { type StoreAnswer, withCache } from './with-cache.js'

type Result = TextCompletion | TextCompletionStream
type Stored = CachedData['textCompletion']['answer']

/** Runs a text completion with its cache. A request without a usable key goes straight to the provider. */
export function textCompletionWithCache(request: CacheRequest): Promise<Result> {
  const { state, policy, call, scope, params, extraBody } = request
  const send = request.send as () => Promise<Result>
  let key: string
  try {
    key = cacheKey(policy, scope, inputText({ operation: 'textCompletion', params, extraBody }))
  } catch {
    return send()
  }
  return withCache<'textCompletion', Result>({
    state,
    policy,
    operation: 'textCompletion',
    key,
    call,
    async revive({ data: { answer } }) {
      if (request.stream) call.firstTokenAt = call.clock.now()
      call.settle(answer.usage, { answeredModel: answer.model })
      return request.stream ? replay(answer, request) : withMeta(answer, metaOf(call))
    },
    async send(store, onFollower) {
      const result = await send()
      if (!store) return result
      if (!(result instanceof TextCompletionStream)) {
        keep(result, store, request.origin)
        return result
      }
      onFollower(() => result.runOn())
      result.whenOver((failure, soFar) => {
        if (failure) store({ error: failure })
        else keep(soFar() as TextCompletion, store, request.origin)
      })
      return result
    },
  })
}

function keep(
  answer: TextCompletion,
  store: StoreAnswer<CachedData['textCompletion']>,
  origin: CacheRequest['origin'],
) {
  const from = origin(answer)
  const complete = answer.choices.every(({ finish_reason: reason }) => reason === 'stop' || reason === 'length')
  store({
    cacheable: from !== undefined && answer.choices.length > 0 && complete,
    data: () => ({ ...(from ?? { provider: '', model: '' }), answer: { ...answer } }),
  })
}

/** A cached answer as a stream of one chunk per choice. */
function replay(answer: Stored, { call, params }: CacheRequest): TextCompletionStream {
  const meta = metaOf(call)
  const { usage, choices, ...head } = answer
  const { stream_options: options } = params as unknown as TextCompletionParams
  const pipe = new Pipe<TextCompletionChunk>(noSource)
  call.recorder?.firstToken()
  for (const choice of choices) pipe.put({ ...head, choices: [choice] })
  if (usage && options?.include_usage) pipe.put({ ...head, choices: [], usage })
  pipe.finish()
  const copy = () => withMeta(structuredClone(answer), meta)
  return new TextCompletionStream({
    pipe,
    meta,
    soFar: copy,
    partial: () => undefined,
    complete: async () => copy(),
    cancel: () => {},
  })
}
