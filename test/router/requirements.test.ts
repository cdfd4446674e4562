import { describe, expect, it } from 'vitest'
import { dep, failure, messages, setup, stopTime, TestClock, turns } from './helpers.js'

/** What a call needs is what is sent: with the parameters of a fallback, and of the deployment. */

const plain = { abilities: ['systemMessages'], inputModalities: ['text'], maxInputTokens: 50 } as const
const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }]
const long = [{ role: 'user' as const, content: 'many words '.repeat(100) }]
const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
const call = { model: 'gpt', messages }

describe('a fallback with other parameters', () => {
  const list = [dep('a'), dep('p', { prices: plain }, 'plain')]
  const fallingBack = (target: object) => {
    const at = setup({ modelList: list, fallbacks: [{ gpt: [{ model: 'plain', ...target }] }], numRetries: 0 })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 9 })
    return at
  }

  it('may remove the tools and use a model without tools', async () => {
    const at = fallingBack({ tools: undefined, tool_choice: undefined })
    expect(await at.ask({ tools, tool_choice: 'auto' })).toBe('p')
    expect(at.mock.requests.at(-1)?.body).not.toHaveProperty('tools')
    expect(at.mock.requests.at(-1)?.body).not.toHaveProperty('tool_choice')
    const own = setup({ modelList: list, numRetries: 0 })
    own.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 9 })
    expect(await own.ask({ tools, fallbacks: [{ model: 'plain', tools: undefined }] })).toBe('p')
  })

  it('is checked by the length and the images of its own messages', async () => {
    const at = fallingBack({ messages })
    expect(await at.ask({ messages: long })).toBe('p')
    expect(await at.ask({ messages: [{ role: 'user', content: [image] }] })).toBe('p')
    const longer = fallingBack({ messages: long })
    expect(await failure(longer.router.completion(call))).toMatchObject({ code: 'context_window_exceeded' })
    const pictured = fallingBack({ messages: [{ role: 'user', content: [image] }] })
    const error = await failure(pictured.router.completion(call))
    expect(error.message).toContain('its model does not accept images')
    expect(pictured.asked()).toEqual(['a'])
  })

  it('that adds tools does not use a model without them', async () => {
    const error = await failure(fallingBack({ tools }).router.completion(call))
    expect(error.message).toContain('p: its model does not support tools')
  })

  it('holds its own highest cost, not that of the original call', async () => {
    const prices = { input: 0, output: 1_000_000 }
    const at = setup({
      modelList: [dep('a', { prices }), dep('c', { prices, maxBudget: 50 }, 'claude')],
      fallbacks: [{ gpt: [{ model: 'claude', max_tokens: 40 }] }],
      numRetries: 0,
    })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 9 })
    at.mock.reply({ text: 'x', delayMs: 120 })
    const slow = at.ask({ max_tokens: 3 })
    await turns(60)
    expect(at.router.snapshot().budgets[0]).toMatchObject({ reserved: 40 })
    expect(await slow).toBe('c')
  })

  it('does not hold up calls with other requirements while it waits', async () => {
    const advance = stopTime()
    const at = setup({
      modelList: [
        dep('a'),
        dep('p', { prices: plain, maxParallelRequests: 1 }, 'two'),
        dep('q', { maxParallelRequests: 1 }, 'two'),
      ],
    })
    at.mock.reply({ text: 'x', delayMs: 120 }, { model: 'p' })
    at.mock.reply({ text: 'x', delayMs: 300 }, { model: 'q' })
    const first = at.ask({ model: 'p' })
    const second = at.ask({ model: 'q' })
    await turns()
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
    const picky = at.ask({ numRetries: 0, fallbacks: [{ model: 'two', tools }] })
    await turns(60)
    const next = at.ask({ model: 'two' })
    await turns()
    await advance(120)
    expect(await next).toBe('p')
    await advance(180)
    expect(await picky).toBe('q')
    await Promise.all([first, second])
  })

  it('is resumed with the text if its stream breaks', async () => {
    const at = setup({
      modelList: [
        dep('a'),
        dep('c1', { model: 'anthropic/claude-sonnet-4-20250514', order: 1 }, 'claude'),
        dep('c2', { model: 'anthropic/claude-haiku-4-5', order: 2 }, 'claude'),
      ],
      fallbacks: [{ gpt: [{ model: 'claude', messages: [{ role: 'user', content: 'Shorter' }] }] }],
      numRetries: 0,
    })
    at.mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 9 })
    at.mock.fail({ kind: 'cut', afterChunks: 2 }, { model: 'claude-sonnet-4-20250514' })
    at.mock.reply({ text: 'The quick', chunks: ['The', ' quick'] }, { model: 'claude-sonnet-4-20250514' })
    at.mock.reply({ text: ' fox', chunks: [' fox'] }, { model: 'claude-haiku-4-5' })
    const stream = await at.router.completion({ ...call, stream: true, resume: 'continue' })
    expect(await stream.text()).toBe('The quick fox')
    expect(at.mock.requests.at(-1)?.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Shorter' },
        { role: 'assistant', content: 'The quick' },
      ],
    })
  })
})

describe('the default parameters of a deployment', () => {
  it('are requirements too', async () => {
    const at = setup({
      modelList: [dep('p', { prices: plain, tools, order: 1 }), dep('q', { order: 2 })],
    })
    expect(await at.ask()).toBe('q')
    // what the call says wins
    expect(await at.ask({ tools: undefined, model: 'q' })).toBe('q')
  })

  it('determine the held amount: n, max_tokens', async () => {
    const prices = { input: 0, output: 1_000_000 }
    const at = setup({ modelList: [dep('a', { prices, maxBudget: 1_000, max_tokens: 30, n: 2, tpm: 5_000 })] })
    at.mock.reply({ text: 'x', delayMs: 120 }, { times: 2 })
    const slow = at.ask()
    await turns()
    expect(at.router.snapshot().budgets[0]).toMatchObject({ reserved: 60 })
    expect(at.router.deployment('a')?.tokens).toBeGreaterThan(60)
    await slow
    const other = at.ask({ max_tokens: 4, n: 1 })
    await turns()
    expect(at.router.snapshot().budgets[0]).toMatchObject({ reserved: 4 })
    await other
  })
})

describe('calls that wait for capacity', () => {
  it('do not wait behind a longer prompt for another deployment', async () => {
    const advance = stopTime()
    const at = setup({
      modelList: [
        dep('small', { prices: { maxInputTokens: 50 }, maxParallelRequests: 1 }),
        dep('large', { maxParallelRequests: 1 }),
      ],
    })
    at.mock.reply({ text: 'x', delayMs: 120 }, { model: 'small' })
    at.mock.reply({ text: 'x', delayMs: 300 }, { model: 'large' })
    const calls = [at.ask({ model: 'small' }), at.ask({ model: 'large' })]
    await turns()
    const longer = at.ask({ messages: long })
    await turns()
    const shorter = at.ask()
    await turns()
    await advance(120)
    expect(await shorter).toBe('small')
    await advance(180)
    expect(await longer).toBe('large')
    await Promise.all(calls)
  })

  it('do not wait behind a call whose tag has exhausted its budget', async () => {
    const advance = stopTime()
    const prices = { input: 0, output: 1_000_000 }
    const at = setup(
      {
        modelList: [dep('a', { prices, maxParallelRequests: 2 })],
        budgets: { tags: { trial: { maxBudget: 10 } } },
      },
      { clock: new TestClock() },
    )
    at.mock.reply({ text: 'x', delayMs: 300 })
    at.mock.reply({ text: 'x', delayMs: 120 })
    const trial = at.ask({ tags: ['trial'], max_tokens: 8 })
    const first = at.ask({ max_tokens: 8 })
    await turns()
    const second = at.ask({ tags: ['trial'], max_tokens: 8 })
    await turns()
    const next = at.ask({ max_tokens: 8 })
    await turns()
    await advance(120)
    await next
    expect(at.asked()).toHaveLength(3)
    await advance(180)
    await Promise.all([trial, first, second])
  })
})
