import { describe, expect, it } from 'vitest'
import type { ChatDialect } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import { LLMError } from '../../src/index.js'
import type { ChatCompletion, ChatCompletionChunk } from '../../src/types/chat.js'

/** Behaviour that Anthropic, Cohere and Ollama share, although their APIs differ. */
const dialects = [
  ['anthropic', 'claude-sonnet-4-5'],
  ['cohere', 'command-a-03-2025'],
  ['ollama', 'llama3.2'],
] as const

async function chatOf(id: string) {
  const provider = await loadProvider(id)
  const chat = provider?.dialect.chat as ChatDialect | undefined
  if (!provider || !chat) throw new Error(`${id} has no chat`)
  return { chat, quirks: provider.quirks }
}

async function encode(id: string, model: string, request: object) {
  const { chat, quirks } = await chatOf(id)
  const params = { model, messages: [{ role: 'user', content: 'Hi' }], stream: false, ...request }
  const context = { provider: id, model, dropParams: false, ownHost: true, settings: {}, quirks }
  return chat.encode(params as never, context as never)
}

const decodeContext = { provider: 'p', model: 'm', encodeState: undefined, created: 1, fallbackId: 'f' }

async function decode(id: string, body: unknown): Promise<Omit<ChatCompletion, 'meta'>> {
  const { chat, quirks } = await chatOf(id)
  return chat.decode(body, { ...decodeContext, quirks } as never)
}

async function stream(id: string, events: readonly unknown[]): Promise<ChatCompletionChunk[]> {
  const { chat, quirks } = await chatOf(id)
  const decoder = chat.stream({ ...decodeContext, quirks } as never)
  const chunks: ChatCompletionChunk[] = []
  for (const event of events) decoder.push(undefined, JSON.stringify(event), chunks)
  decoder.end(chunks)
  return chunks
}

describe.each(dialects)('%s', (id, model) => {
  it.each([
    ['tools', 5, 'tools'],
    ['functions', 'f', 'functions'],
    ['stop', 5, 'stop'],
    ['stop', [{}], 'stop'],
  ])('rejects %s: %j', async (name, value, param) => {
    const error = await encode(id, model, { [name]: value }).catch((reason: unknown) => reason)
    expect(LLMError.is(error) && error).toMatchObject({ code: 'bad_request', param })
  })

  it('rejects OpenAI’s moderation, and drops its cache options with a warning', async () => {
    await expect(encode(id, model, { moderation: { mode: 'block' } })).rejects.toMatchObject({
      code: 'unsupported_params',
    })
    const { body, warnings } = await encode(id, model, { prompt_cache_options: { mode: 'explicit' } })
    expect(body).not.toHaveProperty('prompt_cache_options')
    expect(warnings).toEqual([expect.objectContaining({ type: 'dropped', param: 'prompt_cache_options' })])
  })

  it('merges a union at the root of a tool schema', async () => {
    const branch = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] })
    const parameters = { type: 'object', anyOf: [branch('id'), branch('query')] }
    const { body, warnings } = await encode(id, model, {
      tools: [{ type: 'function', function: { name: 'f', parameters } }],
    })
    expect(JSON.stringify(body)).not.toContain('anyOf')
    expect(JSON.stringify(body)).toContain('"query"')
    expect(warnings).toEqual([expect.objectContaining({ type: 'changed', param: 'tools[0].function.parameters' })])
  })
})

describe.each(dialects.slice(1))('%s', (id, model) => {
  it('receives the summary of a conversation that Claude compacted', async () => {
    const answer = {
      role: 'assistant',
      content: 'Noted.',
      provider_specific_fields: {
        content_blocks: [
          { type: 'compaction', content: 'The user lives in Porto.' },
          { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
          { type: 'text', text: 'Noted.' },
        ],
      },
    }
    const messages = [answer, { role: 'user', content: 'Where do I live?' }]
    const { body, warnings } = await encode(id, model, { messages })
    expect(body.messages).toMatchObject([
      { role: 'user', content: expect.stringContaining('The user lives in Porto.') },
      { role: 'assistant', content: 'Noted.' },
      { role: 'user', content: 'Where do I live?' },
    ])
    expect(warnings?.map(({ type }) => type)).toEqual(['repaired', 'repaired'])
  })
})

describe('a finish reason', () => {
  const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }]
  it.each([
    ['cohere', { message: { tool_calls: calls }, finish_reason: 'COMPLETE' }, 'tool_calls'],
    ['cohere', { message: { content: [{ type: 'text', text: 'Hi' }] }, finish_reason: 'TOOL_CALL' }, 'stop'],
    ['cohere', { message: { tool_calls: calls }, finish_reason: 'MAX_TOKENS' }, 'length'],
    ['ollama', { message: { content: '', tool_calls: calls }, done_reason: 'stop', done: true }, 'tool_calls'],
  ])('of %s agrees with the message: %j is %s', async (id, body, finish) => {
    expect((await decode(id, body)).choices[0]?.finish_reason).toBe(finish)
  })

  it('of a Cohere stream agrees with the message', async () => {
    const start = { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: calls[0] } } }
    const end = (finish_reason: string) => ({ type: 'message-end', delta: { finish_reason } })
    const finish = async (events: unknown[]) =>
      (await stream('cohere', events)).flatMap(({ choices }) => choices[0]?.finish_reason ?? [])
    expect(await finish([start, end('COMPLETE')])).toEqual(['tool_calls'])
    expect(await finish([end('TOOL_CALL')])).toEqual(['stop'])
  })
})

describe('empty arguments of a call', () => {
  it.each([
    ['cohere', { message: { tool_calls: [{ id: 'c', function: { name: 'f', arguments: ' ' } }] } }],
    ['ollama', { message: { tool_calls: [{ function: { name: 'f', arguments: '' } }] }, done: true }],
    ['anthropic', { content: [{ type: 'tool_use', id: 'c', name: 'f' }] }],
  ])('of %s are {}', async (id, body) => {
    const [call] = (await decode(id, body)).choices[0]?.message.tool_calls ?? []
    expect(call).toMatchObject({ function: { name: 'f', arguments: '{}' } })
  })
})

describe('a schema for Ollama', () => {
  const format = (schema: object) => ({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })

  it('has no items: false behind a tuple, which the server rejects', async () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }], items: false }
    const { body } = await encode('ollama', 'llama3.2', format({ type: 'object', properties: { t: tuple } }))
    expect(body.format).toMatchObject({ properties: { t: { prefixItems: [{ type: 'string' }], maxItems: 1 } } })
    expect(body.format).not.toHaveProperty('properties.t.items')
  })

  it('refers to itself through a definition', async () => {
    const schema = { type: 'object', properties: { child: { $ref: '#' } } }
    const { body } = await encode('ollama', 'llama3.2', format(schema))
    const child = { $ref: '#/$defs/root' }
    expect(body.format).toEqual({
      type: 'object',
      properties: { child },
      $defs: { root: { type: 'object', properties: { child } } },
    })
  })
})

it('quotes a line of an Ollama stream that is not JSON', async () => {
  const { chat, quirks } = await chatOf('ollama')
  const decoder = chat.stream({ ...decodeContext, quirks } as never)
  expect(() => decoder.push(undefined, 'oops', [])).toThrow(/not JSON: oops/)
})
