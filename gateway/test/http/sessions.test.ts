import { expect, it } from 'vitest'
import { caller, hello, startGateway } from './start.js'

const deployments = ['a', 'b', 'c', 'd'].map((id) => ({
  model_name: 'small',
  litellm_params: { model: 'openai/gpt-4o-mini', api_key: 'unused', mock_response: 'Hi' },
  model_info: { id },
}))

async function start(router_settings: object = {}) {
  const gateway = await startGateway({ config: { model_list: deployments, router_settings } })
  const call = caller(gateway)
  const ask = async (body: object, headers: Record<string, string> = {}) => {
    const answer = await call('POST', '/v1/chat/completions', body, { headers })
    expect(answer.status).toBe(200)
    return answer.headers.get('x-litellm-model-id') ?? ''
  }
  const several = async (body: object, headers: Record<string, string> = {}) => {
    const found = new Set<string>()
    for (let count = 0; count < 24; count++) found.add(await ask(body, headers))
    return found.size
  }
  return { gateway, call, several }
}

it('keeps the calls of a session on one deployment', async () => {
  const { gateway, several } = await start()
  expect(await several(hello('small'))).toBe(4)
  expect(await several(hello('small'), { 'x-llmux-session-id': 'one' })).toBe(1)
  expect(await several(hello('small'), { 'x-litellm-session-id': 'two' })).toBe(1)
  expect(await several(hello('small', { litellm_session_id: 'three' }))).toBe(1)
  expect(await several(hello('small', { prompt_cache_key: 'four' }))).toBe(1)
  await gateway.stop()
})

it('keeps a conversation with a long prompt on one deployment if the configuration asks for it', async () => {
  const long = { messages: [{ role: 'user', content: 'A long question. '.repeat(400) }] }
  const without = await start()
  expect(await without.several(hello('small', long))).toBe(4)
  await without.gateway.stop()
  const { gateway, several } = await start({ optional_pre_call_checks: ['prompt_caching'] })
  expect(await several(hello('small', long))).toBe(1)
  expect(await several(hello('small'))).toBe(4)
  await gateway.stop()
})

it('keeps the calls of a key on one deployment if the configuration asks for it', async () => {
  const { gateway, several } = await start({
    optional_pre_call_checks: ['deployment_affinity'],
    deployment_affinity_ttl_seconds: 60,
  })
  expect(await several(hello('small'))).toBe(1)
  await gateway.stop()
})
