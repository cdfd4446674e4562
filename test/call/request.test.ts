import { describe, expect, it } from 'vitest'
import { callOptions, toSnake } from '../../src/call/options.js'
import { splitRequest } from '../../src/call/request.js'
import { BadRequestError } from '../../src/errors.js'
import { chat } from '../../src/operations/chat.js'
import { embedding } from '../../src/operations/embedding.js'

const messages = [{ role: 'user', content: 'hi' }]

describe('the two casings', () => {
  it('splits a request into parameters and options, without modifying it', () => {
    const request = Object.freeze({ model: 'gpt-4o', messages, temperature: 0, top_k: 5, apiKey: 'k', timeout: 10 })
    expect(splitRequest(request, chat.params)).toEqual({
      params: { model: 'gpt-4o', messages, temperature: 0, top_k: 5 },
      options: { apiKey: 'k', timeout: 10 },
    })
  })

  it('lets unknown snake_case fields through', () => {
    const { params } = splitRequest({ model: 'm', messages, some_new_field: { a: 1 }, transforms: ['x'] }, chat.params)
    expect(params).toMatchObject({ some_new_field: { a: 1 }, transforms: ['x'] })
  })

  it('takes undefined as absent', () => {
    expect(splitRequest({ model: 'm', messages, apiKey: undefined, top_p: undefined }, chat.params)).toEqual({
      params: { model: 'm', messages },
      options: {},
    })
  })

  it.each([
    ['api_key', 'apiKey'],
    ['api_base', 'apiBase'],
    ['base_url', 'apiBase'],
    ['baseURL', 'apiBase'],
    ['APIKey', 'apiKey'],
    ['max_retries', 'maxRetries'],
    ['num_retries', 'maxRetries'],
    ['drop_params', 'dropParams'],
    ['idle_timeout', 'idleTimeout'],
    ['extra_headers', 'headers'],
    ['maxTokens', 'max_tokens'],
    ['maxCompletionTokens', 'max_completion_tokens'],
    ['toolChoice', 'tool_choice'],
    ['responseFormat', 'response_format'],
    ['reasoningEffort', 'reasoning_effort'],
    ['streamOptions', 'stream_options'],
    ['topP', 'top_p'],
    ['stop_sequences', 'stop'],
    ['extraBody', 'extra_body'],
    ['idelTimeout', 'idleTimeout'],
    ['maxRetrys', 'maxRetries'],
    ['toolChoise', 'tool_choice'],
  ])('refuses %s and says %s', (wrong, right) => {
    const attempt = () => splitRequest({ model: 'm', messages, [wrong]: 1 }, chat.params)
    expect(attempt).toThrow(BadRequestError)
    expect(attempt).toThrow(`Did you mean '${right}'?`)
  })

  it('refuses every option in snake_case', () => {
    for (const name of callOptions) {
      const snake = toSnake(name)
      if (snake === name) continue
      expect(() => splitRequest({ model: 'm', messages, [snake]: 1 }, chat.params), snake).toThrow(`'${name}'`)
    }
  })

  it('refuses unknown camelCase, and options of the client', () => {
    expect(() => splitRequest({ model: 'm', messages, fooBar: 1 }, chat.params)).toThrow("Unknown option 'fooBar'")
    expect(() => splitRequest({ model: 'm', messages, connectTimeout: 1 }, chat.params)).toThrow('createClient()')
    expect(() => splitRequest({ model: 'm', input: 'x', encodingFormat: 'float' }, embedding.params)).toThrow(
      "'encoding_format'",
    )
  })

  it('refers options of an account to the provider', () => {
    expect(() => splitRequest({ model: 'm', messages, accessKeyId: 'x' }, chat.params)).toThrow(
      'createClient({ providers: { <provider>: { accessKeyId } } })',
    )
  })

  it.each([
    ['timeout', -1],
    ['timeout', '5s'],
    ['maxRetries', 1.5],
    ['apiKey', 5],
    ['signal', {}],
    ['headers', { a: 1 }],
    ['headers', { a: 'line\nbreak' }],
    ['dispatcher', {}],
    ['dropParams', 'yes'],
  ])('refuses %s = %j', (name, value) => {
    expect(() => splitRequest({ model: 'm', messages, [name]: value }, chat.params)).toThrow(
      name === 'headers' ? /header/ : `'${name}'`,
    )
  })

  it('keeps the value of a bad header out of the message', () => {
    expect(() =>
      splitRequest({ model: 'm', messages, headers: { authorization: 'Bearer sk-canary\n' } }, chat.params),
    ).toThrow(/^(?!.*canary)/)
  })

  it('rejects a misspelled parameter, and passes those of a provider', () => {
    const split = (more: object) => splitRequest({ model: 'm', messages, ...more }, chat.params)
    expect(() => split({ max_token: 5 })).toThrow("Unknown parameter 'max_token'. Did you mean 'max_tokens'?")
    expect(() => split({ temprature: 1 })).toThrow("Did you mean 'temperature'?")
    expect(() => split({ tool_choise: 'auto' })).toThrow("Did you mean 'tool_choice'?")
    const own = { min_tokens: 1, models: ['a'], top_a: 0.1, guided_json: {}, repetition_penalty: 1 }
    expect(split(own).params).toMatchObject(own)
  })

  it('rejects numbers that JSON does not have', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => splitRequest({ model: 'm', messages, temperature: value }, chat.params)).toThrow(
        `'temperature' must be a finite number; got ${value}.`,
      )
    }
  })

  it('does not replace the prototype of the parameters', () => {
    const { params } = splitRequest(JSON.parse('{"model":"m","__proto__":{"polluted":1}}'), chat.params)
    expect((params as { polluted?: number }).polluted).toBeUndefined()
  })

  it('refuses a request that is no object', () => {
    expect(() => splitRequest(null as unknown as object, chat.params)).toThrow('{ model, messages }')
  })
})
