import { LLMError } from '../../../src/errors.js'
import { expectedErrors, fitsExpectedError } from '../expectation/errors.js'
import type { ExpectedStream } from '../expectation/openai-stream.js'
import { count, filled, isObject, object, parse, show } from '../wire/json.js'
import { isStream, type Recording } from '../wire/recording.js'
import { splitEvents } from '../wire/sse.js'

/** Everything in which the failure of a call is not what the recording asks for. */
export function checkFailure(recording: Recording, error: unknown, stream: ExpectedStream | undefined): string[] {
  if (!LLMError.is(error)) return [`wanted a failure, got ${error === undefined ? 'an answer' : String(error)}`]
  const { id } = recording
  const wrong: string[] = []
  const cut = stream !== undefined && !stream.failed
  const fits = cut ? error.name === 'StreamInterruptedError' : fitsExpectedError(id, error.name)
  const expected = cut ? 'StreamInterruptedError' : expectedErrors[id]
  if (!fits) wrong.push(`threw ${error.name}, wanted ${show(expected)} (${error.message.slice(0, 200)})`)
  const status = statusOf(recording)
  if (error.status !== status) wrong.push(`status: got ${error.status}, recorded ${status}`)
  if (!cut && !messagesOf(recording).some((message) => error.message.includes(message))) {
    wrong.push(`message: ${show(error.message)} does not say ${show(messagesOf(recording))}`)
  }
  const requestId = requestIdOf(recording)
  if (requestId && error.requestId !== requestId) {
    wrong.push(`requestId: got ${show(error.requestId)}, recorded ${requestId}`)
  }
  if (stream) wrong.push(...checkPartial(error.partial, stream))
  return wrong
}

function checkPartial(partial: LLMError['partial'], { answer }: ExpectedStream): string[] {
  const [expected] = answer.choices
  const said = (expected?.text ?? '') + (expected?.reasoning ?? '')
  if (said === '') return []
  const message = partial?.choices[0]?.message
  const got = (message?.content ?? '') + (message?.reasoning_content ?? '')
  return got === said ? [] : [`partial: got ${show(got)}, recorded ${show(said)}`]
}

/** The provider's words, in any of its shapes. A router's own word gives way to what it quotes. */
function messagesOf(recording: Recording): string[] {
  const body = errorBodyOf(recording)
  if (typeof body === 'string') return [body.trim().split('\n')[0] ?? '']
  const outer = object(body)
  const error = isObject(outer.error) ? outer.error : outer
  const quoted = filled(object(error.metadata).raw)
  const inner = object(parse(quoted ?? ''))
  const quotedMessage = filled(object(inner.error).message) ?? filled(inner.error) ?? quoted
  if (quotedMessage) return [quotedMessage]
  return [(filled(error.message) ?? filled(outer.error) ?? '').trim()]
}

function errorBodyOf(recording: Recording): unknown {
  const { stream, body } = recording.response
  if (stream === undefined || !isStream(recording)) return body
  return splitEvents(stream)
    .map(({ data }) => parse(data))
    .find((event) => isObject(object(event).error))
}

/** An error under a 200 may name the status that it would have had. */
function statusOf(recording: Recording): number {
  const { status } = recording.response
  const error = object(object(errorBodyOf(recording)).error)
  const named = count(error.status_code) ?? count(error.code)
  return status === 200 && named !== undefined && named >= 400 && named < 600 ? named : status
}

export function requestIdIn(headers: Readonly<Record<string, string>> = {}): string | undefined {
  return ['x-request-id', 'request-id', 'apim-request-id'].map((name) => headers[name]).find(Boolean)
}

const requestIdOf = ({ response }: Recording): string | undefined =>
  requestIdIn(response.headers) ?? filled(object(response.body).request_id)
