import { describe, expect, it } from 'vitest'
import type { SettledRecord } from '../../src/types/settled.js'
import { dep, failure, messages, setup, turns } from './helpers.js'

const prices = { input: 1_000_000, output: 1_000_000 }
const usage = { promptTokens: 3, completionTokens: 4 }

/** A Router with a hook that collects its records. */
function recording(options: Partial<Parameters<typeof setup>[0]> = {}) {
  const records: SettledRecord[] = []
  const modelList = [dep('a', { prices, order: 1 }), dep('b', { prices, order: 2 })]
  const at = setup({ modelList, onSettled: (record) => void records.push(record), ...options })
  return { ...at, records }
}

describe('onSettled of a Router', () => {
  it('receives one record for a call with retries, with usage, cost and all attempts', async () => {
    const { mock, router, records } = recording()
    mock.fail({ kind: 'status', status: 500 }, { model: 'a' })
    mock.reply({ text: 'x', usage })
    await router.completion({ model: 'gpt', messages, tags: ['team'], user: 'ann' })
    expect(records).toMatchObject([
      {
        operation: 'chat',
        requestedModel: 'gpt',
        model: 'b',
        outcome: 'success',
        usage: { total_tokens: 7 },
        cost: { total: 7 },
        attempts: [
          { deployment: 'a', outcome: 'internal_server' },
          { deployment: 'b', outcome: 'success' },
        ],
        router: { modelGroup: 'gpt', deployment: 'b' },
        tags: ['team'],
        user: 'ann',
      },
    ])
  })

  it('receives one record for a call that fails in every group', async () => {
    const { mock, router, records } = recording({
      modelList: ['a', dep('c', {}, 'claude')],
      fallbacks: [{ gpt: ['claude'] }],
      numRetries: 0,
    })
    mock.fail({ kind: 'status', status: 503 }, { times: 2 })
    await failure(router.completion({ model: 'gpt', messages }))
    expect(records).toMatchObject([
      {
        outcome: 'overloaded',
        cost: undefined,
        attempts: [{ modelGroup: 'gpt' }, { modelGroup: 'claude' }],
      },
    ])
  })

  it('receives one record for a stream that is read, and one for a stream that is left', async () => {
    const { mock, router, records } = recording()
    mock.reply({ text: 'one two three four', usage }, { times: 2 })
    const call = { model: 'gpt', messages, stream: true as const }
    const read = await router.completion(call)
    expect(records).toHaveLength(0)
    await read.final()
    const left = await router.completion(call)
    for await (const _ of left) break
    await turns()
    expect(records.map(({ outcome, estimated }) => [outcome, estimated])).toEqual([
      ['success', false],
      ['aborted', true],
    ])
    expect(records[1]?.cost?.total).toBeGreaterThan(0)
  })

  it('receives one record for a resumed stream, with the usage of both deployments', async () => {
    const info = { ...prices, abilities: ['assistantPrefill', 'systemMessages'] as const }
    const { mock, router, records } = recording({
      modelList: [dep('a', { prices: info, order: 1 }), dep('b', { prices: info, order: 2 })],
    })
    mock.fail({ kind: 'cut', afterTokens: 2, reply: { text: 'one two three four' } } as never, { model: 'a' })
    mock.reply({ text: 'three four', usage }, { model: 'b' })
    const stream = await router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    await stream.final().catch(() => {})
    await turns()
    expect(records).toHaveLength(1)
  })

  it('receives a record for every operation, and for calls that never reach a deployment', async () => {
    const { router, records } = recording()
    await router.embedding({ model: 'gpt', input: 'x' })
    await router.moderation({ model: 'gpt', input: 'x' })
    await router.responses({ model: 'gpt', input: 'x' })
    await failure(router.completion({ model: 'unknown', messages }))
    await router.close()
    await failure(router.completion({ model: 'gpt', messages }))
    expect(records.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['embedding', 'success'],
      ['moderation', 'success'],
      ['responses', 'success'],
      ['chat', 'bad_request'],
      ['chat', 'api_connection'],
    ])
  })

  it('is called beside the hooks of the client and of the call, each once', async () => {
    const called: string[] = []
    const { router } = recording({
      onSettled: () => void called.push('router'),
      client: {
        onSettled: () => {
          called.push('client')
          throw new Error('a broken hook')
        },
      },
    })
    await router.completion({ model: 'gpt', messages, onSettled: () => void called.push('call') })
    expect(called.sort()).toEqual(['call', 'client', 'router'])
  })

  it('has no record for the copies of mirrorTo', async () => {
    const { router, records, asked } = recording({
      modelList: [dep('a', { mirrorTo: 'copy' }), dep('m', {}, 'copy')],
    })
    await router.completion({ model: 'gpt', messages })
    await turns(60)
    expect(asked().sort()).toEqual(['a', 'm'])
    expect(records).toHaveLength(1)
  })

  it('changes with configure()', async () => {
    const { router, records } = recording()
    router.configure({ modelList: [dep('a')] })
    await router.completion({ model: 'gpt', messages })
    expect(records).toHaveLength(0)
  })
})

describe('parameters and options apart', () => {
  it('are sent as one request', async () => {
    const { router, records } = recording({ modelList: ['a', dep('c', {}, 'claude')] })
    const answer = await router.completion({ model: 'gpt', messages }, { tags: ['team'], fallbacks: ['claude'] })
    expect(answer.meta.router?.deployment).toBe('a')
    expect(records[0]?.tags).toEqual(['team'])
    const vectors = await router.embedding({ model: 'gpt', input: 'x' }, { vectorType: 'float32' })
    expect(vectors.data[0]?.embedding).toBeInstanceOf(Float32Array)
  })

  it.each(['tags', 'fallbacks', 'priority', 'numRetries', 'timeout', 'cache'])(
    'reject the option %s among the parameters',
    async (name) => {
      const { router, asked } = recording()
      const body = { model: 'gpt', messages, [name]: 1 }
      const error = await failure(router.completion(body as never, {}))
      expect(error).toMatchObject({ code: 'bad_request', param: name })
      expect(error.message).toContain(`'${name}' is an option`)
      expect(asked()).toEqual([])
    },
  )
})
