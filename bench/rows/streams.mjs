// Streams of four APIs: a chunk of a long one, a short one as a whole, the time to the first text, and the heap of one that idles.
import { createParser } from 'eventsource-parser'
import { request } from 'undici'
import { median } from '../harness.mjs'
import { CHUNKS, messages } from '../shapes.mjs'

export const title = 'Streams'

const KEY = 'sk-bench'
const [{ content: system }, ...turns] = messages

/** By API: the path, headers and body, and the text in an event. */
const requests = {
  openai: [
    '/v1/chat/completions',
    { authorization: `Bearer ${KEY}` },
    () => ({ model: 'gpt-4o', max_tokens: 256, messages, stream: true }),
    (event) => event.choices[0]?.delta?.content,
  ],
  anthropic: [
    '/v1/messages',
    { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
    () => ({ model: 'claude-sonnet-4-20250514', max_tokens: 256, system, messages: turns, stream: true }),
    (event) => event.delta?.text,
  ],
  gemini: [
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    { 'x-goog-api-key': KEY },
    () => ({
      contents: turns.map(({ role, content }) => ({
        role: role === 'assistant' ? 'model' : 'user',
        parts: [{ text: content }],
      })),
      systemInstruction: { parts: [{ text: system }] },
      generationConfig: { maxOutputTokens: 256 },
    }),
    (event) => event.candidates?.[0]?.content?.parts?.[0]?.text,
  ],
  converse: [
    '/model/amazon.nova-pro-v1%3A0/converse-stream',
    { authorization: `Bearer ${KEY}` },
    () => ({
      messages: turns.map(({ role, content }) => ({ role, content: [{ text: content }] })),
      system: [{ text: system }],
      inferenceConfig: { maxTokens: 256 },
    }),
    (event) => event.delta?.text,
  ],
}

/** The payloads of AWS messages; checksums and headers are not read. */
function awsParser(onData) {
  let held = Buffer.alloc(0)
  return {
    feed(bytes) {
      held = held.length > 0 ? Buffer.concat([held, bytes]) : bytes
      while (held.length >= 12 && held.length >= held.readUInt32BE(0)) {
        const end = held.readUInt32BE(0)
        onData(held.toString('utf8', 12 + held.readUInt32BE(4), end - 4))
        held = held.subarray(end)
      }
    },
  }
}

const forms = ['packets', 'coalesced', 'short', 'idle']

/** A function for each API and form. They return the length of the text, and call back with the first text. */
function tasks(stream) {
  const all = {}
  for (const api of Object.keys(requests)) {
    for (const form of forms) all[`${api} ${form}`] = (onFirst) => stream(api, `/streams/${form}`, onFirst)
  }
  return all
}

const floor = (origin) =>
  tasks(async (api, prefix, onFirst) => {
    const [path, own, body, text] = requests[api]
    let length = 0
    const onData = (data) => {
      if (data === '[DONE]') return
      const found = text(JSON.parse(data))
      if (!found) return
      if (length === 0) onFirst?.()
      length += found.length
    }
    const headers = { 'content-type': 'application/json', ...own }
    const response = await request(origin + prefix + path, { method: 'POST', headers, body: JSON.stringify(body()) })
    if (api === 'converse') {
      const parser = awsParser(onData)
      for await (const bytes of response.body) parser.feed(bytes)
    } else {
      const parser = createParser({ onEvent: ({ data }) => onData(data) })
      const decoder = new TextDecoder()
      for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }))
    }
    return length
  })

async function llmux(origin, dist) {
  const { completion } = await import(dist)
  const common = { max_tokens: 256, messages, apiKey: KEY, stream: true }
  const given = {
    openai: { ...common, model: 'openai/gpt-4o' },
    anthropic: { ...common, model: 'anthropic/claude-sonnet-4-20250514' },
    gemini: { ...common, model: 'gemini/gemini-2.5-flash' },
    converse: { ...common, model: 'bedrock/amazon.nova-pro-v1:0', region: 'us-east-1' },
  }
  const bases = { openai: '/v1', anthropic: '', gemini: '/v1beta', converse: '' }
  return tasks(async (api, prefix, onFirst) => {
    let length = 0
    for await (const chunk of await completion({ ...given[api], apiBase: origin + prefix + bases[api] })) {
      const text = chunk.choices[0]?.delta.content
      if (!text) continue
      if (length === 0) onFirst?.()
      length += text.length
    }
    return length
  })
}

export const contestants = { floor, llmux }

const names = { openai: 'OpenAI', anthropic: 'Anthropic', gemini: 'Gemini', converse: 'Converse' }

const program = (body) => `const [dist, origin, name, task, count] = process.argv.slice(1)
  const { contestants } = await import('./rows/streams.mjs')
  const stream = (await contestants[name](origin, dist))[task]
  const print = (value) => process.stdout.write(JSON.stringify(value), () => process.exit())
  ${body}`

/** Streams one after the other; µs from the call to its first text, of the median stream. */
const first = program(`
  const times = []
  for (let at = 0; at < count * 2; at++) {
    const start = performance.now()
    let time
    await stream(() => { time = performance.now() - start })
    if (at >= count) times.push(time)
  }
  print(times.sort((one, other) => one - other)[times.length >> 1] * 1000)`)

/** Streams that have had their first texts and wait for the next; KB of heap each. */
const idle = program(`
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--expose-gc')
  const collect = (await import('node:vm')).runInNewContext('gc')
  const open = async (left) => {
    for (; left > 0; left -= 50) await Promise.all(Array.from({ length: Math.min(left, 50) }, () => new Promise((seen) => void stream(seen))))
    for (let round = 0; round < 3; round++) { await new Promise((resolve) => setTimeout(resolve, 100)); collect() }
    return process.memoryUsage().heapUsed
  }
  const before = await open(50)
  print((await open(Number(count)) - before) / count / 1024)`)

export async function run(bench) {
  const chunk = { per: CHUNKS, unit: 'chunk' }
  for (const [api, target] of Object.entries({ openai: 1, anthropic: 1, gemini: 1.1, converse: 1.1 })) {
    const title = `stream of ${names[api]}`
    const task = `${api} packets`
    await bench.compare({ title: `${title}, an event a packet`, task, ...chunk, width: 1, count: 20, target })
    await bench.compare({ title: `${title}, 32 at a time`, task, ...chunk, width: 32, count: 64, target })
    const coalesced = `${api} coalesced`
    const goal = target === 1 ? { target: 0.8 } : {}
    await bench.compare({ title: `${title}, 16 KB a packet`, task: coalesced, ...chunk, width: 1, count: 20, ...goal })
  }
  for (const [api, target] of Object.entries({ openai: 1, anthropic: 1.2 })) {
    const title = `stream of ${names[api]} with five chunks`
    await bench.compare({ title, task: `${api} short`, width: 1, count: 400, target })
  }
  for (const api of ['openai', 'anthropic']) {
    await differ(bench, first, `${api} short`, 300, {
      title: `time to the first text of ${names[api]}, beyond the floor`,
      unit: 'µs',
      target: '+10 µs',
    })
  }
  for (const api of ['openai', 'anthropic']) {
    await differ(bench, idle, `${api} idle`, 2000, {
      title: `heap of an idle stream of ${names[api]}, beyond the floor`,
      unit: 'KB',
      target: '+0.8 KB',
    })
  }
}

/** Measures in fresh processes, and adds the difference to the floor. */
async function differ(bench, source, task, count, row) {
  const results = []
  const number = String(bench.smoke ? 20 : count)
  for (let round = 0; round < Math.min(bench.rounds, 5); round++) {
    const result = {}
    for (const name of Object.keys(contestants).toSorted(() => Math.random() - 0.5)) {
      result[name] = await bench.fresh(source, bench.dist, bench.origin, name, task, number)
    }
    results.push(result)
  }
  bench.add({
    ...row,
    floor: median(results.map((one) => one.floor)),
    llmux: median(results.map((one) => one.llmux)),
    value: median(results.map((one) => one.llmux - one.floor)),
  })
}
