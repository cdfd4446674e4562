import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { Router, type RouterOptions } from '../../src/index.js'

let simulator: Simulator
const routers: Router[] = []

beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  for (const router of routers.splice(0)) await router.close()
  simulator.reset()
})
afterAll(() => simulator.close())

function routerOver(models: readonly string[], options: Partial<RouterOptions> = {}, params: object = {}) {
  const modelList = models.map((model) => ({
    id: model,
    modelName: 'group',
    params: { model, apiKey: 'k', apiBase: simulator.base(model.slice(0, model.indexOf('/'))), ...params },
  }))
  const router = new Router({ modelList, ...options })
  routers.push(router)
  return router
}

const mixed = ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o-mini', 'gemini/gemini-2.5-flash']
const messages = [{ role: 'user', content: 'Hi' }]
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]

describe('a model group of several APIs', () => {
  it('answers messages(), generateContent() and responses() with each deployment', async () => {
    const router = routerOver(mixed)
    for (const model of mixed) {
      const answer = await router.messages({ model, max_tokens: 50, messages })
      expect(answer.content).toMatchObject([{ type: 'text', text: 'You said: Hi' }])
      const { candidates } = await router.generateContent({ model, contents })
      expect(candidates?.[0]?.content?.parts).toMatchObject([{ text: 'You said: Hi' }])
      expect((await router.responses({ model, input: 'Hi' })).output_text).toBe('You said: Hi')
    }
  })

  it('falls back between APIs, with the usage of the one that answered', async () => {
    const router = routerOver(mixed)
    simulator.fail({ kind: 'status', status: 500 }, { times: 2 })
    const answer = await router.messages({ model: 'group', max_tokens: 50, messages })
    expect(answer.content).toMatchObject([{ text: 'You said: Hi' }])
    expect(answer.model).toBeTypeOf('string')
    expect(new Set(answer.meta.attempts.map(({ provider }) => provider)).size).toBe(3)
    expect(answer.meta.usage?.total_tokens).toBeGreaterThan(0)
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('falls back before the first event of a stream', async () => {
    const router = routerOver(mixed)
    simulator.fail({ kind: 'error-event', afterChunks: 0 }, { times: 2 })
    const stream = await router.messages({ model: 'group', max_tokens: 50, messages, stream: true })
    const types = []
    for await (const { type } of stream) types.push(type)
    expect(types[0]).toBe('message_start')
    expect(types.at(-1)).toBe('message_stop')
    expect(types.filter((type) => type === 'message_start')).toHaveLength(1)
    expect(stream.meta.attempts).toHaveLength(3)
    expect((await stream.final()).content).toMatchObject([{ text: 'You said: Hi' }])
  })

  it('counts the tokens of such calls in limits, and returns the estimate when the usage is known', async () => {
    const router = routerOver(['openai/gpt-4o-mini'], { enforceLimits: true }, { tpm: 100_000 })
    await router.messages({ model: 'group', max_tokens: 50, messages })
    const used = router.deployment('openai/gpt-4o-mini')?.tokens
    expect(used).toBeGreaterThan(0)
    expect(used).toBeLessThan(100)
    const data = 'A'.repeat(300_000)
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }
    const withImage = [{ role: 'user', content: [image, { type: 'text', text: 'Hi' }] }]
    // base64 is not counted as text, or the call would exceed the limit
    await router.messages({ model: 'group', max_tokens: 50, messages: withImage })
  })

  it('avoids deployments whose model can not read images or call tools', async () => {
    const router = routerOver(['openai/gpt-3.5-turbo', 'openai/gpt-4o-mini'])
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
    const inline = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
    for (let at = 0; at < 6; at++) {
      const content = [image, { type: 'text', text: 'Hi' }]
      const answer = await router.messages({ model: 'group', max_tokens: 50, messages: [{ role: 'user', content }] })
      expect(answer.meta.model).toBe('gpt-4o-mini')
      const parts = [inline, { text: 'Hi' }]
      const other = await router.generateContent({ model: 'group', contents: [{ role: 'user', parts }] })
      expect(other.meta.model).toBe('gpt-4o-mini')
    }
  })

  it('applies chat parameters of a deployment to translated calls', async () => {
    const router = routerOver(['openai/gpt-4o-mini'], {}, { temperature: 0.25, user: 'me' })
    await router.generateContent({ model: 'group', contents })
    await router.messages({ model: 'group', max_tokens: 50, messages, temperature: 0.75 })
    expect(simulator.requests.map(({ body }) => (body as { temperature: number }).temperature)).toEqual([0.25, 0.75])
  })

  it('counts tokens', async () => {
    const router = routerOver(['anthropic/claude-sonnet-4-5'])
    const { tokens } = await router.countTokens({ model: 'group', messages: [{ role: 'user', content: 'Hello' }] })
    expect(tokens).toBeGreaterThan(0)
    await expect(router.countTokens({ model: 'none', messages: [] })).rejects.toMatchObject({ code: 'bad_request' })
  })
})
