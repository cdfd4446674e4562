import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient, type FunctionTool, type Message } from '../../src/index.js'

const tool: FunctionTool = {
  type: 'function',
  function: {
    name: 'file',
    parameters: {
      type: 'object',
      properties: {
        'file name': { type: 'string' },
        file_name: { type: 'string', enum: ['file name'] },
        größe: { type: 'object', properties: { 'in KB': { type: 'number' } }, required: ['in KB'] },
        list: { type: 'array', items: { $ref: '#/$defs/an entry' } },
        'a.b-c': { type: 'boolean' },
      },
      required: ['file name', 'größe'],
      $defs: { 'an entry': { type: 'object', properties: { '@id': { type: 'string' } } } },
    },
  },
}

/** Arguments with the caller's names. */
const args = { 'file name': 'a.txt', file_name: 'file name', größe: { 'in KB': 2 }, list: [{ '@id': '1' }] }
/** The same with the names that are sent; the first has a hash, because `file_name` exists. */
const sent = { file_name_0ey5h82: 'a.txt', file_name: 'file name', gr__e: { in_KB: 2 }, list: [{ _id: '1' }] }

const region = { region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' }
const models = ['anthropic/claude-sonnet-4-5', 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0']

function setup() {
  const mock = mockProvider()
  const client = createClient({
    dispatcher: mock.dispatcher,
    providers: { anthropic: { apiKey: 'any' }, bedrock: region, openai: { apiKey: 'any' } },
  })
  return { mock, client }
}

describe.each(models)('property names that Claude rejects: %s', (model) => {
  const history: Message[] = [{ role: 'user', content: 'Save it.' }]

  it('are replaced in the schema, with a warning', async () => {
    const { mock, client } = setup()
    mock.reply('Done.')
    const { meta } = await client.completion({ model, messages: history, tools: [tool] })
    const body = JSON.stringify(mock.requests[0]?.body)
    for (const name of ['"file_name_0ey5h82":{', '"gr__e":{', '"in_KB":{', '"_id":{', '"a.b-c":{'])
      expect(body).toContain(name)
    expect(body).toContain('"required":["file_name_0ey5h82","gr__e"]')
    expect(body).toContain('"required":["in_KB"]')
    // values and references stay
    expect(body).toContain('"enum":["file name"]')
    expect(body).toContain('"#/$defs/an entry"')
    expect(meta.warnings).toMatchObject([{ type: 'changed', param: 'tools[0].function.parameters' }])
  })

  it.each([false, true])('are restored in the arguments, stream: %s', async (stream) => {
    const { mock, client } = setup()
    mock.reply({ toolCalls: [{ name: 'file', arguments: sent }] })
    const answer = await client.completion({ model, messages: history, tools: [tool], stream })
    const { choices } = 'final' in answer ? await answer.final() : answer
    const [call] = choices[0]?.message.tool_calls ?? []
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual(args)
    expect(choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('pass arguments of a cut stream on unchanged', async () => {
    const { mock, client } = setup()
    mock.reply({ toolCalls: [{ name: 'file', arguments: '{"file_name_0ey5h82": "a' }], finishReason: 'length' })
    const stream = await client.completion({ model, messages: history, tools: [tool], stream: true })
    const { choices } = await stream.final()
    const [call] = choices[0]?.message.tool_calls ?? []
    expect(call?.type === 'function' && call.function.arguments).toBe('{"file_name_0ey5h82": "a')
  })

  it('are replaced in the history', async () => {
    const { mock, client } = setup()
    mock.reply({ toolCalls: [{ name: 'file', arguments: sent }] })
    mock.reply('Done.')
    const first = await client.completion({ model, messages: history, tools: [tool] })
    const { message } = first.choices[0] ?? {}
    if (!message) throw new Error('no message')
    const id = message.tool_calls?.[0]?.id ?? ''
    const messages: Message[] = [...history, message, { role: 'tool', tool_call_id: id, content: 'ok' }]
    await client.completion({ model, messages, tools: [tool] })
    expect(JSON.stringify(mock.requests[1]?.body)).toContain(JSON.stringify(sent))
  })

  it('leave tools without such names as they are', async () => {
    const { mock, client } = setup()
    mock.reply('Done.')
    const parameters = { type: 'object', properties: { 'a.b-c': { type: 'string' } } }
    const plain: FunctionTool = { type: 'function', function: { name: 'f', parameters } }
    const { meta } = await client.completion({ model, messages: history, tools: [plain] })
    expect(JSON.stringify(mock.requests[0]?.body)).toContain('"a.b-c"')
    expect(meta.warnings).toEqual([])
  })
})

it('does not change property names for other providers', async () => {
  const { mock, client } = setup()
  mock.reply({ toolCalls: [{ name: 'file', arguments: args }] })
  const { meta } = await client.completion({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Save it.' }],
    tools: [tool],
  })
  expect(JSON.stringify(mock.requests[0]?.body)).toContain('"file name":{')
  expect(meta.warnings).toEqual([])
})
