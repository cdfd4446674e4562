import { expect } from 'vitest'
import { ask, type Behaviour, expectUsage, first, said, sent } from './behaviour.js'
import {
  askWeather,
  forecast,
  hello,
  inline,
  look,
  picture,
  toolResults,
  turns,
  weather,
  withSystem,
} from './requests.js'

/** Requests have the same meaning and answers the same shape with every provider. */
export const chats: readonly Behaviour[] = [
  chat('plain', async (scene) => {
    const answer = await ask(scene, { messages: hello })
    expect(answer).toMatchObject({ id: expect.stringMatching(/./), object: 'chat.completion' })
    expect(answer.created).toBeGreaterThan(0)
    expect(answer.model).not.toBe('')
    expect(answer.meta).toMatchObject({ provider: scene.target.id, operation: 'chat', status: 200, warnings: [] })
    const { message, finish_reason: end, index } = first(answer)
    expect([index, end, message.role]).toEqual([0, 'stop', 'assistant'])
    expect(message.content).toBe('You said: Hello there')
  }),
  chat('system message', async (scene) => {
    const answer = await ask(scene, { messages: withSystem })
    expect(first(answer).message.content).toMatch(/^You said: .*Hello there$/s)
    expect(sent(scene)).toContain('Answer like a pirate.')
  }),
  chat('several turns', async (scene) => {
    const answer = await ask(scene, { messages: turns })
    expect(first(answer).message.content).toMatch(/^You said: .*What is my name\?/s)
    const body = sent(scene)
    const places = turns.map(({ content }) => body.indexOf(String(content)))
    expect(places.every((place, at) => place > (places[at - 1] ?? 0))).toBe(true)
  }),
  chat('tools', async (scene) => {
    const answer = await ask(scene, { messages: askWeather, tools: [weather] })
    expect(callsOf(answer)).toEqual([{ name: 'get_weather', arguments: { city: expect.any(String) } }])
    expect(first(answer).finish_reason).toBe('tool_calls')
    expect(idsOf(answer)).toEqual([expect.stringMatching(/./)])
  }),
  chat('parallel tools', async (scene) => {
    const cities = ['Paris', 'Rome']
    scene.mock.reply({ toolCalls: cities.map((city) => ({ name: 'get_weather', arguments: { city } })) })
    const answer = await ask(scene, { messages: askWeather, tools: [weather], parallel_tool_calls: true })
    expect(callsOf(answer)).toEqual(cities.map((city) => ({ name: 'get_weather', arguments: { city } })))
    expect(new Set(idsOf(answer)).size).toBe(2)
  }),
  chat('tool result', async (scene) => {
    const answer = await ask(scene, { messages: toolResults, tools: [weather] })
    expect(first(answer).message.content).toBe(
      'get_weather says: rain and 12 degrees\nget_weather says: sun and 23 degrees',
    )
  }),
  chat('tool round trip', async (scene) => {
    const asked = await ask(scene, { messages: askWeather, tools: [weather] })
    const { message } = first(asked)
    const results = idsOf(asked).map((id) => ({ role: 'tool' as const, tool_call_id: id, content: 'rain' }))
    const answer = await ask(scene, { messages: [...askWeather, message, ...results], tools: [weather] })
    expect(first(answer).message.content).toBe('get_weather says: rain')
  }),
  chat('image by URL', async (scene, { gallery }) => {
    const request = { messages: look(gallery.url), allowPrivateMedia: true }
    const answer = await ask(scene, request, scene.target.models.vision)
    expect(first(answer).message.content).toMatch(/I see 1 image/)
  }),
  chat('image inline', async (scene) => {
    const answer = await ask(scene, { messages: look(inline) }, scene.target.models.vision)
    expect(first(answer).message.content).toContain(`(${picture.length} bytes)`)
  }),
  chat('JSON schema', async (scene) => {
    const request = { messages: askWeather, response_format: forecast }
    let answer = await ask(scene, request)
    const told = answer.meta.warnings.some(({ message }) => /instruction/.test(message))
    if (told) {
      // a model reads the schema in its instructions, but the simulator doesn't
      expect(sent(scene)).toMatch(/degrees.*additionalProperties/)
      scene.mock.reply('{"city":"Paris","degrees":12}')
      answer = await ask(scene, request)
    }
    expect(JSON.parse(first(answer).message.content ?? '')).toEqual({
      city: expect.any(String),
      degrees: expect.any(Number),
    })
    expect(first(answer).finish_reason).toBe('stop')
  }),
  chat('reasoning', async (scene) => {
    const { reasoning: model } = scene.target.models
    const request = { messages: hello, reasoning_effort: 'low' } as const
    const answer = await ask(scene, request, model)
    const { message } = first(answer)
    expect(message.reasoning_content).toMatch(/./)
    expect(message.content).toBe('You said: Hello there')
    expectUsage(answer.usage)
    // the answer is sent back unchanged
    const more = [...hello, message, { role: 'user', content: 'And now?' } as const]
    expect(first(await ask(scene, { ...request, messages: more }, model)).message.content).toBe('You said: And now?')
  }),
  chat('usage', async (scene) => {
    scene.mock.reply({ text: 'Hello', usage: { promptTokens: 40, completionTokens: 12 } })
    const answer = await ask(scene, { messages: hello })
    expectUsage(answer.usage)
    expect(answer.usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 })
    expect(answer.meta.usage).toEqual(answer.usage)
  }),
  chat('cached tokens', async (scene) => {
    scene.mock.reply({ text: 'Hello', usage: { promptTokens: 40, cachedTokens: 16, completionTokens: 12 } })
    const answer = await ask(scene, { messages: hello })
    expectUsage(answer.usage)
    expect(answer.usage).toMatchObject({ prompt_tokens: 40, prompt_tokens_details: { cached_tokens: 16 } })
  }),
  chat('reasoning tokens', async (scene) => {
    const usage = { promptTokens: 40, completionTokens: 12, reasoningTokens: 5 }
    scene.mock.reply({ text: 'Hello', reasoning: 'Say hello.', usage })
    const answer = await ask(scene, { messages: hello }, scene.target.models.reasoning)
    expectUsage(answer.usage)
    expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBe(5)
  }),
  chat('no usage', async (scene) => {
    scene.mock.reply({ text: 'Hello', usage: null })
    const answer = await ask(scene, { messages: hello })
    expect(first(answer).message.content).toBe('Hello')
    expect(answer.usage).toBeUndefined()
  }),
  chat('unknown fields in the answer', async (scene) => {
    const plain = await ask(scene, { messages: hello })
    const { pieces = [], headers = {} } = scene.answers.at(-1) ?? {}
    const body = JSON.parse(Buffer.concat(pieces).toString('utf8'))
    const more = { field_of_tomorrow: { deep: ['kept'] } }
    const grown = Array.isArray(body) ? [{ ...body[0], ...more }] : { ...body, ...more }
    // some hosts report counts in headers
    const { 'content-length': _, ...same } = headers
    scene.mock.reply({ raw: { body: JSON.stringify(grown), headers: same } })
    const answer = await ask(scene, { messages: hello })
    expect(said(answer)).toEqual(said(plain))
    expect(JSON.stringify(answer)).toContain('"field_of_tomorrow":{"deep":["kept"]}')
  }),
  chat('unknown fields in the request', async (scene) => {
    // some hosts reject unknown parameters themselves
    await ask(scene, { messages: hello, extra_body: { field_of_tomorrow: { deep: ['sent'] } } }).catch(() => {})
    expect(sent(scene)).toContain('"field_of_tomorrow":{"deep":["sent"]}')
  }),
  chat('a request that nobody changes', async (scene) => {
    // other requests are frozen; this one is mutable
    const request = { messages: structuredClone([...withSystem, ...turns]), stop: ['END'], dropParams: true }
    const before = JSON.stringify(request)
    await ask(scene, request)
    await ask(scene, request)
    expect(JSON.stringify(request)).toBe(before)
    const [one, other] = scene.mock.requests
    expect(other?.body).toEqual(one?.body)
  }),
]

function chat(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'chat', run }
}

type Answer = Awaited<ReturnType<typeof ask>>

function callsOf(answer: Answer) {
  return first(answer).message.tool_calls?.map((call) => {
    if (call.type !== 'function') throw new Error('a custom call')
    return { name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }
  })
}

const idsOf = (answer: Answer): string[] => (first(answer).message.tool_calls ?? []).map(({ id }) => id)
