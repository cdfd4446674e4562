import type { Client } from '../../../src/client.js'
import type { ChatCompletion, ChatCompletionChunk } from '../../../src/types/chat.js'
import { checkAnswer, checkUsage } from '../check/answer.js'
import { checkFailure, requestIdIn } from '../check/error.js'
import { checkChunks, checkFinal } from '../check/stream.js'
import { differenceOf } from '../equivalence/equivalence.js'
import { expectAnthropic, expectAnthropicStream } from '../expectation/anthropic.js'
import type { ExpectedAnswer } from '../expectation/expectation.js'
import { expectOpenAI } from '../expectation/openai.js'
import { type ExpectedStream, expectOpenAIStream } from '../expectation/openai-stream.js'
import { placeOf } from '../folders/hosts.js'
import {
  type ChatRequest,
  isMessages,
  isOwnHost,
  minimalChat,
  prefixOf,
  recordedChat,
  recordedHeaders,
} from '../request/request.js'
import { expectText, expectTextStream, isText } from '../request/text-completion.js'
import { object, objects, show } from '../wire/json.js'
import type { Outcome } from '../wire/outcome.js'
import { pieces } from '../wire/pieces.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { replayHistory } from './history.js'
import type { Player, Sent } from './server.js'

/** How a call ended, and what was sent for it. */
interface Played<Result> {
  readonly sent: readonly Sent[]
  /** How the address that was called differs from the recorded one. */
  readonly misplaced?: string | undefined
  readonly result?: Result
  readonly error?: unknown
}

export interface Stage {
  readonly client: Client
  readonly player: Player
}

/** Makes a call against the recorded response: under the provider's own address where it was recorded there. */
export async function play<Result>(
  { player }: Stage,
  recording: Recording,
  call: (options: object) => Promise<Result>,
): Promise<Played<Result>> {
  const { status, headers = {} } = recording.response
  const { base, dispatcher, sent, urls, remove } = player.put({ status, headers, pieces: pieces(recording) })
  const place = await placeOf(recording)
  const where = place ? { dispatcher, ...place.options } : isOwnHost(recording) ? { dispatcher } : { apiBase: base }
  const misplaced = () => {
    const stray =
      place && recording.operation !== 'error' ? urls.find((url) => url.split('?')[0] !== place.url) : undefined
    return stray === undefined ? undefined : `address: got ${stray}, recorded ${place?.url}`
  }
  try {
    const result = await call({ ...where, apiKey: 'x', maxRetries: 0 })
    return { sent, result, misplaced: misplaced() }
  } catch (error) {
    return { sent, error, misplaced: misplaced() }
  } finally {
    remove()
  }
}

/**
 * Plays a chat recording with its own request, and checks what was sent. A request that llmux refuses is played again with a
 * minimal one, so that the answer is checked all the same.
 */
export async function playChat<Result>(
  stage: Stage,
  recording: Recording,
  call: (request: ChatRequest & { headers?: Record<string, string> }, options: object) => Promise<Result>,
): Promise<{ played: Played<Result>; request: Outcome | undefined }> {
  const attempt = (request: ChatRequest) => {
    const headers = recordedHeaders(recording)
    return play(stage, recording, (options) => call({ ...request, ...(headers && { headers }) }, options))
  }
  const recorded = recordedChat(recording)
  if (!recorded) return { played: await attempt(minimalChat(recording)), request: undefined }
  const before = JSON.stringify(recorded)
  const played = await attempt(recorded)
  const wrong: string[] = []
  if (JSON.stringify(recorded) !== before) wrong.push('the request was changed while it was encoded')
  const [sent] = played.sent
  const outcome = (): Outcome => ({ id: recording.id, provider: recording.provider, group: 'requests', wrong })
  if (!sent) {
    // what the provider itself refused may be refused here
    if (recording.response.status < 400) wrong.push(`refused: ${describe(played.error)}`)
    return { played: await attempt(minimalChat(recording)), request: outcome() }
  }
  const body = requestBody(recording)
  const difference = body && differenceOf(recording, sent.body, body)
  if (difference) wrong.push(difference)
  if (played.misplaced) wrong.push(played.misplaced)
  return { played, request: outcome() }
}

export const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error)

export async function replayAnswer(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider, response } = recording
  const { played, request } = await playChat(stage, recording, (params, options) =>
    stage.client.completion({ ...params, ...options }),
  )
  const expected = expectAnswer(recording)
  const wrong: string[] = []
  if (!expected) wrong.push(...checkFailure(recording, played.error, undefined))
  else if (!played.result) wrong.push(`threw ${describe(played.error)}`)
  else {
    const blocks = isMessages(recording) ? objects(object(response.body).content) : undefined
    wrong.push(...checkAnswer(played.result, expected), ...checkMeta(recording, played.result, expected))
    wrong.push(...(await replayHistory(stage, recording, played.result, expected, blocks)))
  }
  return [{ id, provider, group: 'answers', wrong }, ...(request ? [request] : [])]
}

function checkMeta(recording: Recording, { meta, usage }: ChatCompletion, expected: ExpectedAnswer): string[] {
  const wrong: string[] = []
  const want = (what: string, got: unknown, wanted: unknown) => {
    if (JSON.stringify(got) !== JSON.stringify(wanted))
      wrong.push(`meta.${what}: got ${show(got)}, wanted ${show(wanted)}`)
  }
  want('requestId', meta.requestId, requestIdIn(recording.response.headers) ?? meta.requestId)
  want('usage', meta.usage, usage)
  want('nativeFinishReason', meta.nativeFinishReason, expected.choices[0]?.nativeFinish ?? meta.nativeFinishReason)
  want('provider', meta.provider, prefixOf(recording))
  return wrong
}

function expectAnswer(recording: Recording): ExpectedAnswer | undefined {
  const { body } = recording.response
  if (isText(recording)) return expectText(body)
  return isMessages(recording) ? expectAnthropic(body) : expectOpenAI(body)
}

export const expectStream = (recording: Recording): ExpectedStream => {
  const source = recording.response.stream ?? ''
  if (isText(recording)) return expectTextStream(source)
  return isMessages(recording) ? expectAnthropicStream(source) : expectOpenAIStream(source)
}

export async function replayStream(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider } = recording
  const expected = expectStream(recording)
  const chunks: ChatCompletionChunk[] = []
  const { played, request } = await playChat(stage, recording, async (params, options) => {
    chunks.length = 0
    const stream = await stage.client.completion({
      ...params,
      ...options,
      stream: true,
      stream_options: { ...params.stream_options, include_usage: true },
    })
    for await (const chunk of stream) chunks.push(chunk)
    return { final: await stream.final(), meta: stream.meta }
  })
  const wrong: string[] = []
  const whole = expected.ended && !expected.failed && recording.response.stream_state !== 'error-terminated'
  if (!whole) wrong.push(...checkFailure(recording, played.error, expected))
  else if (!played.result) wrong.push(`threw ${describe(played.error)}`)
  else {
    const { final, meta } = played.result
    wrong.push(
      ...checkMeta(recording, final, expected.answer),
      ...checkChunks(chunks, true),
      ...checkAnswer(final, expected.answer),
      ...checkFinal(chunks, final),
    )
    const usage = chunks.at(-1)?.usage ?? undefined
    wrong.push(...checkUsage(usage, expected.answer.usage).map((line) => `last chunk: ${line}`))
    if (JSON.stringify(meta.usage) !== JSON.stringify(final.usage)) wrong.push('meta of the stream has another usage')
    wrong.push(...(await replayWithoutAsking(stage, recording, expected)))
    wrong.push(...(await replayHistory(stage, recording, final, expected.answer, expected.blocks)))
  }
  return [{ id, provider, group: 'streams', wrong }, ...(request ? [request] : [])]
}

/** The same stream for a caller who asks for no usage: the chunks have none, `final()` and `meta` have it all the same. */
async function replayWithoutAsking(stage: Stage, recording: Recording, expected: ExpectedStream): Promise<string[]> {
  const chunks: ChatCompletionChunk[] = []
  const { result, error } = await play(stage, recording, async (options) => {
    const stream = await stage.client.completion({ ...minimalChat(recording), ...options, stream: true })
    for await (const chunk of stream) chunks.push(chunk)
    return stream
  })
  if (!result) return [`a second time: threw ${describe(error)}`]
  const wrong = [...checkChunks(chunks, false), ...checkAnswer(await result.final(), expected.answer)]
  if ((result.meta.usage === undefined) !== (expected.answer.usage === undefined)) wrong.push('meta.usage is missing')
  return wrong.map((line) => `usage not asked for: ${line}`)
}
