import { describe, expect, it } from 'vitest'
import { BadRequestError, parseRequest } from '../src/index.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()
const body = { model: 'openai/gpt-4o', messages: user('hi') }

describe('parseRequest', () => {
  it('returns the parameters of a body in a new object, those of the provider included', () => {
    const given = { ...body, temperature: 0, min_p: 0.1, stream: true }
    const params = parseRequest('chat', given)
    expect(params).toEqual(given)
    expect(params).not.toBe(given)
  })

  it.each([
    ...['apiKey', 'apiBase', 'headers', 'callbacks', 'timeout', 'cache', 'dispatcher', 'tags', 'onSettled', 'signal'],
    ...[
      'fooBar',
      'numRetries',
      'allowPrivateMedia',
      'maxResponseBytes',
      'extra_body',
      'api_base',
      'api_key',
      'base_url',
    ],
  ])('refuses the option %s and names it', (name) => {
    expect(() => parseRequest('chat', { ...body, [name]: 'x' })).toThrow(`'${name}' is not allowed in the body`)
  })

  it('leaves options out on request', () => {
    const given = { ...body, apiBase: 'https://evil.example', api_key: 'x', timeout: 1, extra_body: { model: 'other' } }
    expect(parseRequest('chat', given, { options: 'drop' })).toEqual(body)
  })

  it('refuses a body that would replace a prototype', () => {
    const given = JSON.parse('{"model":"m","input":"x","__proto__":{"apiBase":"https://evil.example"}}')
    expect(() => parseRequest('embedding', given)).toThrow("'__proto__'")
    expect(parseRequest('embedding', given, { options: 'drop' })).toEqual({ model: 'm', input: 'x' })
  })

  it.each([null, undefined, 'text', 5, [body]])('refuses the body %j', (given) => {
    expect(() => parseRequest('chat', given)).toThrow(/must be a JSON object; got/)
  })

  it('validates the shape of each operation', () => {
    expect(() => parseRequest('chat', { model: 'm', messages: [] })).toThrow("'messages'")
    expect(() => parseRequest('embedding', { model: 'm', input: {} })).toThrow("'input'")
    expect(() => parseRequest('rerank', { model: 'm', query: 'q' })).toThrow("'documents'")
    expect(() => parseRequest('moderation', { input: 5 })).toThrow("'input'")
    expect(() => parseRequest('responses', { model: 'm', messages: [] })).toThrow("'messages'")
    expect(() => parseRequest('image' as 'chat', {})).toThrow('must be one of chat, embedding')
  })

  it('refuses schema objects, which JSON does not have', () => {
    const format = { '~standard': { validate: 1 } }
    expect(() => parseRequest('chat', { ...body, response_format: format })).toThrow("'response_format'")
  })
})

describe('parseRequest() of the other APIs of chat', () => {
  it('keeps their fields, in either casing, and refuses options', () => {
    const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
    const given = { model: 'gemini/x', contents, generationConfig: { topK: 1 }, futureField: 1 }
    expect(parseRequest('generateContent', given)).toEqual(given)
    const options = { apiBase: 'x', max_retries: 1 }
    expect(() => parseRequest('generateContent', { ...given, ...options })).toThrow(/'apiBase' is not allowed/)
    expect(parseRequest('generateContent', { ...given, ...options }, { options: 'drop' })).toEqual(given)
    expect(() => parseRequest('messages', { model: 'a/b', messages: [] })).toThrow(/'messages' must be a non-empty/)
  })
})

describe('a call with options apart', () => {
  it('sends the parameters and applies the options', async () => {
    sim().reply({ text: 'ok' })
    const params = parseRequest('chat', { ...body, temperature: 0.5 })
    const answer = await client().completion(params, { headers: { 'x-mine': '1' } })
    expect('choices' in answer && answer.choices[0]?.message.content).toBe('ok')
    expect(sim().requests[0]?.body).toMatchObject({ temperature: 0.5 })
    expect(sim().requests[0]?.headers).toMatchObject({ 'x-mine': '1' })
  })

  it('refuses an option among the parameters', async () => {
    const call = client().completion({ ...body, timeout: 5 }, {})
    expect(await rejection(call)).toMatchObject({
      code: 'bad_request',
      message: "'timeout' is an option: pass it in the second argument of completion().",
    })
    expect(await rejection(client().embedding({ model: 'openai/x', input: 'a', apiBase: 'x' }, {}))).toBeInstanceOf(
      BadRequestError,
    )
    expect(sim().requests).toHaveLength(0)
  })

  it('refuses a parameter or an unknown name among the options', async () => {
    const wrong = (options: object) => rejection(client().completion(body, options))
    expect(await wrong({ temperature: 1 })).toMatchObject({ message: expect.stringContaining('first argument') })
    expect(await wrong({ timeOut: 1 })).toMatchObject({ message: expect.stringContaining("Did you mean 'timeout'?") })
    expect(await wrong({ foo: 1 })).toMatchObject({ message: expect.stringContaining("Unknown option 'foo'") })
  })
})
