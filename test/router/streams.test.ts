import { describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/index.js'
import type { ChatCompletionChunk } from '../../src/types/chat.js'
import { dep, failure, held, messages, nothing, setup, sleep } from './helpers.js'

const text = 'The quick brown fox jumps over the lazy dog'
const chunks = text.split(/(?= )/)
const two = [dep('a', { order: 1 }), dep('b', { order: 2 })]

describe('a failure before the first content of a stream', () => {
  it.each<[string, Fault, string]>([
    ['an error event in a 200', { kind: 'error-event', afterChunks: 0 }, 'internal_server'],
    ['a stall', { kind: 'silence', afterChunks: 0 }, 'timeout'],
    ['a stall with keep-alive', { kind: 'silence', afterChunks: 0, keepAliveMs: 5 }, 'timeout'],
    ['a late first token', { kind: 'slow-first-token', ms: 5_000, keepAliveMs: 5 }, 'timeout'],
    ['a close', { kind: 'end', afterChunks: 0 }, 'stream_interrupted'],
    ['a broken socket', { kind: 'cut', afterChunks: 0 }, 'stream_interrupted'],
    ['no connection', { kind: 'reset' }, 'api_connection'],
    ['HTML', { kind: 'garbage', what: 'html' }, 'invalid_response'],
    ['an error status', { kind: 'status', status: 500 }, 'internal_server'],
  ])('is hidden from the reader: %s', async (_, fault, outcome) => {
    for (const fallback of [false, true]) {
      const { router, mock } = setup({
        modelList: fallback ? [dep('a'), dep('b', {}, 'other')] : two,
        firstTokenTimeout: 40,
        ...(fallback && { fallbacks: [{ gpt: ['other'] }], numRetries: 0 }),
      })
      mock.fail(fault, { model: 'a' })
      mock.reply({ text, chunks }, { model: 'b' })
      const stream = await router.completion({ model: 'gpt', messages, stream: true })
      const seen: ChatCompletionChunk[] = []
      for await (const chunk of stream) seen.push(chunk)
      expect(seen.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text)
      expect(new Set(seen.map(({ id }) => id)).size).toBe(1)
      expect(seen.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1)
      expect(stream.meta.attempts).toMatchObject([
        { deployment: 'a', outcome },
        { deployment: 'b', outcome: 'success' },
      ])
      expect(stream.meta.router).toMatchObject({ deployment: 'b', fallbacks: fallback ? 1 : 0 })
      expect(held(router)).toEqual(nothing)
    }
  })
})

describe('a failure after the first content', () => {
  it.each<[string, Fault, string]>([
    ['an error event', { kind: 'error-event', afterChunks: 3 }, 'internal_server'],
    ['silence', { kind: 'silence', afterChunks: 3 }, 'timeout'],
    ['a close', { kind: 'end', afterChunks: 3 }, 'stream_interrupted'],
    ['a broken socket', { kind: 'cut', afterChunks: 3 }, 'stream_interrupted'],
  ])('throws an error with the partial answer, without another attempt: %s', async (_, fault, code) => {
    const { router, mock, asked } = setup({ modelList: two, idleTimeout: 40 })
    mock.fail(fault, { model: 'a' })
    mock.reply({ text, chunks }, { model: 'a' })
    const stream = await router.completion({ model: 'gpt', messages, stream: true })
    let seen = ''
    const error = await failure(
      (async () => {
        for await (const chunk of stream) seen += chunk.choices[0]?.delta.content ?? ''
      })(),
    )
    expect(error.code).toBe(code)
    expect(seen).toBe('The quick brown')
    expect(error.partial?.choices[0]?.message.content).toBe(seen)
    expect(error.attempts).toMatchObject([{ deployment: 'a', outcome: code }])
    expect(stream.meta.attempts).toMatchObject([{ deployment: 'a', outcome: code }])
    expect(asked()).toEqual(['a'])
    expect(held(router)).toEqual(nothing)
    expect(router.deployment('a')).toMatchObject({ failures: 1, successes: 0 })
  })
})

describe("resume: 'continue'", () => {
  const claude = (id: string, model = 'claude-haiku-4-5', params = {}) => ({
    id,
    modelName: 'gpt',
    params: { model: `anthropic/${model}`, apiKey: `key-${id}`, order: id === 'a' ? 1 : 2, ...params },
  })
  const usage = (promptTokens: number, completionTokens: number) => ({ promptTokens, completionTokens })

  const broken = (
    fault: Fault,
    first: string[],
    rest: string[],
    modelList = [claude('a', 'claude-sonnet-4-20250514'), claude('b')],
  ) => {
    const at = setup({ modelList, idleTimeout: 60 })
    at.mock.fail(fault, { model: modelList[0]?.params.model.split('/')[1] ?? '' })
    at.mock.reply({ text: first.join(''), chunks: first, usage: usage(10, 20) })
    at.mock.reply({ text: rest.join(''), chunks: rest, usage: usage(30, 5) })
    return at
  }
  const read = async (stream: AsyncIterable<ChatCompletionChunk>) => {
    const seen: ChatCompletionChunk[] = []
    for await (const chunk of stream) seen.push(chunk)
    return { seen, said: seen.map(({ choices }) => choices[0]?.delta.content ?? '').join('') }
  }

  it.each<[string, Fault, string]>([
    ['an error event', { kind: 'error-event', afterChunks: 3 }, 'overloaded'],
    ['silence', { kind: 'silence', afterChunks: 3 }, 'timeout'],
    ['a close', { kind: 'end', afterChunks: 3 }, 'stream_interrupted'],
    ['a broken socket', { kind: 'cut', afterChunks: 3 }, 'stream_interrupted'],
  ])('continues on another deployment after %s', async (_, fault, code) => {
    const at = broken(fault, chunks, [' fox jumps', ' over'])
    const stream = await at.router.completion({
      model: 'gpt',
      messages,
      stream: true,
      resume: 'continue',
      stream_options: { include_usage: true },
    })
    const { seen, said } = await read(stream)
    expect(said).toBe('The quick brown fox jumps over')
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1)
    expect(new Set(seen.map(({ model }) => model)).size).toBe(1)
    expect(seen.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1)
    expect(seen.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
    const usages = seen.flatMap((chunk) => chunk.usage ?? [])
    expect(usages).toHaveLength(1)
    const [sum] = usages
    expect(sum?.total_tokens).toBe((sum?.prompt_tokens ?? 0) + (sum?.completion_tokens ?? 0))
    expect(sum?.prompt_tokens).toBeGreaterThan(30)
    expect(stream.meta.usage).toEqual(sum)
    expect(at.mock.requests[1]?.body).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: 'The quick brown' }],
    })
    expect(stream.meta.attempts).toMatchObject([
      { deployment: 'a', outcome: code },
      { deployment: 'b', outcome: 'success' },
    ])
    expect(at.events.filter(({ type }) => type === 'resume')).toMatchObject([{ from: 'a', to: 'b' }])
    await sleep(1)
    expect(held(at.router)).toEqual(nothing)
  })

  it('continues from the last break', async () => {
    const fault = { kind: 'cut', afterChunks: 3 } as const
    const at = setup({ modelList: [claude('a'), claude('b', 'claude-sonnet-4-20250514')] })
    at.mock.fail(fault, { model: 'claude-haiku-4-5' })
    at.mock.fail(fault, { model: 'claude-sonnet-4-20250514' })
    const parts = [chunks, [' fox', ' jumps', ' over', ' it'], [' all']]
    for (const part of parts) at.mock.reply({ text: part.join(''), chunks: part })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    expect((await read(stream)).said).toBe('The quick brown fox jumps over all')
    expect(at.events.filter(({ type }) => type === 'resume')).toMatchObject([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ])
  })

  it('shows usage only if the caller asked for it', async () => {
    const at = broken({ kind: 'cut', afterChunks: 3 }, chunks, [' fox'])
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    const { seen, said } = await read(stream)
    expect(said).toBe('The quick brown fox')
    expect(seen.flatMap((chunk) => chunk.usage ?? [])).toHaveLength(0)
    expect(stream.meta.usage).toBeDefined()
  })

  it('returns the complete text', async () => {
    const at = broken({ kind: 'cut', afterChunks: 3 }, chunks, [' fox'])
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    const answer = await stream.final()
    expect(answer.choices).toMatchObject([
      { finish_reason: 'stop', message: { role: 'assistant', content: 'The quick brown fox' } },
    ])
  })

  it.each([
    ['space at the end, said again', ['One', ' two '], [' three'], 'One two  three'.replace('  ', ' ')],
    ['space at the end, not said again', ['One', ' two '], ['three'], 'One two three'],
    ['lines at the end, said in part', ['One', ' two\n\n'], ['\n', 'three'], 'One two\n\nthree'],
    ['no space at the end', ['One', ' two'], [' three'], 'One two three'],
    ['in the middle of a word', ['One', ' tw'], ['o three'], 'One two three'],
  ])('joins the texts without a seam: %s', async (_, first, rest, whole) => {
    const at = broken({ kind: 'cut', afterChunks: 2 }, [...first, ' lost'], rest)
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    expect((await read(stream)).said).toBe(whole)
    const sent = at.mock.requests[1]?.body as { messages: { content: unknown }[] } | undefined
    expect(JSON.stringify(sent?.messages.at(-1)?.content)).not.toMatch(/\s"|\\n"/)
  })

  it('continues again when the continuation breaks', async () => {
    const at = setup({
      modelList: [
        claude('a', 'claude-sonnet-4-20250514'),
        claude('b'),
        claude('c', 'claude-opus-4-20250514', { order: 3 }),
      ],
    })
    at.mock.fail({ kind: 'cut', afterChunks: 1 }, { times: 2 })
    at.mock.reply({ text: 'One two', chunks: ['One', ' two'] })
    at.mock.reply({ text: ' two three', chunks: [' two', ' three'] })
    at.mock.reply({ text: ' three four', chunks: [' three', ' four'] })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    expect((await read(stream)).said).toBe('One two three four')
    expect(held(at.router)).toEqual(nothing)
  })

  const stays = async (at: ReturnType<typeof setup>, request: object, seen: string) => {
    const stream = await at.router.completion({
      model: 'gpt',
      messages,
      stream: true,
      resume: 'continue',
      ...request,
    } as never)
    const error = await failure(read(stream as never))
    expect(error.partial?.choices[0]?.message.content ?? '').toBe(seen)
    expect(at.mock.requests).toHaveLength(1)
    expect(held(at.router)).toEqual(nothing)
    return error
  }
  it('does not apply if no model is known to continue a text', async () => {
    const at = setup({
      modelList: [dep('a', { order: 1, model: 'openai/gpt-4o' }), dep('b', { order: 2, model: 'openai/gpt-4o-mini' })],
    })
    at.mock.fail({ kind: 'cut', afterChunks: 3 })
    at.mock.reply({ text, chunks })
    expect(await stays(at, {}, 'The quick brown')).toMatchObject({ code: 'stream_interrupted' })
  })
  it('continues on the same deployment if no other supports it', async () => {
    const at = setup({ modelList: [claude('a'), dep('b', { order: 2, model: 'openai/gpt-4o' })] })
    at.mock.fail({ kind: 'cut', afterChunks: 1 })
    at.mock.reply({ text: 'One two', chunks: ['One', ' two'] })
    at.mock.reply({ text: ' two' })
    const stream = await at.router.completion({ model: 'gpt', messages, stream: true, resume: 'continue' })
    expect((await read(stream)).said).toBe('One two')
    expect(stream.meta.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'a'])
  })
  it('does not apply within a tool call', async () => {
    const at = setup({ modelList: [claude('a', 'claude-sonnet-4-20250514'), claude('b')] })
    at.mock.fail({ kind: 'cut', afterChunks: 2 })
    at.mock.reply({
      text: 'Let me see',
      chunks: ['Let me see'],
      toolCalls: [{ name: 'find', arguments: { what: 'a long argument' } }],
    })
    const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }]
    await stays(at, { tools }, 'Let me see')
  })
  it('does not apply without the option, or after an abort', async () => {
    const at = broken({ kind: 'cut', afterChunks: 3 }, chunks, [' fox'])
    await stays(at, { resume: undefined }, 'The quick brown')
    const other = setup({ modelList: [claude('a'), claude('b')] })
    other.mock.reply({ text, chunks, chunkDelayMs: 10 })
    const stop = new AbortController()
    const stream = await other.router.completion({
      model: 'gpt',
      messages,
      stream: true,
      resume: 'continue',
      signal: stop.signal,
    })
    const reading = failure(read(stream))
    stop.abort()
    expect(await reading).toMatchObject({ code: 'aborted' })
    await sleep(5)
    expect(other.mock.requests).toHaveLength(1)
    expect(held(other.router)).toEqual(nothing)
  })
})
