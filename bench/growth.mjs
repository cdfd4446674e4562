// How the cost of a call grows: with the deployments of a Router, the tools and the messages of a request.
// `npm run build && node bench/growth.mjs`. The provider is a dispatcher in this process that answers at once.
// Tools and messages are ratios to JSON.stringify() of the provider's body, deployments to a call of the same client without a Router.
// `--plot=file.svg` draws the ratios. It measures and prints; it never fails because something was slow.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { plot } from './plot.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    dist: { type: 'string' },
    plot: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 9))
const { createClient, Router } = await import(values.dist ?? '../dist/index.js')

const answers = {
  openai: {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
  },
  anthropic: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 9, output_tokens: 2 },
  },
  gemini: {
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 2, totalTokenCount: 11 },
  },
  bedrock: {
    output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 },
    metrics: { latencyMs: 1 },
  },
}
const models = {
  openai: 'openai/gpt-4o',
  anthropic: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-flash',
  bedrock: 'bedrock/amazon.nova-pro-v1:0',
}
const headers = { 'content-type': 'application/json' }
const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} }

/** A dispatcher that has the answer before it was asked, and keeps the last body. */
function answering(provider) {
  const bytes = Buffer.from(JSON.stringify(answers[provider]))
  const dispatcher = {
    body: '',
    dispatch({ body }, handler) {
      dispatcher.body = body
      queueMicrotask(() => {
        handler.onRequestStart(controller, {})
        handler.onResponseStart(controller, 200, headers, 'OK')
        handler.onResponseData(controller, bytes)
        handler.onResponseEnd(controller, {})
      })
      return true
    },
    close: async () => {},
    destroy: async () => {},
  }
  return dispatcher
}

const schema = (depth) =>
  depth === 0
    ? { type: 'string', description: 'A text of a few words.' }
    : {
        type: 'object',
        properties: { a: schema(depth - 1), b: { type: 'array', items: schema(depth - 1) }, c: { type: 'integer' } },
        required: ['a'],
        additionalProperties: false,
      }
const toolsOf = (count) =>
  Array.from({ length: count }, (_, at) => ({
    type: 'function',
    function: { name: `tool_${at}`, description: 'Does one thing.', parameters: schema(3) },
  }))
/** Turns with a call and its result, as agents have them. */
const messagesOf = (count) =>
  Array.from({ length: count }, (_, at) => {
    const id = `call_${at - (at % 3)}`
    if (at === count - 1 || at % 3 === 0) return { role: 'user', content: `Question ${at}: ${'and then? '.repeat(12)}` }
    if (at % 3 === 2) return { role: 'tool', tool_call_id: id, content: JSON.stringify({ text: 'r'.repeat(120) }) }
    if (at === count - 2) return { role: 'assistant', content: 'Yes.' }
    const call = { name: 'tool_0', arguments: JSON.stringify({ a: { a: 'x' }, c: at }) }
    return { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: call }] }
  })

async function cpuOf(run, calls) {
  const before = process.cpuUsage()
  for (let done = 0; done < calls; done++) await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

/** CPU of `run` and `floor`, and the median ratio of interleaved rounds. */
async function compare(run, floor, calls) {
  const count = values.smoke ? 3 : calls
  const results = []
  for (let round = values.smoke ? 0 : -2; round < rounds; round++) {
    const result = { floor: await cpuOf(floor, count), run: await cpuOf(run, count) }
    // the first rounds are for the compiler
    if (round >= 0) results.push(result)
  }
  const ratio = median(results.map((result) => result.run / result.floor))
  return [median(results.map((result) => result.floor)), median(results.map((result) => result.run)), ratio]
}

const lines = {}
/** Prints a row, and keeps it for the plot if it belongs to a line of it. */
function print(title, [floor, run, ratio], line, size) {
  console.log(`| ${title} | ${floor.toFixed(1)} | ${run.toFixed(1)} | ${ratio.toFixed(2)} |`)
  if (line) lines[line] = [...(lines[line] ?? []), [size, ratio]]
}

console.log(`CPU in this process, µs: node ${process.version}, median of ${rounds} interleaved rounds`)
if (values.smoke) console.log('(a smoke run: the figures mean nothing)')
console.log('\n| | floor | llmux | ratio |\n| --- | ---: | ---: | ---: |')

const dispatcher = answering('openai')
const plain = createClient({ dispatcher, providers: { openai: { apiKey: 'k' } } })
const hello = [{ role: 'user', content: 'Hello' }]
for (const count of [1, 10, 100, 1_000]) {
  const modelList = Array.from({ length: count }, (_, at) => ({
    modelName: 'gpt-4o',
    params: { model: 'openai/gpt-4o', apiKey: `k${at}`, rpm: 1e9, tpm: 1e12 },
  }))
  const router = new Router({ client: { dispatcher }, modelList })
  const routed = () => router.completion({ model: 'gpt-4o', messages: hello, max_tokens: 16 })
  const direct = () => plain.completion({ model: 'openai/gpt-4o', messages: hello, max_tokens: 16 })
  print(`Router, ${count} deployments`, await compare(routed, direct, 2_000), 'deployments', count)
  await router.close()
}

const requests = [
  ...[1, 10, 100].map((count) => [
    `${count} tools`,
    { messages: hello, tools: toolsOf(count) },
    3_000 / count,
    'tools',
    count,
  ]),
  ...[1, 10, 100, 1_000].map((count) => [
    `${count} messages`,
    { messages: messagesOf(count), tools: toolsOf(1) },
    Math.max(20, 2_000 / count),
    'messages',
    count,
  ]),
  ['30 tools and 200 messages', { messages: messagesOf(200), tools: toolsOf(30) }, 60],
]
for (const [provider, model] of Object.entries(models)) {
  const own = answering(provider)
  const region = provider === 'bedrock' ? { region: 'us-east-1' } : {}
  const client = createClient({ dispatcher: own, providers: { [provider]: { apiKey: 'k', ...region } } })
  for (const [title, request, calls, grows, size] of requests) {
    const call = () => client.completion({ model, max_tokens: 16, ...request })
    await call()
    const body = JSON.parse(own.body)
    const floor = async () => {
      own.body = JSON.stringify(body)
    }
    print(`${provider}, ${title}`, await compare(call, floor, Math.ceil(calls)), grows && `${grows}, ${provider}`, size)
  }
  await client.close()
}
await plain.close()
if (values.plot)
  await writeFile(values.plot, plot(lines, { x: 'deployments, tools or messages', y: 'CPU as a ratio to the floor' }))
