import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/client.js'
import type { CompletionRequest } from '../../../src/types/options.js'

const names = [
  'reasoning_effort',
  'enable_thinking',
  'thinking_budget',
  'thinking',
  'max_tokens',
  'max_completion_tokens',
]

/** What a host receives of the reasoning settings, and the warnings that the caller gets. */
async function sent(model: string, params: Partial<CompletionRequest>) {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0 })
  const answer = await client.completion({
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    apiKey: 'k',
    apiBase: 'http://host.test/v1',
    ...params,
  } as CompletionRequest & { stream?: false })
  const body = mock.requests.at(-1)?.body as Record<string, unknown>
  await client.close()
  const fields = Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)))
  return {
    fields,
    warnings: answer.meta.warnings.map((warning) => ('param' in warning ? warning.param : warning.type)),
  }
}

describe('Alibaba Model Studio', () => {
  it.each([
    ['qwen3.6-plus', 'none', { enable_thinking: false }],
    ['qwen-plus', 'none', { enable_thinking: false }],
    ['qwen-plus-2025-07-28', 'low', { enable_thinking: true, thinking_budget: 2048 }],
    ['qwen3-32b', 'max', { enable_thinking: true, thinking_budget: 32_768 }],
    ['qwen3.8-max', 'none', { enable_thinking: false }],
    ['qwen3.8-max', 'high', { enable_thinking: true, reasoning_effort: 'xhigh' }],
    ['qwen3.8-max', 'minimal', { enable_thinking: true, reasoning_effort: 'low' }],
    ['qwen3-next-80b-a3b-thinking', 'medium', { thinking_budget: 8192 }],
    ['kimi-k2.6', 'medium', { enable_thinking: true, thinking_budget: 8192 }],
  ])('receives the effort of %s in its own fields: %s', async (model, effort, fields) => {
    const { fields: got } = await sent(`dashscope/${model}`, { reasoning_effort: effort as 'low' })
    expect(got).toEqual(fields)
  })

  it('receives a thinking budget as thinking_budget, without a warning', async () => {
    expect(await sent('dashscope/qwen3.6-plus', { thinking: { type: 'enabled', budget_tokens: 3000 } })).toEqual({
      fields: { enable_thinking: true, thinking_budget: 3000 },
      warnings: [],
    })
  })

  it('receives disabled thinking as enable_thinking: false', async () => {
    expect(await sent('dashscope/qwen3.8-max', { thinking: { type: 'disabled' } })).toEqual({
      fields: { enable_thinking: false },
      warnings: [],
    })
  })

  it('never receives an effort together with a budget', async () => {
    const params = { thinking: { type: 'enabled', budget_tokens: 3000 }, reasoning_effort: 'medium' } as const
    expect(await sent('dashscope/qwen3.8-max', params)).toEqual({
      fields: { enable_thinking: true, reasoning_effort: 'medium' },
      warnings: ['thinking'],
    })
  })

  it('receives enable_thinking of the caller unchanged', async () => {
    const params = {
      enable_thinking: false,
      thinking: { type: 'enabled', budget_tokens: 3000 },
    } as Partial<CompletionRequest>
    expect(await sent('dashscope/qwen-plus', params)).toEqual({
      fields: { enable_thinking: false },
      warnings: ['thinking'],
    })
  })

  it.each(['qwen2.5-72b-instruct', 'qwen3-coder-plus', 'qwen3-30b-a3b-instruct-2507'])(
    'receives no effort for %s, which does not reason',
    async (model) => {
      await expect(sent(`dashscope/${model}`, { reasoning_effort: 'low' })).rejects.toMatchObject({
        code: 'unsupported_params',
      })
      expect(await sent(`dashscope/${model}`, { reasoning_effort: 'none' })).toMatchObject({ fields: {} })
    },
  )
})

describe('Groq', () => {
  it.each([
    ['none', 'none', []],
    ['low', 'default', ['reasoning_effort']],
    ['max', 'default', ['reasoning_effort']],
    ['default', 'default', []],
  ])('receives the effort %s of a Qwen model as %s', async (effort, expected, warnings) => {
    expect(await sent('groq/qwen/qwen3.6-27b', { reasoning_effort: effort as 'low' })).toEqual({
      fields: { reasoning_effort: expected },
      warnings,
    })
  })

  it('receives a thinking budget for a Qwen model as the effort default', async () => {
    const { fields } = await sent('groq/qwen/qwen3-32b', { thinking: { type: 'enabled', budget_tokens: 1024 } })
    expect(fields).toEqual({ reasoning_effort: 'default' })
  })

  it('receives no effort for Llama, which it answers with an error', async () => {
    const call = sent('groq/llama-3.3-70b-versatile', { reasoning_effort: 'low' })
    await expect(call).rejects.toMatchObject({ code: 'unsupported_params' })
  })
})

describe('Mistral', () => {
  it.each([
    ['mistral-medium-3-5', 'medium', 'high'],
    ['mistral-medium-2604', 'low', 'high'],
    ['mistral-small-latest', 'xhigh', 'high'],
    ['mistral-small-2603', 'none', 'none'],
    ['mistral-large-4', 'medium', 'medium'],
    ['mistral-large-4-0', 'max', 'xhigh'],
  ])('receives a level that %s has for %s', async (model, effort, expected) => {
    const { fields } = await sent(`mistral/${model}`, { reasoning_effort: effort as 'low' })
    expect(fields).toEqual({ reasoning_effort: expected })
  })

  it('receives no effort for a model that does not reason', async () => {
    const call = sent('mistral/mistral-large-2512', { reasoning_effort: 'high' })
    await expect(call).rejects.toMatchObject({ code: 'unsupported_params' })
  })
})

describe('GitHub Models', () => {
  it('receives the limit of GPT-5 under the name that the model accepts', async () => {
    const { fields } = await sent('github/openai/gpt-5-nano', { max_tokens: 20 })
    expect(fields).toEqual({ max_completion_tokens: 20 })
  })

  it('receives the limit of other models as it is given', async () => {
    expect((await sent('github/meta/llama-3.3-70b-instruct', { max_tokens: 20 })).fields).toEqual({ max_tokens: 20 })
  })

  it('refuses penalties for Grok 3 mini, as xAI does', async () => {
    const call = sent('github/xai/grok-3-mini', { presence_penalty: 1 })
    await expect(call).rejects.toMatchObject({ code: 'unsupported_params' })
  })
})
