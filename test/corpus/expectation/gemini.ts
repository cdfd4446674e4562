import { count, type Fields, filled, isObject, list, object, objects, parse, text } from '../wire/json.js'
import { splitEvents } from '../wire/sse.js'
import type { ExpectedAnswer, ExpectedChoice, ExpectedUsage } from './expectation.js'
import type { ExpectedStream } from './openai-stream.js'

/** What Gemini's finish reasons are with OpenAI; what is not here is a filter. */
const finishes: Readonly<Record<string, string>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  // a call, of a tool that the request did not have
  UNEXPECTED_TOOL_CALL: 'stop',
}

/** The answers of which one is made: server-sent events, or one array of all. */
export function geminiEvents(stream: string): Fields[] {
  const whole = parse(stream)
  return Array.isArray(whole) ? objects(whole) : splitEvents(stream).map(({ data }) => object(parse(data)))
}

/** What a whole answer of `generateContent` says; undefined where it is an error. */
export function expectGemini(body: unknown): ExpectedAnswer | undefined {
  return isObject(body) && !isObject(body.error) ? answerOf([body]) : undefined
}

export function expectGeminiStream(stream: string): ExpectedStream {
  const events = geminiEvents(stream)
  const candidates = events.flatMap(({ candidates }) => objects(candidates))
  return {
    answer: answerOf(events),
    failed: events.some(({ error }) => isObject(error)),
    ended:
      candidates.some(({ finishReason }) => finishReason !== undefined) ||
      events.some(({ promptFeedback }) => filled(object(promptFeedback).blockReason) !== undefined),
  }
}

function answerOf(events: readonly Fields[]): ExpectedAnswer {
  const choices: Fields[][] = []
  for (const candidate of events.flatMap(({ candidates }) => objects(candidates))) {
    const index = count(candidate.index) ?? 0
    choices[index] = [...(choices[index] ?? []), candidate]
  }
  const blocked = events.map(({ promptFeedback }) => filled(object(promptFeedback).blockReason)).find(Boolean)
  const signatures = partsOf(events).flatMap((part) => filled(part.thoughtSignature) ?? [])
  const drawn = partsOf(events).flatMap((part) => filled(object(part.inlineData).data) ?? [])
  const found = choices.flatMap((candidates, index) => (candidates ? choiceOf(candidates, index) : []))
  return {
    id: events.map(({ responseId }) => filled(responseId)).find(Boolean),
    model: events.map(({ modelVersion }) => filled(modelVersion)?.replace(/^models\//, '')).find(Boolean),
    choices: found.length === 0 && blocked !== undefined ? [refused(blocked, events)] : found,
    usage: usageOf(countersOf(events)),
    kept: [...signatures, ...drawn],
    replayed: [],
  }
}

/** All parts of one candidate, in their order. */
export const partsOf = (events: readonly Fields[], index = 0): Fields[] =>
  events
    .flatMap(({ candidates }) => objects(candidates))
    .filter((candidate) => (count(candidate.index) ?? 0) === index)
    .flatMap(({ content }) => objects(object(content).parts))

function choiceOf(candidates: readonly Fields[], index: number): ExpectedChoice {
  const parts = candidates.flatMap(({ content }) => objects(object(content).parts))
  const calls = parts.flatMap(({ functionCall }) => (isObject(functionCall) ? [functionCall] : []))
  const native = candidates.map(({ finishReason }) => finishReason).findLast((reason) => reason !== undefined)
  // Firebase's test data has the number of the enumeration
  const reason = native === 1 ? 'STOP' : native === 2 ? 'MAX_TOKENS' : filled(native)
  const finish = reason === undefined ? undefined : (finishes[reason] ?? 'content_filter')
  return {
    ...nothing,
    index,
    refusal:
      finish === 'content_filter'
        ? (candidates.map(({ finishMessage }) => filled(finishMessage)).findLast(Boolean) ?? '')
        : '',
    text: parts.map((part) => (part.thought === true ? '' : (text(part.text) ?? ''))).join(''),
    reasoning: thoughts(parts),
    tools: calls.map(({ id, name, args }) => ({
      id: filled(id),
      name: text(name) ?? '',
      arguments: JSON.stringify(args ?? {}),
    })),
    finish: finish === 'stop' && calls.length > 0 ? 'tool_calls' : finish,
    nativeFinish: reason,
    logprobs: candidates.reduce((sum, one) => sum + list(object(one.logprobsResult).chosenCandidates).length, 0),
    citedUrls: candidates.flatMap(({ groundingMetadata }) => cited(object(groundingMetadata))),
  }
}

/** Thoughts that nothing stands between run on; a later thought is a paragraph of its own. */
function thoughts(parts: readonly Fields[]): string {
  const runs: string[] = []
  let open = false
  for (const part of parts) {
    const words = part.thought === true ? text(part.text) : undefined
    if (words === undefined) {
      open = false
      continue
    }
    if (open) runs.push((runs.pop() ?? '') + words)
    else runs.push(words)
    open = true
  }
  return runs.filter(Boolean).join('\n\n')
}

function cited({ groundingSupports, groundingChunks }: Fields): string[] {
  const chunks = list(groundingChunks).map((chunk) => filled(object(object(chunk).web).uri))
  const of = objects(groundingSupports).flatMap(({ groundingChunkIndices }) =>
    list(groundingChunkIndices).map((at) => chunks[Number(at)]),
  )
  return of.filter((url) => url !== undefined)
}

const nothing = {
  refusal: '',
  reasoning: '',
  tools: [],
  functionCall: undefined,
  logprobs: 0,
  citedUrls: [],
  thinking: [],
} as const

/** A prompt that was not even answered. */
const refused = (reason: string, events: readonly Fields[]): ExpectedChoice => ({
  ...nothing,
  index: 0,
  refusal: events.map(({ promptFeedback }) => filled(object(promptFeedback).blockReasonMessage)).find(Boolean) ?? '',
  text: '',
  finish: 'content_filter',
  nativeFinish: reason,
})

/** Counters with a total are all there is so far; one without adds what it says. */
function countersOf(events: readonly Fields[]): Fields {
  let counters: Fields = {}
  for (const { usageMetadata } of events) {
    const now = object(usageMetadata)
    counters = count(now.totalTokenCount) === undefined ? { ...counters, ...now } : now
  }
  return counters
}

/** Thoughts and what tools read are counted beside the answer and the prompt. */
function usageOf(wire: Fields): ExpectedUsage | undefined {
  const prompt = count(wire.promptTokenCount)
  if (prompt === undefined) return undefined
  const reasoning = count(wire.thoughtsTokenCount)
  return {
    prompt: prompt + (count(wire.toolUsePromptTokenCount) ?? 0),
    completion: (count(wire.candidatesTokenCount) ?? 0) + (reasoning ?? 0),
    cached: count(wire.cachedContentTokenCount),
    cacheWritten: undefined,
    reasoning,
    cost: undefined,
  }
}

/**
 * What Gemini must get back of what it said, as its own parts: texts of one kind joined until one is signed, thoughts without a
 * signature left out.
 */
export function geminiTurn(events: readonly Fields[]): Fields[] {
  const turn: Fields[] = []
  for (const part of partsOf(events)) {
    if (part.text === '' && part.thoughtSignature === undefined) continue
    const last = turn.at(-1)
    const joins =
      last !== undefined &&
      typeof part.text === 'string' &&
      typeof last.text === 'string' &&
      (last.thought === true) === (part.thought === true) &&
      last.thoughtSignature === undefined
    if (joins && last) {
      last.text = `${last.text}${part.text}`
      if (part.thoughtSignature !== undefined) last.thoughtSignature = part.thoughtSignature
    } else turn.push({ ...part })
  }
  return turn.filter((part) => part.thought !== true || part.thoughtSignature !== undefined)
}
