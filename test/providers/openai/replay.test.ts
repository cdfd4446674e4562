import { describe, expect, it } from 'vitest'
import { compatible } from '../../../providers/compatible.js'
import type { EncodeContext } from '../../../providers/contract.js'
import type { OpenAIQuirks } from '../../../providers/dialects/openai/index.js'
import { hosts } from '../../../providers/hosts/index.js'
import { encode, own, quirksOf, sentOf } from './helpers.js'

/** Parts of a history that one host wants and another refuses. */

const at = (id: string, model: string): Partial<EncodeContext<OpenAIQuirks>> => {
  const row = hosts.find((host) => host.id === id)
  if (!row) throw new Error(`there is no host ${id}`)
  return { provider: id, model, quirks: compatible(row).quirks }
}

const user = { role: 'user', content: 'Hi' }
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
const result = { role: 'tool', tool_call_id: 'call_1', content: 'done' }
const warningsOf = (messages: unknown, context?: Partial<EncodeContext<OpenAIQuirks>>) =>
  encode({ messages }, context).warnings ?? []

describe('cache marks', () => {
  const mark = { type: 'ephemeral' }
  const marked = [{ role: 'user', content: [{ type: 'text', text: 'long', cache_control: mark }] }]
  const breakpoint = [
    { role: 'user', content: [{ type: 'text', text: 'long', prompt_cache_breakpoint: { mode: 'explicit' } }] },
  ]

  it('become breakpoints for models of OpenAI that have them', () => {
    const context = { model: 'gpt-6-sol' }
    expect(sentOf(marked, context)[0]).toEqual(breakpoint[0])
    expect(warningsOf(marked, context)).toEqual([])
    expect(sentOf(breakpoint, context)).toBe(breakpoint)
  })

  it('are left out with one warning if neither host nor model has them', () => {
    for (const context of [{ model: 'gpt-4o' }, at('groq', 'm'), at('mistral', 'm')]) {
      for (const messages of [marked, breakpoint, [...marked, ...marked]]) {
        expect(sentOf(messages, context)[0]).toEqual({ role: 'user', content: [{ type: 'text', text: 'long' }] })
        expect(warningsOf(messages, context)).toMatchObject([{ type: 'dropped', param: 'cache_control' }])
      }
    }
  })

  it('replace breakpoints at hosts that know marks only', () => {
    expect(sentOf(breakpoint, quirksOf({ cacheControl: true }))[0]).toEqual(marked[0])
    expect(sentOf(breakpoint, quirksOf({ openaiFields: true }))).toBe(breakpoint)
  })

  it('move from a message to its last part at OpenRouter', () => {
    const messages = [
      { role: 'system', content: 'Be brief', cache_control: mark },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
        cache_control: mark,
      },
    ]
    expect(sentOf(messages, at('openrouter', 'm'))).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief', cache_control: mark }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache_control: mark },
        ],
      },
    ])
    expect(sentOf(messages, at('litellm_proxy', 'm'))).toBe(messages)
  })
})

describe('a refusal', () => {
  const refused = [user, { role: 'assistant', content: null, refusal: 'No.' }, user]

  it('is a field at OpenAI and text elsewhere', () => {
    expect(sentOf(refused)[1]).toMatchObject({ refusal: 'No.', content: null })
    expect(sentOf(refused, at('mistral', 'm'))[1]).toEqual({ role: 'assistant', content: 'No.' })
    expect(sentOf(refused, at('groq', 'm'))[1]).toEqual({ role: 'assistant', content: 'No.' })
  })
})

describe('reasoning with tool calls', () => {
  const foreign = [user, { role: 'assistant', content: null, tool_calls: [call] }, result]
  const known = [user, { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [call] }, result]

  it.each([
    ['moonshot', 'kimi-k2.6'],
    ['moonshot', 'kimi-k3'],
    ['deepseek', 'deepseek-v4-pro'],
  ])('is added for %s/%s, which refuses calls without it', (id, model) => {
    const context = at(id, model)
    expect(sentOf(foreign, context)[1]).toMatchObject({ reasoning_content: expect.stringMatching(/\w/) })
    expect(warningsOf(foreign, context)).toMatchObject([{ type: 'repaired', messageIndex: 1 }])
    expect(sentOf(known, context)[1]).toMatchObject({ reasoning_content: 'Hm.' })
    expect(warningsOf(known, context)).toEqual([])
  })

  it('is not added for models without thinking, or with thinking turned off', () => {
    expect(sentOf(foreign, at('moonshot', 'kimi-k2-0905-preview'))[1]).not.toHaveProperty('reasoning_content')
    const { body } = encode({ messages: foreign, thinking: { type: 'disabled' } as never }, at('moonshot', 'kimi-k2.6'))
    expect((body.messages as object[])[1]).not.toHaveProperty('reasoning_content')
  })
})

describe('fields of the host', () => {
  it('on a tool call go back to hosts that want them', () => {
    const extras = { extra_content: { a: 1 }, thought_signature: 'S', other: 2 }
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [{ ...call, provider_specific_fields: extras }] },
      result,
    ]
    const sentCall = (context?: Partial<EncodeContext<OpenAIQuirks>>) =>
      (sentOf(messages, context)[1] as { tool_calls: object[] }).tool_calls[0]
    expect(sentCall(at('venice', 'm'))).toEqual({ ...call, extra_content: { a: 1 }, thought_signature: 'S' })
    expect(sentCall(at('groq', 'm'))).toEqual({ ...call, extra_content: { a: 1 } })
    expect(sentCall({ quirks: own })).toEqual(call)
  })

  it('with reasoning go back to MiniMax', () => {
    const reasoning_details = [{ type: 'reasoning.text', index: 0, text: 'Hm.' }]
    const messages = [{ role: 'assistant', content: 'Yes', provider_specific_fields: { reasoning_details } }, user]
    expect(sentOf(messages, at('minimax', 'MiniMax-M2.5'))[0]).toEqual({
      role: 'assistant',
      content: 'Yes',
      reasoning_details,
    })
  })
})

describe('blocks of Anthropic', () => {
  const turn = (blocks: object[]) => [
    { role: 'assistant', content: 'Noted.', provider_specific_fields: { content_blocks: blocks } },
    user,
  ]

  it('with a summary of the history become a message', () => {
    const messages = turn([
      { type: 'compaction', content: 'They live in Porto.' },
      { type: 'text', text: 'Noted.' },
    ])
    expect(sentOf(messages)).toEqual([
      { role: 'user', content: expect.stringContaining('They live in Porto.') },
      { role: 'assistant', content: 'Noted.' },
      user,
    ])
    expect(warningsOf(messages)).toMatchObject([{ type: 'repaired', messageIndex: 0 }])
  })

  it('of server tools are left out with a warning that names them', () => {
    const messages = turn([
      { type: 'server_tool_use', id: 's' },
      { type: 'text', text: 'Noted.' },
    ])
    expect(warningsOf(messages)).toMatchObject([
      { type: 'repaired', message: expect.stringContaining('server_tool_use') },
    ])
  })
})

describe('arguments of a call', () => {
  it('are an object for a call without any', () => {
    const empty = { ...call, function: { name: 'f', arguments: '' } }
    expect(sentOf([user, { role: 'assistant', content: null, tool_calls: [empty] }, result])[1]).toMatchObject({
      tool_calls: [{ function: { arguments: '{}' } }],
    })
  })
})

describe('arguments that are not JSON', () => {
  const broken = (json: string) => [
    user,
    { role: 'assistant', content: null, tool_calls: [{ ...call, function: { name: 'f', arguments: json } }] },
    result,
  ]

  it.each(['{"a": 1', "{'a': 1}", '{"a": 1,}'])('are repaired with a warning: %s', (json) => {
    for (const context of [undefined, at('groq', 'm'), at('mistral', 'm')]) {
      const [, turn] = sentOf(broken(json), context) as [unknown, { tool_calls: { function: { arguments: string } }[] }]
      expect(JSON.parse(turn.tool_calls[0]?.function.arguments ?? '')).toEqual({ a: 1 })
      expect(warningsOf(broken(json), context)).toMatchObject([{ type: 'repaired', messageIndex: 1 }])
    }
  })
})
