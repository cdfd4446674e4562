import { expect, it, vi } from 'vitest'
import { mockProvider } from '../../../simulator/mock.js'
import { BadRequestError } from '../../../src/errors.js'
import { redisState } from '../../../src/limits/redis/index.js'
import { Router } from '../../../src/router/router.js'

vi.mock('redis', () => {
  throw new Error('Cannot find package')
})

it('names the package to install when it is missing', async () => {
  const mock = mockProvider({ reply: 'Hello' })
  const router = new Router({
    modelList: [{ modelName: 'gpt', params: { model: 'openai/x', apiKey: 'any' } }],
    state: redisState(),
    client: { dispatcher: mock.dispatcher },
  })
  const call = router.completion({ model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] })
  await expect(call).rejects.toThrow(BadRequestError)
  await expect(call).rejects.toThrow('npm install redis')
  expect(mock.requests).toHaveLength(0)
  await router.close()
})
