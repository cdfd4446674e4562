import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseRouterOptions } from '../../src/router/parse-options.js'
import { Router } from '../../src/router/router.js'
import { thrown } from './helpers.js'

const gpt = { modelName: 'gpt', params: { model: 'openai/gpt-4o', apiKey: 'os.environ/PARSE_TEST_KEY' } }
const claude = { modelName: 'claude', params: { model: 'anthropic/claude-sonnet-4-5', apiKey: 'key' } }
const message = (json: unknown) => thrown(() => parseRouterOptions(json)).message

describe('parseRouterOptions()', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('takes text as well as an object, and resolves environment variables', () => {
    vi.stubEnv('PARSE_TEST_KEY', 'from the environment')
    const config = { modelList: [gpt, claude], fallbacks: [{ gpt: ['claude'] }], numRetries: 1 }
    for (const json of [config, JSON.stringify(config)]) {
      const options = parseRouterOptions(json)
      expect(options.modelList[0]?.params.apiKey).toBe('from the environment')
      expect(new Router(options).modelGroups).toEqual(['gpt', 'claude'])
    }
    expect(config.modelList[0]?.params.apiKey).toBe('os.environ/PARSE_TEST_KEY')
  })

  it('reports an environment variable that is not set, with its path', () => {
    expect(message({ modelList: [claude, gpt] })).toBe(
      "'modelList[1].params.apiKey' refers to the environment variable PARSE_TEST_KEY, which is not set.",
    )
  })

  it.each([
    ['{ "modelList": [', /^The options of a Router must be valid JSON: /],
    ['[]', 'The options of a Router must be an object; got an empty array.'],
    [null, 'The options of a Router must be an object; got null.'],
    [{}, "'modelList' is required."],
    [{ modelList: [claude], numRetrys: 2 }, "Unknown option 'numRetrys'. Did you mean 'numRetries'?"],
    [{ modelList: [claude], numRetries: '2' }, "'numRetries' must be a number; got a string."],
    [{ modelList: [claude], queue: { maxsize: 2 } }, "Unknown option 'queue.maxsize'. Did you mean 'maxSize'?"],
    [
      { modelList: [{ ...claude, params: { ...claude.params, temprature: 0 } }] },
      "Unknown option 'modelList[0].params.temprature'. Did you mean 'temperature'? Put a field of the provider's own into 'extra_body'.",
    ],
    [
      { modelList: [claude], fallbacks: [{ claude: ['gpt'] }] },
      "'fallbacks[0].claude' refers to an unknown model group 'gpt'. Known groups: 'claude'.",
    ],
    [
      { modelList: [claude], fallbacks: [{ cluade: ['claude'] }] },
      "'fallbacks[0]' refers to an unknown model group 'cluade'. Did you mean 'claude'?",
    ],
    [
      { modelList: [claude], modelGroupAlias: { best: 'opus' } },
      "'modelGroupAlias.best' refers to an unknown model group 'opus'. Known groups: 'claude'.",
    ],
    [
      { modelList: [claude], routingStrategy: 'fastest' },
      "'routingStrategy' must be one of simple-shuffle, least-busy, usage-based, latency-based, cost-based, order, or a function; got a string.",
    ],
    [
      { modelList: [claude], retryPolicy: { RateLimitErr: 2 } },
      "Unknown option 'retryPolicy.RateLimitErr'. Did you mean 'RateLimitError'?",
    ],
  ] as [unknown, string | RegExp][])('rejects %j', (json, expected) => {
    if (typeof expected === 'string') expect(message(json)).toBe(expected)
    else expect(message(json)).toMatch(expected)
  })

  it('never shows the value of a key', () => {
    const params = { ...claude.params, apiKey: { secret: 'sk-hidden' } }
    const error = thrown(() => parseRouterOptions({ modelList: [{ ...claude, params }], apiKey: 'sk-hidden' }))
    expect(JSON.stringify([error.message, error])).not.toContain('sk-hidden')
  })
})
