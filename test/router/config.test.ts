import { afterEach, describe, expect, it, vi } from 'vitest'
import { Router } from '../../src/router/router.js'
import type { RouterOptions } from '../../src/router/types.js'
import { dep, failure, messages, setup, stopTime, thrown, turns } from './helpers.js'

const make = (options: object) => new Router({ modelList: [dep('a')], ...options } as RouterOptions)
const message = (options: object) => thrown(() => make(options)).message

describe('an error of the options names the path of the field', () => {
  it.each([
    [{ modelList: [] }, "'modelList' must have at least one deployment; got an empty array."],
    [{ modelList: [{ modelName: 'a', params: {} }] }, "'modelList[0].params.model'"],
    [{ modelList: [dep('a'), { ...dep('b'), modelName: '' }] }, "'modelList[1].modelName' must not be empty"],
    [{ modelList: [dep('a', { rpm: -1 })] }, "'modelList[0].params.rpm' must be more than 0"],
    [
      { modelList: [dep('a', { maxParallelRequests: 0 })] },
      "'modelList[0].params.maxParallelRequests' must be 1 or more",
    ],
    [
      { modelList: [dep('a', { budgetDuration: '1y' })] },
      "'modelList[0].params.budgetDuration' must be a duration such as",
    ],
    [{ modelList: [dep('a', { weight: '2' as unknown as number })] }, "'modelList[0].params.weight'"],
    [{ modelList: [{ ...dep('a'), modelname: 'b' }] }, "Unknown option 'modelList[0].modelname'"],
    [{ routingStrategy: 'fastest' }, "'routingStrategy' must be one of simple-shuffle"],
    [{ numRetries: 1.5 }, "'numRetries'"],
    [{ retryPolicy: { RateLimit: 3 } }, "Unknown option 'retryPolicy.RateLimit'"],
    [{ groupRetryPolicy: { a: { TimeoutError: -1 } } }, "'groupRetryPolicy.a.TimeoutError' must be 0 or more"],
    [{ allowedFailsPolicy: { TimeoutError: 'x' } }, "'allowedFailsPolicy.TimeoutError'"],
    [{ fallbacks: [{ gpt: 'claude' }] }, "'fallbacks[0].gpt'"],
    [{ fallbacks: [{ gpt: [1] }] }, "'fallbacks[0].gpt[0]' must be a model group"],
    [{ budgets: { router: { maxBudget: 1, budgetDuration: 'week' } } }, "'budgets.router.budgetDuration'"],
    [{ budgets: { providers: { openai: {} } } }, "'budgets.providers.openai.maxBudget'"],
    [{ queue: true }, "'queue' must be false or"],
    [{ healthCheck: { every: 3 } }, "'healthCheck.every'"],
    [{ cooldown_time: 3 }, "Unknown option 'cooldown_time'"],
    [{ latencyBuffer: -1 }, "'latencyBuffer' must be 0 or more"],
    [{ modelList: undefined }, "'modelList' is required."],
    [{ modelList: {} }, "'modelList' must be an array; got an object."],
    [{ modelList: [dep('a', { rpm: '500' } as object)] }, "'modelList[0].params.rpm' must be a number; got a string."],
    [{ numRetries: '3' }, "'numRetries' must be a number; got a string."],
    [{ numRetries: 1.5 }, "'numRetries' must be an integer; got 1.5."],
    [{ timeout: Number.POSITIVE_INFINITY }, "'timeout' must be a number; got Infinity."],
    [{ modelGroupAlias: { '': 'a' } }, "'modelGroupAlias.' must not be empty"],
    [{ affinity: { by: ['session', 'user'] } }, "'affinity.by[1]' must be one of session, response, prompt"],
    [{ queue: { maxSize: -1 } }, "'queue.maxSize' must be 0 or more; got -1."],
    [{ budgets: { tags: { a: { budgetDuration: '1d' } } } }, "'budgets.tags.a.maxBudget' is required."],
    [{ modelList: [dep('a'), null] }, "'modelList[1]' must be an object; got null."],
    [{ enforceLimits: 1 }, "'enforceLimits' must be a boolean; got 1."],
    [{ fallbacks: { gpt: ['a'] } }, "'fallbacks' must be an array; got an object."],
    [
      { budgets: { router: { maxBudget: 1, budgetWindow: 'week' } } },
      "'budgets.router.budgetWindow' must be one of rolling, calendar; got a string.",
    ],
    [{ model_list: [] }, "Unknown option 'model_list'. Did you mean 'modelList'?"],
    [{ fallbacks: [{ gpt: [{ model: 'a', apiKey: 'k' }] }] }, "must not have 'apiKey', which belongs to a deployment"],
    [
      { fallbacks: [{ gpt: [{ model: 'a', timeout: 5 }] }] },
      "must not have 'timeout', which belongs to the complete call",
    ],
    [
      { defaultFallbacks: [{ model: 'a', numRetries: 0 }] },
      "must not have 'numRetries', which belongs to the complete call",
    ],
    [
      { defaultFallbacks: [{ model: 'a', maxTokens: 5 }] },
      "has an unknown option 'maxTokens'. Did you mean 'max_tokens'?",
    ],
    [{ fallbacks: [{ gpt: [{ model: 'a', rpm: 5 }] }] }, "must not have 'rpm', which belongs to a deployment"],
    [{ fallbacks: [{ gpt: [{ model: 'a', apikey: 'k' }] }] }, "has an unknown option 'apikey'. Did you mean 'apiKey'?"],
  ])('for %j', (options, expected) => {
    expect(message(options)).toContain(expected)
  })

  it.each([
    [{ maxTokens: 5 }, "'modelList[0].params.maxTokens'. Did you mean 'max_tokens'?"],
    [{ max_parallel_requests: 5 }, "'modelList[0].params.max_parallel_requests'. Did you mean 'maxParallelRequests'?"],
    [{ api_key: 'x' }, "'modelList[0].params.api_key'. Did you mean 'apiKey'?"],
    [{ foo_Bar: 1 }, "Unknown option 'modelList[0].params.foo_Bar'"],
    [{ maxRetries: 1 }, "'modelList[0].params.maxRetries' must be set on the Router, as 'numRetries'"],
    [{ numRetries: 1 }, "'modelList[0].params.numRetries' must be set on the Router"],
    [{ num_retries: 1 }, "'modelList[0].params.num_retries' must be set on the Router"],
    [{ rmp: 500 }, "'modelList[0].params.rmp'. Did you mean 'rpm'?"],
    [{ tpms: 500 }, "Did you mean 'tpm'?"],
    [{ wieght: 2 }, "Did you mean 'weight'?"],
    [{ tag: ['x'] }, "Did you mean 'tags'?"],
    [{ regoin: 'eu' }, "Did you mean 'region'?"],
    [{ maxbudget: 2 }, "Did you mean 'maxBudget'?"],
    [{ max_budgets: 2 }, "Did you mean 'maxBudget'?"],
    [{ maxParalellRequests: 2 }, "Did you mean 'maxParallelRequests'?"],
    [{ cooldown_tme: 2 }, "Did you mean 'cooldownTime'?"],
    [{ time_out: 2 }, "Did you mean 'timeout'?"],
    [{ apikey: 'sk-x' }, "Did you mean 'apiKey'?"],
    [{ base_url: 'https://x.test' }, "Did you mean 'apiBase'?"],
    [{ secret_access_key: 'x' }, "Did you mean 'secretAccessKey'?"],
    [{ aws_secret_access_key: 'x' }, "Did you mean 'secretAccessKey'?"],
    [{ aws_region_name: 'x' }, "Did you mean 'region'?"],
    [{ vertex_credentials: 'x' }, "Did you mean 'credentials'?"],
    [{ messages: [] }, "'modelList[0].params.messages' must be set on a call"],
    [{ stream: true }, "'modelList[0].params.stream' must be set on a call"],
    [{ proxy: 'http://x.test' }, "'modelList[0].params.proxy' must be set in 'client'"],
  ] as [object, string][])('for the parameters of a deployment: %j', (params, expected) => {
    expect(message({ modelList: [dep('a', params)] })).toContain(expected)
  })

  it('for missing options', () => {
    expect(thrown(() => new Router(undefined as unknown as RouterOptions)).message).toContain(
      'The options of a Router must be an object; got undefined.',
    )
  })

  it('without its value, which may be a key', () => {
    expect(message({ modelList: [dep('a', { model: { apiKey: 'sk-secret' } } as object)] })).not.toContain('sk-secret')
  })

  it('for all wrong fields at once', () => {
    const expected = message({ numRetries: -1, timeout: 'x', modelList: [dep('a', { tpm: 0 })] })
    for (const path of ['numRetries', 'timeout', 'modelList[0].params.tpm']) expect(expected).toContain(`'${path}'`)
  })

  it('and unknown snake_case fields are sent to the provider', async () => {
    const { ask, mock } = setup({ modelList: [dep('a', { temperature: 0.5, brand_new: 7 } as object)] })
    await ask()
    expect(mock.requests[0]?.body).toMatchObject({ temperature: 0.5, brand_new: 7 })
    await ask({ temperature: 0 })
    expect(mock.requests[1]?.body).toMatchObject({ temperature: 0 })
  })

  it('but accepts the fields of providers', async () => {
    const own = [
      ...[
        'top_a',
        'min_p',
        'min_tokens',
        'models',
        'route',
        'transforms',
        'provider',
        'plugins',
        'usage',
        'reasoning_format',
      ],
      ...[
        'best_of',
        'use_beam_search',
        'ignore_eos',
        'guided_json',
        'priority',
        'cache_salt',
        'stop_token_ids',
        'lora',
      ],
      ...['num_ctx', 'keep_alive', 'format', 'think', 'mirostat', 'options', 'template', 'random_seed', 'safe_prompt'],
      ...['prompt_mode', 'safety_mode', 'documents', 'citation_options', 'k', 'p', 'raw_prompting', 'strict_tools'],
      ...[
        'n_predict',
        'typical_p',
        'tfs_z',
        'n_probs',
        'id_slot',
        'cache_prompt',
        'samplers',
        'echo',
        'suffix',
        'n_keep',
      ],
      ...['session_id', 'trace', 'labels', 'cached_content', 'safety_settings', 'system', 'container', 'mcp_servers'],
      ...['search_mode', 'search_parameters', 'deferred', 'project_id', 'space_id_x', 'input_type', 'truncate', 'task'],
      ...['repetition_penalty', 'prompt', 'mode', 'locale', 'input', 'dimensions', 'top_n', 'user_location', 'top'],
    ]
    const { ask, mock } = setup({ modelList: [dep('a', Object.fromEntries(own.map((name) => [name, 1])))] })
    await ask()
    for (const name of own) expect(mock.requests[0]?.body).toHaveProperty(name)
  })

  it.each([
    [{ fallbacks: [{ gpt: ['nobody'] }] }, "'fallbacks[0].gpt' refers to an unknown model group 'nobody'"],
    [
      { contextWindowFallbacks: [{ gpt: [{ model: 'nobody' }] }] },
      "'contextWindowFallbacks[0].gpt' refers to an unknown model group 'nobody'",
    ],
    [
      { contentPolicyFallbacks: [{ gpt: ['a', 'nobody'] }] },
      "'contentPolicyFallbacks[0].gpt' refers to an unknown model group 'nobody'",
    ],
    [{ defaultFallbacks: ['nobody'] }, "'defaultFallbacks' refers to an unknown model group 'nobody'"],
    [{ mirrorTo: { gpt: 'nobody' } }, "'mirrorTo.gpt' refers to an unknown model group 'nobody'"],
    [
      { modelList: [dep('a', { mirrorTo: 'nobody' })] },
      "'modelList[0].params.mirrorTo' refers to an unknown model group 'nobody'",
    ],
    [{ modelGroupAlias: { four: 'nobody' } }, "'modelGroupAlias.four' refers to an unknown model group 'nobody'"],
    [{ fallbacks: [{ gtp: ['a'] }] }, "'fallbacks[0]' refers to an unknown model group 'gtp'. Did you mean 'gpt'?"],
    [
      { contextWindowFallbacks: [{ gtp: ['a'] }] },
      "'contextWindowFallbacks[0]' refers to an unknown model group 'gtp'",
    ],
    [{ mirrorTo: { gtp: 'a' } }, "'mirrorTo' refers to an unknown model group 'gtp'"],
    [{ groupRetryPolicy: { gtp: { TimeoutError: 1 } } }, "'groupRetryPolicy' refers to an unknown model group 'gtp'"],
  ])('for references to unknown groups: %j', (options, expected) => {
    expect(message(options)).toContain(expected)
  })

  it.each([
    [['a'], {}, '*'],
    [['a'], {}, 'a'],
    [['a'], { four: 'gpt' }, 'four'],
    [['a'], { 'x/four': 'gpt' }, 'four'],
    [[dep('gpt-4o')], {}, 'openai/gpt-4o'],
    [[dep('four', { model: 'openai/gpt-4o' })], {}, 'gpt-4o'],
    [[dep('a', { model: 'openai/*' }, 'openai/*')], {}, 'gpt-4o'],
  ])('but accepts entries that a call may reach: %j %j %s', (list, modelGroupAlias, name) => {
    const modelList = [...list, dep('z', {}, 'z')]
    expect(() => setup({ modelList, modelGroupAlias, fallbacks: [{ [name]: ['z'] }] })).not.toThrow()
  })

  it.each([
    [{ state: {} }, "'state' must be a state such as redisState()", 'state'],
    [{ state: 'redis://localhost' }, "'state' must be a state such as redisState()", 'state'],
    [{ cache: true }, "'cache' must be false, or a cache such as memoryCache()", 'cache'],
    [
      { client: { timeout: 5 } },
      "'client.timeout' must not be set; use 'timeout' or 'attemptTimeout' of the Router.",
      'client.timeout',
    ],
    [{ client: { maxRetries: 5 } }, "use 'numRetries' of the Router", 'client.maxRetries'],
    [
      { modelList: [dep('a', { model: 'openai/*' })] },
      "'modelList[0].params.model' must not contain '*'",
      'modelList.0.params.model',
    ],
    [
      { modelList: [dep('a', { budgetDuration: '1d' })] },
      "requires 'modelList[0].params.maxBudget'",
      'modelList.0.params.budgetDuration',
    ],
    [
      { modelList: [dep('a', { budgetWindow: 'calendar' })] },
      "requires 'modelList[0].params.maxBudget'",
      'modelList.0.params.budgetWindow',
    ],
    [
      { budgets: { providers: { opnai: { maxBudget: 1 } } } },
      "'budgets.providers.opnai' refers to a provider without deployments. Did you mean 'openai'?",
      'budgets.providers.opnai',
    ],
    [{ modelList: [dep('a', { apiKey: 'os.environ/' })] }, 'must name a variable', 'modelList.0.params.apiKey'],
    [{ timeout: -1 }, "'timeout' must be 0 or more", 'timeout'],
    [{ numRetrys: 1 }, "Unknown option 'numRetrys'", 'numRetrys'],
    [{ queue: { maxSise: 1 } }, "Unknown option 'queue.maxSise'", 'queue.maxSise'],
  ])('for options without effect: %j', (options, expected, param) => {
    const error = thrown(() => make(options))
    expect(error.message).toContain(expected)
    expect(error.param).toBe(param)
  })

  it('but accepts a budget of a provider without deployments', () => {
    const budgets = { providers: { anthropic: { maxBudget: 1 } } }
    expect(setup({ modelList: ['a'], budgets }).router.snapshot().budgets).toHaveLength(1)
  })

  it('also if no group is left', async () => {
    const { router } = setup({ modelList: ['a'] })
    router.removeDeployment('a')
    expect((await failure(router.completion({ model: 'gpt', messages }))).message).toContain('Known groups: none.')
  })

  it('for a credential that would be sent to any provider', () => {
    expect(message({ modelList: [dep('a', { model: '*' }, '*')] })).toContain(
      "'apiKey' of '*' would be sent to any provider",
    )
  })

  it('for a model of an unknown provider', () => {
    expect(message({ modelList: [dep('a', { model: 'what-is-this' })] })).toContain("must be 'provider/model'")
  })
})

describe('os.environ/NAME', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('is replaced by the environment variable', async () => {
    vi.stubEnv('ROUTER_TEST_KEY', 'key-from-environment')
    const { ask, mock } = setup({ modelList: [dep('a', { apiKey: 'os.environ/ROUTER_TEST_KEY' })] })
    await ask()
    expect(mock.requests[0]?.headers.authorization).toBe('Bearer key-from-environment')
  })

  it('is rejected with its path if the variable is not set', () => {
    const expected = message({ modelList: [dep('a'), dep('b', { apiKey: 'os.environ/ROUTER_TEST_MISSING' })] })
    expect(expected).toContain("'modelList[1].params.apiKey'")
    expect(expected).toContain('ROUTER_TEST_MISSING')
  })
})

describe('the ids of deployments', () => {
  const list = [
    { modelName: 'gpt', params: { model: 'openai/x', apiKey: 'one' } },
    { modelName: 'gpt', params: { apiKey: 'two', model: 'openai/x' } },
  ]
  const ids = (modelList: typeof list) => new Router({ modelList }).snapshot().deployments.map(({ id }) => id)

  it('are the same in two Routers in any order of fields, and differ by key', () => {
    const first = ids(list)
    expect(ids(structuredClone(list))).toEqual(first)
    expect(
      ids(list.map(({ modelName, params: { model, apiKey } }) => ({ params: { apiKey, model }, modelName }))),
    ).toEqual(first)
    expect(new Set(first).size).toBe(2)
    expect(first.join()).not.toMatch(/one|two/)
  })

  it('differ if a deployment is listed twice', () => {
    const [only] = list
    const twice = ids([only, only] as typeof list)
    expect(new Set(twice).size).toBe(2)
    expect(twice[1]).toBe(`${twice[0]}-2`)
  })

  it('must be unique', () => {
    expect(message({ modelList: [dep('a'), dep('a')] })).toContain("'a'")
  })
})

describe('the model of a call', () => {
  it('resolves to ids, aliases, groups, wildcards, models and the default, in this order', async () => {
    const { ask, asked } = setup({
      modelList: [
        dep('plain'),
        { id: 'any-claude', modelName: 'claude-*', params: { model: 'openai/c-*', apiKey: 'k' } },
        { id: 'opus', modelName: 'claude-opus-*', params: { model: 'openai/opus-*', apiKey: 'k' } },
        { id: 'rest', modelName: '*', params: { model: 'openai/other-*', apiKey: 'k' } },
        { id: 'fixed', modelName: 'fixed-*', params: { model: 'openai/one', apiKey: 'k' } },
      ],
      modelGroupAlias: { four: 'gpt', best: 'claude-opus-4' },
    })
    expect(await ask({ model: 'plain' })).toBe('plain')
    expect(await ask({ model: 'four' })).toBe('plain')
    expect(await ask({ model: 'claude-haiku' })).toBe('any-claude')
    expect(await ask({ model: 'claude-opus-4' })).toBe('opus')
    expect(await ask({ model: 'best' })).toBe('opus')
    expect(await ask({ model: 'openai/plain' })).toBe('plain')
    expect(await ask({ model: 'who knows' })).toBe('rest')
    expect(await ask({ model: 'fixed-7' })).toBe('fixed')
    expect(asked()).toEqual(['plain', 'plain', 'c-haiku', 'opus-4', 'opus-4', 'plain', 'other-who knows', 'one'])
  })

  it('resolves several wildcards in a name quickly', async () => {
    const model = 'openai/*'
    const { router, mock } = setup({ modelList: [dep('w', { model }, 'a*b*c*d*e*f'), dep('x', { model }, 'm-*-v*')] })
    const told = async (name: string) => {
      await router.completion({ model: name, messages })
      return mock.requests.at(-1)?.model
    }
    expect(await told('a1b2c3d4e5f')).toBe('1')
    expect(await told('m-large-v-v2')).toBe('large-v')
    const began = performance.now()
    for (const name of ['ab', 'm-v', `a${'abcde'.repeat(400)}`]) {
      expect(await failure(router.completion({ model: name, messages }))).toMatchObject({ code: 'bad_request' })
    }
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  it('treats dots in a wildcard literally', async () => {
    const { ask, router } = setup({ modelList: [dep('a', {}, 'v1.5-*'), dep('b', {}, 'x')] })
    expect(await ask({ model: 'v1.5-pro' })).toBe('a')
    expect((await failure(router.completion({ model: 'v1x5-pro', messages }))).code).toBe('bad_request')
  })

  it('is rejected with the known groups', async () => {
    const { router } = setup({ modelList: [dep('a'), dep('b', {}, 'claude')] })
    const error = await failure(router.completion({ model: 'gtp', messages }))
    expect(error.code).toBe('bad_request')
    expect(error.message).toContain("Unknown model group 'gtp'. Did you mean 'gpt'?")
    const unlike = await failure(router.completion({ model: 'zephyr', messages }))
    expect(unlike.message).toContain("Unknown model group 'zephyr'. Known groups: 'gpt', 'claude'.")
    const none = await failure(router.completion({ messages } as never))
    expect(none.param).toBe('model')
  })

  it('does not resolve to inherited properties', async () => {
    const { router } = setup({ modelList: ['a'], modelGroupAlias: { four: 'gpt' }, mirrorTo: { gpt: 'gpt' } })
    for (const model of ['constructor', '__proto__', 'toString']) {
      expect((await failure(router.completion({ model, messages }))).message).toContain('Unknown model group')
    }
  })
})

describe('a running Router', () => {
  it('adds, updates and removes deployments with calls in flight', async () => {
    const { router, mock, ask, asked } = setup({ modelList: ['a'] })
    mock.reply({ text: 'late', delayMs: 60 }, { model: 'a' })
    const slow = router.completion({ model: 'gpt', messages })
    await turns()
    expect(router.addDeployment(dep('b'))).toBe('b')
    expect(router.removeDeployment('a')).toBe(true)
    expect(router.removeDeployment('a')).toBe(false)
    expect(await ask()).toBe('b')
    router.updateDeployment('b', { modelName: 'gpt', params: { model: 'openai/b2', apiKey: 'k' } })
    expect(await ask()).toBe('b')
    expect(asked()).toEqual(['a', 'b', 'b2'])
    expect((await slow).choices[0]?.message.content).toBe('late')
    expect(() => router.updateDeployment('nobody', dep('x'))).toThrow("Unknown deployment id 'nobody'")
    expect(() => router.addDeployment(dep('b'))).toThrow("'b'")
    expect(() => router.addDeployment({ modelName: 'x', params: { model: '' } })).toThrow('params.model')
  })

  it('keeps counts and spending over an update: a new key is not a new limit', async () => {
    const prices = { input: 1, output: 1_000_000 }
    const { router, ask, mock } = setup({
      modelList: [dep('a', { rpm: 3, maxBudget: 100, prices }), dep('b')],
      enforceLimits: true,
    })
    mock.reply({ text: 'x', usage: { promptTokens: 1, completionTokens: 9 } }, { model: 'a' })
    await ask({ model: 'a', max_tokens: 9 })
    const before = router.snapshot()
    mock.reply({ text: 'late', delayMs: 40, usage: { promptTokens: 1, completionTokens: 9 } }, { model: 'a' })
    const slow = ask({ model: 'a', max_tokens: 9 })
    await turns()
    router.updateDeployment('a', { modelName: 'gpt', params: { ...dep('a').params, rpm: 3, maxBudget: 100, prices } })
    expect(router.deployment('a')).toMatchObject({ requests: 2, inFlight: 1 })
    await slow
    expect(router.deployment('a')).toMatchObject({ requests: 2, inFlight: 0 })
    const spent = router.snapshot().budgets.find(({ key }) => key === 'deployment:a')?.spent ?? 0
    expect(spent).toBeGreaterThan(before.budgets.find(({ key }) => key === 'deployment:a')?.spent ?? Infinity)
  })

  it('lets a waiting call use an added deployment, and not a removed one', async () => {
    const { router, ask, mock } = setup({ modelList: [dep('a', { maxParallelRequests: 1 })] })
    const advance = stopTime()
    mock.reply({ text: 'late', delayMs: 80 }, { model: 'a', times: 2 })
    const first = ask()
    await turns()
    const second = ask()
    await turns()
    router.addDeployment(dep('b'))
    expect(await second).toBe('b')
    await advance(80)
    expect(await first).toBe('a')
  })

  it('does not retry on a removed deployment', async () => {
    const { router, ask, mock, asked } = setup({ modelList: [dep('a', { order: 1 }), dep('b', { order: 2 })] })
    mock.fail({ kind: 'slow-headers', ms: 30 }, { model: 'a' })
    mock.fail({ kind: 'status', status: 500 }, { model: 'a', times: 5 })
    router.on('failure', () => {
      router.removeDeployment('b')
      router.addDeployment(dep('c', { order: 3 }))
    })
    await ask()
    expect(await ask()).toBe('c')
    expect(asked()).not.toContain('b')
  })
})

describe('a call of a Router', () => {
  it.each(['apiKey', 'apiBase', 'organization', 'region', 'baseModel'])(
    'rejects the option %s of a deployment',
    async (name) => {
      const { router, mock } = setup({ modelList: ['a'] })
      const error = await failure(router.completion({ model: 'gpt', messages, [name]: 'x' } as never))
      expect(error).toMatchObject({ code: 'bad_request', param: name })
      expect(mock.requests).toHaveLength(0)
    },
  )

  it('rejects credentials in headers and fallbacks', async () => {
    const { router, mock } = setup({ modelList: ['a'] })
    const headers = { Authorization: 'Bearer x' }
    expect((await failure(router.completion({ model: 'gpt', messages, headers }))).param).toBe('headers')
    const fallbacks = [{ model: 'gpt', apiKey: 'x' }]
    expect((await failure(router.completion({ model: 'gpt', messages, fallbacks }))).param).toBe('fallbacks')
    expect(mock.requests).toHaveLength(0)
    await router.completion({ model: 'gpt', messages, headers: { 'x-trace': '1' } })
    expect(mock.requests[0]?.headers['x-trace']).toBe('1')
  })

  it.each([
    [{ tags: 'a' }, 'tags'],
    [{ priority: Number.NaN }, 'priority'],
    [{ numRetries: -1 }, 'numRetries'],
    [{ fallbacks: 'claude' }, 'fallbacks'],
    [{ fallbacks: ['nobody'] }, 'fallbacks'],
    [{ resume: true }, 'resume'],
    [{ timeout: '5s' }, 'timeout'],
    [{ mockTestingFallbacks: 'yes' }, 'mockTestingFallbacks'],
  ])('rejects a wrong option before anything is sent: %j', async (options, param) => {
    const { router, mock } = setup({ modelList: ['a'] })
    expect(await failure(router.completion({ model: 'gpt', messages, ...options } as never))).toMatchObject({
      code: 'bad_request',
      param,
    })
    expect(mock.requests).toHaveLength(0)
  })
})

it('accepts a BigInt in the parameters of a deployment that has no id', () => {
  const params = { model: 'openai/m', apiKey: 'k', extra_body: { seed: 1n } }
  expect(() => new Router({ modelList: [{ modelName: 'a', params }] })).not.toThrow()
})
