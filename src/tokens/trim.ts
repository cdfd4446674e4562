import { modelInfo } from '../../pricing/index.js'
import { BadRequestError, ContextWindowExceededError, got } from '../errors.js'
import type { Message } from '../types/messages.js'
import { countPlan, Pace } from './count.js'
import { loadEncoding } from './encoding.js'
import { scanPlan, weigh } from './estimate.js'
import { familyOf } from './families.js'
import { type Plan, planMessage, planRequest } from './plan.js'
import { shortenMessage, textLength } from './shorten.js'
import { turnsOf, type Unit } from './turns.js'
import type { TokenRequest } from './types.js'

/** Options of {@link trimMessages}. */
export interface TrimOptions extends Omit<TokenRequest, 'messages' | 'text'> {
  /**
   * Maximum tokens of the prompt, including tools and schema. Reserve space for the answer: if the model's window holds both,
   * subtract `max_tokens`.
   * @default the model's context window minus its longest answer, from `modelInfo()`
   */
  readonly maxTokens?: number | undefined
  /**
   * Shorten the remaining texts if removing older turns is not enough.
   * @default true
   */
  readonly shorten?: boolean | undefined
  /** Estimate from characters alone: faster, without a tokenizer, less exact. @default false */
  readonly estimate?: boolean | undefined
}

/** Texts are not cut to less than this many characters. */
const LEAST = 400

/**
 * Trims a conversation to `maxTokens`, keeping its newest part. It removes the oldest turns first; then, within the current
 * turn, the oldest tool calls with their results; then it shortens the longest texts in their middle: prose first, tool
 * results next, instructions last.
 *
 * System and developer messages always stay. Tool calls and their results are kept or removed together. The conversation
 * starts with a user message, if it had one. Unchanged messages are the same objects as before, shortened ones are copies;
 * the given array is not modified.
 * @throws {ContextWindowExceededError} if even the shortened messages exceed the limit
 * @throws {BadRequestError} if `maxTokens` is not a positive number, if it is missing for a model with an unknown window, or if
 * tiktoken can't be loaded
 * @example
 * const fitting = await trimMessages(history, { model: 'gpt-4o', maxTokens: 128_000 - 4_096, tools })
 * const answer = await completion({ model: 'gpt-4o', messages: fitting, tools, max_tokens: 4_096 })
 */
export const trimMessages = async (messages: readonly Message[], options: TrimOptions): Promise<Message[]> => {
  const { maxTokens = promptLimit(options.model), shorten = true } = options
  if (!(maxTokens > 0)) throw new BadRequestError(`'maxTokens' must be a positive number; ${got(maxTokens)}.`)
  const count = counter(options)
  const whole = [...messages]
  if ((await count(whole)) <= maxTokens) return whole

  const kept = await newestThatFit(messages, maxTokens, count)
  if ((await count(kept)) <= maxTokens) return kept
  const cut = shorten ? await shortenToFit(kept, maxTokens, count) : kept
  const left = await count(cut)
  if (left <= maxTokens) return cut
  throw new ContextWindowExceededError(
    `The instructions and the newest turn must fit 'maxTokens' (${maxTokens}); got about ${left} tokens` +
      `${shorten ? ' after shortening' : ''}. Omit tools or images, or use a model with a larger context window.`,
    { model: options.model },
  )
}

/** The price table may list a limit of the prompt, a limit of prompt and answer together, or both. */
const promptLimit = (model: string): number => {
  const { contextWindow, maxInputTokens, maxOutputTokens = 0 } = modelInfo(model) ?? {}
  const beside =
    contextWindow === undefined || maxOutputTokens >= contextWindow ? contextWindow : contextWindow - maxOutputTokens
  const room = Math.min(maxInputTokens ?? Number.POSITIVE_INFINITY, beside ?? Number.POSITIVE_INFINITY)
  if (Number.isFinite(room)) return room
  throw new BadRequestError(
    `The context window of '${model}' is unknown. Pass 'maxTokens', or call registerModel() with 'contextWindow'.`,
    {
      param: 'maxTokens',
    },
  )
}

type Count = (messages: readonly Message[]) => Promise<number>

/** Counts each message once: the tokens of a prompt are the sum of its parts. */
const counter = ({ maxTokens: _, shorten: __, estimate, ...request }: TrimOptions): Count => {
  const family = familyOf(request.model)
  const pace = new Pace()
  const tokensOf = async (plan: Plan): Promise<number> => {
    if (!estimate) {
      const { texts, tools, schema } = await countPlan(plan, await loadEncoding(family.encoding), pace)
      return weigh(plan, family, { texts: texts.tokens, tools: tools.tokens, schema: schema.tokens })
    }
    if (pace.isDue(bytesOfPlan(plan) / 8)) await pace.breathe()
    return weigh(plan, family, scanPlan(plan))
  }
  const known = new Map<Message, number>()
  let around: number | undefined
  return async (messages) => {
    around ??= await tokensOf(planRequest({ ...request, messages: [] }, family))
    let sum = around
    for (const message of messages) {
      let tokens = known.get(message)
      if (tokens === undefined) {
        tokens = await tokensOf(planMessage(message, request.model, family))
        known.set(message, tokens)
      }
      sum += tokens
    }
    return Math.ceil(sum)
  }
}

const bytesOfPlan = (plan: Plan): number => plan.texts.reduce((sum, text) => sum + text.length, 0)

/**
 * Removes the fewest of the oldest turns, then of the oldest tool exchanges of the last turn. Uses a binary search: about
 * twenty counts for a million messages.
 */
const newestThatFit = async (messages: readonly Message[], maxTokens: number, count: Count): Promise<Message[]> => {
  const { instructions, turns } = turnsOf(messages)
  const older = turns.slice(0, -1).map(({ units }) => units)
  const newest = turns.at(-1)?.units ?? []
  const asked = newest.filter((unit) => isUser(messages, unit))
  const steps = newest.filter((unit) => !isUser(messages, unit))
  const lastStep = steps.slice(-1)
  const droppable: (readonly Unit[])[] = [...older, ...steps.slice(0, -1).map((unit) => [unit])]
  const without = (dropped: number): Message[] =>
    inOrder(messages, [...instructions, ...droppable.slice(dropped).flat(), ...asked, ...lastStep])

  let least = 1
  let most = droppable.length
  while (least < most) {
    const middle = (least + most) >> 1
    if ((await count(without(middle))) <= maxTokens) most = middle
    else least = middle + 1
  }
  return without(most)
}

const isUser = (messages: readonly Message[], { at }: Unit): boolean => messages[at[0] ?? 0]?.role === 'user'

const inOrder = (messages: readonly Message[], units: readonly Unit[]): Message[] =>
  units
    .flatMap(({ at }) => at)
    .sort((a, b) => a - b)
    .flatMap((index) => messages[index] ?? [])

/** Order in which texts are shortened: prose, then tool results, then instructions. */
const stages: readonly (readonly Message['role'][])[] = [
  ['user', 'assistant'],
  ['user', 'assistant', 'tool', 'function'],
  ['user', 'assistant', 'tool', 'function', 'system', 'developer'],
]

const shortenToFit = async (messages: readonly Message[], maxTokens: number, count: Count): Promise<Message[]> => {
  let shortest = [...messages]
  for (const roles of stages) {
    const cutTo = (length: number): Message[] =>
      messages.map((message) => {
        const cut = roles.includes(message.role) && textLength(message) > length
        return cut ? shortenMessage(message, length) : message
      })
    shortest = cutTo(LEAST)
    if ((await count(shortest)) <= maxTokens) return longestThatFits(messages, maxTokens, count, cutTo)
  }
  return shortest
}

/** Cuts all texts to one maximum length, found by binary search to 1 %. */
const longestThatFits = async (
  messages: readonly Message[],
  maxTokens: number,
  count: Count,
  cutTo: (length: number) => Message[],
): Promise<Message[]> => {
  let fits = LEAST
  let tooLong = Math.max(...messages.map(textLength), LEAST)
  while (tooLong - fits > Math.max(16, fits / 100)) {
    const middle = (fits + tooLong) >> 1
    if ((await count(cutTo(middle))) <= maxTokens) fits = middle
    else tooLong = middle
  }
  return cutTo(fits)
}
