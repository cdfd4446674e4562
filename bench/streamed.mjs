// Streams of four APIs for upstream.mjs, at /streams/<form>/…: `packets` has one event in an HTTP chunk, as providers send them,
// `coalesced` 16 KB in one, `short` five deltas, and `idle` ten deltas and no end.
import { crc32 } from 'node:zlib'
import { CHUNKS, TEXT } from './shapes.mjs'

const pieces = (count) => Array.from({ length: count }, (_, at) => TEXT.slice((at * 20) % 500, ((at * 20) % 500) + 20))
const usage = { prompt_tokens: 300, completion_tokens: 120, total_tokens: 420 }

function openai(count) {
  const base = {
    id: 'chatcmpl-0123456789',
    object: 'chat.completion.chunk',
    created: 1760000000,
    model: 'gpt-4o-2024-08-06',
    service_tier: 'default',
    system_fingerprint: 'fp_0',
  }
  const event = (delta, finish_reason = null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  })
  const events = [
    event({ role: 'assistant', content: '', refusal: null }),
    ...pieces(count).map((content) => event({ content })),
    event({}, 'stop'),
    { ...base, choices: [], usage },
  ]
  return [...events.map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n']
}

function anthropic(count) {
  const message = { id: 'msg_0123456789', type: 'message', role: 'assistant', model: 'claude-sonnet-4-20250514' }
  const events = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 300, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...pieces(count).map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: count },
    },
    { type: 'message_stop' },
  ]
  return events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`)
}

/** Each event has the usage so far, so no two are alike. */
function gemini(count) {
  const events = pieces(count).map((text, at) => ({
    candidates: [
      { content: { parts: [{ text }], role: 'model' }, index: 0, ...(at === count - 1 && { finishReason: 'STOP' }) },
    ],
    usageMetadata: { promptTokenCount: 300, candidatesTokenCount: at * 5, totalTokenCount: 300 + at * 5 },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'bench',
  }))
  return events.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`)
}

/** Each event has padding of another length, as Bedrock's have. */
function converse(count) {
  const event = (type, value) => frame(type, { ...value, p: 'abcdefghijklmnopqrstuvwxyz'.slice(0, (at++ * 7) % 26) })
  let at = 0
  return [
    event('messageStart', { role: 'assistant' }),
    ...pieces(count).map((text) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    event('contentBlockStop', { contentBlockIndex: 0 }),
    event('messageStop', { stopReason: 'end_turn' }),
    event('metadata', {
      usage: { inputTokens: 300, outputTokens: 120, totalTokens: 420 },
      metrics: { latencyMs: 400 },
    }),
  ]
}

/** https://smithy.io/2.0/aws/amazon-eventstream.html */
function frame(type, value) {
  const header = ([name, text]) => {
    const head = Buffer.from([name.length, ...Buffer.from(name), 7, 0, text.length])
    return Buffer.concat([head, Buffer.from(text)])
  }
  const named = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }
  const headers = Buffer.concat(Object.entries(named).map(header))
  const payload = Buffer.from(JSON.stringify(value))
  const bytes = Buffer.alloc(16 + headers.length + payload.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, 12)
  payload.copy(bytes, 12 + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

const dialects = {
  '/chat/completions': [openai, 'text/event-stream'],
  '/messages': [anthropic, 'text/event-stream'],
  ':streamGenerateContent': [gemini, 'text/event-stream'],
  '/converse-stream': [converse, 'application/vnd.amazon.eventstream'],
}

const made = new Map()

/** The bytes of a stream, made once for each path. */
export function streamedAnswer(path) {
  if (!made.has(path)) made.set(path, make(path.split('?')[0], path.split('/')[2]))
  return made.get(path)
}

function make(path, form) {
  const [, [events, type]] = Object.entries(dialects).find(([ending]) => path.endsWith(ending))
  const count = { short: 5, idle: 10 }[form] ?? CHUNKS
  const all = events(count).map((one) => Buffer.from(one))
  const sent = form === 'idle' ? all.slice(0, -3) : all
  const whole = Buffer.concat(sent)
  const packets =
    form === 'coalesced'
      ? Array.from({ length: Math.ceil(whole.length / 16_384) }, (_, at) =>
          whole.subarray(at * 16_384, (at + 1) * 16_384),
        )
      : sent
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\nx-request-id: req_bench\r\n\r\n`
  const chunks = packets.map((one) =>
    Buffer.concat([Buffer.from(`${one.length.toString(16)}\r\n`), one, Buffer.from('\r\n')]),
  )
  const end = form === 'idle' ? [] : [Buffer.from('0\r\n\r\n')]
  return Buffer.concat([Buffer.from(head), ...chunks, ...end])
}
