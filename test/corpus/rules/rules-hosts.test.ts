import { describe, expect, it } from 'vitest'
import { checkTurn } from '../check/turn.js'
import { differenceOf } from '../equivalence/equivalence.js'
import { nameResults } from '../equivalence/hosts.js'
import { type Excluded, exclusions, judgeExclusions } from '../exclusions/exclusions.js'
import { expectEmbedding } from '../expectation/embedding.js'
import { expectOpenAI } from '../expectation/openai.js'
import { expectOpenAIStream } from '../expectation/openai-stream.js'
import { usageOfOpenAI } from '../expectation/usage.js'
import { azurePlace, azurePrefix, deploymentOf } from '../folders/azure.js'
import { placeOf } from '../folders/hosts.js'
import { expectText, expectTextStream, fromText } from '../request/text-completion.js'
import type { Recording } from '../wire/recording.js'

// The rules for what hosts of OpenAI's wire do differently, on small cases.

const recording = (provider: string, url?: string): Recording => ({
  id: `${provider}-1`,
  provider,
  operation: 'chat',
  request: { body: null, ...(url !== undefined && { url }) },
  response: { status: 200 },
  fidelity: 'wire',
})

const answerOf = (message: object, more: object = {}) =>
  expectOpenAI({ id: 'x', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }], ...more })

describe('an answer', () => {
  it('may be a list of parts that includes thinking', () => {
    const parts = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'h' },
          { type: 'text', text: 'm' },
        ],
      },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: '!' }] },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    expect(answerOf({ content: parts })?.choices[0]).toMatchObject({ text: 'ab', reasoning: 'hm!' })
    expect(answerOf({ content: { k: 1 } })?.choices[0]?.text).toBe('{"k":1}')
  })

  it('may list its sources beside the choices, and keeps fields unknown to OpenAI', () => {
    const more = { search_results: [{ url: 'https://a', title: 'A' }], citations: ['https://b'], request_id: 'r' }
    const answer = answerOf({ content: 'a', provider_metadata: { gateway: { cost: '0.1' } } }, more)
    expect(answer?.choices[0]?.citedUrls).toEqual(['https://a'])
    expect(answer?.kept).toEqual(expect.arrayContaining(['A', 'https://b', 'r', '0.1']))
    expect(answer?.kept).not.toContain('a')
  })

  it('may have empty fields', () => {
    const call = {
      id: 't',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      custom: { name: '', input: '' },
    }
    const [choice] = answerOf({ function_call: { name: '', arguments: '' }, tool_calls: [call] })?.choices ?? []
    expect(choice).toMatchObject({ functionCall: undefined, tools: [{ id: 't', name: 'f' }] })
  })
})

describe('a stream', () => {
  it('may have two calls with one index', () => {
    const call = (id: string) => ({ index: 0, id, function: { name: id, arguments: '{}' } })
    const event = { id: 'x', choices: [{ index: 0, delta: { tool_calls: [call('a'), call('b')] } }] }
    const { answer } = expectOpenAIStream(`data: ${JSON.stringify(event)}\n\n`)
    expect(answer.choices[0]?.tools.map(({ id }) => id)).toEqual(['a', 'b'])
  })
})

describe('a text completion', () => {
  it('is decoded as chat', () => {
    const body = { id: 'x', model: 'm', choices: [{ index: 0, text: 'a', logprobs: { tokens: ['a'] } }] }
    expect(expectText(body)?.choices[0]).toMatchObject({ text: 'a', logprobs: 1 })
    expect(expectTextStream(`data: ${JSON.stringify(body)}\n\ndata: [DONE]\n\n`)).toMatchObject({
      ended: true,
      answer: { choices: [{ text: 'a' }] },
    })
    expect(fromText({ prompt: ['a'], logprobs: 2, n: 1 })).toEqual({
      messages: [{ role: 'user', content: 'a' }],
      logprobs: true,
      top_logprobs: 2,
      n: 1,
    })
    expect(fromText({ prompt: ['a', 'b'] })).toBeUndefined()
  })
})

describe('usage', () => {
  it('has host-specific names', () => {
    const wire = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
    expect(usageOfOpenAI({ ...wire, cached_tokens: 4 })).toMatchObject({ cached: 4 })
    const anthropic = { cache_read_input_tokens: 3, cache_creation_input_tokens: 2 }
    expect(usageOfOpenAI({ ...wire, ...anthropic })).toMatchObject({ prompt: 10, cached: 3, cacheWritten: 2 })
    expect(usageOfOpenAI({ ...wire, cost: { total_cost: 0.5 } })).toMatchObject({ cost: 0.5 })
    expect(usageOfOpenAI({ ...wire, completion_tokens_details: { reasoning_tokens: 9 } })).toMatchObject({
      completion: 14,
      reasoning: 9,
    })
    expect(usageOfOpenAI({ ...wire, total_tokens: 35, prompt_tokens_details: { audio_tokens: 20 } })).toMatchObject({
      prompt: 30,
      completion: 5,
    })
  })
})

describe('vectors', () => {
  it('are signed bytes at one host', () => {
    expect(expectEmbedding({ data: [{ embedding: 'AAF/gP8=' }] }, true)?.vectors).toEqual([[0, 1, 127, -128, -1]])
  })
})

describe('a request', () => {
  const host = recording('mistral')
  const body = (...messages: object[]) => ({ model: 'm', messages })

  it('may have redacted ids that still match each other', () => {
    const turns = (a: string, b: string) =>
      body({ role: 'assistant', tool_calls: [{ id: a }] }, { role: 'tool', tool_call_id: b, content: '5' })
    const blotted = turns('call_REDACTED_1', 'call_REDACTED_1')
    expect(differenceOf(host, turns('9mue6qxzz', '9mue6qxzz'), blotted)).toBeUndefined()
    expect(differenceOf(host, turns('9mue6qxzz', 'other'), blotted)).toContain('tool_call_id')
    expect(differenceOf(host, turns('a', 'a'), turns('b', 'b'))).toContain('id')
  })

  it('may rename the token limit but not change it', () => {
    const sent = { ...body(), max_tokens: 5 }
    expect(differenceOf(host, sent, { ...body(), max_completion_tokens: 5 })).toBeUndefined()
    expect(differenceOf(host, sent, { ...body(), max_completion_tokens: 6 })).toContain('max_tokens')
    expect(differenceOf(host, body(), { ...body(), max_completion_tokens: 6 })).toContain('max_tokens')
  })

  it('may lack the call id of a result if there is only one call', () => {
    const calls = (...ids: string[]) => ({ role: 'assistant', tool_calls: ids.map((id) => ({ id })) })
    const result = { role: 'tool', content: '5' }
    expect(nameResults(body(calls('a'), result)).messages).toMatchObject([{}, { tool_call_id: 'a' }])
    expect(nameResults(body(calls('a', 'b'), result)).messages).toEqual(body(calls('a', 'b'), result).messages)
  })
})

describe('a turn of a history', () => {
  const expected = (reasoning: string) =>
    answerOf({ content: 'a', reasoning, tool_calls: [{ id: 't', function: { name: 'f', arguments: '{"k":1}' } }] })
  const turn = { content: 'a', tool_calls: [{ id: 't', function: { name: 'f', arguments: '{"k": 1}' } }] }

  it("equals the host's answer", async () => {
    const said = expected('')
    if (!said) throw new Error('no expectation')
    expect(await checkTurn(turn, said, 'groq')).toEqual([])
    expect(await checkTurn({ ...turn, content: 'b' }, said, 'groq')).toHaveLength(1)
    expect(await checkTurn({ content: 'a' }, said, 'groq')).toHaveLength(2)
    expect(await checkTurn(undefined, said, 'groq')).toHaveLength(1)
  })

  it('includes the reasoning if the host accepts it', async () => {
    const said = expected('hm')
    if (!said) throw new Error('no expectation')
    expect(await checkTurn(turn, said, 'groq')).toHaveLength(1)
    expect(await checkTurn({ ...turn, reasoning: 'hm' }, said, 'groq')).toEqual([])
    expect(await checkTurn(turn, said, 'perplexity')).toEqual([])
  })
})

describe('an address', () => {
  it('is the provider’s default or a configured base', async () => {
    const groq = recording('groq', 'https://api.groq.com/openai/v1/chat/completions')
    expect((await placeOf(groq))?.options).toEqual({})
    const other = recording('groq', 'https://elsewhere.example/v1/chat/completions')
    expect((await placeOf(other))?.options).toEqual({ apiBase: 'https://elsewhere.example/v1' })
    expect(await placeOf(recording('groq', 'https://api.groq.com/openai/v1/images'))).toBeUndefined()
  })

  it('of Azure includes the deployment or the API version', () => {
    const deployed = recording(
      'azure',
      'https://r.openai.azure.com//openai/deployments/d/chat/completions?api-version=1',
    )
    expect(azurePrefix(deployed)).toBe('azure')
    expect(deploymentOf(deployed)).toBe('d')
    expect(azurePlace(deployed)).toEqual({
      options: { apiBase: 'https://r.openai.azure.com', apiVersion: '1' },
      url: 'https://r.openai.azure.com/openai/deployments/d/chat/completions',
    })
    const claude = recording('azure', 'https://r.services.ai.azure.com/anthropic/v1/messages')
    expect(azurePrefix(claude)).toBe('azure_ai')
    expect(azurePlace(claude)?.options).toEqual({ apiBase: 'https://r.services.ai.azure.com' })
    expect(azurePlace(recording('azure', 'https://r.openai.azure.com/chat/completions'))).toBeUndefined()
  })
})

describe('an excluded recording', () => {
  const all = Object.keys(exclusions).map((key): Excluded => ({ place: key, count: 1, key, reason: 'why' }))
  it('has a reason and exists', () => {
    expect(judgeExclusions(all).failures).toEqual([])
    expect(judgeExclusions([...all, { place: 'x/y', count: 2, key: 'y', reason: undefined }]).failures).toEqual([
      'x/y (2) is neither replayed nor excluded',
    ])
    expect(judgeExclusions(all.slice(1)).failures).toHaveLength(1)
  })
})
