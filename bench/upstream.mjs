// A provider that costs next to nothing: answers are made once, and written as they are. No HTTP parser, no JSON parser.
// Speaks OpenAI's and Anthropic's API on a free loopback port and reports the port to its parent.
import { createServer } from 'node:net'
import { CHUNKS, DIMENSIONS, INPUTS, TEXT } from './shapes.mjs'
import { streamedAnswer } from './streamed.mjs'

const openaiHeaders = [
  'openai-organization: org-bench',
  'openai-processing-ms: 412',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 10000',
  'x-ratelimit-limit-tokens: 2000000',
  'x-ratelimit-remaining-requests: 9999',
  'x-ratelimit-remaining-tokens: 1999000',
  'x-ratelimit-reset-requests: 6ms',
  'x-ratelimit-reset-tokens: 18ms',
  'x-request-id: req_0123456789abcdef0123456789abcdef',
]
const anthropicHeaders = [
  'anthropic-ratelimit-requests-limit: 4000',
  'anthropic-ratelimit-requests-remaining: 3999',
  'anthropic-ratelimit-requests-reset: 2030-01-01T00:00:00Z',
  'anthropic-ratelimit-tokens-limit: 2000000',
  'anthropic-ratelimit-tokens-remaining: 1999000',
  'anthropic-ratelimit-tokens-reset: 2030-01-01T00:00:00Z',
  'request-id: req_011CTestTestTestTestTest',
]

function whole(headers, value) {
  const body = JSON.stringify(value)
  const head = [
    'HTTP/1.1 200 OK',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Streams that `/paced/` sends event by event, by their bytes. */
const parts = new Map()

/** One event in one HTTP chunk, as providers send them; all of them at once. */
function streamed(headers, events) {
  const lines = ['HTTP/1.1 200 OK', 'content-type: text/event-stream', 'transfer-encoding: chunked', ...headers]
  const head = `${lines.join('\r\n')}\r\n\r\n`
  const chunks = events.map((event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`)
  const all = Buffer.from(`${head}${chunks.join('')}0\r\n\r\n`)
  parts.set(all, [head, ...chunks, '0\r\n\r\n'].map(Buffer.from))
  return all
}

const openai = {
  id: 'chatcmpl-0123456789',
  created: 1760000000,
  model: 'gpt-4o-2024-08-06',
  system_fingerprint: 'fp_0',
}
const openaiUsage = { prompt_tokens: 300, completion_tokens: CHUNKS, total_tokens: 300 + CHUNKS }
const chunk = (choices, more) =>
  `data: ${JSON.stringify({ ...openai, object: 'chat.completion.chunk', choices, ...more })}\n\n`
const delta = (value, finish = null) => chunk([{ index: 0, delta: value, logprobs: null, finish_reason: finish }])
const pieces = Array.from({ length: CHUNKS }, (_, at) => TEXT.slice((at * 20) % 500, ((at * 20) % 500) + 20))

const message = { role: 'assistant', content: TEXT, refusal: null, annotations: [] }
const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
const anthropic = { id: 'msg_0123456789', type: 'message', role: 'assistant', model: 'claude-sonnet-4-20250514' }
const named = (value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

const vectors = Array.from({ length: INPUTS }, (_, index) => {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, at) => Math.sin(index + at) / 10)
  return { object: 'embedding', index, embedding: Buffer.from(vector.buffer).toString('base64') }
})

const answers = {
  chat: whole(openaiHeaders, {
    ...openai,
    object: 'chat.completion',
    choices,
    usage: openaiUsage,
    service_tier: 'default',
  }),
  chatStream: streamed(openaiHeaders, [
    delta({ role: 'assistant', content: '', refusal: null }),
    ...pieces.map((content) => delta({ content })),
    delta({}, 'stop'),
    chunk([], { usage: openaiUsage }),
    'data: [DONE]\n\n',
  ]),
  embeddings: whole(openaiHeaders, {
    object: 'list',
    data: vectors,
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: INPUTS * 8, total_tokens: INPUTS * 8 },
  }),
  messages: whole(anthropicHeaders, {
    ...anthropic,
    content: [{ type: 'text', text: TEXT }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 300, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 120 },
  }),
  messagesStream: streamed(anthropicHeaders, [
    named({
      type: 'message_start',
      message: { ...anthropic, content: [], stop_reason: null, usage: { input_tokens: 300, output_tokens: 1 } },
    }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...pieces.map((text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: CHUNKS } }),
    named({ type: 'message_stop' }),
  ]),
}

const geminiUsage = { promptTokenCount: 300, candidatesTokenCount: 120, totalTokenCount: 420 }
const others = {
  ':generateContent': whole([], {
    candidates: [{ content: { role: 'model', parts: [{ text: TEXT }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: geminiUsage,
    modelVersion: 'gemini-2.5-flash',
    responseId: 'bench',
  }),
  '/converse': whole([], {
    output: { message: { role: 'assistant', content: [{ text: TEXT }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 300, outputTokens: 120, totalTokens: 420 },
    metrics: { latencyMs: 400 },
  }),
  '/v2/chat': whole([], {
    id: 'c-bench',
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text: TEXT }] },
    usage: {
      billed_units: { input_tokens: 300, output_tokens: 120 },
      tokens: { input_tokens: 300, output_tokens: 120 },
    },
  }),
  '/responses': whole(openaiHeaders, {
    id: 'resp_bench',
    object: 'response',
    created_at: 1760000000,
    status: 'completed',
    model: 'gpt-4o-2024-08-06',
    output: [
      {
        type: 'message',
        id: 'msg_bench',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: TEXT, annotations: [] }],
      },
    ],
    usage: { input_tokens: 300, output_tokens: 120, total_tokens: 420 },
  }),
}

function answerTo(path, body) {
  if (path.startsWith('/streams/')) return streamedAnswer(path)
  for (const ending in others) if (path.endsWith(ending)) return others[ending]
  if (path.endsWith('/embeddings')) return answers.embeddings
  const kind = path.endsWith('/messages') ? 'messages' : 'chat'
  const isStream = body.includes('"stream":true') || body.includes('"stream": true')
  return isStream ? answers[`${kind}Stream`] : answers[kind]
}

/** Streams under way, one event a millisecond each: an event is then a packet for its reader. */
const paced = new Set()
function tick() {
  for (const stream of paced) {
    stream.socket.write(stream.parts[stream.at++])
    if (stream.at === stream.parts.length || stream.socket.destroyed) paced.delete(stream)
  }
  if (paced.size > 0) setTimeout(tick, 1)
}
function pace(socket, parts) {
  paced.add({ socket, parts, at: 0 })
  if (paced.size === 1) setTimeout(tick, 1)
}

const server = createServer({ noDelay: true }, (socket) => {
  let held = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (data) => {
    held = held.length > 0 ? Buffer.concat([held, data]) : data
    for (;;) {
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = held.latin1Slice(0, end)
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (held.length < end + 4 + length) return
      const body = held.subarray(end + 4, end + 4 + length)
      held = held.subarray(end + 4 + length)
      const path = head.split(' ', 2)[1]
      const answer = answerTo(path, body)
      const events = path.startsWith('/paced/') ? parts.get(answer) : undefined
      if (events) pace(socket, events)
      else socket.write(answer)
    }
  })
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
