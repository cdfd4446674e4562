import type { Decoded } from '../../providers/contract.js'
import { CompletionStream } from '../call/completion-stream.js'
import { JSONSchemaValidationError } from '../errors.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CacheableCall } from './cacheable-call.js'
import { canonical, digest } from './canonical.js'
import { type CachedData, isCacheable, type Origin } from './entry.js'
import { cacheKey, inputText, type KeyInput } from './key.js'
import { type CachePolicy, isSemantic } from './policy.js'
import { type ReplayOptions, replayAnswer } from './replay.js'
import type { Embedder, SemanticQuery } from './semantic-lookup.js'
import type { CacheState } from './state.js'
import { type StoreAnswer, withCache } from './with-cache.js'

/** A chat call and its cache. */
export interface CachedChat {
  readonly state: CacheState
  readonly policy: CachePolicy
  readonly call: CacheableCall
  /** Text of the model, address and account, see `scopeText()`. */
  readonly scope: string
  readonly keyInput: KeyInput
  readonly replay: ReplayOptions
  readonly embedder: Embedder
  /** Returns the origin of an answer; undefined if it must not be stored. */
  origin(answer: Decoded<ChatCompletion> & { readonly meta?: ChatCompletion['meta'] }): Origin | undefined
  send(): Promise<ChatCompletion | CompletionStream>
}

/** Runs a chat call with its cache. A request without a usable key goes straight to the provider. */
export function chatWithCache(chat: CachedChat): Promise<ChatCompletion | CompletionStream> {
  const { state, policy, call, replay, embedder, origin, send } = chat
  const keys = keysOf(policy, chat.scope, chat.keyInput)
  if (!keys) return send()
  return withCache<'chat', ChatCompletion | CompletionStream>({
    state,
    policy,
    operation: 'chat',
    key: keys.key,
    call,
    query: keys.query,
    embedder,
    async revive({ data }, coalesced) {
      try {
        return await replayAnswer(data.answer, call, replay)
      } catch (error) {
        if (!coalesced && error instanceof JSONSchemaValidationError) return undefined
        throw error
      }
    },
    send: (store, onFollower) => (store ? storeWhenComplete(send(), store, origin, onFollower) : send()),
  })
}

/** Passes an answer on to the caller, and to the cache once it is complete. */
async function storeWhenComplete(
  sent: Promise<ChatCompletion | CompletionStream>,
  store: StoreAnswer<CachedData['chat']>,
  origin: CachedChat['origin'],
  onFollower: (callback: () => void) => void,
): Promise<ChatCompletion | CompletionStream> {
  let answer: ChatCompletion | CompletionStream
  try {
    answer = await sent
  } catch (error) {
    // the answer is valid; each waiter applies its own schema
    if (error instanceof JSONSchemaValidationError && error.completion)
      storeAnswer(error.completion, store, origin, false)
    throw error
  }
  if (!(answer instanceof CompletionStream)) {
    storeAnswer(answer, store, origin)
    return answer
  }
  onFollower(() => answer.runOn())
  answer.whenOver((failure, soFar) => {
    if (failure) store({ error: failure })
    else storeAnswer(soFar() as ChatCompletion, store, origin)
  })
  return answer
}

function storeAnswer(
  answer: ChatCompletion,
  store: StoreAnswer<CachedData['chat']>,
  origin: CachedChat['origin'],
  cacheable = isCacheable(answer),
): void {
  const from = origin(answer)
  const data = () => {
    const { provider, model, baseModel } = from ?? originInMeta(answer)
    return { provider, model, baseModel, answer: withoutParsed(answer) }
  }
  store({ cacheable: cacheable && from !== undefined, data })
}

/** Each reader of the entry parses the text with its own schema. */
function withoutParsed(answer: ChatCompletion): Decoded<ChatCompletion> {
  if (!answer.choices.some(({ message }) => 'parsed' in message)) return answer
  const { choices, ...rest } = answer
  return { ...rest, choices: choices.map(({ message: { parsed: _, ...message }, ...one }) => ({ ...one, message })) }
}

/** Origin of an answer that is not stored but shared with followers. */
const originInMeta = ({ meta }: { readonly meta?: ChatCompletion['meta'] }): Origin => ({
  provider: meta?.provider ?? '',
  model: meta?.model ?? '',
})

function keysOf(
  policy: CachePolicy,
  scope: string,
  input: KeyInput,
): { key: string; query: SemanticQuery | undefined } | undefined {
  try {
    const key = cacheKey(policy, scope, inputText(input))
    return { key, query: isSemantic(policy.store) ? semanticQuery(policy, scope, input) : undefined }
  } catch {
    // without a canonical form there is no safe key
    return undefined
  }
}

/** Undefined unless the last message is a user's and contains only text. */
function semanticQuery(policy: CachePolicy, scope: string, input: KeyInput): SemanticQuery | undefined {
  const { messages } = input.params
  if (!Array.isArray(messages)) return undefined
  const last: unknown = messages.at(-1)
  if (typeof last !== 'object' || last === null || !('content' in last)) return undefined
  const { content, ...turn } = last as { content: unknown; role?: unknown }
  const text = turn.role === 'user' ? textOf(content) : undefined
  if (text === undefined || text.trim() === '') return undefined
  const params = { ...input.params, messages: [...messages.slice(0, -1), turn] }
  const rest = inputText({ ...input, params })
  // vectors of different models are not comparable
  const { store } = policy
  const embeddingModel = isSemantic(store) && typeof store.semantic.embed === 'string' ? store.semantic.embed : ''
  return { scope: digest(canonical([policy.namespace, scope, rest, embeddingModel])), text }
}

function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const texts: string[] = []
  for (const part of content as readonly unknown[]) {
    if (typeof part !== 'object' || part === null || !('text' in part) || typeof part.text !== 'string')
      return undefined
    if (Object.keys(part).some((name) => name !== 'type' && name !== 'text')) return undefined
    texts.push(part.text)
  }
  return texts.join('\n')
}
