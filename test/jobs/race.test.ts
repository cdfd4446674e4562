import { describe, expect, it } from 'vitest'
import type { LLMError } from '../../src/index.js'
import { race } from '../../src/jobs/index.js'
import { rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const models = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5']
const messages = user('hi')

describe('race()', () => {
  it('returns the first answer and aborts the other calls', async () => {
    sim().reply({ text: 'late', delayMs: 5000 }, { wire: 'openai' })
    sim().reply({ text: 'fast', delayMs: 500 }, { wire: 'anthropic' })
    const answer = await race(client(), { models, messages })
    expect(answer.choices[0]?.message.content).toBe('fast')
    expect(
      sim()
        .requests.map(({ wire }) => wire)
        .sort(),
    ).toEqual(['anthropic', 'openai'])
    const slow = sim().requests.find(({ wire }) => wire === 'openai')
    await expect.poll(() => slow?.closedByClient).toBe(true)
  })

  it('lets the stream of the winner run', async () => {
    sim().reply({ text: 'late', delayMs: 5000 }, { wire: 'openai' })
    sim().reply({ text: 'one two three', chunkDelayMs: 5 }, { wire: 'anthropic' })
    const stream = await race(client(), { models, messages, stream: true })
    expect(await stream.text()).toBe('one two three')
  })

  it('waits for the head start, and no longer if a model fails', async () => {
    sim().fail({ kind: 'status', status: 400 }, { wire: 'openai' })
    const started = performance.now()
    const answer = await race(client(), { models, messages }, { stagger: 60_000 })
    expect(answer.meta.provider).toBe('anthropic')
    expect(performance.now() - started).toBeLessThan(30_000)
    sim().reset()
    expect((await race(client(), { models, messages }, { stagger: 60_000 })).meta.provider).toBe('openai')
    expect(sim().requests).toHaveLength(1)
  })

  it('fails with the attempts of all models', async () => {
    sim().fail({ kind: 'status', status: 400 }, { times: 2 })
    const error = (await rejection(race(client(), { models, messages }))) as LLMError
    expect(error.attempts.map(({ provider }) => provider).sort()).toEqual(['anthropic', 'openai'])
  })

  it('is aborted by the signal of the caller', async () => {
    sim().reply({ text: 'late', delayMs: 5000 }, { times: 2 })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    expect(await rejection(race(client(), { models, messages, signal: stop.signal }))).toMatchObject({
      code: 'aborted',
    })
  })

  it('needs two models', async () => {
    expect(((await rejection(race(client(), { models: ['openai/gpt-4o'], messages }))) as Error).message).toBe(
      "'models' must have two or more model names; got an array.",
    )
  })
})
