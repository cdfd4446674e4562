import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { root } from './blocks.js'
import { handlers, served } from './served.js'

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a file of `examples/` on a machine that has nothing in its environment but `env`. */
function run(file: string, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Ended> {
  const { PATH = '' } = process.env
  const options = { cwd: root, env: { PATH, ...env }, timeout: 25_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, [join('examples', file), ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err })
    })
  })
}

const simulated = {
  openai: 'OpenAI is simulated. Set OPENAI_API_KEY to use the real one.\n',
  anthropic: 'Anthropic is simulated. Set ANTHROPIC_API_KEY to use the real one.\n',
}

/** What each example shows on a machine without keys. */
const shows: Readonly<Record<string, readonly RegExp[]>> = {
  'abort.mjs': [
    /^signal: AbortError$/m,
    /^break: left after 20 chunks$/m,
    /^abort: AbortError, because the user closed the page/m,
  ],
  'ai-sdk.mjs': [
    /^get_weather: \{"city":"Oslo","degrees":-3\}$/m,
    /^get_weather says: .*-3/m,
    /^anthropic: \$0\.0\d+$/m,
  ],
  'any-server.mjs': [/^You said: Say hello\.$/m, /^house: You said: Say hello\.$/m],
  'browser.mjs': [/^You said: Say hello\.$/m, /^finish_reason: stop$/m, /^http: 400 invalid_request_error$/m],
  'cache.mjs': [
    /^again: hit, 0 sent, \$0, saved \$[\d.]+$/m,
    /^as a stream: hit/m,
    /^the same text: true$/m,
    /^without: miss, 1 sent/m,
  ],
  'decisions.mjs': [
    /^openai: urgent true, topic invoice, anger 0\.15, emulated false$/m,
    /^anthropic: urgent \w+, topic \w+, anger \d, emulated true$/m,
  ],
  'helicone.mjs': [
    /^\/custom\/v1\/log openai\/gpt-4o-mini: 200, \d+ tokens$/m,
    /"Helicone-User-Id":"user-1"/,
    /^sent: 2$/m,
  ],
  'langchain.mjs': [/^fields: city, country$/m, /^You said: Say hello\. \(chat-\w+\)$/m, /^vector: \d+ numbers$/m],
  'langfuse.mjs': [
    /^\/api\/public\/otel\/v1\/traces chat gpt-4o-mini, trace \w+$/m,
    /langfuse\.user\.id: user-1/,
    /cost_details: \{"input"/,
    /^sent: 2$/m,
  ],
  'sdk-fetch.mjs': [
    /^openai: You said: Say hello\.$/m,
    /^responses: You said: Say hello\.$/m,
    /^anthropic: You said: Say hello\.$/m,
  ],
  'limits.mjs': [
    /^answered: You said: What is a key\?$/m,
    /^refused by team:search: budget, try again later$/m,
    /^answered: You said: What is a budget\?\nanswered: You said: What is a limit\?$/m,
    /^refused by key:7f3a: requests, try again later$/m,
    /^key: 3 requests, 0 in flight$/m,
  ],
  'logger.mjs': [/"level":40,.*"provider":"openai"/, /"level":50,/, /"code":"authentication","msg":"caught"/],
  'lunary.mjs': [/^\/v1\/runs\/ingest start gpt-4o-mini user-1$/m, /\{ prompt: \d+, completion: \d+ \}/, /^sent: 2$/m],
  'opentelemetry.mjs': [/^POST \/chat\n {2}chat gpt-4o-mini$/m, /llmux\.attempts: 2/, /error\.type: rate_limit/],
  'prometheus.mjs': [
    /^AuthenticationError$/m,
    /^llmux_requests_total\{.*outcome="success"\} 1$/m,
    /^llmux_spend_usd_total\{/m,
  ],
  'background-response.mjs': [/^created: queued$/m, /^completed: You said: Say hello\. \(\$0\.\d+\)$/m, /^deleted$/m],
  'batch.mjs': [
    /^You said: Translate word 0\.$/m,
    /^request 50: bad_request$/m,
    /^\[█{24}\] 100% 200\/200, 1 failed, .*\$0\.\d+$/m,
    /^199 done, 1 failed, 99 or more from the journal: true, \$0\.\d+$/m,
  ],
  'provider-batch.mjs': [
    /^0: gpt-4o-mini$/m,
    /^5: claude-haiku-4-5$/m,
    /^6 done, \$0\.\d+$/m,
    /^openai completed true$/m,
    /^anthropic completed true$/m,
  ],
  'run-tools.mjs': [
    /^get_weather\(\{"city":"Lisbon"\}\)$/m,
    /get_weather says: .*18/,
    /^2 steps, \d+ tokens, \$0\.\d+$/m,
  ],
  'mcp-agent.mjs': [
    /^1\. list\(\{\}\): done, lamp, chair, table$/m,
    /^4\. count\(\{"article":"sofa"\}\): failed, Unknown article 'sofa'\.$/m,
    /^7\. count\(\{"article":"chair"\}\): done, 10$/m,
    /^8\. move\(.*\): denied, The call was not approved: the table stays here$/m,
    /^10 turns, \$0\.\d+$/m,
  ],
  'middleware.mjs': [
    /^Hello! How can I help\?$/m,
    /^sent: Write to \[EMAIL_1\]\.\nanswer: You said: Write to ann@example\.org\.$/m,
    /^sent: Call \[PHONE_1\]\.\nstream: You said: Call \+49 170 1234567\.$/m,
    /^PermissionDeniedError: 'openai\/o1-pro' is not for this team\.$/m,
  ],
  'chat.mjs': [/^openai: You said: What is a container\?$/m, /^anthropic: You said/m, /\d+ \+ \d+ tokens, \d+ ms/],
  'embeddings.mjs': [/^3 vectors of 256 numbers, \d+ tokens$/m, /^ 1\.000 A cat sleeps on the sofa\.$/m],
  'errors-and-timeouts.mjs': [
    /^a wrong key\n {2}AuthenticationError \(authentication\), retryable: false\n {2}The server at http:\/\/[\d.:]+ answered 401/m,
    /Did you mean 'anthropic\/claude-sonnet-4-5'\?/,
    /'maxTokens'\. Did you mean 'max_tokens'\?/,
    /which: logit_bias/,
    /APIConnectionError \(api_connection\), retryable: true/,
    /which clock: total/,
  ],
  'router-options.mjs': [
    /^rejected: 'fallbacks\[0\]\.chat' refers to an unknown model group 'bakcup'\. Did you mean 'backup'\?$/m,
    /^groups: chat, writer, rpm 800$/m,
    /^success: main after 1 attempt$/m,
    /^requests of main: 1$/m,
  ],
  'streaming.mjs': [/^You said: Write a haiku/, /finish_reason: stop/, /tokens: \d+/, /first content after \d+ ms/],
  'structured-output.mjs': [/openai: \{\n {2}title: '/, /anthropic: \{\n {2}title: '/, /city: 'Lisbon'/],
  'switching-providers.mjs': [
    /^openai: find_hotel\nanthropic: find_hotel says: Hotel Aurora/,
    /^openai: You said: Is that a good price\?$/m,
  ],
  'testing-kit.mjs': [
    /^mock: Yes/m,
    /^simulator: At last\. \(2 requests\)$/m,
    /^cut stream: StreamInterruptedError after "It is open"$/m,
  ],
  'text-completion.mjs': [
    /^openai: You said: Once upon a time$/m,
    /^anthropic: You said: Once upon a time$/m,
    /^1 TwoYou said: Two$/m,
    /^\d+ tokens$/m,
  ],
  'tools.mjs': [/^get_weather\(\{"city":"Lisbon"\}\)\n/, /get_weather says: \{"city":"Lisbon","celsius":18/],
  'accounting.mjs': [
    /^ann: success, \d+ tokens, \d+ ms$/m,
    /^ben: aborted, \d+ tokens \(estimated\), \d+ ms$/m,
    /^ann: bad_request, no usage, \d+ ms$/m,
    /^ben spent \$0\.\d+$/m,
  ],
  'stream-errors.mjs': [/^chunk: " sea"$/m, /^error: stream_interrupted$/m],
  'untrusted-request.mjs': [
    /^answered: You said: Hello!$/m,
    /^refused: 'apiBase' is not allowed in the body/m,
    /^refused: 'messages' must be a non-empty array/m,
    /^dropped: apiBase is undefined$/m,
  ],
  'vision.mjs': [/^openai: [\s\S]*image\/png \(194 bytes\)/m, /^anthropic: [\s\S]*image\/png \(194 bytes\)/m],
}
const helpers = ['demo.mjs', 'router-faults.mjs', 'setup.mjs', 'mcp-server.mjs']
const all = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.mjs') && !helpers.includes(name))
/** Run by scripts/runtimes.mjs, which installs the other runtimes. */
const elsewhere: Readonly<Record<string, string>> = {
  'bun.mjs': 'bun',
  'deno.mjs': 'deno run --allow-net --allow-env',
  'worker.mjs': 'npx wrangler dev',
}
const files = all.filter(
  (name) => !served.includes(name) && !handlers.includes(name) && !Object.hasOwn(elsewhere, name),
)

describe('the examples', () => {
  it('are all tested', () => {
    expect(files.sort()).toEqual(Object.keys(shows).sort())
  })

  it.each(all)('%s has under 60 lines and starts with its purpose and command', (file) => {
    const lines = readFileSync(join(root, 'examples', file), 'utf8').split('\n')
    expect(lines.length).toBeLessThan(60)
    expect(lines[0]).toMatch(/^\/\/ \p{Lu}.*\.$/u)
    expect(lines[1]).toMatch(new RegExp(`^// Run: .*${elsewhere[file] ?? 'node'} examples/${file}`))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it.each(files)('%s runs without keys', async (file) => {
    const { code, out, err } = await run(file)
    expect(err.replace(/^.* is simulated\. Set .*\n/gm, '')).toBe('')
    for (const pattern of shows[file] ?? []) expect(out).toMatch(pattern)
    expect(code).toBe(0)
  })
})

describe('with keys', () => {
  let provider: Simulator
  let env: Readonly<Record<string, string>>
  beforeAll(async () => {
    provider = await startSimulator({ apiKeys: ['sk-real'] })
    env = {
      OPENAI_API_KEY: 'sk-real',
      OPENAI_BASE_URL: provider.openaiBase,
      ANTHROPIC_API_KEY: 'sk-real',
      ANTHROPIC_BASE_URL: provider.anthropicBase,
    }
  })
  afterAll(() => provider.close())

  it('the examples call the real provider', async () => {
    provider.reset()
    const { code, err } = await run('chat.mjs', env)
    expect([code, err]).toEqual([0, ''])
    expect(provider.requests.map(({ wire }) => wire)).toEqual(['openai', 'anthropic'])
  })

  it('an example simulates a provider without a key', async () => {
    provider.reset()
    const { OPENAI_API_KEY = '', OPENAI_BASE_URL = '' } = env
    const { code, err } = await run('chat.mjs', { OPENAI_API_KEY, OPENAI_BASE_URL })
    expect([code, err]).toEqual([0, simulated.anthropic])
    expect(provider.requests.map(({ wire }) => wire)).toEqual(['openai'])
  })

  it('the demo calls the real provider and labels it', async () => {
    provider.reset()
    const server = { LLMUX_DEMO_BASE: provider.openaiBase, LLMUX_DEMO_MODEL: 'house-model', LLMUX_DEMO_KEY: 'sk-real' }
    const { code, out, err } = await run('demo.mjs', { ...env, ...server })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^ {2}OpenAI +real\n {2}Anthropic +real\n {2}Your server +real$/m)
    expect(out).toMatch(/OpenAI, real$/m)
    expect(new Set(provider.requests.map(({ model }) => model))).toEqual(
      new Set(['gpt-4o-mini', 'claude-sonnet-4-5', 'house-model']),
    )
    // failing on purpose is the simulator's part, whatever the keys
    expect(provider.requests.every(({ status }) => status === 200)).toBe(true)
  })

  it('the demo prints errors, continues, and exits with a failure', async () => {
    const { code, out } = await run('demo.mjs', { ...env, OPENAI_API_KEY: 'sk-expired' })
    expect(code).toBe(1)
    expect(out).toMatch(/AuthenticationError\n {2}The server at http:\/\/[\d.:]+ answered 401/)
    expect(out).toMatch(/^ {2}anthropic\/claude-sonnet-4-5 +You said/m)
    expect(out).toContain('7  A failure that stays')
    expect(out).not.toContain('sk-expired')
  })

  it('the demo asks for the model of a server', async () => {
    const { code, err } = await run('demo.mjs', { LLMUX_DEMO_BASE: provider.openaiBase })
    expect([code, err]).toEqual([1, 'LLMUX_DEMO_BASE is set: set LLMUX_DEMO_MODEL too.\n'])
  })
})

describe('the demo without keys and servers', () => {
  let ended: Ended
  let seconds: number
  beforeAll(async () => {
    const startedAt = performance.now()
    ended = await run('demo.mjs')
    seconds = (performance.now() - startedAt) / 1000
  })

  it('succeeds with an empty stderr', () => {
    expect([ended.code, ended.err]).toEqual([0, ''])
  })

  it('shows every part', () => {
    const { out } = ended
    expect(out).toMatch(/^ {2}OpenAI +simulated +real with OPENAI_API_KEY$/m)
    expect(out).toMatch(/^ {2}openai\/gpt-4o-mini +Sunlight scattered by the air\. +\d+ +\d+$/m)
    expect(out).toMatch(/^ {2}anthropic\/claude-sonnet-4-5 +Air scatters blue light most\. +\d+ +\d+$/m)
    expect(out).toMatch(/^ {2}openai\/llama-3\.2-3b +Rayleigh/m)
    expect(out).toMatch(/A lighthouse is a promise kept in the dark/)
    expect(out).toMatch(/get_weather\(\{"city":"Lisbon"\}\)/)
    expect(out).toMatch(/It is 18 °C in Lisbon/)
    expect(out).toMatch(/message\.parsed\.attendees +\["Ann","Bob"\]/)
    expect(out).toMatch(/A red circle on white/)
    expect(out).toMatch(
      /fail 429 +rate_limit +waited 400 ms\n +fail 500 +internal_server +waited \d+ ms\n +ok +200 +success/,
    )
    expect(out).toMatch(/meta\.retries is 2/)
    expect(out).toMatch(/AuthenticationError +code authentication, status 401, retryable false/)
  })

  it('prints plain text outside a terminal, within 80 columns', () => {
    expect(ended.out).not.toContain('\x1b')
    expect(ended.out.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it('finishes quickly', () => {
    expect(seconds).toBeLessThan(8)
  })
})

describe('the demo of the Router', () => {
  it('loses no call and no text under server failures', { timeout: 60_000 }, async () => {
    const { code, out, err } = await run('router-faults.mjs', {}, ['--calls', '600', '--strategy', 'least-busy'])
    expect(err).toBe('')
    expect(out).toMatch(/^ {2}600 calls, 300 of them streamed, in \d+\.\d s$/m)
    expect(out).toMatch(/^ {2}failed calls +0$/m)
    expect(out).toMatch(/^ {2}wrong, repeated or missing text +0$/m)
    // the servers did misbehave
    expect(out).toMatch(/^ {2}retries +[1-9]/m)
    expect(out).toMatch(/^ {2}streams continued by another server +[1-9]/m)
    expect(out).not.toContain('\x1b')
    expect(code).toBe(0)
  })

  it('lists the strategies', async () => {
    const { code, err } = await run('router-faults.mjs', {}, ['--strategy', 'fastest'])
    expect(err).toMatch(/^--strategy is one of simple-shuffle, least-busy, /)
    expect(code).toBe(1)
  })
})
