import { describe, expect, it } from 'vitest'
import { loadProvider, providerIds } from '../../providers/registry.js'
import { hints } from '../../providers/report.js'
import { mockProvider } from '../../simulator/index.js'
import { UnsupportedParamsError } from '../../src/errors.js'
import { createClient } from '../../src/index.js'
import type { ChatParams } from '../../src/types/chat.js'
import { accounts } from '../matrix/targets.js'

/** Values that no provider takes for its default. */
const asked: Readonly<Record<string, unknown>> = {
  user: 'u-1',
  safety_identifier: 's-1',
  metadata: { team: 'a' },
  store: true,
  service_tier: 'scale',
  cache_control: { type: 'ephemeral' },
  prompt_cache_key: 'k',
  prompt_cache_retention: '24h',
  prompt_cache_options: { mode: 'explicit' },
  prediction: { type: 'content', content: 'Sunny.' },
}

const base = { messages: [{ role: 'user', content: 'Hi' }] } as const

/** A model of every dialect, and of every host that refuses parameters. */
const models = [
  'openai/gpt-4o',
  'openai/o3',
  'openai/responses/gpt-5.1',
  'text-completion-openai/gpt-3.5-turbo-instruct',
  'anthropic/claude-sonnet-4-5',
  'vertex_ai/claude-sonnet-4-5',
  'gemini/gemini-2.5-flash',
  'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'bedrock/amazon.nova-pro-v1:0',
  'cohere/command-a-03-2025',
  'ollama/qwen3:4b',
  'mistral/mistral-large-latest',
  'groq/openai/gpt-oss-120b',
  'cerebras/gpt-oss-120b',
  'deepseek/deepseek-chat',
  'perplexity/sonar',
]

async function chatOf(name: string) {
  const [id = '', ...rest] = name.split('/')
  const model = rest.join('/')
  const loaded = await loadProvider(id)
  const provider = (await loaded?.route?.(model)) ?? loaded
  const chat = provider?.dialect.chat
  if (!provider || !chat) throw new Error(`no chat at ${name}`)
  const context = {
    provider: id,
    model,
    dropParams: false,
    ownHost: true,
    quirks: provider.ownQuirks ?? provider.quirks,
  }
  return (params: Readonly<Record<string, unknown>>) =>
    chat.encode({ ...base, ...params, model } as unknown as ChatParams, context)
}

it('covers every hint', () => {
  expect(new Set(Object.keys(asked))).toEqual(hints)
})

describe.each(models)('hints for %s', (model) => {
  it.each(Object.keys(asked))('sends %s or drops it with a warning', async (name) => {
    const encode = await chatOf(model)
    const plain = encode({}).body
    const { body, warnings = [] } = encode({ [name]: asked[name] })
    const told = warnings.some((warning) => warning.type === 'dropped' && warning.param.split('.')[0] === name)
    const sent = JSON.stringify(body) !== JSON.stringify(plain)
    expect({ sent, told }).toEqual({ sent, told: !sent })
  })
})

describe('parameters that affect the answer', () => {
  it.each([
    ['anthropic/claude-sonnet-4-5', 'seed', 1],
    ['gemini/gemini-2.5-flash', 'logit_bias', { 1: 1 }],
    ['bedrock/amazon.nova-pro-v1:0', 'n', 2],
    ['cohere/command-a-03-2025', 'n', 2],
    ['ollama/qwen3:4b', 'logit_bias', { 1: 1 }],
    ['mistral/mistral-large-latest', 'logprobs', true],
    ['openai/responses/gpt-5.1', 'seed', 1],
  ])('is refused by %s: %s', async (model, name, value) => {
    const encode = await chatOf(model)
    expect(() => encode({ [name]: value })).toThrow(UnsupportedParamsError)
  })
})

it('reports dropped hints in meta.warnings', async () => {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, providers: accounts })
  const { meta } = await client.completion({ ...base, model: 'cohere/command-a-03-2025', user: 'u-1', store: true })
  expect(meta.warnings).toMatchObject([
    { type: 'dropped', param: 'user' },
    { type: 'dropped', param: 'store' },
  ])
  await client.close()
})

it('covers only known prefixes', async () => {
  const ids = await providerIds()
  expect(models.filter((model) => !ids.includes(model.split('/')[0] ?? ''))).toEqual([])
})
