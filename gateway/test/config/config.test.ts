import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/checker.js'
import { loadConfig, parseConfig } from '../../src/config/config.js'

const folder = mkdtempSync(join(tmpdir(), 'llmux-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const chat = `
model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/MY_KEY, rpm: "60", timeout: 2.5, temperature: 0.2}
    model_info: {id: fast-1, input_cost_per_token: 0.0000025, access_groups: [cheap]}
  - model_name: smart
    litellm_params: {model: anthropic/claude-sonnet-4-20250514, api_key: sk-ant-x, extra_headers: {x-team: 7}}
`
const environment = { MY_KEY: 'sk-one' }
const read = (more: string, variables: Record<string, string> = environment) => parseConfig(`${chat}${more}`, variables)

function problemsOf(run: () => unknown): readonly { line: number; path: string; message: string }[] {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('model_list', () => {
  it('turns parameters into those of a deployment', () => {
    const [fast, smart] = read('').models
    expect(fast?.config).toEqual({
      modelName: 'fast',
      id: 'fast-1',
      params: {
        model: 'openai/gpt-4o-mini',
        apiKey: 'sk-one',
        rpm: 60,
        timeout: 2500,
        temperature: 0.2,
        prices: { input: 2.5 },
      },
    })
    expect(fast?.accessGroups).toEqual(['cheap'])
    expect(smart?.config.params).toMatchObject({ headers: { 'x-team': '7' } })
  })

  it('takes the modalities of a model from its abilities', () => {
    const info = '{supports_vision: true, supports_audio_output: true}'
    const { models } = parseConfig(
      `model_list:\n  - model_name: a\n    litellm_params: {model: openai/talker}\n    model_info: ${info}\n`,
    )
    expect(models[0]?.config.params.prices).toEqual({
      inputModalities: ['text', 'image'],
      outputModalities: ['text', 'audio'],
    })
  })

  it('reports a variable that is not set, and starts without it', () => {
    const { models, lines } = read('', {})
    expect(models[0]?.config.params.apiKey).toBeUndefined()
    expect(lines).toContainEqual(
      expect.objectContaining({ line: 4, treatment: 'unset', path: 'model_list[0].litellm_params.api_key' }),
    )
  })

  it('takes base_model in litellm_params, and sends nothing that only LiteLLM understands', () => {
    const more = `
  - model_name: opaque
    litellm_params: {model: azure/mine, base_model: gpt-4o, mock_timeout: true, bos_token: <s>, fallbacks: [fast], top_k: 3}
`
    const { models, lines } = parseConfig(`${chat}${more}`, environment)
    expect(models[2]?.config.params).toEqual({ model: 'azure/mine', baseModel: 'gpt-4o', top_k: 3 })
    const ignored = lines.filter(({ treatment }) => treatment === 'ignored').map(({ path }) => path.split('.').at(-1))
    expect(ignored).toEqual(['mock_timeout', 'bos_token', 'fallbacks'])
  })

  it('takes named credentials', () => {
    const more = `
  - model_name: named
    litellm_params: {model: openai/gpt-4o, litellm_credential_name: main}
credential_list:
  - credential_name: main
    credential_values: {api_key: sk-named, api_base: "https://llm.example/v1"}
`
    expect(read(more).models[2]?.config.params).toMatchObject({ apiKey: 'sk-named', apiBase: 'https://llm.example/v1' })
  })

  it('makes one deployment of each organization', () => {
    const more = `
  - model_name: orgs
    litellm_params: {model: openai/gpt-4o, api_key: k, organization: [org-a, org-b]}
`
    expect(
      read(more)
        .models.slice(2)
        .map(({ config }) => config.params.organization),
    ).toEqual(['org-a', 'org-b'])
  })

  it('names file, line and nearest key of a misspelled parameter', () => {
    const more = `
  - model_name: wrong
    litellm_params:
      model: openai/gpt-4o
      api_bse: http://127.0.0.1
`
    expect(problemsOf(() => read(more))).toEqual([
      expect.objectContaining({
        line: 12,
        path: 'model_list[2].litellm_params.api_bse',
        message: expect.stringContaining("Did you mean 'api_base'?"),
      }),
    ])
  })

  it('refuses an unknown provider with the line of the deployment', () => {
    const more = '\n  - model_name: wrong\n    litellm_params: {model: opnai/gpt-4o}\n'
    const [problem] = problemsOf(() => read(more))
    expect(problem).toMatchObject({ line: 9 })
    expect(problem?.message).toMatch(/opnai.*openai/)
    const [far] = problemsOf(() => read(more.replace('opnai', 'qqqq')))
    expect(far?.message).toContain("The provider 'qqqq' of a deployment of 'wrong' is not known.")
  })

  it.each([
    ['localhost:11434', "Did you mean 'http://localhost:11434'?"],
    ['\u0024{BASE}/v1', 'A variable is written os.environ/NAME, and is the whole value.'],
    ['ftp://files.example', "got 'ftp://files.example'."],
    ['https://', "got 'https://'."],
  ])('refuses the address %s with its line', (address, hint) => {
    const more = `
  - model_name: local
    litellm_params:
      model: ollama/llama3
      api_base: "${address}"
`
    expect(problemsOf(() => read(more))).toEqual([
      expect.objectContaining({
        line: 12,
        path: 'model_list[2].litellm_params.api_base',
        message: expect.stringContaining(hint),
      }),
    ])
  })

  it('names one problem of each entry that is no map', () => {
    const problems = problemsOf(() => parseConfig('model_list:\n  - gpt-4o\n  -\n  - 7\n'))
    expect(problems.map(({ line, message }) => [line, message.match(/got (.*)\.$/)?.[1]])).toEqual([
      [2, "'gpt-4o'"],
      [3, 'null'],
      [4, '7'],
    ])
  })

  it('refuses an id that is used twice', () => {
    const more = '\n  - model_name: b\n    litellm_params: {model: openai/gpt-4o}\n    model_info: {id: fast-1}\n'
    expect(problemsOf(() => read(more))[0]?.message).toContain("'fast-1'")
  })
})

describe('router_settings', () => {
  it("accepts LiteLLM's names of strategies and both spellings of a retry policy", () => {
    const { routing } = read(`
router_settings:
  routing_strategy: usage-based-routing-v2
  num_retries: 3
  timeout: 30
  cooldown_time: 60
  retry_policy: {RateLimitErrorRetries: 3, ContentPolicyViolationError: 0}
  fallbacks: [{fast: [smart]}]
  model_group_alias: {gpt-4: fast, secret: {model: smart, hidden: true}}
`)
    expect(routing).toMatchObject({
      routingStrategy: 'usage-based',
      numRetries: 3,
      timeout: 30_000,
      cooldownTime: 60_000,
      retryPolicy: { RateLimitError: 3, ContentPolicyViolationError: 0 },
      fallbacks: [{ fast: ['smart'] }],
      modelGroupAlias: { 'gpt-4': 'fast', secret: 'smart' },
    })
  })

  it('takes fallbacks and retries from litellm_settings as well', () => {
    const { routing } = read('litellm_settings: {num_retries: 1, context_window_fallbacks: [{fast: [smart]}]}\n')
    expect(routing).toMatchObject({ numRetries: 1, contextWindowFallbacks: [{ fast: ['smart'] }] })
  })

  it('names the nearest strategy and the nearest model group', () => {
    const problems = problemsOf(() =>
      read('router_settings:\n  routing_strategy: latency-based-ruting\n  fallbacks: [{fast: [smrt]}]\n'),
    )
    expect(problems.map(({ line, message }) => [line, message.match(/Did you mean '(.*)'/)?.[1]])).toEqual([
      [9, 'latency-based-routing'],
      [10, 'smart'],
    ])
  })

  it('names the nearest error class of a policy', () => {
    const [problem] = problemsOf(() => read('router_settings:\n  retry_policy:\n    RateLimtErrorRetries: 1\n'))
    expect(problem).toMatchObject({ line: 10, message: expect.stringContaining("'RateLimitErrorRetries'") })
    const [cut] = problemsOf(() => read('router_settings:\n  retry_policy: {ContentPolicyRetries: 1}\n'))
    expect(cut?.message).toContain("Did you mean 'ContentPolicyViolationErrorRetries'?")
  })
})

describe('other settings', () => {
  it('reads settings of the gateway, and warns of a weak master key', () => {
    const { settings, lines } = read(
      `
litellm_settings: {cache: true, cache_params: {type: local, ttl: 60}, budget_exceeded_status_code: 429, callbacks: prometheus}
general_settings: {master_key: sk-1234, alerting: [slack], alerting_threshold: 1}
`,
      { ...environment, SLACK_WEBHOOK_URL: 'http://127.0.0.1/hook' },
    )
    expect(settings).toMatchObject({
      masterKey: 'sk-1234',
      cache: { store: 'memory', ttl: 60_000 },
      callbacks: ['prometheus'],
      control: { budgetExceededStatus: 429 },
      alerts: { channels: [{ kind: 'slack', url: 'http://127.0.0.1/hook' }], slowMs: 1000 },
    })
    expect(lines).toContainEqual(expect.objectContaining({ line: 10, treatment: 'dangerous' }))
  })

  it('refuses what would be less safe without it', () => {
    const [problem] = problemsOf(() => read('general_settings:\n  custom_auth: my_auth.check\n'))
    expect(problem).toMatchObject({ line: 9, path: 'general_settings.custom_auth' })
  })

  it('ignores the rest with a reason', () => {
    const { lines } = read('general_settings:\n  proxy_batch_write_at: 2\n  nothing_like_it: 1\n')
    expect(lines.filter(({ treatment }) => treatment === 'ignored').map(({ line, path }) => [line, path])).toEqual([
      [9, 'general_settings.proxy_batch_write_at'],
      [10, 'general_settings.nothing_like_it'],
    ])
  })

  it('sets environment_variables before references are resolved', () => {
    const { models, variables } = read('environment_variables: {MY_KEY: sk-two, OTHER: 5}\n')
    expect(models[0]?.config.params.apiKey).toBe('sk-two')
    expect(variables).toEqual({ MY_KEY: 'sk-two', OTHER: '5' })
  })

  it('names the line of a syntax error', () => {
    expect(problemsOf(() => parseConfig('model_list:\n  - a: [1\n'))[0]).toMatchObject({ line: 3 })
  })

  it('takes the last of two values of a key, and names the line of the other one', () => {
    const { settings, lines } = read('litellm_settings: {max_budget: 1}\nlitellm_settings: {max_budget: 2}\n')
    expect(settings.control.maxBudget).toBe(2)
    expect(lines.filter(({ note }) => note.includes('written again'))).toEqual([
      expect.objectContaining({
        line: 8,
        path: 'litellm_settings',
        treatment: 'ignored',
        note: expect.stringContaining('line 9'),
      }),
    ])
  })

  it.each([
    ['apiVersion: v1\nkind: ConfigMap\ndata: {config.yaml: ""}\n', 'It is a Kubernetes ConfigMap'],
    ['services: {proxy: {image: x}}\n', 'Its keys are: services.'],
    ['model_list: []\n---\nmodel_list: []\n', 'another one begins here'],
    ['{{- if .Values.proxy }}\nmodel_list: []\n{{- end }}\n', 'It looks like a template'],
  ])('recognises a file that is something else: %j', (text, message) => {
    expect(problemsOf(() => parseConfig(text)).map((problem) => problem.message)).toEqual([
      expect.stringContaining(message),
    ])
  })
})

describe('include', () => {
  it('appends lists, and problems name the file that they are in', () => {
    const main = join(folder, 'main.yaml')
    writeFileSync(main, `include: [more.yaml]${chat}`)
    writeFileSync(
      join(folder, 'more.yaml'),
      'model_list:\n  - model_name: more\n    litellm_params: {model: openai/gpt-4o}\n',
    )
    expect(loadConfig(main, environment).models.map(({ modelName }) => modelName)).toEqual(['fast', 'smart', 'more'])
    writeFileSync(
      join(folder, 'more.yaml'),
      'model_list:\n  - model_name: more\n    litellm_params: {modell: openai/gpt-4o}\n',
    )
    const problems = problemsOf(() => loadConfig(main, environment)) as unknown as { file: string; line: number }[]
    expect(problems[0]).toMatchObject({ file: join(folder, 'more.yaml'), line: 3 })
  })

  it('names the file and the line of bytes that are no text', () => {
    const file = join(folder, 'latin.yaml')
    writeFileSync(file, Buffer.concat([Buffer.from('model_list: []\n# caf'), Buffer.from([0xe9]), Buffer.from('\n')]))
    expect(problemsOf(() => loadConfig(file))).toMatchObject([
      { file, line: 2, message: 'The file must be text in UTF-8; this line has other bytes.' },
    ])
  })

  it('names the file of aliases that multiply each other', () => {
    const file = join(folder, 'aliases.yaml')
    const names = 'abcdefg'
    const lines = [...names].map(
      (name, at) => `${name}: &${name} [${Array(9).fill(at === 0 ? 'x' : `*${names[at - 1]}`)}]`,
    )
    writeFileSync(file, lines.join('\n'))
    expect(problemsOf(() => loadConfig(file))).toMatchObject([
      { file, message: expect.stringContaining("The aliases of the file can't be resolved") },
    ])
  })

  it('refuses a file that includes itself', () => {
    const file = join(folder, 'circle.yaml')
    writeFileSync(file, 'include: [circle.yaml]\n')
    expect(problemsOf(() => loadConfig(file))[0]?.message).toContain('includes itself')
  })
})

it('names the section of a key that is in another one', () => {
  const { lines, settings } = read(
    'litellm_settings: {master_key: sk-in-the-wrong-place}\ngeneral_settings: {max_budget: 2}\n',
  )
  expect(settings.masterKey).toBeUndefined()
  const notes = Object.fromEntries(lines.map(({ path, treatment, note }) => [path, `${treatment}: ${note}`]))
  expect(notes['litellm_settings.master_key']).toBe('ignored: Has no effect here: it belongs to `general_settings`.')
  expect(notes['general_settings.max_budget']).toBe('ignored: Has no effect here: it belongs to `litellm_settings`.')
})
