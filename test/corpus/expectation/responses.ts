import { count, type Fields, filled, isObject, object, objects, parse, text } from '../wire/json.js'
import type { Recording } from '../wire/recording.js'
import { splitEvents } from '../wire/sse.js'

/** What an answer of the Responses API says, read from the recording alone. */
export interface ExpectedResponse {
  /** The response as it stood in the body, or in the last event. */
  readonly raw: Fields
  /** Every event of a stream, in order. */
  readonly events: readonly Fields[]
  readonly output: readonly Fields[]
  /** Each message of the answer. */
  readonly texts: readonly string[]
  readonly refusal: string
  /** The pieces of its reasoning, whichever of text and summary. */
  readonly thoughts: readonly string[]
  readonly calls: readonly { readonly id: string; readonly name: string; readonly written: string }[]
  readonly urls: readonly string[]
  readonly finish: string
  readonly usage: { readonly input: number; readonly output: number; cached: number; reasoning: number } | undefined
  /** Secrets that must go back in the next turn. */
  readonly encrypted: readonly string[]
  /** The stream ended in an error, or the answer is one. */
  readonly failed: boolean
  readonly ended: boolean
}

export function expectResponse({ response }: Recording): ExpectedResponse {
  const { stream } = response
  const all =
    stream === undefined
      ? []
      : splitEvents(stream).flatMap(({ data }) => (isObject(parse(data)) ? [object(parse(data))] : []))
  // a recorder put several answers of one run behind each other: the first is the answer
  const end = all.findIndex(({ type }) => type === 'response.completed' || type === 'response.incomplete')
  const events = end < 0 ? all : all.slice(0, end + 1)
  const last = end < 0 ? undefined : all[end]
  const raw = stream === undefined ? object(response.body) : object(last?.response)
  const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => object(item))
  const listed = objects(raw.output)
  const output = listed.length > 0 ? listed : done
  const of = (type: string) => output.filter((item) => item.type === type)
  const parts = of('message').flatMap(({ content }) => objects(content))
  const calls = output.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
  const cutOff = filled(object(raw.incomplete_details).reason)
  const details = {
    in: object(object(raw.usage).input_tokens_details),
    out: object(object(raw.usage).output_tokens_details),
  }
  const input = count(object(raw.usage).input_tokens)
  return {
    raw,
    events,
    output,
    texts: of('message')
      .map(({ content }) =>
        objects(content)
          .map((part) => (part.type === 'output_text' ? (text(part.text) ?? '') : ''))
          .join(''),
      )
      .filter(Boolean),
    refusal: parts.map((part) => text(part.refusal) ?? '').join(''),
    thoughts: of('reasoning').flatMap((item) =>
      [...objects(item.content), ...objects(item.summary)].flatMap((part) => filled(part.text) ?? []),
    ),
    calls: calls.map((call) => ({
      id: text(call.call_id) ?? '',
      name: text(call.name) ?? '',
      written: text(call.type === 'function_call' ? call.arguments : call.input) ?? '',
    })),
    urls: parts.flatMap(({ annotations }) => objects(annotations).flatMap((note) => filled(note.url) ?? [])),
    finish: cutOff === 'max_output_tokens' ? 'length' : (cutOff ?? (calls.length > 0 ? 'tool_calls' : 'stop')),
    usage:
      input === undefined
        ? undefined
        : {
            input,
            output: count(object(raw.usage).output_tokens) ?? 0,
            cached: count(details.in.cached_tokens) ?? 0,
            reasoning: count(details.out.reasoning_tokens) ?? 0,
          },
    encrypted: of('reasoning').flatMap((item) => filled(item.encrypted_content) ?? []),
    failed: events.some(({ type }) => type === 'error' || type === 'response.failed'),
    ended: stream === undefined || last !== undefined,
  }
}
