import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { registerModel } from '../../pricing/index.js'
import { ContextWindowExceededError } from '../../src/errors.js'
import { tokenCounter, trimMessages } from '../../src/tokens/index.js'
import type { TrimOptions } from '../../src/tokens/trim.js'
import type { Message } from '../../src/types/messages.js'

const model = 'gpt-4o'
const user = (content: string): Message => ({ role: 'user', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const called = (...ids: string[]): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: `{"at":"${id}"}` } })),
})
const result = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content })
const system: Message = { role: 'system', content: 'Be brief.' }
const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')
const count = (messages: readonly Message[]) => tokenCounter({ model, messages })
const trim = (messages: readonly Message[], options: Partial<TrimOptions> & { maxTokens: number }) =>
  trimMessages(messages, { model, ...options })

describe('trimming', () => {
  const talk: Message[] = [
    system,
    user(`first ${words(50)}`),
    said('one'),
    user(`second ${words(50)}`),
    said('two'),
    user('third'),
  ]

  it('returns fitting messages unchanged in a new array', async () => {
    const fitting = await trim(talk, { maxTokens: await count(talk) })
    expect(fitting).toEqual(talk)
    expect(fitting).not.toBe(talk)
  })

  it('removes the oldest complete turns, and no more than needed', async () => {
    const all = await count(talk)
    expect(await trim(talk, { maxTokens: all - 1 })).toEqual([talk[0], ...talk.slice(3)])
    expect(await trim(talk, { maxTokens: 40 })).toEqual([talk[0], talk[5]])
  })

  it('keeps instructions at any position', async () => {
    const late: Message = { role: 'developer', content: 'Now in French.' }
    const messages = [system, user(words(100)), said('one'), late, user('third')]
    expect(await trim(messages, { maxTokens: 60 })).toEqual([system, late, user('third')])
  })

  it('reserves space for tools', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'look', description: words(60), parameters: { type: 'object' } } },
    ]
    const maxTokens = await count(talk)
    const fitting = await trim(talk, { maxTokens, tools })
    expect(fitting.length).toBeLessThan(talk.length)
    expect(await tokenCounter({ model, messages: fitting, tools })).toBeLessThanOrEqual(maxTokens)
  })

  it('keeps consecutive user messages together', async () => {
    const messages = [user(words(80)), said('one'), user('Look at this:'), user('and that')]
    expect(await trim(messages, { maxTokens: 60 })).toEqual(messages.slice(2))
  })
})

describe('tool calls', () => {
  const run: Message[] = [
    user('Find it'),
    called('a', 'b'),
    result('a', words(60)),
    result('b', words(60)),
    called('c'),
    result('c', words(60)),
    called('d'),
    result('d', 'found'),
  ]

  it('are removed with their results, oldest first, and the question stays', async () => {
    expect(await trim(run, { maxTokens: (await count(run)) - 1 })).toEqual([run[0], ...run.slice(4)])
    expect(await trim(run, { maxTokens: 60 })).toEqual([run[0], run[6], run[7]])
  })

  it('stay with their results for any limit', async () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 80 })), { maxLength: 14 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 30, max: 900 }), async (steps, maxTokens) => {
        const messages: Message[] = [system, user('Start')]
        for (const [index, [kind, size]] of steps.entries()) {
          if (kind === 0) messages.push(user(words(size)))
          else if (kind === 1) messages.push(said(words(size)))
          else {
            const ids = Array.from({ length: kind - 1 }, (_, call) => `${index}.${call}`)
            messages.push(called(...ids), ...ids.map((id) => result(id, words(size))))
          }
        }
        const before = structuredClone(messages)
        const fitting = await trim(messages, { maxTokens }).catch((error) => {
          expect(error).toBeInstanceOf(ContextWindowExceededError)
          return undefined
        })
        expect(messages).toEqual(before)
        if (!fitting) return
        expect(await count(fitting)).toBeLessThanOrEqual(maxTokens)
        expect(fitting[0]).toBe(system)
        expect(fitting[1]?.role).toBe('user')
        const calls = fitting.flatMap((message) => ('tool_calls' in message ? (message.tool_calls ?? []) : []))
        const results = fitting.flatMap((message) => (message.role === 'tool' ? [message.tool_call_id] : []))
        expect(results).toEqual(calls.map(({ id }) => id))
      }),
      { numRuns: 150 },
    )
  })
})

describe('a remaining text that is too long', () => {
  const long = `START ${words(3_000)} END`

  it('is shortened in its middle', async () => {
    const [question] = await trim([user(long)], { maxTokens: 500 })
    const content = String(question?.content)
    expect(content).toMatch(/^START word0 /)
    expect(content).toMatch(/ END$/)
    expect(content).toMatch(/\n\[… \d+ characters left out …\]\n/)
    const tokens = await count([user(content)])
    expect(tokens).toBeLessThanOrEqual(500)
    expect(tokens).toBeGreaterThan(440)
  })

  it('is shortened as prose before tool results', async () => {
    const messages = [user(long), called('a'), result('a', words(300))]
    const fitting = await trim(messages, { maxTokens: 1_500 })
    expect(fitting[2]).toBe(messages[2])
    expect(fitting[0]).not.toBe(messages[0])
  })

  it('is shortened as a tool result next, as instructions last', async () => {
    const messages = [system, user('What is it?'), called('a'), result('a', long)]
    const fitting = await trim(messages, { maxTokens: 400 })
    expect(fitting.slice(0, 3)).toEqual(messages.slice(0, 3))
    expect(fitting[3]).toMatchObject({ role: 'tool', tool_call_id: 'a' })
    expect(await count(fitting)).toBeLessThanOrEqual(400)
    expect((await trim([{ role: 'system', content: long }, user('Go')], { maxTokens: 400 }))[1]).toEqual(user('Go'))
  })

  it('is shortened without its images and other parts', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png', detail: 'low' } }
    const [message] = await trim([{ role: 'user', content: [{ type: 'text', text: long }, image] }], { maxTokens: 600 })
    expect(message?.content).toEqual([{ type: 'text', text: expect.stringContaining('left out') }, image])
  })

  it('is not cut within an emoji', async () => {
    const [message] = await trim([user('😀'.repeat(3_000))], { maxTokens: 700 })
    expect(String(message?.content)).not.toMatch(/\p{Surrogate}/u)
  })

  it("is an error if it can't or mustn't be shortened", async () => {
    const failed = trim([system, user(long)], { maxTokens: 100 })
    await expect(failed).rejects.toThrow(ContextWindowExceededError)
    await expect(failed).rejects.toThrow(/newest turn must fit .maxTokens. \(100\); got about \d+ tokens/)
    await expect(trim([user(long)], { maxTokens: 500, shorten: false })).rejects.toThrow(ContextWindowExceededError)
    for (const maxTokens of [0, -1, Number.NaN]) {
      await expect(trim([user('Hi')], { maxTokens })).rejects.toThrow("'maxTokens' must be a positive number")
    }
  })
})

describe('without maxTokens', () => {
  const messages = Array.from({ length: 300 }, (_, index) => (index % 2 ? said(words(200)) : user(words(200))))

  it("reserves space for the longest answer in the model's window", async () => {
    // 128,000 and 16,384
    const fitting = await trimMessages(messages, { model })
    expect(await count(fitting)).toBeLessThanOrEqual(128_000 - 16_384)
    expect(fitting).toEqual(await trimMessages(messages, { model, maxTokens: 128_000 - 16_384 }))
    expect(fitting.length).toBeLessThan(messages.length)
  })

  it('uses the limits of a registered model', async () => {
    registerModel('trim-test/small', { contextWindow: 3000, maxOutputTokens: 1000 })
    registerModel('trim-test/input', { maxInputTokens: 2000 })
    const fitting = await trimMessages(messages, { model: 'trim-test/small', estimate: true })
    expect(fitting).toEqual(await trimMessages(messages, { model: 'trim-test/input', estimate: true }))
    expect(fitting).toEqual(await trimMessages(messages, { model: 'trim-test/small', maxTokens: 2000, estimate: true }))
  })

  it('is rejected for a model with an unknown window', async () => {
    await expect(trimMessages(messages, { model: 'nobody/knows' })).rejects.toThrow("window of 'nobody/knows'")
  })
})

describe('with estimates', () => {
  it('fits the estimate', async () => {
    const messages = Array.from({ length: 400 }, (_, index) => (index % 2 ? said(words(30)) : user(words(30))))
    const fitting = await trimMessages(messages, { model: 'claude-sonnet-4-5', maxTokens: 2_000, estimate: true })
    expect(fitting.length).toBeGreaterThan(10)
    expect(fitting.length).toBeLessThan(60)
    expect(fitting.at(-1)).toBe(messages.at(-1))
  })

  it('is fast on long conversations', async () => {
    const messages = Array.from({ length: 20_000 }, (_, index) => (index % 2 ? said(words(20)) : user(words(20))))
    const start = performance.now()
    await trimMessages(messages, { model: 'gpt-4o', maxTokens: 10_000 })
    expect(performance.now() - start).toBeLessThan(8_000)
  })
})
