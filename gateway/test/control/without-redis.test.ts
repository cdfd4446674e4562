import { expect, it, onTestFinished } from 'vitest'
import { caller, hello, startGateway } from '../http/start.js'
import { freePort } from './postgres.js'

it('takes its part of a limit as long as it has not reached Redis', async () => {
  const gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_key: 'key', mock_response: 'Hello' } },
      ],
      router_settings: { redis_host: '127.0.0.1', redis_port: await freePort() },
      llmux_settings: { processes: 4 },
    },
  })
  onTestFinished(() => gateway.stop())
  const call = caller(gateway)
  const { key } = (await call('POST', '/key/generate', { rpm_limit: 8 })).json
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await call('POST', '/v1/chat/completions', hello('m'), { key })).status)
  expect(statuses).toEqual([200, 200, 429, 429])
}, 60_000)
