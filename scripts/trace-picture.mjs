// Draws a real trace: a Router's call whose first deployment is rate limited, whose second is overloaded, and which another model
// answers. OpenTelemetry's exporter sends the spans to a receiver on loopback, and the script draws the received spans.
// Run: npm run build && node scripts/trace-picture.mjs [file]   (docs/trace.svg without it)

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { SpanKind } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { createClient, Router } from 'llmux'
import { openTelemetry } from 'llmux/otel'
import { startSimulator } from 'llmux/testing'

const [file = new URL('../docs/trace.svg', import.meta.url)] = process.argv.slice(2)
const style = `
    text { font-family: ui-sans-serif, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
    .name { font-size: 14px; font-weight: 600 }
    .time, .tick { font-size: 12px; fill: #59636e }
    .tick { text-anchor: middle }
    .fact { font: 11.5px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #59636e }
    .page { fill: #ffffff; stroke: #d1d9e0 }
    .rule { fill: none; stroke: #d1d9e0; stroke-opacity: 0.6 }
    .bar0 { fill: #818b98 } .bar1 { fill: #0969da } .bar2 { fill: #1a7f37 } .failed { fill: #cf222e }
    .wrong { fill: #cf222e }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .time, .tick, .fact { fill: #9198a1 }
      .page { fill: #0d1117; stroke: #3d444d }
      .rule { stroke: #3d444d }
      .bar0 { fill: #656c76 } .bar1 { fill: #4493f8 } .bar2 { fill: #3fb950 } .failed { fill: #f85149 }
      .wrong { fill: #f85149 }
    }`.slice(1)
await writeFile(file, draw(await record()))

/** Makes the call. @returns the spans, as OTLP has them */
async function record() {
  const spans = []
  const receiver = createServer(async (request, response) => {
    const { resourceSpans } = await json(request)
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${receiver.address().port}/v1/traces`
  const tracerProvider = new NodeTracerProvider({
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  })
  tracerProvider.register()

  const simulator = await startSimulator()
  const at = (provider) => ({ apiBase: simulator.base(provider), apiKey: 'any' })
  const messages = [{ role: 'user', content: 'What does a lighthouse do?' }]

  // excludes the module loading of the first call
  const first = createClient()
  for (const model of ['openai/gpt-4o', 'azure/gpt-4o', 'anthropic/claude-sonnet-4-5']) {
    await first.completion({ ...at(model.split('/')[0]), model, messages, max_tokens: 100 })
  }
  await first.close()

  const router = new Router({
    callbacks: [openTelemetry({ metrics: false })],
    modelList: [
      { id: 'openai-1', modelName: 'chat', params: { model: 'openai/gpt-4o', order: 1, ...at('openai') } },
      { id: 'azure-1', modelName: 'chat', params: { model: 'azure/gpt-4o', order: 2, ...at('azure') } },
      { id: 'anthropic-1', modelName: 'claude', params: { model: 'anthropic/claude-sonnet-4-5', ...at('anthropic') } },
    ],
    fallbacks: [{ chat: ['claude'] }],
    numRetries: 1,
  })
  const failing = (status, message, delayMs) =>
    simulator.reply({ raw: { status, body: { error: { message } } }, delayMs })
  failing(429, 'Rate limit reached.', 210)
  failing(503, 'The engine is overloaded.', 410)
  simulator.reply({ text: 'It shows ships where the coast is, and keeps them off the rocks.', delayMs: 1010 })
  await tracerProvider
    .getTracer('app')
    .startActiveSpan('POST /chat', { kind: SpanKind.SERVER, attributes: { 'http.route': '/chat' } }, async (span) => {
      await router.completion({ model: 'chat', messages, max_tokens: 100, tags: ['support'] })
      span.end()
    })

  await router.close()
  await tracerProvider.shutdown()
  await simulator.close()
  receiver.close()
  return spans
}

/** @returns an SVG: a row for each span, below its parent */
function draw(spans) {
  const began = Math.min(...spans.map(({ startTimeUnixNano }) => ms(startTimeUnixNano)))
  const rows = tree(spans).map(({ span, depth }) => {
    const start = steady(ms(span.startTimeUnixNano) - began)
    const duration = steady(ms(span.endTimeUnixNano) - ms(span.startTimeUnixNano))
    return { name: span.name, depth, start, duration, failed: span.status?.code === 2, lines: facts(span) }
  })
  const total = Math.max(...rows.map(({ start, duration }) => start + duration))
  const [width, left, right, head, line] = [960, 340, 84, 54, 16]
  const scale = (width - left - right) / total
  const round = (value) => Math.round(value * 10) / 10

  const ticks = Array.from({ length: Math.floor(total / 400) + 1 }, (_, index) => index * 400)
  const parts = ticks.map(
    (time) => `  <text class="tick" x="${round(left + time * scale)}" y="${head - 18}">${time} ms</text>`,
  )
  let y = head
  for (const { name, depth, start, duration, failed, lines } of rows) {
    const indent = 24 + depth * 20
    const [x, long] = [round(left + start * scale), round(duration * scale)]
    parts.push(
      `  <path class="rule" d="M0 ${y}H${width}"/>`,
      // only beside the bars: a line through words makes them hard to read
      `  <path class="rule" d="${ticks.map((time) => `M${round(left + time * scale)} ${y}v34`).join('')}"/>`,
      `  <text class="name" x="${indent}" y="${y + 24}">${escaped(name)}</text>`,
      `  <rect class="${failed ? 'failed' : `bar${Math.min(depth, 2)}`}" x="${x}" y="${y + 11}" width="${long}" height="16" rx="3"/>`,
      `  <text class="time" x="${round(x + long + 8)}" y="${y + 24}">${duration} ms</text>`,
      ...lines.map((text, index) => {
        const at = `x="${indent}" y="${y + 44 + index * line}"`
        const marked = escaped(text).replace(/^error\.type=\S+/, '<tspan class="wrong">$&</tspan>')
        return `  <text class="fact" ${at}>${marked}</text>`
      }),
    )
    y += 42 + lines.length * line
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">`,
    '  <title>A trace of one call: two tries that failed, and the answer of another model</title>',
    '  <!-- made by scripts/trace-picture.mjs, of spans that came over OTLP; times are rounded down to 100 ms -->',
    `  <style>\n${style}\n  </style>`,
    `  <rect class="page" width="${width}" height="${y}" rx="8"/>`,
    `  <text class="time" x="24" y="${head - 18}">Spans of one call, in steps of 100 ms</text>`,
    ...parts,
  ].join('\n')}\n</svg>\n`
}

/** Depth first, in the order of time. */
function tree(spans, parent, depth = 0) {
  const known = new Set(spans.map(({ spanId }) => spanId))
  return spans
    .filter(({ parentSpanId }) => (parent ? parentSpanId === parent : !known.has(parentSpanId)))
    .sort((a, b) => ms(a.startTimeUnixNano) - ms(b.startTimeUnixNano))
    .flatMap((span) => [{ span, depth }, ...tree(spans, span.spanId, depth + 1)])
}

/** Formats the attributes in lines that fit, without values that differ between runs: ids and the simulator's port. */
function facts({ attributes }) {
  const lines = []
  for (const { key, value } of [...attributes].sort((a, b) => rank(a.key) - rank(b.key))) {
    if (/\.id$|^llmux\.(model|provider|attempt)$/.test(key)) continue
    const fact = `${key}=${plain(value)}`
    const last = lines.at(-1)
    if (last === undefined || last.length + fact.length > 110) lines.push(fact)
    else lines[lines.length - 1] = `${last}   ${fact}`
  }
  return lines
}

/** Sorts errors first and llmux's own attributes last. */
function rank(key) {
  if (key === 'error.type') return 0
  return key.startsWith('llmux.') ? 2 : 1
}

function plain({ arrayValue, ...value }) {
  if (arrayValue) return arrayValue.values.map(plain).join(',')
  return String(Object.values(value)[0])
}

/** Rounds times so that the next run draws the same picture; the machine's own overhead is smaller. */
function steady(time) {
  return Math.floor(time / 100) * 100
}

function ms(nanoseconds) {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
