import { describe, expect, it } from 'vitest'
import { toNumbers, toVector } from '../src/call/vectors.js'
import { BadRequestError, InvalidResponseError } from '../src/index.js'
import { rejection, simulated } from './helpers/simulated.js'

const { sim, client } = simulated()
const model = 'openai/text-embedding-3-small'

describe('embedding', () => {
  it('gives vectors in the order of the inputs, whichever way they travel', async () => {
    const input = ['Hello world', 'How are you?']
    const base64 = await client().embedding({ model, input })
    const float = await client().embedding({ model, input, encoding_format: 'float' })
    const view = await client().embedding({ model, input, vectorType: 'float32' })
    expect(sim().requests.map((request) => (request.body as { encoding_format?: string }).encoding_format)).toEqual([
      'base64',
      'float',
      'base64',
    ])
    expect(base64.data.map((item) => item.index)).toEqual([0, 1])
    expect(base64.data[0]?.embedding).not.toEqual(base64.data[1]?.embedding)
    expect(view.data[0]?.embedding).toBeInstanceOf(Float32Array)
    for (const [index, item] of base64.data.entries()) {
      expect(Array.isArray(item.embedding)).toBe(true)
      expect(Array.from(view.data[index]?.embedding ?? [])).toEqual(item.embedding)
      const exact = float.data[index]?.embedding ?? []
      expect(exact).toHaveLength(item.embedding.length)
      for (const [at, value] of exact.entries()) expect(item.embedding[at]).toBeCloseTo(value, 6)
    }
    expect(base64.usage?.total_tokens).toBeGreaterThan(0)
    expect(base64.meta).toMatchObject({ operation: 'embedding', provider: 'openai', usage: base64.usage })
  })

  it('passes dimensions and user on', async () => {
    const { data } = await client().embedding({ model, input: 'one', dimensions: 8, user: 'u' })
    expect(data[0]?.embedding).toHaveLength(8)
    expect(sim().requests[0]?.body).toMatchObject({ dimensions: 8, user: 'u', input: 'one' })
  })

  it('splits lists beyond the limit, and joins the answers in order', async () => {
    const input = Array.from({ length: 5000 }, (_, at) => `text ${at}`)
    const answer = await client().embedding({ model, input })
    expect(
      sim()
        .requests.map((request) => (request.body as { input: string[] }).input.length)
        .sort(),
    ).toEqual([2048, 2048, 904].sort())
    expect(answer.data).toHaveLength(5000)
    expect(answer.data.every((item, at) => item.index === at)).toBe(true)
    const alone = await client().embedding({ model, input: ['text 0', 'text 2048', 'text 4999'] })
    expect([0, 2048, 4999].map((at) => answer.data[at]?.embedding)).toEqual(alone.data.map((item) => item.embedding))
    expect(answer.usage?.total_tokens).toBeGreaterThan(4000)
    expect(answer.meta.attempts).toHaveLength(3)
    expect(answer.meta.retries).toBe(0)
  })

  it('fails as a whole when one part fails, and stops the others', async () => {
    sim().fail({ kind: 'slow-headers', ms: 5000 }, { times: 2 })
    sim().fail({ kind: 'status', status: 400 })
    const input = Array.from({ length: 6000 }, (_, at) => `text ${at}`)
    const error = await rejection(client().embedding({ model, input }))
    expect(error).toMatchObject({ code: 'bad_request', status: 400 })
    await Promise.all(sim().requests.map((request) => request.closed))
    expect(sim().requests.filter((request) => request.closedByClient)).toHaveLength(2)
  })

  it('takes token ids', async () => {
    expect((await client().embedding({ model, input: [1, 2, 3] })).data).toHaveLength(1)
    expect((await client().embedding({ model, input: [[1, 2], [3]] })).data).toHaveLength(2)
  })

  it('rejects invalid input before anything is sent', async () => {
    for (const input of [[], [1, 'a'], ['a', 5], {}, null]) {
      expect(await rejection(client().embedding({ model, input: input as string[] }))).toBeInstanceOf(BadRequestError)
    }
    expect(await rejection(client().embedding({ model, input: ['a', null] as string[] }))).toMatchObject({
      message: expect.stringContaining('input[1] is null'),
    })
    expect(await rejection(client().embedding({ model: 'anthropic/claude-sonnet-4-5', input: 'a' }))).toMatchObject({
      message: expect.stringContaining('no embedding models'),
    })
    expect(sim().requests).toHaveLength(0)
  })

  it('rejects an answer with too few vectors', async () => {
    const body = { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1, 2] }] }
    sim().reply({ raw: { body } }, { times: 9 })
    const call = client().embedding({ model, input: ['a', 'b'], maxRetries: 0 })
    expect(await rejection(call)).toBeInstanceOf(InvalidResponseError)
  })
})

describe('embedding of long lists', () => {
  it('splits by the tokens of a request', async () => {
    const texts = Array.from({ length: 700 }, (_, at) => `${at} ${'some words '.repeat(300)}`)
    const { data, usage } = await client().embedding({ model, input: texts })
    expect(data.map(({ index }) => index)).toEqual(texts.map((_, at) => at))
    const sizes = sim().requests.map(({ body }) => (body as { input: string[] }).input.length)
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes) * 600).toBeLessThanOrEqual(300_000)
    expect(usage?.prompt_tokens).toBeGreaterThan(0)
  })

  it('splits token ids by their number', async () => {
    const ids = Array.from({ length: 5 }, () => Array.from({ length: 100_000 }, (_, at) => at % 1000))
    await client().embedding({ model, input: ids })
    expect(
      sim()
        .requests.map(({ body }) => (body as { input: unknown[] }).input.length)
        .sort(),
    ).toEqual([2, 3])
  })

  it('puts the results so far on the error of a later batch', async () => {
    const input = Array.from({ length: 2048 * 2 + 3 }, (_, at) => `text ${at}`)
    sim().reply(
      ({ body }) =>
        (body as { input: string[] }).input.length === 3
          ? { raw: { status: 400, body: { error: { message: 'no' } } } }
          : undefined,
      { times: 3 },
    )
    const settled: { outcome: string; usage: unknown }[] = []
    const call = client().embedding({ model, input, maxRetries: 0, onSettled: (record) => settled.push(record) })
    const error = await rejection(call)
    expect(error).toBeInstanceOf(BadRequestError)
    const { partialEmbedding: partial } = error as BadRequestError
    expect(settled).toMatchObject([{ outcome: 'bad_request', usage: partial?.usage }])
    for (const { index, embedding } of partial?.data ?? []) {
      expect(index).toBeLessThan(4096)
      expect(embedding.length).toBeGreaterThan(0)
    }
    expect(JSON.stringify(error)).not.toContain('partialEmbedding')
  })
})

describe('vectors of an answer', () => {
  const reply = (...embedding: unknown[]) =>
    sim().reply({ raw: { body: { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding }] } } })

  it('must have numbers only', async () => {
    for (const wrong of [null, '0.5', {}]) {
      reply(0.5, wrong)
      const call = client().embedding({ model, input: 'a', maxRetries: 0 })
      expect(await rejection(call)).toMatchObject({ code: 'invalid_response' })
    }
  })

  it('must not be empty', async () => {
    for (const embedding of [[], '', 'AAA=']) {
      sim().reply({
        raw: { body: { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding }] } },
      })
      const call = client().embedding({ model, input: 'a', maxRetries: 0 })
      expect(await rejection(call)).toMatchObject({ code: 'invalid_response' })
    }
  })

  it('are reported with a warning if their length differs from dimensions', async () => {
    reply(1, 2, 3)
    const { meta } = await client().embedding({ model, input: 'a', dimensions: 2 })
    expect(meta.warnings).toMatchObject([{ type: 'dropped', param: 'dimensions' }])
    reply(1, 2)
    expect((await client().embedding({ model, input: 'a', dimensions: 2 })).meta.warnings).toEqual([])
  })

  it('are not made of the text of an image', async () => {
    const call = client().embedding({ model, input: ['a', 'data:image/png;base64,iVBORw0KGgo='] })
    expect(await rejection(call)).toMatchObject({ code: 'bad_request', param: 'input' })
    expect(sim().requests).toHaveLength(0)
  })
})

describe('decoding vectors', () => {
  const base64 = (numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')

  it('is exact for float32, long and short', () => {
    for (const length of [0, 1, 3, 1536, 3072]) {
      const numbers = Array.from({ length }, (_, at) => Math.fround(Math.sin(at)))
      expect(toNumbers(base64(numbers))).toEqual(numbers)
      expect(Array.from(toVector(base64(numbers)))).toEqual(numbers)
      expect(toNumbers(numbers)).toBe(numbers)
    }
  })

  it('gives vectors that own their memory', () => {
    const vector = toVector(base64([1, 2, 3]))
    expect(vector.buffer.byteLength).toBe(12)
  })
})
