import { nextTurn } from '../platform/index.js'
import { type Encoding, loadEncoding } from './encoding.js'
import { total } from './estimate.js'
import { type Family, familyOf } from './families.js'
import { expectedError } from './measured.js'
import { type Plan, planRequest } from './plan.js'
import { type Slice, slicesOf } from './slices.js'
import type { ExpectedError, TokenCount, Tokenizer, TokenRequest } from './types.js'

/**
 * Counts the tokens of a request or a text for a model. OpenAI models are counted with their own tokenizer, others are
 * estimated from it; {@link countTokensLocally} also returns the method and the expected error.
 *
 * Asynchronous because the first count loads the tokenizer (0.2 s, see {@link loadTokenizer}) and long prompts are counted
 * in slices that yield to other work about every 10 ms. For synchronous counts use `loadTokenizer()`, or `estimateTokens()`,
 * which needs no tokenizer.
 * @returns prompt tokens, including the chat format, tools and images
 * @throws {BadRequestError} if not exactly one of `messages` and `text` is given, or tiktoken can't be loaded
 * @example
 * await tokenCounter({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }) // 8
 * await tokenCounter({ model: 'gpt-4o', text: 'Hello' }) // 1
 */
export const tokenCounter = async (request: TokenRequest): Promise<number> => (await countTokensLocally(request)).tokens

/**
 * Counts like {@link tokenCounter} and returns the method and the expected error too. Sends no request.
 * @throws {BadRequestError} if not exactly one of `messages` and `text` is given, or tiktoken can't be loaded
 * @example
 * const { tokens, exact, expectedError } = await countTokensLocally({ model: 'claude-sonnet-4-5', messages })
 * console.log(exact ? tokens : `${tokens} ± ${Math.round(tokens * expectedError.p95)}`)
 */
export const countTokensLocally = async (request: TokenRequest): Promise<TokenCount> => {
  const family = familyOf(request.model)
  const plan = planRequest(request, family)
  return resultOf(plan, family, await countPlan(plan, await loadEncoding(family.encoding), new Pace()))
}

/** Counts the texts of a plan in slices. Pass the same pace for several plans. */
export const countPlan = async (plan: Plan, encoding: Encoding, pace: Pace): Promise<CountedPlan> => ({
  texts: await countSlowly(plan.texts, encoding, pace),
  tools: await countSlowly(plan.toolTexts, encoding, pace),
  schema: await countSlowly(plan.schemaTexts, encoding, pace),
})

/**
 * Loads a model's tokenizer for synchronous counts. Takes 0.2 s, mostly blocking, and about 80 MB once per process, so call
 * it before a server starts to listen.
 * @throws {BadRequestError} if tiktoken can't be loaded
 * @example
 * const tokenizer = await loadTokenizer('gpt-4o')
 * tokenizer.count({ messages }).tokens
 * tokenizer.encode('Hello') // Uint32Array [ 13225 ]
 */
export const loadTokenizer = async (model: string): Promise<Tokenizer> => {
  const family = familyOf(model)
  const encoding = await loadEncoding(family.encoding)
  return {
    encoding: family.encoding,
    exact: family.own,
    count: (request) => {
      const whole: TokenRequest = typeof request === 'string' ? { model, text: request } : { ...request, model }
      const plan = planRequest(whole, family)
      return resultOf(plan, family, {
        texts: countNow(plan.texts, encoding),
        tools: countNow(plan.toolTexts, encoding),
        schema: countNow(plan.schemaTexts, encoding),
      })
    },
    encode: (text) => encoding.encode(text),
    decode: (tokens) => encoding.decode(tokens instanceof Uint32Array ? tokens : Uint32Array.from(tokens)),
  }
}

export interface CountedPlan {
  readonly texts: Counted
  readonly tools: Counted
  readonly schema: Counted
}

interface Counted {
  tokens: number
  /** Number of words that were cut because of their length. */
  cut: number
}

const countNow = (texts: readonly string[], encoding: Encoding): Counted => {
  const counted: Counted = { tokens: 0, cut: 0 }
  for (const text of texts) for (const slice of slicesOf(text)) addSlice(counted, text, slice, encoding)
  return counted
}

const countSlowly = async (texts: readonly string[], encoding: Encoding, pace: Pace): Promise<Counted> => {
  const counted: Counted = { tokens: 0, cut: 0 }
  for (const text of texts) {
    for (const slice of slicesOf(text)) {
      if (pace.isDue(slice.bytes)) await pace.breathe()
      addSlice(counted, text, slice, encoding)
    }
  }
  return counted
}

const addSlice = (counted: Counted, text: string, { start, end, forced }: Slice, encoding: Encoding): void => {
  counted.tokens += encoding.raw(start === 0 && end === text.length ? text : text.slice(start, end))
  if (forced) counted.cut++
}

/** Yields to other work after every {@link TURN} bytes. */
export class Pace {
  #bytes = 0

  isDue(bytes: number): boolean {
    // Short texts have a fixed cost too.
    this.#bytes += bytes + 32
    return this.#bytes > TURN
  }

  async breathe(): Promise<void> {
    this.#bytes = 0
    await new Promise<void>((resolve) => nextTurn(resolve))
  }
}

/** UTF-8 bytes counted without yielding: 5 to 10 ms. */
const TURN = 16_384

const resultOf = (plan: Plan, family: Family, counted: CountedPlan): TokenCount => {
  const { texts, tools, schema } = counted
  const reasons = [...plan.reasons]
  if (!family.own) reasons.unshift(`estimated from ${family.encoding}: the tokenizer is not public or not installed`)
  else if (family.caveat) reasons.unshift(family.caveat)
  const cut = texts.cut + tools.cut + schema.cut
  if (cut > 0) reasons.push('words of hundreds of letters, counted in parts')
  const exact = reasons.length === 0
  const error = exact ? none : expectedError(plan, family.error, 'count')
  return {
    tokens: total(plan, family, { texts: texts.tokens, tools: tools.tokens, schema: schema.tokens }),
    exact,
    method: family.own ? 'tiktoken' : 'estimate',
    family: family.name,
    expectedError: cut > 0 ? atLeast(error, ofCuts) : error,
    reasons,
  }
}

const none: ExpectedError = { median: 0, p95: 0, samples: 0 }

/** A cut adds up to two tokens, to about a hundred between two cuts. */
const ofCuts: ExpectedError = { median: 0.01, p95: 0.05, samples: 0 }

const atLeast = (a: ExpectedError, b: ExpectedError): ExpectedError => ({
  median: Math.max(a.median, b.median),
  p95: Math.max(a.p95, b.p95),
  samples: Math.min(a.samples, b.samples),
})
