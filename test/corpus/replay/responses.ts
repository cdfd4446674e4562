import type { ChatCompletion, ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'
import type { CallMeta } from '../../../src/types/meta.js'
import type { ResponsesEvent, ResponsesParams } from '../../../src/types/responses.js'
import { checkChunks, checkFinal } from '../check/stream.js'
import { type ExpectedResponse, expectResponse } from '../expectation/responses.js'
import { comparable, toChat } from '../request/responses.js'
import { canonical, type Fields, filled, firstDifference, object, show } from '../wire/json.js'
import type { Outcome } from '../wire/outcome.js'
import { pieces } from '../wire/pieces.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { describe, type Stage } from './chat.js'
import type { Sent } from './server.js'

/** Folders with a provider of their own that has the Responses API; the others are replayed as OpenAI with an `apiBase`. */
const own: Readonly<Record<string, string>> = {
  openai: 'openai',
  xai: 'xai',
  deepseek: 'deepseek',
  openrouter: 'openrouter',
}

/** What llmux says where a host leaves it out, since the API's own type demands it. */
const absent: Fields = { error: null, incomplete_details: null }

interface Played<Result> {
  readonly sent: readonly Sent[]
  readonly result?: Result
  readonly error?: unknown
}

async function play<Result>(
  { player }: Stage,
  recording: Recording,
  call: (options: object) => Promise<Result>,
): Promise<Played<Result>> {
  const { status, headers = {} } = recording.response
  const { base, dispatcher, sent, remove } = player.put({ status, headers, pieces: pieces(recording) })
  const place = recording.provider in own ? { dispatcher } : { apiBase: base }
  try {
    return { sent, result: await call({ ...place, apiKey: 'x', maxRetries: 0 }) }
  } catch (error) {
    return { sent, error }
  } finally {
    remove()
  }
}

const prefixOf = ({ provider }: Recording): string => own[provider] ?? (provider === 'azure' ? 'azure' : 'openai')

const wireModel = (recording: Recording): string =>
  filled(requestBody(recording)?.model) ?? filled(recording.model) ?? 'some-model'

/** A recording of the Responses API: as that API, and as chat over it. */
export async function replayResponses(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider, operation } = recording
  const expected = expectResponse(recording)
  const streamed = operation.endsWith('-stream')
  const wrong = [
    ...(streamed ? await ownStream(stage, recording, expected) : await ownAnswer(stage, recording, expected)),
    ...(await chat(stage, recording, expected, streamed)).map((line) => `as chat: ${line}`),
  ]
  const outcomes: Outcome[] = [{ id, provider, group: streamed ? 'streams' : 'answers', wrong }]
  const body = requestBody(recording)
  if (body) outcomes.push({ id, provider, group: 'requests', wrong: await requests(stage, recording, body) })
  return outcomes
}

async function ownAnswer(stage: Stage, recording: Recording, expected: ExpectedResponse): Promise<string[]> {
  const { result, error } = await play(stage, recording, (options) =>
    stage.client.responses({ model: `${prefixOf(recording)}/${wireModel(recording)}`, input: 'Hello', ...options }),
  )
  if (!result) return [`threw ${describe(error)}`]
  const { output_text: said, ...rest } = result
  const { output_text: _, ...raw } = { ...absent, ...expected.raw }
  const difference = firstDifference(rest, raw)
  const wrong = difference ? [difference] : []
  if (said !== expected.texts.join('')) wrong.push(`output_text: got ${show(said)}`)
  return [...wrong, ...checkMeta(result.meta, expected)]
}

async function ownStream(stage: Stage, recording: Recording, expected: ExpectedResponse): Promise<string[]> {
  const events: ResponsesEvent[] = []
  const { result, error } = await play(stage, recording, async (options) => {
    const model = `${prefixOf(recording)}/${wireModel(recording)}`
    const stream = await stage.client.responses({ model, input: 'Hello', stream: true, ...options })
    for await (const event of stream) events.push(event)
    return { final: await stream.final(), meta: stream.meta }
  })
  if (expected.failed) return failed(error, events.length)
  if (!expected.ended) return interrupted(error)
  if (!result) return [`threw ${describe(error)}`]
  const difference =
    firstDifference(events, expected.events.slice(0, events.length)) ??
    (expected.events.length === events.length ? undefined : `${events.length} events of ${expected.events.length}`)
  const wrong = difference ? [`events${difference}`] : []
  const { output_text: said, ...rest } = result.final
  const { output_text: _, ...raw }: Fields = { ...absent, ...expected.raw, output: expected.output }
  const off = firstDifference(rest, { ...raw, id: rest.id, created_at: rest.created_at })
  if (off) wrong.push(`final: ${off}`)
  if (said !== expected.texts.join('')) wrong.push(`final output_text: got ${show(said)}`)
  return [...wrong, ...checkMeta(result.meta, expected)]
}

const failed = (error: unknown, events: number): string[] =>
  error instanceof Error && error.name === 'RateLimitError' && events === 0
    ? []
    : [`wanted an error: ${describe(error)}`]

const interrupted = (error: unknown): string[] =>
  error instanceof Error && error.name === 'StreamInterruptedError' ? [] : [`wanted a cut: ${describe(error)}`]

async function chat(
  stage: Stage,
  recording: Recording,
  expected: ExpectedResponse,
  streamed: boolean,
): Promise<string[]> {
  const chunks: ChatCompletionChunk[] = []
  const { result, error } = await play(stage, recording, async (options) => {
    const model = `${prefixOf(recording)}/responses/${wireModel(recording)}`
    const request = { model, messages: [{ role: 'user' as const, content: 'Hello' }], ...options }
    if (!streamed) return stage.client.completion(request)
    const stream = await stage.client.completion({ ...request, stream: true, stream_options: { include_usage: true } })
    for await (const chunk of stream) chunks.push(chunk)
    return stream.final()
  })
  if (expected.failed) return failed(error, chunks.length)
  if (!expected.ended) return interrupted(error)
  if (!result) return [`threw ${describe(error)}`]
  const wrong = checkChat(result, expected)
  if (streamed) wrong.push(...checkChunks(chunks, true), ...checkFinal(chunks, result))
  return [...wrong, ...(await goOn(stage, recording, result, expected))]
}

function checkChat(answer: ChatCompletion, expected: ExpectedResponse): string[] {
  const wrong: string[] = []
  const want = (what: string, got: unknown, wanted: unknown) => {
    if (canonical(got) !== canonical(wanted)) wrong.push(`${what}: got ${show(got)}, recorded ${show(wanted)}`)
  }
  const [choice] = answer.choices
  const message = choice?.message
  // one host gives every event of a stream another id: the first is kept
  const begun = object(expected.events.find((event) => event.type === 'response.created')?.response)
  want('id', answer.id, filled(begun.id) ?? filled(expected.raw.id) ?? answer.id)
  want('model', answer.model, filled(expected.raw.model) ?? answer.model)
  want('text', message?.content ?? '', expected.texts.join('\n\n'))
  want('refusal', message?.refusal ?? '', expected.refusal)
  want('reasoning', message?.reasoning_content ?? '', expected.thoughts.join('\n\n'))
  const calls = (message?.tool_calls ?? []).map((call) =>
    call.type === 'function'
      ? { id: call.id, name: call.function.name, written: call.function.arguments }
      : { id: call.id, name: call.custom.name, written: call.custom.input },
  )
  want('tool calls', calls, expected.calls)
  const urls = (message?.annotations ?? []).map((note) => note.url_citation.url)
  want('citations', urls, expected.urls)
  want('finish reason', choice?.finish_reason, expected.finish)
  for (const secret of expected.encrypted) {
    if (!JSON.stringify(message).includes(secret)) wrong.push(`encrypted reasoning is lost: ${show(secret)}`)
  }
  return [...wrong, ...checkMeta(answer.meta, expected)]
}

function checkMeta({ usage, cost }: CallMeta, expected: ExpectedResponse): string[] {
  const wrong: string[] = []
  if (!expected.usage) return usage === undefined ? [] : ['there is a usage and none was recorded']
  const got = object(usage)
  const { input, output, cached, reasoning } = expected.usage
  const want = (what: string, has: unknown, wanted: unknown) => {
    if (has !== wanted) wrong.push(`${what}: got ${has}, recorded ${wanted}`)
  }
  // a host that counts reasoning beside the output: then the total is the sum of all three
  const apart = Number(object(expected.raw.usage).total_tokens) === input + output + reasoning ? reasoning : 0
  want('prompt_tokens', got.prompt_tokens, input)
  want('completion_tokens', got.completion_tokens, output + apart)
  want('cached_tokens', object(got.prompt_tokens_details).cached_tokens ?? 0, cached)
  want('reasoning_tokens', object(got.completion_tokens_details).reasoning_tokens ?? 0, reasoning)
  const ticks = object(expected.raw.usage).cost_in_usd_ticks
  if (typeof ticks === 'number') want('cost', cost.total, ticks / 1e10)
  return wrong
}

/** The answer in the history of the next call: its reasoning goes back as it came. */
async function goOn(
  stage: Stage,
  recording: Recording,
  answer: ChatCompletion,
  expected: ExpectedResponse,
): Promise<string[]> {
  const [choice] = answer.choices
  if (!choice || expected.encrypted.length === 0) return []
  const results = (choice.message.tool_calls ?? []).map((call) => ({
    role: 'tool' as const,
    tool_call_id: call.id,
    content: 'done',
  }))
  const messages: ChatParams['messages'] = [{ role: 'user', content: 'Hello' }, choice.message, ...results]
  const { sent, error } = await play(stage, recording, (options) =>
    stage.client.completion({
      model: `${prefixOf(recording)}/responses/${wireModel(recording)}`,
      messages,
      stream: recording.operation.endsWith('-stream'),
      ...options,
    }),
  )
  const [request] = sent
  if (!request) return [`next turn: ${describe(error)}`]
  const body = JSON.stringify(request.body)
  return expected.encrypted
    .filter((secret) => !body.includes(secret))
    .map((secret) => `next turn has lost ${show(secret)}`)
}

/** The recorded request: as it is through responses(), and through completion() where chat has words for it. */
async function requests(stage: Stage, recording: Recording, body: Fields): Promise<string[]> {
  const wrong: string[] = []
  const model = wireModel(recording)
  const { model: _, ...rest } = body
  const given = { ...rest, model: `${prefixOf(recording)}/${model}` } as unknown as ResponsesParams
  const { sent, error } = await play(stage, recording, async (options) => {
    const answer = await stage.client.responses({ ...given, ...options, stream: body.stream === true })
    return 'final' in answer ? answer.final() : answer
  })
  const [direct] = sent
  const { stream, ...wanted }: Fields = { ...body, model }
  const difference = direct
    ? firstDifference(direct.body, stream === true ? { ...wanted, stream } : wanted)
    : `refused: ${describe(error)}`
  if (difference) wrong.push(difference)
  const params = toChat(body)
  if (!params) return wrong
  const before = JSON.stringify(params)
  const played = await play(stage, recording, async (options) => {
    const request = { ...params, model: `${prefixOf(recording)}/responses/${model}` } as unknown as ChatParams
    const answer = await stage.client.completion({ ...request, ...options, stream: body.stream === true } as never)
    return answer
  })
  if (JSON.stringify(params) !== before) wrong.push('as chat: the request was changed while it was encoded')
  const [bridged] = played.sent
  if (!bridged) return [...wrong, `as chat: refused: ${describe(played.error)}`]
  const off = firstDifference(comparable(object(bridged.body), body), comparable({ ...body, model }, body))
  return off ? [...wrong, `as chat: ${off}`] : wrong
}
