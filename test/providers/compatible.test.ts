import { describe, expect, it } from 'vitest'
import { type CompatibleRow, compatible } from '../../providers/compatible.js'
import type { ChatDialect, EncodeContext, Provider } from '../../providers/contract.js'
import { defaultQuirks, type OpenAIQuirks, openaiQuirks } from '../../providers/dialects/openai/index.js'
import { usageOf } from '../../providers/dialects/openai/usage.js'
import { hosts } from '../../providers/hosts/index.js'
import { provider as openai } from '../../providers/openai.js'
import type { ChatCompletionChunk, ChatParams } from '../../src/types/chat.js'

const user = { role: 'user', content: 'Hi' } as const

function frozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(frozen)
}

const providerOf = (id: string): Provider<OpenAIQuirks> => {
  const row = hosts.find((candidate) => candidate.id === id)
  if (!row) throw new Error(`there is no row ${id}`)
  return compatible(row)
}

const contextOf = ({ id, quirks }: Provider<OpenAIQuirks>, more = {}): EncodeContext<OpenAIQuirks> => ({
  provider: id,
  model: 'm',
  dropParams: false,
  ownHost: true,
  quirks,
  ...more,
})

function encode(id: string, params: Record<string, unknown>, more = {}) {
  const provider = providerOf(id)
  const request = { model: 'm', messages: [user], ...params } as unknown as ChatParams
  return (provider.dialect.chat as ChatDialect<OpenAIQuirks>).encode(request, contextOf(provider, more))
}

const bodyOf = (id: string, params: Record<string, unknown>) => encode(id, params).body

describe('the list of hosts', () => {
  const before = JSON.stringify(hosts)

  it.each(hosts.map(({ id }) => [id]))('is not modified by calls to %s', (id) => {
    const everything = {
      stream: true,
      seed: 1,
      top_k: 1,
      logprobs: true,
      max_tokens: 5,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [{ type: 'function', function: { name: 'f' }, cache_control: { type: 'ephemeral' } }],
    }
    const other = providerOf('lm_studio')
    const expected = encode('lm_studio', everything)
    encode(id, everything, { dropParams: true })
    expect(encode('lm_studio', everything)).toEqual(expected)
    expect(JSON.stringify(hosts)).toBe(before)
    expect(other.quirks).toEqual(defaultQuirks)
  })

  it('is deeply frozen', () => {
    expect(frozen(hosts)).toBe(true)
    expect(frozen(defaultQuirks)).toBe(true)
    expect(frozen(openaiQuirks)).toBe(true)
    expect(frozen(openai)).toBe(true)
    expect(() => Object.assign(defaultQuirks, { maxTokens: 'max_tokens' })).toThrow(TypeError)
  })
})

describe('a registered row', () => {
  it('needs an id and a base, and follows OpenAI for the rest', () => {
    const row: CompatibleRow = { id: 'acme', base: 'https://llm.acme.example/v1//' }
    const provider = compatible(row)
    expect(provider).toMatchObject({
      id: 'acme',
      name: 'acme',
      address: { base: 'https://llm.acme.example/v1', env: [] },
      auth: { required: false },
      quirks: defaultQuirks,
    })
    expect(provider).not.toHaveProperty('headers')
  })

  it('may set every option, and is not frozen', () => {
    const row = {
      id: 'acme',
      name: 'Acme',
      base: 'https://llm.acme.example/v1',
      paths: { chat: '/chat' },
      env: ['ACME_API_KEY'],
      keyUrl: 'https://acme.example/keys',
      headers: { 'x-acme': '1' },
      quirks: { maxTokens: 'max_tokens' },
    } satisfies CompatibleRow
    const provider = compatible(row)
    expect(provider.auth).toMatchObject({ required: true, url: 'https://acme.example/keys' })
    expect(provider.headers).toEqual({ 'x-acme': '1' })
    expect(provider.address.path('chat', 'm', false, {}, '/v1')).toBe('/chat')
    expect(provider.address.path('embedding', 'm', false, {}, '/v1')).toBe('/embeddings')
    expect(provider.quirks).toEqual({ ...defaultQuirks, maxTokens: 'max_tokens' })
    expect([row, row.env, row.headers, row.paths, row.quirks].some((part) => Object.isFrozen(part))).toBe(false)
  })
})

describe('quirks of hosts', () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
  const turn = (id: string, more = {}) => [
    user,
    { role: 'assistant', content: 'Well.', tool_calls: [call(id)], ...more },
    { role: 'tool', tool_call_id: id, content: 'ok' },
  ]
  const sent = (id: string, messages: unknown[]) => bodyOf(id, { messages }).messages as Record<string, unknown>[]

  it('reject log probabilities for Groq: https://console.groq.com/docs/openai', () => {
    expect(() => bodyOf('groq', { logprobs: true, top_logprobs: 2, logit_bias: { 5: 1 } })).toThrow(
      expect.objectContaining({ params: ['logprobs', 'top_logprobs', 'logit_bias'] }),
    )
    expect(bodyOf('groq', { logprobs: false })).not.toHaveProperty('logprobs')
    expect(encode('groq', { logprobs: true }, { dropParams: true })).toMatchObject({
      warnings: [{ type: 'dropped', param: 'logprobs' }],
    })
  })

  it.each(['together_ai', 'cerebras', 'sambanova', 'fireworks_ai', 'deepseek', 'zai', 'xai', 'nvidia_nim'])(
    'drop hints of OpenAI and reject its features for %s',
    (id) => {
      const dropped = encode(id, { metadata: { team: 'a' }, store: true, safety_identifier: 'u' })
      expect(Object.keys(dropped.body)).not.toEqual(expect.arrayContaining(['metadata']))
      expect(dropped.warnings?.map((warning) => 'param' in warning && warning.param)).toEqual(
        expect.arrayContaining(['metadata', 'store', 'safety_identifier']),
      )
      for (const feature of [
        { verbosity: 'low' },
        { modalities: ['text', 'audio'] },
        { audio: { voice: 'a', format: 'wav' } },
      ])
        expect(() => encode(id, feature as never)).toThrow(Object.keys(feature)[0])
    },
  )

  it('rename the seed and omit stream_options for Mistral: https://docs.mistral.ai/api', () => {
    expect(bodyOf('mistral', { seed: 0, stream: true, max_completion_tokens: 5 })).toEqual({
      model: 'm',
      messages: [user],
      stream: true,
      random_seed: 0,
      max_tokens: 5,
    })
  })

  // "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9", code 3280
  it('shorten tool call ids to nine characters for Mistral', () => {
    const [, assistant, tool] = sent('mistral', turn('toolu_01A09q90qw90lq917835lq9'))
    const id = (assistant?.tool_calls as { id: string }[] | undefined)?.[0]?.id
    expect(id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(tool?.tool_call_id).toBe(id)
    expect(sent('mistral', turn('toolu_01A09q90qw90lq917835lq9'))[1]).toEqual(assistant)
    expect(sent('mistral', turn('D681PevKs'))).toEqual(turn('D681PevKs'))
  })

  // seen in recordings; https://docs.mistral.ai/capabilities/reasoning
  it('return reasoning to Mistral as a content part', () => {
    const thought = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }
    const parts = [thought, { type: 'text', text: 'Well.' }]
    expect(sent('mistral', turn('D681PevKs', { reasoning_content: 'Hm.' }))[1]).toEqual(
      turn('D681PevKs', { content: parts })[1],
    )
    expect(sent('mistral', turn('D681PevKs', { content: null, reasoning_content: 'Hm.' }))[1]?.content).toEqual([
      thought,
    ])
    expect(sent('mistral', turn('D681PevKs', { content: parts, reasoning_content: 'Hm.' }))[1]?.content).toEqual(parts)
    expect(sent('groq', turn('a', { content: parts }))[1]?.content).toEqual([{ type: 'text', text: 'Well.' }])
  })

  it.each([
    ['a message to continue', { messages: [user, { role: 'assistant', content: '[', prefix: true }] }],
    ['a strict function', { tools: [{ type: 'function', function: { name: 'f', strict: true } }] }],
  ])('go to the beta path of DeepSeek for %s', async (_, params) => {
    const pathOf = async (ownHost: boolean, basePath: string, given: object) => {
      const request = {
        operation: 'chat',
        baseModel: undefined,
        params: { messages: [user], ...given },
        ownHost,
      } as const
      const routed = await providerOf('deepseek').route?.('deepseek-chat', request)
      return routed?.address.path('chat', 'deepseek-chat', false, {}, basePath, ownHost)
    }
    expect(await pathOf(true, '', params)).toBe('/beta/chat/completions')
    expect(await pathOf(true, '', {})).toBe('/chat/completions')
    expect(await pathOf(true, '/beta', params)).toBe('/chat/completions')
    expect(await pathOf(false, '', params)).toBe('/chat/completions')
  })

  it('continue a prefix on hosts that support it', () => {
    const messages = [user, { role: 'assistant', content: '{', prefix: true }]
    for (const id of ['mistral', 'deepseek']) expect(sent(id, messages)[1]).toHaveProperty('prefix', true)
    for (const id of ['groq', 'xai', 'openrouter']) expect(sent(id, messages)[1]).not.toHaveProperty('prefix')
  })

  it.each([
    ['deepseek', 'reasoning_content'],
    ['moonshot', 'reasoning_content'],
    ['zai', 'reasoning_content'],
    ['xai', 'reasoning_content'],
    ['groq', 'reasoning'],
    ['cerebras', 'reasoning'],
    ['openrouter', 'reasoning'],
    ['vercel_ai_gateway', 'reasoning'],
    ['crusoe', 'reasoning'],
    ['venice', 'reasoning_content'],
    ['doubleword', 'reasoning_content'],
    ['gpustack', 'reasoning_content'],
    ['perplexity', undefined],
  ])('%s gets reasoning back as %s', (id, field) => {
    const [, assistant] = sent(id, turn('a', { reasoning_content: 'Hm.' }))
    expect(assistant).toEqual({ ...turn('a')[1], ...(field && { [field]: 'Hm.' }) })
  })

  it('send reasoning back under both names to vLLM, which reads another one in each version', () => {
    for (const id of ['vllm', 'hosted_vllm']) {
      const [, assistant] = sent(id, turn('a', { reasoning_content: 'Hm.' }))
      expect(assistant).toEqual({ ...turn('a')[1], reasoning_content: 'Hm.', reasoning: 'Hm.' })
    }
  })

  it("switch reasoning off by thinking where there is no effort 'none'", () => {
    for (const id of ['deepseek', 'zai', 'moonshot']) {
      const body = bodyOf(id, { reasoning_effort: 'none' })
      expect(body).toMatchObject({ thinking: { type: 'disabled' } })
      expect(body).not.toHaveProperty('reasoning_effort')
      expect(bodyOf(id, { reasoning_effort: 'high' })).toMatchObject({ reasoning_effort: 'high' })
    }
    expect(bodyOf('xai', { reasoning_effort: 'none' })).not.toHaveProperty('thinking')
    expect(bodyOf('lm_studio', { reasoning_effort: 'none' })).toMatchObject({ reasoning_effort: 'none' })
  })

  it('keep cache marks for OpenRouter and return its reasoning details unchanged', () => {
    // https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
    const cache_control = { type: 'ephemeral' }
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control }] }]
    expect(sent('openrouter', messages)).toBe(messages)
    const piece = (text: string, more = {}) => ({ type: 'reasoning.text', text, index: 0, ...more })
    const reasoning_details = [
      piece('H'),
      piece('m.', { signature: 'x' }),
      { type: 'reasoning.encrypted', data: 'y', index: 1 },
    ]
    const [, assistant] = sent(
      'openrouter',
      turn('a', { reasoning_content: 'Hm.', provider_specific_fields: { reasoning_details } }),
    )
    expect(assistant).toEqual({
      ...turn('a')[1],
      reasoning_details: [piece('Hm.', { signature: 'x' }), { type: 'reasoning.encrypted', data: 'y', index: 1 }],
    })
  })

  it('translate thinking to the form of the host', () => {
    const thinking = { type: 'enabled', budget_tokens: 4000 }
    expect(bodyOf('openrouter', { thinking })).toMatchObject({ reasoning: { max_tokens: 4000 } })
    expect(bodyOf('openrouter', { thinking: { type: 'disabled' } })).toMatchObject({ reasoning: { enabled: false } })
    expect(bodyOf('groq', { thinking })).toMatchObject({ reasoning_effort: 'medium' })
    for (const id of ['deepseek', 'zai', 'moonshot']) expect(bodyOf(id, { thinking })).toMatchObject({ thinking })
  })

  it('replace the developer role on hosts without one', () => {
    const messages = [{ role: 'developer', content: 'Be brief.' }, user]
    expect(sent('deepseek', messages)[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(sent('hosted_vllm', messages)).toBe(messages)
  })

  it('add the audio tokens that Mistral counts outside the prompt', () => {
    // seen in recordings of Voxtral
    const raw = {
      prompt_tokens: 11,
      completion_tokens: 15,
      total_tokens: 401,
      prompt_tokens_details: { audio_tokens: 375, cached_tokens: 9 },
    }
    expect(usageOf(raw, providerOf('mistral').quirks)).toEqual({ ...raw, prompt_tokens: 386 })
    const inside = { ...raw, prompt_tokens: 386 }
    expect(usageOf(inside, providerOf('mistral').quirks)).toEqual(inside)
  })

  it('cite the sources of Perplexity once although every chunk repeats them', () => {
    // seen in recordings; https://docs.perplexity.ai/api-reference/chat-completions-post
    const provider = providerOf('perplexity')
    const context = { ...contextOf(provider), encodeState: undefined, created: 1, fallbackId: 'f' }
    const decoder = (provider.dialect.chat as ChatDialect<OpenAIQuirks>).stream(context)
    const out: ChatCompletionChunk[] = []
    for (const [text, count] of [
      ['A', 1],
      ['B', 1],
      ['C', 2],
    ] as const) {
      const urls = ['https://a.example', 'https://b.example'].slice(0, count)
      const choice = { index: 0, delta: { content: text }, message: { content: 'so far' }, finish_reason: null }
      const chunk = {
        id: 'x',
        citations: urls,
        choices: [{ ...choice, ...(text === 'C' && { finish_reason: 'stop' }) }],
      }
      decoder.push(undefined, JSON.stringify(chunk), out)
    }
    expect(decoder.end(out)).toBe(true)
    const deltas = out.map(({ choices }) => choices[0]?.delta)
    expect(deltas.map((delta) => delta?.content).join('')).toBe('ABC')
    expect(deltas.flatMap((delta) => delta?.annotations ?? []).map((note) => note.url_citation.url)).toEqual([
      'https://a.example',
      'https://b.example',
    ])
    expect(out.flatMap((chunk) => chunk.provider_specific_fields?.citations ?? [])).toEqual([
      'https://a.example',
      'https://b.example',
    ])
  })
})
