import type { AnyUsage, Billing } from '../call/billing.js'
import type { CacheOutcome } from '../call/cache-outcome.js'
import type { Clock } from '../call/clock.js'
import { type Lifetime, within } from '../call/lifetime.js'
import type { MetaSource } from '../call/meta.js'
import type { CallWatch } from '../call/observer.js'
import { LLMError } from '../errors.js'
import type { CacheMeta } from '../types/cache.js'
import { type CachedOperation, type Found, type Kept, type Origin, read, write } from './entry.js'
import { flightName, type Landing, type Leading, landingOf, share } from './flight.js'
import { isSemantic, type Plan } from './plan.js'
import { type Asked, type Embedder, SemanticLookup } from './semantic-lookup.js'
import { asError, type CacheState, isThenable, tell } from './state.js'

/** A call as its cache sees it. */
export interface CacheCall extends MetaSource {
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly watch: CallWatch | undefined
  cache: CacheOutcome | undefined
  nativeFinishReason: string | undefined
  firstTokenAt: number | undefined
  /** Who gave the answer, where that is not known before. */
  answeredBy?(origin: Origin): void
  settle(usage: AnyUsage | undefined, billing?: Billing, error?: LLMError): void
}

/** Takes what is to be kept of an answer, once it is whole, and whether it is worth keeping; or the error that it ended with. */
export type Keep<Data> = (
  whole: { readonly worth: boolean; readonly data: () => Data } | { readonly error: unknown },
) => void

/** One call through a cache. */
export interface Passage<Of extends CachedOperation, Answer> {
  readonly state: CacheState
  readonly plan: Plan
  readonly operation: Of
  readonly key: string
  readonly call: CacheCall
  /** What a semantic cache goes by. */
  readonly asked?: Asked | undefined
  readonly embedder?: Embedder | undefined
  /** Why the store could not be asked. */
  error?: string
  /**
   * Makes an answer of what was kept, and settles the call. Undefined where it doesn't do for this call; of what an identical
   * call was just told, there is no other: then it throws.
   */
  revive(found: Found<Kept[Of]>, coalesced: boolean): Promise<Answer | undefined>
  /**
   * Asks the provider. Where nobody wants to keep the answer, there is no `keep`. `whenShared` takes what is to be done once others
   * wait for it.
   */
  ask(keep: Keep<Kept[Of]> | undefined, whenShared: (then: () => void) => void): Promise<Answer>
}

/** Makes a call through a cache: an answer that is there, one that is on its way, or a new one. */
export function through<Of extends CachedOperation, Answer>(passage: Passage<Of, Answer>): Promise<Answer> {
  return passage.plan.coalesce ? together(passage) : alone(passage, undefined)
}

async function together<Of extends CachedOperation, Answer>(passage: Passage<Of, Answer>): Promise<Answer> {
  const { plan, call, key, state } = passage
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    return await share(
      state.flights,
      flightName(key, plan),
      plan,
      call.lifetime,
      (leading) => alone(passage, leading),
      (landing) => follow(passage, landing),
    )
  } catch (error) {
    throw settled(call, error)
  }
}

/** A call that was sent has been settled. */
function settled(call: CacheCall, error: unknown): unknown {
  if (call.finishedAt === undefined && LLMError.is(error)) call.settle(undefined, undefined, error)
  return error
}

async function follow<Of extends CachedOperation, Answer>(
  passage: Passage<Of, Answer>,
  landing: Exclude<Landing, 'left'>,
): Promise<Answer | undefined> {
  if ('error' in landing) throw landing.error
  const { operation, key, call, plan } = passage
  const found = read(operation, keyIn(landing.text) ?? key, landing.text, call.clock.wall())
  if (!found || found.ageMs > plan.maxAge) return alone(passage, undefined)
  return (await hit(passage, found, { coalesced: true })) ?? alone(passage, undefined)
}

function alone<Of extends CachedOperation, Answer>(
  passage: Passage<Of, Answer>,
  leading: Leading | undefined,
): Promise<Answer> {
  const { plan, key, call } = passage
  if (call.lifetime.ended || isSemantic(plan.store)) return looked(passage, leading, undefined)
  // most stores of one process know at once, and most calls are new
  const found = plan.maxAge > 0 ? find(passage, key) : undefined
  return found ? looked(passage, leading, found) : sent(passage, leading, undefined)
}

async function looked<Of extends CachedOperation, Answer>(
  passage: Passage<Of, Answer>,
  leading: Leading | undefined,
  looking: Found<Kept[Of]> | Promise<Found<Kept[Of]> | undefined> | undefined,
): Promise<Answer> {
  const { plan, key, call } = passage
  try {
    // a look that has begun tells it itself
    if (call.lifetime.ended && !isThenable(looking)) throw call.lifetime.ended
    const semantic =
      isSemantic(plan.store) && passage.asked && passage.embedder
        ? new SemanticLookup(plan, plan.store.semantic, passage.asked, passage.embedder, call)
        : undefined
    if (plan.maxAge > 0) {
      const found = await (looking ?? find(passage, key))
      const answer = found && (await hit(passage, found, {}))
      if (found && answer !== undefined) {
        leading?.land({ text: found.text })
        return answer
      }
      const near = await semantic?.nearest()
      if (near) {
        const like = await find(passage, near.key)
        const { similarity } = near
        const liked = like && (await hit(passage, like, { similarity, key: near.key }, semantic?.spent))
        if (like && liked !== undefined) {
          leading?.land({ text: like.text })
          return liked
        }
        if (!like) semantic?.forget(near.key)
      }
    }
    return await sent(passage, leading, semantic)
  } catch (error) {
    throw settled(call, error)
  }
}

/** A call that nothing was found for. */
function sent<Of extends CachedOperation, Answer>(
  passage: Passage<Of, Answer>,
  leading: Leading | undefined,
  semantic: SemanticLookup | undefined,
): Promise<Answer> {
  const { call, key } = passage
  const error = passage.error ?? semantic?.error
  const embedding = semantic?.spent
  call.cache = { meta: { hit: false, key, ...(error !== undefined && { error }), ...(embedding && { embedding }) } }
  return passage.ask(keeperOf(passage, leading, semantic), (then) => leading?.flight.whenShared(then))
}

/** Undefined where nobody wants the answer: neither the store, nor whoever waits for it. */
function keeperOf<Of extends CachedOperation>(
  { plan, operation, key, call, state }: Passage<Of, unknown>,
  leading: Leading | undefined,
  semantic: SemanticLookup | undefined,
): Keep<Kept[Of]> | undefined {
  const mayStore = !plan.noStore && plan.ttl !== 0
  if (!mayStore && !leading) return undefined
  return (whole) => {
    if ('error' in whole) return leading?.land(landingOf(whole.error, plan))
    const stores = mayStore && whole.worth
    if (!stores && !leading?.flight.shared) return leading?.land('left')
    const text = write(operation, key, whole.data(), call.clock.wall(), plan.ttl)
    if (stores && text.length <= plan.maxEntryBytes) {
      state.behind(plan, 'set', key, () => plan.store.set(key, text, plan.ttl))
      if (semantic) state.behind(plan, 'index', key, () => semantic.add(key))
    }
    leading?.land({ text })
  }
}

/** What the store has under a key. Whatever goes wrong is a miss. */
function find<Of extends CachedOperation>(
  passage: Passage<Of, unknown>,
  key: string,
): Found<Kept[Of]> | undefined | Promise<Found<Kept[Of]> | undefined> {
  try {
    const got = passage.plan.store.get(key)
    return isThenable(got) ? awaited(passage, key, got) : taken(passage, key, got)
  } catch (error) {
    return missed(passage, key, error)
  }
}

async function awaited<Of extends CachedOperation>(
  passage: Passage<Of, unknown>,
  key: string,
  got: PromiseLike<unknown>,
): Promise<Found<Kept[Of]> | undefined> {
  try {
    return taken(passage, key, await within(passage.call.lifetime, Promise.resolve(got)))
  } catch (error) {
    return missed(passage, key, error)
  }
}

function taken<Of extends CachedOperation>(
  { plan, operation, call }: Passage<Of, unknown>,
  key: string,
  value: unknown,
): Found<Kept[Of]> | undefined {
  if (value === undefined || value === null) return undefined
  const found = read(operation, key, value, call.clock.wall())
  return found && found.ageMs <= plan.maxAge ? found : undefined
}

function missed(passage: Passage<CachedOperation, unknown>, key: string, error: unknown): undefined {
  const { plan, call } = passage
  if (call.lifetime.ended) throw call.lifetime.ended
  passage.error = tell(plan, { operation: 'get', error: asError(error), key })
}

async function hit<Of extends CachedOperation, Answer>(
  passage: Passage<Of, Answer>,
  found: Found<Kept[Of]>,
  more: Partial<CacheMeta>,
  embedding?: CacheMeta['embedding'],
): Promise<Answer | undefined> {
  const { call, key } = passage
  const meta: CacheMeta = { hit: true, key, ageMs: found.ageMs, ...more, ...(embedding && { embedding }) }
  call.cache = { meta }
  call.answeredBy?.(found.data)
  const answer = await passage.revive(found, more.coalesced === true)
  if (answer === undefined) call.cache = undefined
  else call.watch?.cacheHit?.(meta.key ?? key, found.ageMs)
  return answer
}

/** An entry that was found by its likeness has another key. */
function keyIn(text: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(text)
    return typeof entry === 'object' && entry !== null && 'key' in entry && typeof entry.key === 'string'
      ? entry.key
      : undefined
  } catch {
    return undefined
  }
}
