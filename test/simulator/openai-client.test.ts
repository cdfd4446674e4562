import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'

let simulator: Simulator
let client: OpenAI

beforeAll(async () => {
  simulator = await startSimulator()
  client = new OpenAI({ apiKey: 'sk-any', baseURL: simulator.openaiBase, maxRetries: 0 })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

const hello = [{ role: 'user', content: 'Hello there' }] as const satisfies OpenAI.ChatCompletionMessageParam[]
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const satisfies OpenAI.ChatCompletionTool

async function collect(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<OpenAI.ChatCompletionChunk[]> {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe('the openai package against the simulator', () => {
  it('receives an answer derived from the last user message', async () => {
    const { data, request_id } = await client.chat.completions
      .create({ model: 'gpt-4o', messages: [...hello] })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('You said: Hello there')
    expect(data.choices[0]?.finish_reason).toBe('stop')
    expect(data.model).toBe('gpt-4o')
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0))
    expect(request_id).toMatch(/^req_\w+$/)
  })

  it('streams the same answer, with usage only on request', async () => {
    const request = { model: 'gpt-4o', messages: [...hello], stream: true as const }
    const plain = await collect(await client.chat.completions.create(request))
    expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('You said: Hello there')
    expect(plain.some((chunk) => chunk.usage)).toBe(false)
    const counted = await collect(
      await client.chat.completions.create({ ...request, stream_options: { include_usage: true } }),
    )
    expect(counted.at(-1)?.choices).toEqual([])
    expect(counted.at(-1)?.usage?.prompt_tokens).toBe(10)
  })

  it('calls the tool that the message is about, and quotes its result', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: "What's the weather in New York?" }]
    const first = await client.chat.completions.create({ model: 'gpt-4o', messages, tools: [weather] })
    const message = first.choices[0]?.message
    const call = message?.tool_calls?.[0]
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"New York"}' } })
    if (!message || !call) throw new Error('no call')
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' })
    const second = await client.chat.completions.create({ model: 'gpt-4o', messages, tools: [weather] })
    expect(second.choices[0]?.message.content).toBe('get_weather says: 21 degrees')
  })

  it('streams a tool call in several deltas', async () => {
    const runner = client.chat.completions.stream({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'weather in Paris' }],
      tools: [weather],
    })
    const answer = await runner.finalChatCompletion()
    expect(answer.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
    })
  })

  it('follows tool_choice', async () => {
    const ask = (tool_choice: OpenAI.ChatCompletionToolChoiceOption) =>
      client.chat.completions.create({ model: 'gpt-4o', messages: [...hello], tools: [weather], tool_choice })
    expect((await ask('auto')).choices[0]?.message.tool_calls).toBeUndefined()
    expect((await ask('required')).choices[0]?.message.tool_calls).toHaveLength(1)
    const named = await ask({ type: 'function', function: { name: 'get_weather' } })
    expect(named.choices[0]?.message.tool_calls).toHaveLength(1)
    // as the real API does where the call was not the model's choice
    expect(named.choices[0]?.finish_reason).toBe('stop')
    const messages = [{ role: 'user', content: 'weather?' }] as const satisfies OpenAI.ChatCompletionMessageParam[]
    const none = await client.chat.completions.create({ model: 'm', messages, tools: [weather], tool_choice: 'none' })
    expect(none.choices[0]?.message.content).toBe('You said: weather?')
  })

  it('fills in a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 3 } },
      required: ['title', 'score'],
    }
    const answer = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [...hello],
      response_format: { type: 'json_schema', json_schema: { name: 'review', schema } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ title: 'example title', score: 3 })
    const object = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [...hello],
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(object.choices[0]?.message.content ?? '')).toEqual({ answer: 'You said: Hello there' })
  })

  it('reads images, reasons, and follows stop and max_tokens', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(68).toString('base64')}`
    const images = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
          ],
        },
      ],
    })
    expect(images.choices[0]?.message.content).toContain('2 images: image/png (68 bytes), from example.com')
    const reasoned = await client.chat.completions.create({
      model: 'o3',
      messages: [...hello],
      reasoning_effort: 'low',
    })
    expect(reasoned.choices[0]?.message).toHaveProperty('reasoning_content')
    expect(reasoned.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0)
    const stopped = await client.chat.completions.create({ model: 'm', messages: [...hello], stop: ' there' })
    expect(stopped.choices[0]?.message.content).toBe('You said: Hello')
    const cut = await client.chat.completions.create({ model: 'm', messages: [...hello], max_tokens: 2 })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'You said' } })
  })

  it('returns the requested number of choices', async () => {
    const request = { model: 'gpt-4o', messages: [...hello], n: 3 }
    const whole = await client.chat.completions.create(request)
    const texts = whole.choices.map((choice) => choice.message.content)
    expect(new Set(texts).size).toBe(3)
    const streamed = ['', '', '']
    for (const chunk of await collect(await client.chat.completions.create({ ...request, stream: true }))) {
      for (const { index, delta } of chunk.choices) streamed[index] += delta.content ?? ''
    }
    expect(streamed).toEqual(texts)
  })

  it('returns the same vectors as floats and base64', async () => {
    const request = { model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8 }
    const floats = await client.embeddings.create({ ...request, encoding_format: 'float' })
    // the package asks for base64 by itself and decodes it
    const decoded = await client.embeddings.create(request)
    expect(simulator.requests[1]?.body).toMatchObject({ encoding_format: 'base64' })
    expect(decoded.data.map((item) => [...item.embedding])).toEqual(floats.data.map((item) => item.embedding))
    expect(floats.data[0]?.embedding).toHaveLength(8)
    expect(floats.data[0]?.embedding).not.toEqual(floats.data[1]?.embedding)
    expect(Math.hypot(...(floats.data[0]?.embedding ?? []))).toBeCloseTo(1)
    simulator.reply({ vectors: [[1, 2, 3]] })
    expect((await client.embeddings.create({ model: 'm', input: 'x' })).data[0]?.embedding).toEqual([1, 2, 3])
  })

  it('lists models', async () => {
    const ids = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toContain('gpt-4o-mini')
    expect((await client.models.retrieve('gpt-4o')).id).toBe('gpt-4o')
  })

  it("raises the package's error classes for faults", async () => {
    const ask = (model = 'm') => client.chat.completions.create({ model, messages: [...hello] })
    const classes = {
      400: OpenAI.BadRequestError,
      401: OpenAI.AuthenticationError,
      403: OpenAI.PermissionDeniedError,
      404: OpenAI.NotFoundError,
      409: OpenAI.ConflictError,
      422: OpenAI.UnprocessableEntityError,
      429: OpenAI.RateLimitError,
      500: OpenAI.InternalServerError,
      502: OpenAI.InternalServerError,
    }
    for (const [status, type] of Object.entries(classes)) {
      simulator.fail({ kind: 'status', status: Number(status) })
      await expect(ask()).rejects.toBeInstanceOf(type)
    }
    await expect(ask('fail-quota')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
    await expect(ask('fail-context-window')).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
    await expect(ask('reset')).rejects.toBeInstanceOf(OpenAI.APIConnectionError)
    simulator.fail({ kind: 'error-event', afterChunks: 2, status: 503 })
    const stream = await client.chat.completions.create({ model: 'm', messages: [...hello], stream: true })
    await expect(collect(stream)).rejects.toMatchObject({ error: { code: 'overloaded' } })
  })

  it('retries after the delay of the fault', async () => {
    const patient = new OpenAI({ apiKey: 'sk-any', baseURL: simulator.openaiBase, maxRetries: 2 })
    simulator.fail({ kind: 'status', status: 429, retryAfterMs: 5 }, { times: 2 })
    simulator.reply('third time')
    const answer = await patient.chat.completions.create({ model: 'm', messages: [...hello] })
    expect(answer.choices[0]?.message.content).toBe('third time')
    expect(simulator.requests.map(({ status }) => status)).toEqual([429, 429, 200])
  })
})
