import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type LLMError, Router } from '../../src/index.js'
import { partialRun, runTools, streamTools, tool, toolResult } from '../../src/tools/index.js'
import { models, rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const model = 'openai/gpt-4o'
const messages = user('What is the weather?')

const weather = tool({
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string(), days: z.coerce.number().default(1) }),
  execute: ({ city, days }) => ({ city, days, celsius: 18 }),
})
const call = (name: string, given: object | string, id?: string) => ({ name, arguments: given, ...(id && { id }) })
const calls = (...toolCalls: ReturnType<typeof call>[]) => sim().reply({ toolCalls } as never)
/** The last request as the model got it. */
const lastSent = () => JSON.stringify(sim().requests.at(-1)?.body)

describe('runTools()', () => {
  it.each(models)('runs the tools of %s until it answers', async (name) => {
    calls(call('get_weather', { city: 'Oslo' }))
    sim().reply('18 degrees in Oslo.')
    const result = await runTools(client(), { model: name, max_tokens: 100, messages, tools: { get_weather: weather } })
    expect(result).toMatchObject({ text: '18 degrees in Oslo.', end: 'answer' })
    expect(result.steps[0]?.calls).toMatchObject([
      { status: 'done', name: 'get_weather', input: { city: 'Oslo', days: 1 }, output: { celsius: 18 } },
    ])
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    expect(lastSent()).toContain('celsius')
    expect(messages).toHaveLength(1)
  })

  it('keeps values that JSON has no form for, and refuses bytes', async () => {
    const tools = {
      map: tool({ execute: () => ({ at: new Map([['a', 1n]]), tags: new Set(['x']), on: new Date(0) }) }),
      error: tool({ execute: () => ({ reason: new RangeError('too far') }) }),
      bytes: tool({ execute: () => ({ picture: Buffer.from([1, 2]) }) }),
    }
    calls(...Object.keys(tools).map((name) => call(name, {}, `call_${name}`)))
    const { messages: sent } = await runTools(client(), { model, messages, tools })
    expect(sent.flatMap((message) => (message.role === 'tool' ? [message.content] : []))).toEqual([
      '{"at":[["a","1"]],"tags":["x"],"on":"1970-01-01T00:00:00.000Z"}',
      '{"reason":{"name":"RangeError","message":"too far"}}',
      'Error: The result of a tool must be JSON; got bytes. Return toolResult() with an image or a file.',
    ])
  })

  it('sums usage and cost of all steps', async () => {
    sim().reply({
      toolCalls: [call('get_weather', { city: 'Oslo' })],
      usage: { promptTokens: 10, completionTokens: 2 },
    } as never)
    sim().reply({ text: 'ok', usage: { promptTokens: 20, completionTokens: 3 } })
    const result = await runTools(client(), { model, messages, tools: { get_weather: weather } })
    expect(result.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 5, total_tokens: 35 })
    const costs = result.steps.map(({ answer }) => answer.meta.cost.total ?? Number.NaN)
    expect(result.cost).toBeCloseTo((costs[0] ?? 0) + (costs[1] ?? 0), 12)
  })

  it('runs the calls of one answer at the same time, and answers them in their order', async () => {
    let running = 0
    let most = 0
    const slow = tool({
      parameters: z.object({ ms: z.number() }),
      async execute({ ms }) {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, ms))
        running--
        return ms
      },
    })
    calls(call('slow', { ms: 30 }, 'call_a'), call('slow', { ms: 1 }, 'call_b'), call('slow', { ms: 10 }, 'call_c'))
    const result = await runTools(client(), { model, messages, tools: { slow } })
    expect(most).toBe(3)
    const answers = result.messages.filter(({ role }) => role === 'tool')
    expect(answers.map((message) => 'tool_call_id' in message && message.tool_call_id)).toEqual([
      'call_a',
      'call_b',
      'call_c',
    ])
  })

  it('limits the tools at the same time', async () => {
    let running = 0
    let most = 0
    const one = tool({
      async execute() {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 2))
        running--
      },
    })
    calls(...Array.from({ length: 6 }, (_, at) => call('one', {}, `call_${at}`)))
    await runTools(client(), { model, messages, tools: { one } }, { parallel: 2 })
    expect(most).toBe(2)
  })

  it('hands the exception of a tool to the model', async () => {
    const broken = tool({
      execute() {
        throw new RangeError('the station is closed')
      },
    })
    calls(call('broken', {}))
    sim().reply('Sorry.')
    const result = await runTools(client(), {
      model: 'anthropic/claude-sonnet-4-5',
      max_tokens: 50,
      messages,
      tools: { broken },
    })
    expect(result.steps[0]?.calls[0]).toMatchObject({
      status: 'failed',
      error: 'the station is closed',
      cause: expect.any(RangeError),
    })
    expect(lastSent()).toContain('Error: the station is closed')
    expect(lastSent()).toContain('"is_error":true')
    expect(result.text).toBe('Sorry.')
  })

  it('lets the model correct an unknown tool and wrong arguments', async () => {
    calls(call('multi_tool_use.parallel', {}))
    calls(call('get_weather', { town: 'Oslo' }))
    calls(call('get_weather', { city: 'Oslo' }))
    const { steps } = await runTools(client(), { model, messages, tools: { get_weather: weather } })
    expect(steps.map((step) => step.calls[0]?.status)).toEqual(['invalid', 'invalid', 'done', undefined])
    expect(steps[0]?.calls[0]).toMatchObject({
      error: "Unknown tool 'multi_tool_use.parallel'. Known tools: get_weather.",
    })
    expect(steps[1]?.calls[0]).toMatchObject({
      error: expect.stringMatching(/^The arguments don't fit the schema:\ncity: /),
    })
  })

  it('repairs broken arguments, and arguments that were encoded twice', async () => {
    calls(call('get_weather', "{city: 'Oslo',}"))
    calls(call('get_weather', JSON.stringify('{"city":"Rome"}')))
    const { steps } = await runTools(client(), { model, messages, tools: { get_weather: weather } })
    expect(steps[0]?.calls[0]).toMatchObject({ status: 'done', repaired: true, input: { city: 'Oslo' } })
    expect(steps[1]?.calls[0]).toMatchObject({ status: 'done', repaired: true, input: { city: 'Rome' } })
  })

  it('does not complete arguments that were cut at the limit of output tokens', async () => {
    let ran = false
    const erase = tool({
      parameters: z.object({ path: z.string() }),
      execute() {
        ran = true
      },
    })
    sim().reply({ toolCalls: [call('erase', '{"path":"/home')], finishReason: 'length' } as never)
    const { steps } = await runTools(client(), { model, messages, tools: { erase } })
    expect(ran).toBe(false)
    expect(steps[0]?.calls[0]).toMatchObject({
      status: 'invalid',
      error: expect.stringMatching(/^The arguments were cut/),
    })
  })

  it('sends texts as they are, other results as JSON, and images as parts', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo='
    const tools = {
      text: tool({ execute: () => 'plain' }),
      nothing: tool({ execute: () => {} }),
      big: tool({ execute: () => ({ n: 5n }) }),
      image: tool({ execute: () => toolResult({ content: [{ type: 'image_url', image_url: { url } }] }) }),
      bad: tool({ execute: () => toolResult({ content: 'no such row', isError: true }) }),
      circular: tool({
        execute() {
          const self: { self?: object } = {}
          self.self = self
          return self
        },
      }),
    }
    calls(...Object.keys(tools).map((name) => call(name, {}, `call_${name}`)))
    const result = await runTools(client(), { model: 'anthropic/claude-sonnet-4-5', max_tokens: 50, messages, tools })
    const contents = result.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))
    expect(contents.slice(0, 3)).toEqual(['plain', 'Done.', '{"n":"5"}'])
    expect(contents[4]).toBe('no such row')
    expect(contents[5]).toMatch(/^Error: .*circular/i)
    expect(lastSent()).toContain('iVBORw0KGgo=')
    expect(result.steps[0]?.calls.map(({ status }) => status)).toEqual([
      'done',
      'done',
      'done',
      'done',
      'failed',
      'failed',
    ])
  })

  it('stops at the limit of steps, with a conversation that can go on', async () => {
    sim().reply(
      ({ body }) => ({ toolCalls: [call('get_weather', { city: `${JSON.stringify(body).length}` })] }) as never,
      { times: 9 },
    )
    const result = await runTools(client(), { model, messages, tools: { get_weather: weather } }, { maxSteps: 3 })
    expect(result.end).toBe('max_steps')
    expect(result.steps).toHaveLength(3)
    expect(result.steps[2]?.calls[0]).toMatchObject({ status: 'skipped', error: 'The limit of steps was reached.' })
    expect(result.messages.at(-1)?.role).toBe('tool')
    sim().reset()
    sim().reply('fine')
    const more = await runTools(client(), { model, messages: result.messages, tools: { get_weather: weather } })
    expect(more.text).toBe('fine')
  })

  it('starts no call after the limit of costs', async () => {
    sim().reply(
      {
        toolCalls: [call('get_weather', { city: 'a' })],
        usage: { promptTokens: 1000, completionTokens: 1000 },
      } as never,
      { times: 99 },
    )
    const result = await runTools(client(), { model, messages, tools: { get_weather: weather } }, { maxCost: 0.02 })
    expect(result.end).toBe('max_cost')
    expect(result.steps).toHaveLength(2)
  })

  it('runs a tool that needs approval only if it is approved, one question at a time', async () => {
    const ran: number[] = []
    let asking = 0
    const pay = tool({
      parameters: z.object({ amount: z.number() }),
      needsApproval: ({ amount }) => amount > 10,
      execute: ({ amount }) => void ran.push(amount),
    })
    calls(call('pay', { amount: 5 }, 'a'), call('pay', { amount: 50 }, 'b'), call('pay', { amount: 500 }, 'c'))
    const { steps } = await runTools(
      client(),
      { model, messages, tools: { pay } },
      {
        async approve({ name, input }) {
          expect([name, ++asking]).toEqual(['pay', 1])
          await new Promise((resolve) => setTimeout(resolve, 5))
          asking--
          return (input as { amount: number }).amount < 100 || 'too much'
        },
      },
    )
    expect(ran).toEqual([5, 50])
    expect(steps[0]?.calls[2]).toMatchObject({ status: 'denied', error: 'The call was not approved: too much' })
  })

  it('ends at once if it is aborted, also if a tool does not listen', async () => {
    const stop = new AbortController()
    const deaf = tool({ execute: () => new Promise(() => {}) })
    calls(call('deaf', {}))
    setTimeout(() => stop.abort('bye'), 30)
    const error = await rejection(runTools(client(), { model, messages, tools: { deaf }, signal: stop.signal }))
    expect(error.code).toBe('aborted')
  })

  it('ends a tool that takes too long, and tells it so by its signal', async () => {
    let signal: AbortSignal | undefined
    const slow = tool({
      timeout: 10,
      execute: (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    calls(call('slow', {}))
    const { steps } = await runTools(client(), { model, messages, tools: { slow } })
    expect(steps[0]?.calls[0]).toMatchObject({ status: 'failed', error: 'The tool took longer than 10 ms.' })
    expect(signal?.aborted).toBe(true)
  })

  it('keeps the part of a run that fails', async () => {
    calls(call('get_weather', { city: 'Oslo' }))
    sim().fail(({ body }) => (JSON.stringify(body).includes('celsius') ? { kind: 'status', status: 400 } : undefined))
    const error = await rejection(runTools(client(), { model, messages, tools: { get_weather: weather } }))
    expect(error.code).toBe('bad_request')
    const part = partialRun(error)
    expect(part?.steps).toHaveLength(1)
    expect(part?.cost).toBeGreaterThan(0)
    expect(part?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  })

  it('forces a call in the first step only', async () => {
    calls(call('get_weather', { city: 'Oslo' }))
    await runTools(client(), { model, messages, tools: { get_weather: weather }, tool_choice: 'required' })
    expect(sim().requests.map(({ body }) => (body as { tool_choice: string }).tool_choice)).toEqual([
      'required',
      'auto',
    ])
  })

  it('changes the request of a step', async () => {
    calls(call('get_weather', { city: 'Oslo' }))
    await runTools(
      client(),
      { model, messages, tools: { get_weather: weather } },
      {
        prepareStep: ({ step }) => (step === 1 ? { model: 'openai/gpt-4o-mini' } : undefined),
      },
    )
    expect(sim().requests.map((request) => request.model)).toEqual(['gpt-4o', 'gpt-4o-mini'])
  })

  it('parses the last answer with a schema', async () => {
    calls(call('get_weather', { city: 'Oslo' }))
    sim().reply('{"celsius":18}')
    const { parsed } = await runTools(client(), {
      ...{ model, messages, tools: { get_weather: weather } },
      response_format: z.object({ celsius: z.number() }),
    })
    expect(parsed?.celsius).toBe(18)
  })

  it('runs over a Router', async () => {
    const router = new Router({
      modelList: [{ modelName: 'chat', params: { model, apiKey: 'k', apiBase: sim().openaiBase } }],
    })
    calls(call('get_weather', { city: 'Oslo' }))
    const { answer } = await runTools(router, { model: 'chat', messages, tools: { get_weather: weather }, tags: ['a'] })
    expect(answer.meta.router?.modelGroup).toBe('chat')
    await router.close()
  })

  it('names wrong arguments', async () => {
    const wrong = async (request: object, options = {}) =>
      (await rejection(runTools(client(), { model, messages, tools: {}, ...request } as never, options))).message
    expect(await wrong({ tools: [] })).toMatch(/^'tools' must be an object such as .*; got an empty array\.$/)
    expect(await wrong({ tools: { a: {} } })).toBe("'tools.a.execute' must be a function; got undefined.")
    expect(await wrong({ tools: { a: tool({ needsApproval: true, execute: () => 1 }) } })).toBe(
      "'approve' must be a function, because the tool 'a' needs approval; got undefined.",
    )
    expect(await wrong({ stream: true })).toBe("'stream' must be absent; got true. Use streamTools().")
    expect(await wrong({}, { maxSteps: 0 })).toBe("'maxSteps' must be an integer of 1 or more; got 0.")
  })
})

describe('streamTools()', () => {
  it.each(models)('streams chunks, calls and results of %s', async (name) => {
    calls(call('get_weather', { city: 'Oslo' }))
    sim().reply('It is warm.')
    const run = streamTools(client(), { model: name, max_tokens: 50, messages, tools: { get_weather: weather } })
    const events: { type: string }[] = []
    let text = ''
    for await (const event of run) {
      events.push(event)
      if (event.type === 'chunk' && event.step === 1) text += event.chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('It is warm.')
    const types = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1])
    expect(types).toEqual(['chunk', 'tool_call', 'tool_result', 'step', 'chunk', 'step'])
    const result = await run.final()
    expect(result.text).toBe('It is warm.')
    expect(result.usage?.total_tokens).toBeGreaterThan(0)
    expect(result.cost).toBeGreaterThan(0)
  })

  it('reports results as they come', async () => {
    const slow = tool({
      parameters: z.object({ ms: z.number() }),
      execute: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
    })
    calls(call('slow', { ms: 60 }, 'a'), call('slow', { ms: 1 }, 'b'))
    const order: string[] = []
    for await (const event of streamTools(client(), { model, messages, tools: { slow } })) {
      if (event.type === 'tool_result') order.push(event.call.id)
    }
    expect(order).toEqual(['b', 'a'])
  })

  it('ends tools and calls if its reader leaves', async () => {
    let signal: AbortSignal | undefined
    const deaf = tool({
      execute: (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const quick = tool({ execute: () => 1 })
    calls(call('deaf', {}, 'a'), call('quick', {}, 'b'))
    const run = streamTools(client(), { model, messages, tools: { deaf, quick } })
    for await (const event of run) if (event.type === 'tool_result') break
    expect(signal?.aborted).toBe(true)
    expect((await rejection(run.final())).message).toMatch(/was left before its end/)
  })

  it('runs without a reader', async () => {
    sim().reply('done')
    expect((await streamTools(client(), { model, messages, tools: {} }).final()).text).toBe('done')
  })

  it('fails in the loop and in final()', async () => {
    sim().fail({ kind: 'status', status: 400 }, { times: 2 })
    const run = streamTools(client(), { model, messages, tools: {} })
    await expect(
      (async () => {
        for await (const _ of run);
      })(),
    ).rejects.toThrow()
    await expect(run.final()).rejects.toThrow()
    await expect(streamTools(client(), { model, messages, tools: {} }).final()).rejects.toThrow()
  })
})
