import { afterEach, describe, expect, it, vi } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { helicone } from '../../src/integrations/helicone.js'
import { langfuse } from '../../src/integrations/langfuse.js'
import { lunary } from '../../src/integrations/lunary.js'
import { openTelemetry } from '../../src/integrations/otel.js'
import { prometheus } from '../../src/integrations/prometheus.js'
import { Router } from '../../src/router/router.js'
import type { CallbackSet } from '../../src/types/observe.js'
import { type Receiver, startReceiver } from './receiver.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const metadata = { session_id: 's1', trace_name: 'support', prompt_name: 'greeting', prompt_version: '3', tier: 'gold' }

afterEach(() => vi.unstubAllEnvs())

async function scene(make: (apiBase: string) => CallbackSet, redact?: boolean) {
  const simulator = await startSimulator()
  const receiver = await startReceiver()
  const callbacks = [make(receiver.url)]
  const client = createClient({
    callbacks,
    redact,
    providers: { openai: { apiKey: 'sk-canary', apiBase: simulator.openaiBase } },
  })
  return {
    simulator,
    receiver,
    callbacks,
    client,
    async [Symbol.asyncDispose]() {
      await client.close()
      await simulator.close()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

interface OtlpBody {
  resourceSpans: {
    resource: { attributes: { key: string; value: Record<string, unknown> }[] }
    scopeSpans: { scope: { name: string }; spans: OtlpSpan[] }[]
  }[]
}
interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code: number; message?: string }
}

const spansOf = ({ received }: Receiver) =>
  received.flatMap(({ body }) =>
    (JSON.parse(body) as OtlpBody).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  )

const attributesOf = (span: OtlpSpan | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))

/**
 * https://langfuse.com/integrations/native/opentelemetry: endpoint, headers and "Attribute Mapping".
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: hexadecimal ids, 64-bit numbers as text.
 */
describe('langfuse()', () => {
  const make = (apiBase: string) =>
    langfuse({ publicKey: 'pk-lf-1', secretKey: 'sk-lf-2', apiBase, environment: 'test', release: 'r1', interval: 5 })

  it('sends OTLP to the documented endpoint', async () => {
    await using here = await scene(make)
    const { client, receiver } = here
    const traceId = '0123456789abcdef0123456789abcdef'
    const stream = await client.completion({
      ...{ model: 'openai/gpt-4o', messages, metadata, store: true, stream: true, temperature: 0.5 },
      ...{ user: 'u1', tags: ['a', 'b'], traceId },
    })
    const answer = await stream.final()
    await client.flush()
    const [request] = receiver.received
    expect(request).toMatchObject({
      method: 'POST',
      path: '/api/public/otel/v1/traces',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('pk-lf-1:sk-lf-2').toString('base64')}`,
        'x-langfuse-ingestion-version': '4',
      },
    })
    const [span, ...more] = spansOf(receiver)
    expect(more).toEqual([])
    expect(span).toMatchObject({ traceId, name: 'chat gpt-4o', kind: 3, status: { code: 0 } })
    expect(span?.spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(span?.parentSpanId).toBeUndefined()
    expect(span?.startTimeUnixNano).toMatch(/^\d{19}$/)
    const took = Number(BigInt(span?.endTimeUnixNano ?? 0) - BigInt(span?.startTimeUnixNano ?? 0)) / 1e6
    expect(took).toBeGreaterThan(0)
    expect(took).toBeLessThan(5_000)
    const attributes = attributesOf(span)
    expect(attributes).toMatchObject({
      'langfuse.trace.name': 'support',
      'langfuse.user.id': 'u1',
      'langfuse.session.id': 's1',
      'langfuse.environment': 'test',
      'langfuse.release': 'r1',
      'langfuse.trace.metadata.tier': 'gold',
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': 'gpt-4o',
      'langfuse.observation.input': JSON.stringify(messages),
      'langfuse.observation.prompt.name': 'greeting',
      'langfuse.observation.prompt.version': '3',
      'gen_ai.request.temperature': 0.5,
      'gen_ai.provider.name': 'openai',
    })
    expect(span?.attributes.find(({ key }) => key === 'langfuse.observation.prompt.version')?.value).toEqual({
      intValue: '3',
    })
    expect(span?.attributes.find(({ key }) => key === 'langfuse.trace.tags')?.value).toEqual({
      arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] },
    })
    const json = (name: string) => JSON.parse(String(attributes[`langfuse.observation.${name}`]))
    expect(json('output')).toEqual(answer.choices[0]?.message)
    expect(json('usage_details')).toEqual({
      ...{ input: answer.usage?.prompt_tokens, output: answer.usage?.completion_tokens },
      total: answer.usage?.total_tokens,
    })
    const { total, ...parts } = json('cost_details')
    expect(total).toBe(stream.meta.cost.total)
    expect(Object.values(parts as Record<string, number>).reduce((sum, one) => sum + one, 0)).toBeCloseTo(total, 12)
    expect(json('model.parameters')).toEqual({ temperature: 0.5, store: true })
    expect(Date.parse(String(attributes['langfuse.observation.completion_start_time']))).toBeGreaterThan(1.7e12)
    expect(request?.body).not.toContain('canary')
  })

  it('nests attempts below the call with the shared attributes', async () => {
    await using here = await scene(make)
    const apiBase = here.simulator.openaiBase
    await using router = new Router({
      callbacks: here.callbacks,
      modelList: [
        { modelName: 'g', params: { model: 'openai/fail-500', apiKey: 'k', apiBase } },
        { modelName: 'h', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase } },
      ],
      fallbacks: [{ g: ['h'] }],
      numRetries: 0,
    })
    await router.completion({ model: 'g', messages, tags: ['t'], traceId: 'any text' })
    await router.completion({ model: 'h', messages, traceId: 'any text' })
    await router.flush()
    const spans = spansOf(here.receiver)
    expect(spans.map(({ name }) => name)).toEqual([
      ...['chat gpt-4o', 'attempt openai/fail-500', 'attempt openai/gpt-4o', 'chat gpt-4o'],
    ])
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4)
    expect(spans[1]?.parentSpanId).toBe(spans[0]?.spanId)
    expect(spans.slice(0, 3).every((span) => attributesOf(span)['langfuse.trace.tags'])).toBe(true)
    expect(attributesOf(spans[1])).toMatchObject({ 'langfuse.observation.level': 'WARNING' })
  })

  it('reports failures and excludes content on request', async () => {
    await using here = await scene(make, true)
    await here.client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
    await here.client.flush()
    const [span] = spansOf(here.receiver)
    expect(span?.status).toEqual({ code: 2, message: '[redacted]' })
    expect(attributesOf(span)).toMatchObject({ 'langfuse.observation.level': 'ERROR', 'error.type': 'authentication' })
    expect(JSON.stringify(here.receiver.received)).not.toContain('Hello')
  })

  it('reads keys from the environment and reports missing ones', () => {
    vi.stubEnv('LANGFUSE_PUBLIC_KEY', '')
    vi.stubEnv('LANGFUSE_SECRET_KEY', '')
    expect(() => langfuse()).toThrow("langfuse(): 'publicKey' is missing")
    vi.stubEnv('LANGFUSE_PUBLIC_KEY', 'pk')
    vi.stubEnv('LANGFUSE_SECRET_KEY', 'sk')
    expect(langfuse().name).toBe('langfuse')
    expect(() => langfuse({ apiBase: 'nowhere' })).toThrow("'apiBase' must be a URL")
  })
})

it.each<[string, (options: never) => unknown]>([
  ['langfuse', langfuse],
  ['helicone', helicone],
  ['lunary', lunary],
  ['openTelemetry', openTelemetry],
  ['prometheus', prometheus],
])('%s() rejects unknown options', (name, make) => {
  expect(() => make('key' as never)).toThrow(`The options of ${name}() must be an object; got `)
  const error = (() => {
    try {
      return make({ captureContents: true } as never)
    } catch (error) {
      return error
    }
  })()
  expect(error).toMatchObject({ code: 'bad_request', param: 'captureContents' })
})

/** https://docs.helicone.ai/getting-started/integration-method/manual-logger-curl: "Request Structure". */
describe('helicone()', () => {
  it('logs a call in the documented form', async () => {
    await using here = await scene((apiBase) => helicone({ apiKey: 'hk-1', apiBase }))
    const { client, receiver } = here
    const answer = await client.completion({
      ...{ model: 'openai/gpt-4o', messages, user: 'u1', tags: ['a', 'b'], metadata, store: true },
    })
    await client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
    await client.flush()
    expect(receiver.received).toHaveLength(2)
    const [request, failed] = receiver.received
    expect(request).toMatchObject({ path: '/custom/v1/log', headers: { authorization: 'Bearer hk-1' } })
    const log = JSON.parse(request?.body ?? '')
    expect(log).toEqual({
      providerRequest: {
        url: 'custom-model-nopath',
        json: { model: 'openai/gpt-4o', messages, user: 'u1', metadata, store: true },
        meta: {
          'Helicone-Request-Id': expect.any(String),
          'Helicone-User-Id': 'u1',
          'Helicone-Session-Id': 's1',
          'Helicone-Property-tags': 'a,b',
          'Helicone-Property-tier': 'gold',
          'Helicone-Property-trace_name': 'support',
          'Helicone-Property-prompt_name': 'greeting',
          'Helicone-Property-prompt_version': '3',
        },
      },
      providerResponse: {
        headers: expect.any(Object),
        status: 200,
        json: JSON.parse(JSON.stringify(answer)),
      },
      timing: {
        startTime: { seconds: expect.any(Number), milliseconds: expect.any(Number) },
        endTime: { seconds: expect.any(Number), milliseconds: expect.any(Number) },
      },
    })
    const at = ({ seconds, milliseconds }: { seconds: number; milliseconds: number }) => seconds * 1000 + milliseconds
    expect(at(log.timing.endTime)).toBeGreaterThanOrEqual(at(log.timing.startTime))
    expect(JSON.parse(failed?.body ?? '').providerResponse).toMatchObject({
      status: 401,
      json: { error: { type: 'authentication' } },
    })
    expect(JSON.stringify(receiver.received)).not.toContain('canary')
  })

  it('sends no content with captureContent: false', async () => {
    await using here = await scene((apiBase) => helicone({ apiKey: 'hk-1', apiBase, captureContent: false }))
    const answer = await here.client.completion({ model: 'openai/gpt-4o', messages })
    await here.client.flush()
    const { providerRequest, providerResponse } = JSON.parse(here.receiver.received[0]?.body ?? '')
    expect(providerRequest.json).toEqual({ model: 'openai/gpt-4o' })
    expect(providerResponse.json).toEqual({ id: answer.id, usage: answer.usage })
  })
})

/** https://docs.lunary.ai/api/runs/ingest-run-events and https://docs.lunary.ai/integrations/custom */
describe('lunary()', () => {
  it('sends the documented events', async () => {
    await using here = await scene((apiBase) => lunary({ publicKey: 'public-1', apiBase, interval: 5 }))
    const { client, receiver } = here
    const answer = await client.completion({
      ...{ model: 'openai/gpt-4o', messages, user: 'u1', tags: ['a'], temperature: 0.5 },
    })
    await client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
    await client.embedding({ model: 'openai/text-embedding-3-small', input: 'x' })
    await client.flush()
    const [request] = receiver.received
    expect(request).toMatchObject({ path: '/v1/runs/ingest', headers: { authorization: 'Bearer public-1' } })
    const events = receiver.received.flatMap(({ body }) => JSON.parse(body).events)
    expect(events.map(({ type, event }: { type: string; event: string }) => `${type} ${event}`)).toEqual([
      ...['llm start', 'llm end', 'llm start', 'llm error', 'embed start', 'embed end'],
    ])
    expect(events[0]).toMatchObject({
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'gpt-4o',
      timestamp: expect.stringMatching(/Z$/),
      input: messages,
      tags: ['a'],
      userId: 'u1',
      extra: { temperature: 0.5 },
    })
    expect(events[1]).toMatchObject({
      runId: events[0].runId,
      output: [answer.choices[0]?.message],
      tokensUsage: { prompt: answer.usage?.prompt_tokens, completion: answer.usage?.completion_tokens },
    })
    expect(events[3]).toMatchObject({ runId: events[2].runId, error: { message: expect.stringContaining('401') } })
    expect(JSON.stringify(receiver.received)).not.toContain('canary')
  })
})
