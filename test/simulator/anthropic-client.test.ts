import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'

let simulator: Simulator
let client: Anthropic

beforeAll(async () => {
  simulator = await startSimulator()
  client = new Anthropic({ apiKey: 'any', baseURL: simulator.anthropicBase, maxRetries: 0 })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

const hello = [{ role: 'user', content: 'Hello there' }] as const satisfies Anthropic.MessageParam[]
const base = { model: 'claude-sim-1', max_tokens: 4_000, messages: [...hello] }
const thinking = { type: 'enabled', budget_tokens: 1_024 } as const
const weather: Anthropic.Tool = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

describe('the Anthropic package talks to the simulator', () => {
  it('returns an answer derived from the last user message', async () => {
    const answer = await client.messages.create(base)
    expect(answer.content).toEqual([{ type: 'text', text: 'You said: Hello there' }])
    expect(answer.stop_reason).toBe('end_turn')
    expect(answer.usage.input_tokens).toBeGreaterThan(0)
    expect(answer._request_id).toMatch(/^req_\w+$/)
  })

  it('streams the same answer as a non-streamed call returns', async () => {
    const whole = await client.messages.create({ ...base, thinking })
    const streamed = await client.messages.stream({ ...base, thinking }).finalMessage()
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.stop_reason).toBe('end_turn')
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
    expect(whole.content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^E/) })
  })

  it('calls a tool, streamed and not, and quotes its result', async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: "What's the weather in Paris?" }]
    const first = await client.messages.create({ ...base, messages, tools: [weather], thinking })
    expect(first.stop_reason).toBe('tool_use')
    const call = first.content.find((block) => block.type === 'tool_use')
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } })
    const streamed = await client.messages.stream({ ...base, messages, tools: [weather] }).finalMessage()
    expect(streamed.content[0]).toMatchObject({ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } })
    if (!call) throw new Error('no call')
    messages.push({ role: 'assistant', content: first.content })
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '21 degrees' }] })
    const second = await client.messages.create({ ...base, messages, tools: [weather], thinking })
    expect(second.content.at(-1)).toEqual({ type: 'text', text: 'get_weather says: 21 degrees' })
  })

  it('follows tool_choice and output_config', async () => {
    const any = await client.messages.create({ ...base, tools: [weather], tool_choice: { type: 'any' } })
    expect(any.stop_reason).toBe('tool_use')
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const json = await client.messages.create({ ...base, output_config: { format: { type: 'json_schema', schema } } })
    expect(json.content[0]).toEqual({ type: 'text', text: '{"ok":true}' })
  })

  it('reports cache usage: written by the first turn, read by the second', async () => {
    const system: Anthropic.TextBlockParam[] = [
      { type: 'text', text: 'x'.repeat(400), cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]
    const first = await client.messages.create({ ...base, system })
    expect(first.usage).toMatchObject({
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_1h_input_tokens: 100, ephemeral_5m_input_tokens: 0 },
    })
    const messages: Anthropic.MessageParam[] = [
      ...hello,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'text', text: 'y'.repeat(40), cache_control: { type: 'ephemeral' } }] },
    ]
    const second = await client.messages.create({ ...base, system, messages })
    expect(second.usage.cache_read_input_tokens).toBeGreaterThanOrEqual(100)
    expect(second.usage.cache_creation?.ephemeral_5m_input_tokens).toBeGreaterThanOrEqual(10)
    const plain = await client.messages.create(base)
    expect(plain.usage.cache_creation_input_tokens).toBe(0)
  })

  it('counts tokens and lists models', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: base.model, messages: [...hello] })
    expect(input_tokens).toBe((await client.messages.create(base)).usage.input_tokens)
    const ids = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids.length).toBeGreaterThan(0)
  })

  it('rejects a thinking block with a wrong signature', async () => {
    const first = await client.messages.create({ ...base, thinking })
    const again = (content: Anthropic.ContentBlockParam[]) =>
      client.messages.create({
        ...base,
        thinking,
        messages: [...hello, { role: 'assistant', content }, { role: 'user', content: 'And?' }],
      })
    await expect(again(first.content)).resolves.toBeDefined()
    const changed = first.content.map((block) => (block.type === 'thinking' ? { ...block, thinking: 'else' } : block))
    await expect(again(changed)).rejects.toThrow('Invalid `signature` in `thinking` block')
  })

  it('rejects requests that the real API rejects', async () => {
    const ask = (change: object) => client.messages.create({ ...base, ...change })
    const call = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }
    const result = { type: 'tool_result', tool_use_id: 'toolu_2', content: 'x' }
    await expect(ask({ messages: [{ role: 'system', content: 'x' }] })).rejects.toThrow('Unexpected role')
    await expect(ask({ messages: [{ role: 'assistant', content: [call] }, ...hello] })).rejects.toThrow('toolu_1')
    await expect(ask({ messages: [{ role: 'user', content: [result] }] })).rejects.toThrow('toolu_2')
    await expect(ask({ thinking: { type: 'enabled', budget_tokens: 5_000 } })).rejects.toThrow('max_tokens')
    await expect(ask({ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] })).rejects.toThrow(
      'non-empty',
    )
    const odd = { ...call, id: 'call:1' }
    await expect(ask({ messages: [{ role: 'assistant', content: [odd] }, ...hello] })).rejects.toThrow('tool_use.id')
    await expect(ask({ messages: [{ role: 'assistant', content: '' }, ...hello] })).rejects.toThrow('non-empty content')
    const prefill = { role: 'assistant', content: 'So ' }
    await expect(ask({ messages: [...hello, prefill] })).rejects.toThrow('trailing whitespace')
    await expect(ask({ temperature: 1.5 })).rejects.toThrow('range: 0..1')
    await expect(ask({ tools: [{ ...weather, name: 'get.weather' }] })).rejects.toThrow('tools.0.custom.name')
    const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }
    await expect(ask({ system: Array(5).fill(marked) })).rejects.toThrow('maximum of 4 blocks')
    const history = [...hello, { role: 'assistant', content: [call] }]
    const answered = [...history, { role: 'user', content: [{ ...result, tool_use_id: 'toolu_1' }] }]
    await expect(ask({ thinking, messages: answered })).rejects.toThrow('must start with a thinking block')
  })

  it("raises the package's error classes for faults", async () => {
    const ask = (model: string) => client.messages.create({ ...base, model })
    await expect(ask('fail-401')).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
    await expect(ask('fail-429')).rejects.toBeInstanceOf(Anthropic.RateLimitError)
    await expect(ask('fail-529')).rejects.toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } })
    await expect(ask('fail-quota')).rejects.toMatchObject({ status: 400 })
    const stream = client.messages.stream({ ...base, model: 'error-after-2' })
    await expect(stream.finalMessage()).rejects.toMatchObject({ error: { error: { type: 'overloaded_error' } } })
    const cut = client.messages.stream({ ...base, model: 'end-after-2' })
    await expect(cut.finalMessage()).rejects.toThrow()
  })
})
