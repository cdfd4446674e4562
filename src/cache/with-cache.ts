import { within } from '../call/lifetime.js'
import { LLMError } from '../errors.js'
import type { CacheMeta } from '../types/cache.js'
import type { CacheableCall } from './cacheable-call.js'
import { type CachedData, type CachedOperation, type CacheEntry, keyOfEntry, readEntry, writeEntry } from './entry.js'
import { type CachePolicy, isSemantic } from './policy.js'
import { type Embedder, SemanticLookup, type SemanticQuery } from './semantic-lookup.js'
import { type FlightLeader, type FlightResult, flightKey, resultOfError, runOnce } from './single-flight.js'
import { asError, type CacheState, isThenable, reportFailure } from './state.js'

/** Receives the complete answer and whether it may be stored, or the error that ended the call. */
export type StoreAnswer<Data> = (
  outcome: { readonly cacheable: boolean; readonly data: () => Data } | { readonly error: unknown },
) => void

/** One call with its cache key, and the operation's own steps. */
export interface CachedCall<Of extends CachedOperation, Answer> {
  readonly state: CacheState
  readonly policy: CachePolicy
  readonly operation: Of
  readonly key: string
  readonly call: CacheableCall
  /** The text a semantic cache compares. */
  readonly query?: SemanticQuery | undefined
  readonly embedder?: Embedder | undefined
  /** Why the store could not be read. */
  storeError?: string
  /**
   * Rebuilds an answer from a cache entry and settles the call. Returns undefined if the entry does not fit this call; a result
   * received from an identical in-flight call has no alternative, so there it throws instead.
   */
  revive(entry: CacheEntry<CachedData[Of]>, coalesced: boolean): Promise<Answer | undefined>
  /**
   * Calls the provider. `store` is undefined if nothing needs the answer. `onFollower` registers a callback for the moment an
   * identical call starts to wait for this one.
   */
  send(store: StoreAnswer<CachedData[Of]> | undefined, onFollower: (callback: () => void) => void): Promise<Answer>
}

/** Answers a call from the cache, from an identical in-flight call, or from the provider, in this order. */
export function withCache<Of extends CachedOperation, Answer>(cached: CachedCall<Of, Answer>): Promise<Answer> {
  return cached.policy.coalesce ? coalesced(cached) : uncoalesced(cached, undefined)
}

async function coalesced<Of extends CachedOperation, Answer>(cached: CachedCall<Of, Answer>): Promise<Answer> {
  const { policy, call, key, state } = cached
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    return await runOnce(
      state.flights,
      flightKey(key, policy),
      policy,
      call.lifetime,
      (leader) => uncoalesced(cached, leader),
      (result) => answerOfFlight(cached, result),
    )
  } catch (error) {
    settleFailure(call, error)
    throw error
  }
}

/** Calls that reached the provider have been settled already. */
function settleFailure(call: CacheableCall, error: unknown): void {
  if (call.finishedAt === undefined && LLMError.is(error)) call.settle(undefined, undefined, error)
}

async function answerOfFlight<Of extends CachedOperation, Answer>(
  cached: CachedCall<Of, Answer>,
  result: Exclude<FlightResult, 'unshared'>,
): Promise<Answer | undefined> {
  if ('error' in result) throw result.error
  const { operation, key, call, policy } = cached
  // an entry found by similarity has a key of its own
  const entry = readEntry(operation, keyOfEntry(result.text) ?? key, result.text, call.clock.wall())
  if (!entry || entry.ageMs > policy.maxAge) return uncoalesced(cached, undefined)
  return (await reviveHit(cached, entry, { coalesced: true })) ?? uncoalesced(cached, undefined)
}

function uncoalesced<Of extends CachedOperation, Answer>(
  cached: CachedCall<Of, Answer>,
  leader: FlightLeader | undefined,
): Promise<Answer> {
  const { policy, key, call } = cached
  if (call.lifetime.ended || isSemantic(policy.store)) return lookUp(cached, leader, undefined)
  // in-memory stores answer synchronously and most calls miss: skip the async path for them
  const entry = policy.maxAge > 0 ? readStore(cached, key) : undefined
  return entry ? lookUp(cached, leader, entry) : sendAndStore(cached, leader, undefined)
}

/** @param pending the result of a read that has already started */
async function lookUp<Of extends CachedOperation, Answer>(
  cached: CachedCall<Of, Answer>,
  leader: FlightLeader | undefined,
  pending: CacheEntry<CachedData[Of]> | Promise<CacheEntry<CachedData[Of]> | undefined> | undefined,
): Promise<Answer> {
  const { policy, key, call } = cached
  try {
    // a pending read rejects with the same error
    if (call.lifetime.ended && !isThenable(pending)) throw call.lifetime.ended
    const semantic =
      isSemantic(policy.store) && cached.query && cached.embedder
        ? new SemanticLookup(policy, policy.store.semantic, cached.query, cached.embedder, call)
        : undefined
    if (policy.maxAge > 0) {
      const exact = await (pending ?? readStore(cached, key))
      const answer = exact && (await reviveHit(cached, exact, {}))
      if (exact && answer !== undefined) {
        leader?.finish({ text: exact.text })
        return answer
      }
      const nearest = await semantic?.nearest()
      if (nearest) {
        const similar = await readStore(cached, nearest.key)
        const { similarity } = nearest
        const similarAnswer =
          similar && (await reviveHit(cached, similar, { similarity, key: nearest.key }, semantic?.embeddingSpend))
        if (similar && similarAnswer !== undefined) {
          leader?.finish({ text: similar.text })
          return similarAnswer
        }
        if (!similar) semantic?.remove(nearest.key)
      }
    }
    return await sendAndStore(cached, leader, semantic)
  } catch (error) {
    settleFailure(call, error)
    throw error
  }
}

function sendAndStore<Of extends CachedOperation, Answer>(
  cached: CachedCall<Of, Answer>,
  leader: FlightLeader | undefined,
  semantic: SemanticLookup | undefined,
): Promise<Answer> {
  const { call, key } = cached
  const error = cached.storeError ?? semantic?.error
  const embedding = semantic?.embeddingSpend
  call.cache = { meta: { hit: false, key, ...(error !== undefined && { error }), ...(embedding && { embedding }) } }
  return cached.send(storeFor(cached, leader, semantic), (callback) => leader?.flight.onFollower(callback))
}

/** Undefined if neither the store nor a follower takes the answer. */
function storeFor<Of extends CachedOperation>(
  { policy, operation, key, call, state }: CachedCall<Of, unknown>,
  leader: FlightLeader | undefined,
  semantic: SemanticLookup | undefined,
): StoreAnswer<CachedData[Of]> | undefined {
  const mayStore = !policy.noStore && policy.ttl !== 0
  if (!mayStore && !leader) return undefined
  return (outcome) => {
    if ('error' in outcome) return leader?.finish(resultOfError(outcome.error, policy))
    const stores = mayStore && outcome.cacheable
    if (!stores && !leader?.flight.hasFollowers) return leader?.finish('unshared')
    const text = writeEntry(operation, key, outcome.data(), call.clock.wall(), policy.ttl)
    if (stores && text.length <= policy.maxEntryBytes) {
      state.runInBackground(policy, 'set', key, () => policy.store.set(key, text, policy.ttl))
      if (semantic) state.runInBackground(policy, 'index', key, () => semantic.add(key))
    }
    leader?.finish({ text })
  }
}

/** Reads an entry. Every failure counts as a miss. */
function readStore<Of extends CachedOperation>(
  cached: CachedCall<Of, unknown>,
  key: string,
): CacheEntry<CachedData[Of]> | undefined | Promise<CacheEntry<CachedData[Of]> | undefined> {
  try {
    const value = cached.policy.store.get(key)
    return isThenable(value) ? readAsync(cached, key, value) : freshEntry(cached, key, value)
  } catch (error) {
    return readFailed(cached, key, error)
  }
}

async function readAsync<Of extends CachedOperation>(
  cached: CachedCall<Of, unknown>,
  key: string,
  value: PromiseLike<unknown>,
): Promise<CacheEntry<CachedData[Of]> | undefined> {
  try {
    return freshEntry(cached, key, await within(cached.call.lifetime, Promise.resolve(value)))
  } catch (error) {
    return readFailed(cached, key, error)
  }
}

function freshEntry<Of extends CachedOperation>(
  { policy, operation, call }: CachedCall<Of, unknown>,
  key: string,
  value: unknown,
): CacheEntry<CachedData[Of]> | undefined {
  if (value === undefined || value === null) return undefined
  const entry = readEntry(operation, key, value, call.clock.wall())
  return entry && entry.ageMs <= policy.maxAge ? entry : undefined
}

function readFailed(cached: CachedCall<CachedOperation, unknown>, key: string, error: unknown): undefined {
  const { policy, call } = cached
  if (call.lifetime.ended) throw call.lifetime.ended
  cached.storeError = reportFailure(policy, { operation: 'get', error: asError(error), key })
}

async function reviveHit<Of extends CachedOperation, Answer>(
  cached: CachedCall<Of, Answer>,
  entry: CacheEntry<CachedData[Of]>,
  details: Partial<CacheMeta>,
  embedding?: CacheMeta['embedding'],
): Promise<Answer | undefined> {
  const { call, key } = cached
  const meta: CacheMeta = { hit: true, key, ageMs: entry.ageMs, ...details, ...(embedding && { embedding }) }
  call.cache = { meta }
  call.answeredBy?.(entry.data)
  const answer = await cached.revive(entry, details.coalesced === true)
  if (answer === undefined) call.cache = undefined
  else call.recorder?.cacheHit?.(meta.key ?? key, entry.ageMs)
  return answer
}
