import type { ChatParams, Usage } from '../../src/types/chat.js'
import {
  type ChatDialect,
  type DecodeContext,
  type EncodeContext,
  type Encoded,
  type PollRequest,
  ProviderFault,
} from '../contract.js'
import { extrasOf } from '../dialects/openai/kit.js'
import { type Fields, isFields, parseFields } from '../fields.js'
import { answerOf, type Piece, TextStream, usageOf } from '../prompt/answer.js'
import { fieldsOf, type Names } from '../prompt/params.js'
import { transcript } from '../prompt/templates.js'
import { readDialogue } from '../prompt/turns.js'
import { Report } from '../report.js'
import { versionOf } from './model.js'

const who = 'Replicate'

/**
 * What the language models of Replicate call them. Each model has a schema of its own, and ignores what is not in it: fields that
 * are given by the model's own name pass as they are.
 * https://replicate.com/meta/meta-llama-3-70b-instruct/api/schema
 */
const names: Names = {
  max_tokens: 'max_tokens',
  max_completion_tokens: 'max_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  stop: 'stop_sequences',
  seed: 'seed',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
}

/** https://replicate.com/openai/gpt-5/api/schema */
const openaiNames: Names = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_completion_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
  reasoning_effort: 'reasoning_effort',
  verbosity: 'verbosity',
}

const namesOf = (model: string): Names => (model.startsWith('openai/') ? openaiNames : names)

/** https://replicate.com/docs/reference/http#predictions.create */
function encode(params: ChatParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const dialogue = readDialogue(params, who, report)
  const { stop_sequences: stops, ...fields } = fieldsOf(params, namesOf(context.model), who, report)
  const stop = stopIn(stops, report)
  report.throwUnsupported()
  if (dialogue.turns.length > 1) {
    report.emulated(
      'messages',
      'Replicate takes one prompt: the history is written into it, one speaker after the other.',
    )
  }
  const version = versionOf(context.model)
  const input: Fields = {
    prompt: transcript(dialogue, report),
    ...(dialogue.system && { system_prompt: dialogue.system }),
    ...(stop !== undefined && { stop_sequences: stop }),
    ...fields,
  }
  return {
    body: { ...(version !== undefined && { version }), input, ...(params.stream && { stream: true }) },
    // it waits so many seconds before it answers with a receipt: until then it can't be cancelled, as it has no name
    ...(!params.stream && { headers: { prefer: 'wait=5' } }),
    warnings: report.warnings,
  }
}

/** A list in a text, as the schema has it. */
function stopIn(stops: unknown, report: Report): string | undefined {
  if (!Array.isArray(stops) || stops.length === 0) return undefined
  const texts = stops.map(String)
  if (!texts.some((text) => text.includes(','))) return texts.join(',')
  report.unsupported('stop', `${who} takes them in one text with commas in between, so that none can have one`)
  return undefined
}

/** Streams have a host of their own. https://replicate.com/docs/topics/predictions/streaming */
const own = /^https:\/\/(?:[a-z0-9-]+\.)*replicate\.com\//

/** Between two looks at a prediction that goes on, in milliseconds. */
const pollEvery = 500

/**
 * A prediction that goes on is no answer yet: its stream, or itself in a while.
 * https://replicate.com/docs/topics/predictions/lifecycle
 */
export function poll(body: unknown, stream: boolean): PollRequest | undefined {
  if (!isFields(body) || (body.status !== 'starting' && body.status !== 'processing')) return undefined
  const urls = isFields(body.urls) ? body.urls : {}
  // https://replicate.com/docs/reference/http#predictions.cancel
  const end = typeof urls.cancel === 'string' ? { cancel: urls.cancel } : {}
  if (stream && typeof urls.stream === 'string') return { url: urls.stream, trusted: own.test(urls.stream), ...end }
  return typeof urls.get === 'string' ? { url: urls.get, afterMs: pollEvery, ...end } : undefined
}

function decode(body: unknown, context: DecodeContext) {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { status, error, output, id, metrics } = body
  if (status !== 'succeeded') {
    const failed = status === 'failed' || status === 'canceled' || status === 'aborted' || error
    throw new ProviderFault(`its prediction is '${String(status)}'`, failed ? body : undefined)
  }
  const text = textOf(output)
  if (text === undefined) throw new ProviderFault('its output is no text: is this a language model?')
  const usage = usageIn(metrics)
  const extras = extrasOf(body, known)
  const piece: Piece = {
    text,
    finish: 'stop',
    ...(typeof id === 'string' && { id }),
    ...(usage && { usage }),
    ...(extras && { extras }),
  }
  return answerOf(piece, context)
}

/** What stands elsewhere in the answer, what says the request again, and where the prediction is kept. */
const known: ReadonlySet<string> = new Set([
  ...['id', 'status', 'error', 'output', 'model', 'version', 'deployment', 'input', 'stream', 'source', 'urls', 'logs'],
  ...['created_at', 'started_at', 'completed_at', 'deadline', 'data_removed', 'webhook', 'webhook_events_filter'],
])

/** A list of pieces, or all of it. */
function textOf(output: unknown): string | undefined {
  if (typeof output === 'string') return output
  if (!Array.isArray(output) || !output.every((piece) => typeof piece === 'string')) return undefined
  return output.join('')
}

function usageIn(metrics: unknown): Usage | undefined {
  if (!isFields(metrics)) return undefined
  const { input_token_count: input, output_token_count: output } = metrics
  return typeof input === 'number' && typeof output === 'number' ? usageOf(input, output) : undefined
}

/** https://replicate.com/docs/topics/predictions/streaming: events `output`, `error` and `done`, with plain text in them. */
function read(event: string | undefined, data: string): Piece | undefined {
  switch (event) {
    case 'output':
      return { text: data }
    case 'error':
      throw new ProviderFault('its prediction failed', { status: 'failed', error: errorIn(data) })
    case 'done': {
      const reason = reasonIn(data)
      if (reason === 'error' || reason === 'canceled') {
        throw new ProviderFault(`its prediction ended with '${reason}'`, { status: reason, error: null })
      }
      return { finish: 'stop', done: true }
    }
    default:
      return undefined
  }
}

function errorIn(data: string): string {
  const { detail } = parseFields(data)
  // or it is text
  return typeof detail === 'string' ? detail : data
}

const reasonIn = (data: string): unknown => parseFields(data).reason

export const chat: ChatDialect = Object.freeze({
  encode,
  decode,
  stream: (context: DecodeContext) => new TextStream(context, read),
})
