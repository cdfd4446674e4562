import type { CacheOutcome } from '../call/cache-outcome.js'
import { within } from '../call/lifetime.js'
import { metaOf, withMeta } from '../call/meta.js'
import { toNumbers, toVector } from '../call/vectors.js'
import { LLMError } from '../errors.js'
import type { CacheMeta } from '../types/cache.js'
import type { EmbeddingParams, EmbeddingResponse, EmbeddingUsage } from '../types/embedding.js'
import { canonical, digest } from './canonical.js'
import { type Found, type Kept, type Origin, read, write } from './entry.js'
import { flightName, type Leading, share } from './flight.js'
import { keyOf, type Question, questionOf } from './key.js'
import type { Plan } from './plan.js'
import { asError, type CacheState, isThenable, tell } from './state.js'
import type { CacheCall } from './through.js'

type Input = EmbeddingParams['input']
type Answer = EmbeddingResponse<number[] | Float32Array>
type Element = string | readonly number[] | number
type Hit = Found<Kept['embedding']> | undefined

/** One embedding call through a cache: every vector by itself. */
export interface EmbeddingPassage {
  readonly state: CacheState
  readonly plan: Plan
  readonly call: CacheCall
  /** Who is asked, as text. */
  readonly address: string
  readonly question: Question
  readonly input: Input
  readonly vectorType: 'array' | 'float32'
  /** Who answered; undefined where it was not the one who was asked. */
  origin(answer: Answer): Origin | undefined
  /** Asks the provider for the vectors that are missing. */
  ask(input: Input, note: CacheOutcome | undefined): Promise<Answer>
}

export async function cachedEmbedding(passage: EmbeddingPassage): Promise<Answer> {
  const { state, plan, call, input, ask } = passage
  const elements: readonly Element[] = isList(input) ? input : [input]
  const keys = keysOf(passage, elements)
  if (!keys) {
    call.lifetime.close()
    return ask(input, undefined)
  }
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    if (!plan.coalesce) return await answerOf(passage, elements, keys, undefined)
    const [only = ''] = keys
    const name = flightName(keys.length === 1 ? only : digest(keys.join(' ')), plan)
    return await share(
      state.flights,
      name,
      plan,
      call.lifetime,
      (leading) => answerOf(passage, elements, keys, leading),
      async (landing) => {
        if ('error' in landing) throw landing.error
        const texts = JSON.parse(landing.text) as readonly string[]
        const now = call.clock.wall()
        const hits = texts.map((text, at) => read('embedding', keys[at] ?? '', text, now))
        return hits.every((hit) => hit !== undefined) ? whole(passage, hits, keys, { coalesced: true }) : undefined
      },
    )
  } catch (error) {
    if (LLMError.is(error) && call.finishedAt === undefined) call.settle(undefined, undefined, error)
    throw error
  }
}

function keysOf({ plan, address, question }: EmbeddingPassage, elements: readonly Element[]): string[] | undefined {
  try {
    const asked = questionOf(question)
    return elements.map((element) => keyOf(plan, address, `${asked}${canonical(element)}`))
  } catch {
    return undefined
  }
}

async function answerOf(
  passage: EmbeddingPassage,
  elements: readonly Element[],
  keys: readonly string[],
  leading: Leading | undefined,
): Promise<Answer> {
  const { call, plan, input, ask, vectorType } = passage
  const looked = plan.maxAge > 0 ? await find(passage, keys) : undefined
  const hits = looked?.hits ?? keys.map((): Hit => undefined)
  const error = looked?.error
  const missing = elements.flatMap((_, at) => (hits[at] ? [] : [at]))
  if (missing.length === 0) {
    const there = hits.filter((hit) => hit !== undefined)
    leading?.land({ text: JSON.stringify(there.map(({ text }) => text)) })
    return whole(passage, there, keys, {})
  }
  const counts = { hits: elements.length - missing.length, misses: missing.length }
  const [key = ''] = keys
  const note: CacheOutcome = {
    meta: { hit: false, key, ...(error !== undefined && { error }), ...(isList(input) && { elements: counts }) },
    saved: counts.hits > 0 ? sum(hits) : undefined,
  }
  // what is sent has a life of its own
  call.lifetime.close()
  const asked = isList(input) ? (missing.map((at) => elements[at]) as unknown as Input) : input
  const answer = await ask(asked, note)
  const texts = keep(passage, answer, elements, missing, keys, leading?.flight.shared ?? false)
  if (leading) {
    const all = keys.map((_, at) => hits[at]?.text ?? texts?.get(at))
    leading.land(all.every((text) => text !== undefined) ? { text: JSON.stringify(all) } : 'left')
  }
  if (counts.hits === 0) return answer
  const made = new Map(answer.data.map(({ embedding }, at) => [missing[at], embedding]))
  const data = elements.map((_, index) => {
    const embedding = hits[index] ? vectorOf(hits[index].data.vector, vectorType) : (made.get(index) ?? [])
    return { object: 'embedding' as const, index, embedding }
  })
  return withMeta({ object: 'list' as const, model: answer.model, data, usage: answer.usage }, answer.meta)
}

/** Keeps what has come. @returns the entries, where somebody wants them */
function keep(
  { state, plan, call, origin }: EmbeddingPassage,
  answer: Answer,
  elements: readonly Element[],
  missing: readonly number[],
  keys: readonly string[],
  wanted: boolean,
): Map<number, string> | undefined {
  const from = origin(answer)
  const stores = !plan.noStore && plan.ttl !== 0 && from !== undefined
  if (!stores && !wanted) return undefined
  const at = call.clock.wall()
  const lengths = missing.map((place) => lengthOf(elements[place]))
  const total = lengths.reduce((all, one) => all + one, 0)
  const texts = new Map<number, string>()
  const entries: [string, string][] = []
  for (const [index, place] of missing.entries()) {
    const key = keys[place]
    const embedding = answer.data[index]?.embedding
    if (key === undefined || embedding === undefined || embedding.length === 0) continue
    const usage = shareOf(answer.usage, total > 0 ? (lengths[index] ?? 0) / total : 1 / missing.length)
    const origin = from ?? { provider: '', model: '' }
    const data = { ...origin, answered: answer.model, vector: written(embedding), usage }
    const text = write('embedding', key, data, at, plan.ttl)
    texts.set(place, text)
    if (stores && text.length <= plan.maxEntryBytes) entries.push([key, text])
  }
  const [first] = entries
  if (first) {
    const { store, ttl } = plan
    if (store.setMany && entries.length > 1) state.behind(plan, 'set', first[0], () => store.setMany?.(entries, ttl))
    else for (const [key, text] of entries) state.behind(plan, 'set', key, () => store.set(key, text, ttl))
  }
  return texts
}

async function find(
  { plan, call }: EmbeddingPassage,
  keys: readonly string[],
): Promise<{ hits: Hit[]; error: string | undefined }> {
  const { store } = plan
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
    failed = tell(plan, { operation: 'get', error: asError(error), key: first })
  }
  const now = call.clock.wall()
  const list = Array.isArray(values) ? (values as readonly unknown[]) : []
  const hits = keys.map((key, at) => {
    const hit = read('embedding', key, list[at], now)
    return hit && hit.ageMs <= plan.maxAge ? hit : undefined
  })
  return { hits, error: failed }
}

/** An answer of nothing but hits. */
function whole(
  { call, input, vectorType }: EmbeddingPassage,
  hits: readonly Found<Kept['embedding']>[],
  keys: readonly string[],
  more: Partial<CacheMeta>,
): Answer {
  const [key = ''] = keys
  const ageMs = Math.max(...hits.map((hit) => hit.ageMs))
  const elements = { hits: hits.length, misses: 0 }
  const saved = sum(hits)
  call.cache = { meta: { hit: true, key, ageMs, ...(isList(input) && { elements }), ...more }, saved }
  const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  const model = hits[0]?.data.answered ?? call.model
  const [first] = hits
  if (first) call.answeredBy?.(first.data)
  call.settle(usage, { answeredModel: model })
  call.watch?.cacheHit(key, ageMs)
  const data = hits.map((hit, index) => ({
    object: 'embedding' as const,
    index,
    embedding: vectorOf(hit.data.vector, vectorType),
  }))
  return withMeta({ object: 'list' as const, model, data, usage }, metaOf(call))
}

function sum(hits: readonly Hit[]): EmbeddingUsage {
  const usage: EmbeddingUsage = { prompt_tokens: 0, total_tokens: 0 }
  for (const hit of hits) {
    const spent = hit?.data.usage
    if (!spent) continue
    usage.prompt_tokens += spent.prompt_tokens
    usage.total_tokens += spent.total_tokens
    if (spent.cost !== undefined) usage.cost = (usage.cost ?? 0) + spent.cost
  }
  return usage
}

/** What one vector of a list used, by the length of its text: the provider tells the sum only. */
function shareOf(usage: EmbeddingUsage, part: number): EmbeddingUsage {
  return {
    prompt_tokens: usage.prompt_tokens * part,
    total_tokens: usage.total_tokens * part,
    ...(usage.cost !== undefined && { cost: usage.cost * part }),
  }
}

const lengthOf = (element: Element | undefined) =>
  typeof element === 'string' || Array.isArray(element) ? element.length : 1

const isList = (input: Input): input is readonly string[] | readonly (readonly number[])[] =>
  typeof input !== 'string' && typeof input[0] !== 'number'

/** base64 of float32, which is a quarter as long, where nothing is lost by it. */
function written(vector: number[] | Float32Array): number[] | string {
  if (Array.isArray(vector) && vector.some((value) => Math.fround(value) !== value)) return vector
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4)
  return bytes.toString('base64')
}

const vectorOf = (vector: number[] | string, type: 'array' | 'float32'): number[] | Float32Array =>
  type === 'float32' ? toVector(vector) : toNumbers(vector)
