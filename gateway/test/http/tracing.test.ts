import { context, propagation, trace } from '@opentelemetry/api'
import { expect, it, onTestFinished, vi } from 'vitest'
import { newKey } from '../hooks/apis.js'
import { type Received, startProvider, startReceiver } from './receiver.js'
import { hello, startGateway } from './start.js'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
}

/** Fields of a message of Protocol Buffers: numbers, and bytes of everything with a length. */
function* fieldsOf(bytes: Buffer): Generator<readonly [number, number | Buffer]> {
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const kind = tag & 7
    if (kind === 0) yield [tag >> 3, varint()]
    else {
      const length = kind === 2 ? varint() : kind === 1 ? 8 : 4
      yield [tag >> 3, bytes.subarray(at, at + length)]
      at += length
    }
  }
}

const inside = (bytes: Buffer, field: number): Buffer[] =>
  [...fieldsOf(bytes)].flatMap(([number, value]) => (number === field && Buffer.isBuffer(value) ? [value] : []))

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
function spansOf({ bytes, headers }: Received): Span[] {
  if (headers['content-type'] === 'application/json') {
    const { resourceSpans } = JSON.parse(bytes.toString()) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
    }
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  }
  return inside(bytes, 1)
    .flatMap((resource) => inside(resource, 2))
    .flatMap((scope) => inside(scope, 2))
    .map((span) => {
      const text = (field: number, encoding: BufferEncoding) => inside(span, field)[0]?.toString(encoding) ?? ''
      const kind = [...fieldsOf(span)].find(([number]) => number === 6)?.[1]
      return {
        ...{ traceId: text(1, 'hex'), spanId: text(2, 'hex'), parentSpanId: text(4, 'hex') },
        ...{ name: text(5, 'utf8'), kind: Number(kind) },
      }
    })
}

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parent = (flags: string) => `00-${traceId}-b7ad6b7169203331-${flags}`

/** Calls through a gateway that sends its traces to a receiver. */
async function scene(config: object = {}, variables: Readonly<Record<string, string>> = {}) {
  for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', ...Object.keys(variables)]) vi.stubEnv(name, undefined)
  const [provider, collector] = [await startProvider(), await startReceiver()]
  const gateway = await startGateway({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables },
    config: {
      model_list: [
        {
          model_name: 'm',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'provider-key-123', api_base: `${provider.url}/v1` },
        },
        {
          model_name: 'broken',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'provider-key-123', api_base: 'http://127.0.0.1:9/v1' },
        },
      ],
      router_settings: { num_retries: 0, fallbacks: [{ broken: ['m'] }] },
      litellm_settings: { callbacks: ['otel'] },
      ...config,
    },
  })
  onTestFinished(async () => {
    await gateway.stop()
    trace.disable()
    context.disable()
    propagation.disable()
    vi.unstubAllEnvs()
  })
  const { url } = await gateway.listen({ port: 0 })
  const key = await newKey({ url }, { key_alias: 'first' })
  return {
    provider,
    key,
    async call(body: object, headers: Record<string, string> = {}, path = '/v1/chat/completions') {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      await response.text()
      return response.status
    },
    /** All that was exported until the end of the gateway. */
    async exported() {
      await gateway.close()
      return collector.received
    },
  }
}

it.each([
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
])('goes on with the trace of a client up to the provider, over %s', async (protocol, type) => {
  const here = await scene(
    {},
    {
      ...{ OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue%20one' },
      OTEL_SERVICE_NAME: 'our-gateway',
    },
  )
  expect(await here.call(hello('broken'), { traceparent: parent('01'), tracestate: 'vendor=1' })).toBe(200)
  const received = await here.exported()
  expect(received[0]?.path).toBe('/v1/traces')
  expect(received[0]?.headers).toMatchObject({ 'content-type': type, 'x-team': 'blue one' })
  const spans = received.flatMap(spansOf)
  const server = spans.find(({ name }) => name === 'POST /v1/chat/completions')
  expect(server).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 })
  const call = spans.find(({ name }) => name === 'chat gpt-4o')
  expect(call).toMatchObject({ traceId, parentSpanId: server?.spanId, kind: 3 })
  const attempts = spans.filter(({ name }) => name === 'attempt openai/gpt-4o')
  expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([call?.spanId, call?.spanId])
  // the attempt that reached the provider is the second one
  const sent = here.provider.received[0]?.headers
  expect(attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`)).toContain(sent?.traceparent)
  expect(sent?.tracestate).toBe('vendor=1')
  const text = received.map(({ bytes }) => bytes.toString('latin1')).join('')
  for (const part of ['our-gateway', 'first', 'api_connection']) expect(text).toContain(part)
  for (const secret of ['Secret answer', 'Hello', 'provider-key-123', here.key]) expect(text).not.toContain(secret)
})

it('follows the decision of the client not to sample', async () => {
  const here = await scene()
  expect(await here.call(hello('m'), { traceparent: parent('00') })).toBe(200)
  expect(here.provider.received[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
  expect((await here.exported()).flatMap(spansOf)).toHaveLength(0)
})

it('records content only if the configuration asks for it', async () => {
  const here = await scene({ callback_settings: { otel: { message_logging: true, exporter: 'http/json' } } })
  expect(await here.call(hello('m'))).toBe(200)
  const text = (await here.exported()).map(({ bytes }) => bytes.toString()).join('')
  for (const part of ['Secret answer', 'Hello']) expect(text).toContain(part)
  expect(text).not.toContain('provider-key-123')
})

it('records a stream until its end, and errors of the gateway', async () => {
  const here = await scene({}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })
  expect(await here.call(hello('m', { stream: true }))).toBe(200)
  expect(await here.call(hello('unknown'))).toBe(400)
  const received = await here.exported()
  const servers = received.flatMap(spansOf).filter(({ kind }) => kind === 2)
  expect(servers.map(({ name }) => name)).toEqual(['POST /v1/chat/completions', 'POST /v1/chat/completions'])
  expect(received.map(({ bytes }) => bytes.toString()).join('')).toContain(
    '"http.response.status_code","value":{"intValue":400}',
  )
})

it('keeps the context to itself if forwarding is turned off', async () => {
  const here = await scene({
    litellm_settings: { callbacks: ['otel'], forward_traceparent_to_llm_provider: false },
  })
  expect(await here.call(hello('m'), { traceparent: parent('01') })).toBe(200)
  expect(here.provider.received[0]?.headers.traceparent).toBeUndefined()
  expect(
    (await here.exported())
      .flatMap(spansOf)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([1, 2, 3])
})

it('answers calls while the collector is away', async () => {
  const here = await scene({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  expect(await here.call(hello('m'))).toBe(200)
})

it('goes on with the trace of a client through a pass-through route', async () => {
  const target = await startProvider()
  const here = await scene(
    { general_settings: { pass_through_endpoints: [{ path: '/raw', target: target.url, include_subpath: true }] } },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
  )
  const sent = { traceparent: parent('01'), tracestate: 'vendor=1' }
  expect(await here.call(hello('m'), sent, '/raw/v1/chat/completions')).toBe(200)
  expect(await here.call(hello('m'), { ...sent, authorization: 'Bearer sk-wrong' }, '/raw/v1/models')).toBe(401)
  const received = await here.exported()
  const spans = received.flatMap(spansOf)
  const server = spans.find(({ name }) => name === 'POST /raw/v1/chat/completions')
  expect(server).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 })
  const call = spans.find(({ name }) => name === 'pass_through m')
  expect(call).toMatchObject({ traceId, parentSpanId: server?.spanId, kind: 3 })
  expect(target.received[0]?.headers).toMatchObject({
    traceparent: `00-${traceId}-${call?.spanId}-01`,
    tracestate: 'vendor=1',
  })
  expect(spans.filter(({ name }) => name === 'POST /raw/v1/models')).toHaveLength(1)
  const text = received.map(({ bytes }) => bytes.toString()).join('')
  for (const secret of ['Hello', here.key]) expect(text).not.toContain(secret)
})
