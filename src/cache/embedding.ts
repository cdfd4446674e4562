import type { CacheOutcome } from '../call/cache-outcome.js'
import { within } from '../call/lifetime.js'
import { metaOf, withMeta } from '../call/meta.js'
import { toNumbers, toVector } from '../call/vectors.js'
import { LLMError } from '../errors.js'
import { base64 } from '../platform/index.js'
import type { CacheMeta } from '../types/cache.js'
import type { EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from '../types/embedding.js'
import type { CacheableCall } from './cacheable-call.js'
import { canonical, digest } from './canonical.js'
import { type CachedData, type CacheEntry, type Origin, readEntry, writeEntry } from './entry.js'
import { cacheKey, inputText, type KeyInput } from './key.js'
import type { CachePolicy } from './policy.js'
import { type FlightLeader, flightKey, runOnce } from './single-flight.js'
import { asError, type CacheState, isThenable, reportFailure } from './state.js'

type Input = EmbeddingParams['input']
type Answer = EmbeddingResponse<number[] | Float32Array>
type Element = string | readonly number[] | number
type Hit = CacheEntry<CachedData['embedding']>

/** An embedding call and its cache. Each vector is an entry of its own. */
export interface CachedEmbedding {
  readonly state: CacheState
  readonly policy: CachePolicy
  readonly call: CacheableCall
  /** Text of the model, address and account, see `scopeText()`. */
  readonly scope: string
  readonly keyInput: KeyInput
  readonly input: Input
  readonly vectorType: 'array' | 'float32'
  /** Returns the origin of an answer; undefined if it must not be stored. */
  origin(answer: Answer): Origin | undefined
  /** Requests the missing vectors from the provider. */
  send(input: Input, note: CacheOutcome | undefined): Promise<Answer>
}

/** Runs an embedding call with its cache and requests only the missing vectors. */
export async function embeddingWithCache(cached: CachedEmbedding): Promise<Answer> {
  const { state, policy, call, input, send } = cached
  const elements: readonly Element[] = isList(input) ? input : [input]
  const keys = keysOf(cached, elements)
  if (!keys) {
    call.lifetime.close()
    return send(input, undefined)
  }
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    if (!policy.coalesce) return await lookUpAndSend(cached, elements, keys, undefined)
    const [only = ''] = keys
    const flight = flightKey(keys.length === 1 ? only : digest(keys.join(' ')), policy)
    return await runOnce(
      state.flights,
      flight,
      policy,
      call.lifetime,
      (leader) => lookUpAndSend(cached, elements, keys, leader),
      async (result) => {
        if ('error' in result) throw result.error
        const texts = JSON.parse(result.text) as readonly string[]
        const now = call.clock.wall()
        const hits = texts.map((text, at) => readEntry('embedding', keys[at] ?? '', text, now))
        return hits.every((hit) => hit !== undefined)
          ? answerOfHits(cached, hits, keys, { coalesced: true })
          : undefined
      },
    )
  } catch (error) {
    if (LLMError.is(error) && call.finishedAt === undefined) call.settle(undefined, undefined, error)
    throw error
  }
}

function keysOf({ policy, scope, keyInput }: CachedEmbedding, elements: readonly Element[]): string[] | undefined {
  try {
    const params = inputText(keyInput)
    return elements.map((element) => cacheKey(policy, scope, `${params}${canonical(element)}`))
  } catch {
    return undefined
  }
}

async function lookUpAndSend(
  cached: CachedEmbedding,
  elements: readonly Element[],
  keys: readonly string[],
  leader: FlightLeader | undefined,
): Promise<Answer> {
  const { call, policy, input, send, vectorType } = cached
  const lookup = policy.maxAge > 0 ? await readStore(cached, keys) : undefined
  const hits = lookup?.hits ?? keys.map(() => undefined)
  const error = lookup?.error
  const missing = elements.flatMap((_, at) => (hits[at] ? [] : [at]))
  if (missing.length === 0) {
    const entries = hits.filter((hit) => hit !== undefined)
    leader?.finish({ text: JSON.stringify(entries.map(({ text }) => text)) })
    return answerOfHits(cached, entries, keys, {})
  }
  const counts = { hits: elements.length - missing.length, misses: missing.length }
  const [key = ''] = keys
  const note: CacheOutcome = {
    meta: { hit: false, key, ...(error !== undefined && { error }), ...(isList(input) && { elements: counts }) },
    saved: counts.hits > 0 ? totalUsage(hits) : undefined,
  }
  // the request has its own lifetime
  call.lifetime.close()
  const missingInput = isList(input) ? (missing.map((at) => elements[at]) as unknown as Input) : input
  const answer = await send(missingInput, note)
  const texts = storeVectors(cached, answer, elements, missing, keys, leader?.flight.hasFollowers ?? false)
  if (leader) {
    const all = keys.map((_, at) => hits[at]?.text ?? texts?.get(at))
    leader.finish(all.every((text) => text !== undefined) ? { text: JSON.stringify(all) } : 'unshared')
  }
  if (counts.hits === 0) return answer
  const received = new Map(answer.data.map(({ embedding }, at) => [missing[at], embedding]))
  const data = elements.map((_, index) => {
    const embedding = hits[index] ? vectorOf(hits[index].data.vector, vectorType) : (received.get(index) ?? [])
    return { object: 'embedding' as const, index, embedding }
  })
  const { usage } = answer
  return withMeta({ object: 'list' as const, model: answer.model, data, ...(usage && { usage }) }, answer.meta)
}

/** Stores the received vectors. @returns the entries' texts, or undefined if neither the store nor a follower takes them */
function storeVectors(
  { state, policy, call, origin }: CachedEmbedding,
  answer: Answer,
  elements: readonly Element[],
  missing: readonly number[],
  keys: readonly string[],
  hasFollowers: boolean,
): Map<number, string> | undefined {
  const from = origin(answer)
  const stores = !policy.noStore && policy.ttl !== 0 && from !== undefined
  if (!stores && !hasFollowers) return undefined
  const at = call.clock.wall()
  const lengths = missing.map((place) => lengthOf(elements[place]))
  const total = lengths.reduce((all, one) => all + one, 0)
  const texts = new Map<number, string>()
  const entries: [string, string][] = []
  for (const [index, place] of missing.entries()) {
    const key = keys[place]
    const embedding = answer.data[index]?.embedding
    if (key === undefined || embedding === undefined || embedding.length === 0) continue
    const share = total > 0 ? (lengths[index] ?? 0) / total : 1 / missing.length
    const usage = answer.usage && scaledUsage(answer.usage, share)
    const origin = from ?? { provider: '', model: '' }
    const data = { ...origin, answered: answer.model, vector: serializedVector(embedding), ...(usage && { usage }) }
    const text = writeEntry('embedding', key, data, at, policy.ttl)
    texts.set(place, text)
    if (stores && text.length <= policy.maxEntryBytes) entries.push([key, text])
  }
  const [first] = entries
  if (first) {
    const { store, ttl } = policy
    if (store.setMany && entries.length > 1)
      state.runInBackground(policy, 'set', first[0], () => store.setMany?.(entries, ttl))
    else for (const [key, text] of entries) state.runInBackground(policy, 'set', key, () => store.set(key, text, ttl))
  }
  return texts
}

async function readStore(
  { policy, call }: CachedEmbedding,
  keys: readonly string[],
): Promise<{ hits: (Hit | undefined)[]; error: string | undefined }> {
  const { store } = policy
  const [first = ''] = keys
  let values: unknown
  let failed: string | undefined
  try {
    if (store.getMany && keys.length > 1) {
      const got = store.getMany(keys)
      values = isThenable(got) ? await within(call.lifetime, Promise.resolve(got)) : got
    } else {
      const got = keys.map((key) => store.get(key))
      values = got.some(isThenable) ? await within(call.lifetime, Promise.all(got)) : got
    }
  } catch (error) {
    if (call.lifetime.ended) throw call.lifetime.ended
    failed = reportFailure(policy, { operation: 'get', error: asError(error), key: first })
  }
  const now = call.clock.wall()
  const list = Array.isArray(values) ? (values as readonly unknown[]) : []
  const hits = keys.map((key, at) => {
    const hit = readEntry('embedding', key, list[at], now)
    return hit && hit.ageMs <= policy.maxAge ? hit : undefined
  })
  return { hits, error: failed }
}

/** The answer of a call whose vectors are all cached. */
function answerOfHits(
  { call, input, vectorType }: CachedEmbedding,
  hits: readonly Hit[],
  keys: readonly string[],
  details: Partial<CacheMeta>,
): Answer {
  const [key = ''] = keys
  const ageMs = Math.max(...hits.map((hit) => hit.ageMs))
  const elements = { hits: hits.length, misses: 0 }
  const saved = totalUsage(hits)
  call.cache = { meta: { hit: true, key, ageMs, ...(isList(input) && { elements }), ...details }, saved }
  const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  const model = hits[0]?.data.answered ?? call.model
  const [first] = hits
  if (first) call.answeredBy?.(first.data)
  call.settle(usage, { answeredModel: model })
  call.recorder?.cacheHit(key, ageMs)
  const data = hits.map((hit, index) => ({
    object: 'embedding' as const,
    index,
    embedding: vectorOf(hit.data.vector, vectorType),
  }))
  return withMeta({ object: 'list' as const, model, data, usage }, metaOf(call))
}

function totalUsage(hits: readonly (Hit | undefined)[]): EmbeddingUsage {
  const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  for (const hit of hits) {
    const part = hit?.data.usage
    if (!part) continue
    usage.prompt_tokens += part.prompt_tokens
    usage.total_tokens += part.total_tokens
    if (part.cost !== undefined) usage.cost = (usage.cost ?? 0) + part.cost
  }
  return usage
}

/** Usage of one vector, estimated by the length of its text: providers report the total only. */
function scaledUsage(usage: EmbeddingUsage, factor: number): EmbeddingUsage {
  return {
    prompt_tokens: usage.prompt_tokens * factor,
    total_tokens: usage.total_tokens * factor,
    ...(usage.cost !== undefined && { cost: usage.cost * factor }),
  }
}

const lengthOf = (element: Element | undefined) =>
  typeof element === 'string' || Array.isArray(element) ? element.length : 1

const isList = (input: Input): input is readonly string[] | readonly (readonly number[])[] =>
  typeof input !== 'string' && typeof input[0] !== 'number'

/** Base64 of float32, a quarter of the size, if the conversion is lossless. */
function serializedVector(vector: number[] | Float32Array): number[] | string {
  if (Array.isArray(vector) && vector.some((value) => Math.fround(value) !== value)) return vector
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [at, value] of vector.entries()) view.setFloat32(at * 4, value, true)
  return base64(new Uint8Array(view.buffer))
}

const vectorOf = (vector: number[] | string, type: 'array' | 'float32'): number[] | Float32Array =>
  type === 'float32' ? toVector(vector) : toNumbers(vector)
