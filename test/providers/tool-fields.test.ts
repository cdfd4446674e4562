import { describe, expect, it } from 'vitest'
import { sender } from '../helpers/bodies.js'

type Body = Record<string, unknown>

const sent = async (model: string, request: object): Promise<Body> => JSON.parse(await sender(model)(request))
const tool = (definition: Body) => ({ tools: [{ type: 'function', function: { name: 'look_up', ...definition } }] })
const empty = { type: 'object', properties: {} }

describe('a tool without parameters', () => {
  it.each([
    ['openai/gpt-4.1', {}, {}],
    ['openai/gpt-4.1', { parameters: null, description: null, strict: null }, {}],
    ['groq/llama-3.3-70b-versatile', { parameters: null }, {}],
    ['mistral/mistral-large-latest', {}, { parameters: empty }],
    ['mistral/mistral-large-latest', { parameters: null }, { parameters: empty }],
  ])('has fields that %s accepts (%j)', async (model, given, expected) => {
    expect((await sent(model, tool(given))).tools).toEqual(tool(expected).tools)
  })
})

describe("the root of a tool's schema", () => {
  const bare = { type: 'object' }
  const typeless = { properties: { city: { type: 'string' } } }

  it.each([
    [bare, empty],
    [{}, empty],
    [{ type: null }, empty],
    [typeless, { type: 'object', ...typeless }],
  ])('of %j has a type and properties for OpenAI and Gemini', async (parameters, expected) => {
    expect((await sent('openai/gpt-4.1', tool({ parameters }))).tools).toEqual(tool({ parameters: expected }).tools)
    expect((await sent('openai/responses/gpt-5.5', tool({ parameters }))).tools).toMatchObject([
      { parameters: expected },
    ])
    const [declared] = (await sent('gemini/gemini-2.5-flash', tool({ parameters }))).tools as Body[]
    expect(declared?.functionDeclarations).toEqual([{ name: 'look_up', parametersJsonSchema: expected }])
  })

  it('is sent to own servers as it is', async () => {
    const request = { apiBase: 'http://127.0.0.1:9/v1', ...tool({ parameters: bare }) }
    expect((await sent('hosted_vllm/m', request)).tools).toEqual(tool({ parameters: bare }).tools)
  })

  it('is complete in every call with the same tools', async () => {
    const send = sender('openai/gpt-4.1')
    const request = tool({ parameters: bare })
    for (let call = 0; call < 3; call++)
      expect(JSON.parse(await send(request)).tools).toEqual(tool({ parameters: empty }).tools)
  })
})

describe('settings of tools', () => {
  it.each(['openai/gpt-4.1', 'mistral/mistral-large-latest', 'groq/llama-3.3-70b-versatile'])(
    'are not sent to %s without tools',
    async (model) => {
      const body = await sent(model, { tools: [], tool_choice: 'auto', parallel_tool_calls: false })
      for (const name of ['tools', 'tool_choice', 'parallel_tool_calls']) expect(body).not.toHaveProperty(name)
    },
  )
})
