import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import type { Message } from '../../../src/types/messages.js'
import type { CompletionRequest } from '../../../src/types/options.js'
import type { RerankParams } from '../../../src/types/rerank.js'
import { checkAnswer, checkUsage } from '../check/answer.js'
import { checkFailure } from '../check/error.js'
import { checkChunks, checkFinal } from '../check/stream.js'
import type { Rule } from '../equivalence/rule.js'
import type { ExpectedAnswer } from '../expectation/expectation.js'
import type { Native } from '../folders/native.js'
import { misplaced, reach } from '../folders/native-address.js'
import { expectNativeEmbedding } from '../folders/native-embedding.js'
import type { ChatRequest } from '../request/request.js'
import { type Fields, firstDifference, isObject, object, objects, show } from '../wire/json.js'
import type { Group, Outcome } from '../wire/outcome.js'
import { pieces } from '../wire/pieces.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { describe, type Stage } from './chat.js'
import { checkRerank } from './rerank.js'
import { checkVectors } from './rest.js'
import type { Sent } from './server.js'

/** What the recorder's application wrote is not always what the types allow: the API is what is tested. */
type WholeRequest = CompletionRequest<false>

interface Played<Result> {
  readonly sent: readonly Sent[]
  readonly urls: readonly string[]
  readonly result?: Result
  readonly error?: unknown
}

type Call<Result> = (params: Fields) => Promise<Result>

/** Makes a call against the recorded response, at the recorded address. */
async function play<Result>(
  { player }: Stage,
  recording: Recording,
  request: Fields,
  call: Call<Result>,
): Promise<Played<Result>> {
  const { status, headers = {} } = recording.response
  const { dispatcher, sent, urls, remove } = player.put({ status, headers, pieces: pieces(recording) })
  const { model, options } = reach(recording)
  try {
    const result = await call({ ...request, model, ...options, dispatcher, apiKey: 'x', maxRetries: 0 })
    return { sent, urls, result }
  } catch (error) {
    return { sent, urls, error }
  } finally {
    remove()
  }
}

/**
 * Plays a recording with its own request, and checks what was sent. A request that llmux refuses is played again with a
 * minimal one, so that the answer is checked all the same.
 */
async function playRecorded<Result>(
  stage: Stage,
  recording: Recording,
  native: Native,
  minimal: Fields,
  call: Call<Result>,
): Promise<{ played: Played<Result>; request: Outcome[] }> {
  const body = requestBody(recording)
  const recorded = body && native.request(body)
  if (!body || !recorded) return { played: await play(stage, recording, minimal, call), request: [] }
  const before = JSON.stringify(recorded)
  const played = await play(stage, recording, recorded, call)
  const wrong: string[] = []
  if (JSON.stringify(recorded) !== before) wrong.push('the request was changed while it was encoded')
  const [first] = played.sent
  const request = [outcomeOf(recording, 'requests', wrong)]
  if (!first) {
    // what the provider itself refused may be refused here
    if (recording.response.status < 400) wrong.push(`refused: ${describe(played.error)}`)
    return { played: await play(stage, recording, minimal, call), request }
  }
  const differences = [differenceBy(native.rules, first.body, body), misplaced(recording.request.url, played.urls[0])]
  wrong.push(...differences.filter((line) => line !== undefined))
  return { played, request }
}

export function differenceBy(rules: readonly Rule[], sentBody: unknown, recordedBody: Fields): string | undefined {
  if (!isObject(sentBody)) return 'no JSON object was sent'
  const sent = structuredClone(sentBody)
  const recorded = structuredClone(recordedBody)
  for (const rule of rules) rule.apply(sent, recorded)
  return firstDifference(sent, recorded)
}

const outcomeOf = ({ id, provider }: Recording, group: Group, wrong: string[]): Outcome => ({
  id,
  provider,
  group,
  wrong,
})

const hello: Fields = { messages: [{ role: 'user', content: 'Hello' }] }

export async function replayNative(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  if (native.operation === 'embedding') return replayEmbedding(stage, recording, native)
  if (native.operation === 'rerank') return replayRerank(stage, recording, native)
  if (recording.operation === 'error') return replayError(stage, recording, native)
  return recording.response.stream === undefined
    ? replayAnswer(stage, recording, native)
    : replayStream(stage, recording, native)
}

async function replayAnswer(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  const { played, request } = await playRecorded(stage, recording, native, hello, (params) =>
    stage.client.completion({ ...params, stream: false } as unknown as WholeRequest),
  )
  const expected = native.answer?.(recording.response.body)
  const wrong: string[] = []
  if (!expected) wrong.push(...checkFailure(recording, played.error, undefined))
  else if (!played.result) wrong.push(`threw ${describe(played.error)}`)
  else {
    wrong.push(...checkAnswer(played.result, expected), ...checkMeta(played.result, expected))
    wrong.push(...(await replayHistory(stage, recording, native, played.result, expected)))
  }
  return [outcomeOf(recording, 'answers', wrong), ...request]
}

function checkMeta({ meta, usage }: ChatCompletion, expected: ExpectedAnswer): string[] {
  const wrong: string[] = []
  if (JSON.stringify(meta.usage) !== JSON.stringify(usage)) wrong.push('meta has another usage')
  const reason = expected.choices[0]?.nativeFinish
  if (reason !== undefined && meta.nativeFinishReason !== undefined && meta.nativeFinishReason !== reason) {
    wrong.push(`meta.nativeFinishReason: got ${meta.nativeFinishReason}, recorded ${reason}`)
  }
  return wrong
}

async function replayStream(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  const expected = native.stream?.(recording)
  if (!expected) return [outcomeOf(recording, 'streams', ['nobody says what the stream means'])]
  const read = async (params: Fields, include_usage: boolean) => {
    const chunks: ChatCompletionChunk[] = []
    const request = { ...params, stream: true, stream_options: { include_usage } } as const
    const stream = await stage.client.completion(request as unknown as ChatParams & { stream: true })
    for await (const chunk of stream) chunks.push(chunk)
    return { chunks, final: await stream.final() }
  }
  const { played, request } = await playRecorded(stage, recording, native, hello, (params) => read(params, true))
  const wrong: string[] = []
  const whole = expected.ended && !expected.failed && recording.response.stream_state === 'complete'
  if (!whole) wrong.push(...checkFailure(recording, played.error, expected))
  else if (!played.result) wrong.push(`threw ${describe(played.error)}`)
  else {
    const { chunks, final } = played.result
    wrong.push(...checkChunks(chunks, true), ...checkAnswer(final, expected.answer), ...checkFinal(chunks, final))
    wrong.push(...checkMeta(final, expected.answer))
    const usage = chunks.at(-1)?.usage ?? undefined
    wrong.push(...checkUsage(usage, expected.answer.usage).map((line) => `last chunk: ${line}`))
    wrong.push(...(await replayHistory(stage, recording, native, final, expected.answer)))
    const again = await play(stage, recording, hello, (params) => read(params, false))
    const quiet = again.result ? checkChunks(again.result.chunks, false) : [`threw ${describe(again.error)}`]
    wrong.push(...quiet.map((line) => `usage not asked for: ${line}`))
  }
  return [outcomeOf(recording, 'streams', wrong), ...request]
}

/** Puts an answer into the history of a next call, as it came, and checks that the model gets back what it said. */
async function replayHistory(
  stage: Stage,
  recording: Recording,
  native: Native,
  { choices }: ChatCompletion,
  expected: ExpectedAnswer,
): Promise<string[]> {
  const [choice] = choices
  if (!choice || choices.length > 1) return []
  const said = native.said?.(recording)
  if (said ? said.length === 0 : expected.replayed.filter(Boolean).length === 0) return []
  const messages: Message[] = [
    { role: 'user', content: 'Hello' },
    choice.message,
    ...(choice.message.tool_calls ?? []).map(
      ({ id }): Message => ({ role: 'tool', tool_call_id: id, content: '{"done":1}' }),
    ),
    { role: 'user', content: 'Go on' },
  ]
  const { sent, error } = await play(stage, recording, { messages }, (params) =>
    stage.client.completion({ ...params, stream: false } as unknown as WholeRequest),
  )
  const [first] = sent
  if (!first) return [`as history: refused: ${describe(error)}`]
  const body = object(first.body)
  if (said && native.turn) {
    const difference = firstDifference(native.turn(body, said), said)
    return difference ? [`as history: ${difference}`] : []
  }
  const json = JSON.stringify(body)
  const lost = expected.replayed.filter((kept) => !json.includes(JSON.stringify(kept).slice(1, -1)))
  return lost.map((kept) => `as history: ${show(kept)} is lost`)
}

async function replayError(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  const stream = /stream/i.test(recording.for_operation ?? '')
  const { played, request } = await playRecorded(stage, recording, native, hello, async (params) => {
    const answer = await stage.client.completion({ ...(params as unknown as ChatRequest), stream })
    return 'final' in answer ? answer.final() : answer
  })
  return [outcomeOf(recording, 'errors', checkFailure(recording, played.error, undefined)), ...request]
}

async function replayEmbedding(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  const { response } = recording
  const failed = recording.operation === 'error'
  const expected = expectNativeEmbedding(response.body, response.headers ?? {})
  if (!failed && !expected) return [outcomeOf(recording, 'embeddings', ['the recording has no vectors'])]
  const minimal = { input: Array.from({ length: expected?.vectors.length ?? 1 }, (_, at) => `text ${at}`) }
  const wrong: string[] = []
  let requests: Outcome[] = []
  for (const vectorType of ['array', 'float32'] as const) {
    const { played, request } = await playRecorded(stage, recording, native, minimal, (params) =>
      stage.client.embedding({ ...(params as unknown as EmbeddingParams), vectorType }),
    )
    requests = request
    if (failed) return [outcomeOf(recording, 'errors', checkFailure(recording, played.error, undefined)), ...requests]
    if (!played.result || !expected) wrong.push(`${vectorType}: threw ${describe(played.error)}`)
    else wrong.push(...checkVectors(played.result, expected, vectorType).map((line) => `${vectorType}: ${line}`))
  }
  return [outcomeOf(recording, 'embeddings', wrong), ...requests]
}

async function replayRerank(stage: Stage, recording: Recording, native: Native): Promise<Outcome[]> {
  const body = object(recording.response.body)
  const minimal = { query: 'which', documents: objects(body.results).map((_, at) => `text ${at}`) }
  const { played, request } = await playRecorded(stage, recording, native, minimal, (params) =>
    stage.client.rerank(params as unknown as RerankParams),
  )
  const wrong = played.result ? checkRerank(played.result, body) : [`threw ${describe(played.error)}`]
  return [outcomeOf(recording, 'rerank', wrong), ...request]
}
