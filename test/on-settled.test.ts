import { describe, expect, it } from 'vitest'
import type { SettledRecord } from '../src/index.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()
const request = { model: 'openai/gpt-4o', messages: user('hi') }
const words = Array.from({ length: 50 }, (_, at) => `word${at} `)

function recording(options: object = {}) {
  const records: SettledRecord[] = []
  return { records, client: client({ maxRetries: 0, onSettled: (record) => records.push(record), ...options }) }
}

describe('onSettled', () => {
  it('gets usage, cost and attempts of an answer', async () => {
    sim().reply({ text: 'ok', usage: { promptTokens: 9, completionTokens: 4 } })
    const { records, client } = recording()
    await client.completion({ ...request, tags: ['a'], user: 'ann' })
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      operation: 'chat',
      requestedModel: 'openai/gpt-4o',
      provider: 'openai',
      model: 'gpt-4o',
      outcome: 'success',
      error: undefined,
      usage: { prompt_tokens: 9, completion_tokens: 4 },
      estimated: false,
      attempts: [{ outcome: 'success' }],
      tags: ['a'],
      user: 'ann',
      stream: false,
    })
    expect(records[0]?.cost?.total).toBeGreaterThan(0)
  })

  it('gets the error and the attempts of a call that fails', async () => {
    sim().fail({ kind: 'status', status: 429 })
    const { records, client } = recording()
    const error = await rejection(client.completion(request))
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ outcome: 'rate_limit', attempts: [{ status: 429 }], usage: undefined })
    expect(records[0]?.error).toBe(error)
  })

  it('gets calls that are refused before anything is sent', async () => {
    const { records, client } = recording()
    await rejection(client.completion({ ...request, messages: [] }))
    expect(records).toMatchObject([{ outcome: 'bad_request', attempts: [], cost: undefined }])
  })

  it('gets a stream when its last chunk has come', async () => {
    sim().reply({ text: words.join(''), chunks: words, chunkDelayMs: 2 })
    const { records, client } = recording()
    const stream = await client.completion({ ...request, stream: true })
    expect(records).toHaveLength(0)
    await stream.final()
    await stream.final()
    expect(records).toMatchObject([{ outcome: 'success', stream: true, estimated: false }])
    expect(records[0]?.usage?.total_tokens).toBeGreaterThan(0)
  })

  it('gets a stream that is left, in the same tick and with estimated usage', async () => {
    sim().reply({ text: words.join(''), chunks: words, chunkDelayMs: 2 })
    const { records, client } = recording()
    const stream = await client.completion({ ...request, stream: true })
    for await (const _ of stream) break
    expect(records).toMatchObject([{ outcome: 'aborted', estimated: true }])
    expect(records[0]?.cost?.total).toBeGreaterThan(0)
  })

  it('gets a stream that is aborted, cut or closed by the end of the client once', async () => {
    const { records, client } = recording()
    sim().reply({ text: words.join(''), chunks: words, chunkDelayMs: 2 })
    const aborted = await client.completion({ ...request, stream: true })
    aborted.abort()
    await rejection(aborted.final())
    sim().fail({ kind: 'cut', afterChunks: 2 })
    await rejection((await client.completion({ ...request, stream: true })).final())
    await client.close()
    await rejection(client.completion(request))
    expect(records.map(({ outcome }) => outcome)).toEqual(['aborted', 'stream_interrupted', 'api_connection'])
  })

  it('is called for the call as well as for the client', async () => {
    const { records, client } = recording()
    const own: SettledRecord[] = []
    await client.completion({ ...request, onSettled: (record) => own.push(record) })
    expect(own).toEqual(records)
  })

  it('does not break a call when it throws', async () => {
    const { client } = recording({
      onSettled() {
        throw new Error('of the hook')
      },
    })
    const answer = await client.completion(request)
    expect(answer.choices).toHaveLength(1)
    const stream = await client.completion({ ...request, stream: true })
    expect(await stream.text()).not.toBe('')
  })

  it('must be a function', async () => {
    const { client } = recording()
    const call = client.completion({ ...request, onSettled: 5 as unknown as () => void })
    expect(await rejection(call)).toMatchObject({ message: "'onSettled' must be a function; got 5." })
  })
})
