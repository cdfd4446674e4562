import { expect, it, onTestFinished, vi } from 'vitest'
import { newKey } from '../hooks/apis.js'
import { startProvider, startReceiver } from './receiver.js'
import { hello, startGateway } from './start.js'

/** A gateway with one of the integrations, a call by a key, and all that the service has received. */
async function report(callback: string, variables: Readonly<Record<string, string>>, more: object = {}) {
  const [provider, service] = [await startProvider(), await startReceiver()]
  const environment_variables = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value === 'URL' ? service.url : value]),
  )
  for (const name of Object.keys(variables)) vi.stubEnv(name, undefined)
  onTestFinished(() => void vi.unstubAllEnvs())
  const gateway = await startGateway({
    config: {
      environment_variables,
      model_list: [
        {
          model_name: 'm',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'provider-key-123', api_base: `${provider.url}/v1` },
        },
      ],
      litellm_settings: { success_callback: [callback], failure_callback: [callback], ...more },
      router_settings: { num_retries: 0 },
    },
  })
  const { url } = await gateway.listen({ port: 0 })
  const key = await newKey({ url }, { key_alias: 'first' })
  const call = (body: object) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-litellm-call-id': 'call-7' },
      body: JSON.stringify(body),
    })
  const response = await call(hello('m', { user: 'ann', metadata: { session_id: 's1' } }))
  expect(response.status).toBe(200)
  await response.text()
  await gateway.stop()
  const text = service.received.map(({ bytes }) => bytes.toString()).join('\n')
  for (const secret of ['provider-key-123', key]) expect(text).not.toContain(secret)
  return { received: service.received, text }
}

const services = [
  {
    name: 'langfuse',
    variables: { LANGFUSE_PUBLIC_KEY: 'pk-lf-1', LANGFUSE_SECRET_KEY: 'sk-lf-2', LANGFUSE_HOST: 'URL' },
    path: '/api/public/otel/v1/traces',
    authorization: `Basic ${Buffer.from('pk-lf-1:sk-lf-2').toString('base64')}`,
    parts: ['call-7', 's1', 'first'],
  },
  {
    name: 'helicone',
    variables: { HELICONE_API_KEY: 'sk-helicone-1', HELICONE_LOG_BASE: 'URL' },
    path: '/custom/v1/log',
    authorization: 'Bearer sk-helicone-1',
    parts: ['call-7', 's1', 'first'],
  },
  {
    name: 'lunary',
    variables: { LUNARY_PUBLIC_KEY: 'lunary-1', LUNARY_API_URL: 'URL' },
    path: '/v1/runs/ingest',
    authorization: 'Bearer lunary-1',
    parts: ['call-7', 's1', 'first'],
  },
]

it.each(services)('reports a call of a key to $name', async ({ name, variables, path, authorization, parts }) => {
  const { received, text } = await report(name, variables)
  expect(received.map((one) => [one.path, one.headers.authorization])).toEqual([[path, authorization]])
  for (const part of ['Hello', 'Secret answer', 'gpt-4o', 'ann', ...parts]) expect(text).toContain(part)
})

it.each(services)('reports to $name without content if that is turned off', async ({ name, variables }) => {
  const { received, text } = await report(name, variables, { turn_off_message_logging: true })
  expect(received).toHaveLength(1)
  for (const part of ['Hello', 'Secret answer']) expect(text).not.toContain(part)
  expect(text).toContain('gpt-4o')
})

it('answers calls although a service is away', async () => {
  const { received } = await report('langfuse', {
    ...{ LANGFUSE_PUBLIC_KEY: 'pk-lf-1', LANGFUSE_SECRET_KEY: 'sk-lf-2', LANGFUSE_HOST: 'http://127.0.0.1:9' },
  })
  expect(received).toHaveLength(0)
})
