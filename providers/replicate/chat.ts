import type { ChatParams, Usage } from '../../src/types/chat.js'
import {
  type ChatDialect,
  type DecodeContext,
  type EncodeContext,
  type Encoded,
  type PollRequest,
  ProviderFault,
} from '../contract.js'
import { extrasOf, type Fields, isFields, parseFields } from '../fields.js'
import { answerOf, type Piece, TextStream, usageOf } from '../prompt/answer.js'
import { fieldsOf, type Names } from '../prompt/params.js'
import { transcript } from '../prompt/templates.js'
import { readDialogue } from '../prompt/turns.js'
import { Report } from '../report.js'
import { versionOf } from './model.js'

const providerName = 'Replicate'

/**
 * Parameter names of Replicate's language models. Every model has its own schema and ignores unknown fields; fields with the model's
 * own names are passed unchanged.
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
  const dialogue = readDialogue(params, providerName, report)
  const { stop_sequences: stops, ...fields } = fieldsOf(params, namesOf(context.model), providerName, report)
  const stop = joinStops(stops, report)
  report.throwUnsupported()
  if (dialogue.turns.length > 1) {
    report.emulated('messages', 'Replicate accepts a single prompt, so the history is written into it as a transcript.')
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
    // the request waits this many seconds for the result; until it returns, the prediction has no id to cancel it by
    ...(!params.stream && { headers: { prefer: 'wait=5' } }),
    warnings: report.warnings,
  }
}

/** The stop sequences as one string, as the schema requires. */
function joinStops(stops: unknown, report: Report): string | undefined {
  if (!Array.isArray(stops) || stops.length === 0) return undefined
  const texts = stops.map(String)
  if (!texts.some((text) => text.includes(','))) return texts.join(',')
  report.unsupported(
    'stop',
    `${providerName} accepts one comma-separated string, so a sequence must not contain a comma`,
  )
  return undefined
}

/** Streams have a separate host. https://replicate.com/docs/topics/predictions/streaming */
const trustedHost = /^https:\/\/(?:[a-z0-9-]+\.)*replicate\.com\//

/** Interval of polling, in milliseconds. */
const pollInterval = 500

/**
 * The next request for an unfinished prediction: its stream, or its status after the interval.
 * https://replicate.com/docs/topics/predictions/lifecycle
 */
export function poll(body: unknown, stream: boolean): PollRequest | undefined {
  if (!isFields(body) || (body.status !== 'starting' && body.status !== 'processing')) return undefined
  const urls = isFields(body.urls) ? body.urls : {}
  // https://replicate.com/docs/reference/http#predictions.cancel
  const cancel = typeof urls.cancel === 'string' ? { cancel: urls.cancel } : {}
  if (stream && typeof urls.stream === 'string')
    return { url: urls.stream, trusted: trustedHost.test(urls.stream), ...cancel }
  return typeof urls.get === 'string' ? { url: urls.get, afterMs: pollInterval, ...cancel } : undefined
}

function decode(body: unknown, context: DecodeContext) {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { status, error, output, id, metrics } = body
  if (status !== 'succeeded') {
    const failed = status === 'failed' || status === 'canceled' || status === 'aborted' || error
    throw new ProviderFault(`its prediction is '${String(status)}'`, failed ? body : undefined)
  }
  const text = textOf(output)
  if (text === undefined) throw new ProviderFault('its output is not text: is this a language model?')
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

/** Fields that the answer holds elsewhere, that repeat the request, or that locate the prediction. */
const known: ReadonlySet<string> = new Set([
  ...['id', 'status', 'error', 'output', 'model', 'version', 'deployment', 'input', 'stream', 'source', 'urls', 'logs'],
  ...['created_at', 'started_at', 'completed_at', 'deadline', 'data_removed', 'webhook', 'webhook_events_filter'],
])

/** The output is a string or a list of pieces. */
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

/** https://replicate.com/docs/topics/predictions/streaming: events `output`, `error` and `done`, with plain text data. */
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
  // the data may be plain text
  return typeof detail === 'string' ? detail : data
}

const reasonIn = (data: string): unknown => parseFields(data).reason

export const chat: ChatDialect = Object.freeze({
  encode,
  decode,
  stream: (context: DecodeContext) => new TextStream(context, read),
})
