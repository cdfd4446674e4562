import { describe, expect, it } from 'vitest'
import { createClient, UnsupportedParamsError } from '../../src/index.js'
import { sender } from '../helpers/bodies.js'
import { rejection, user } from '../helpers/simulated.js'
import { bodyOf } from './openai/helpers.js'

const tools = [{ type: 'function' as const, function: { name: 'look_up', parameters: { type: 'object' } } }]
const named = { type: 'function', function: { name: 'look_up' } }
const off = { thinking: { type: 'disabled' } }

/** The parameters that are sent, with what is refused left out. */
const sent = async (model: string, request: object): Promise<Record<string, unknown>> =>
  JSON.parse(await sender(model)({ tools, ...request }))

describe('a forced call of a thinking model', () => {
  it.each([
    ['deepseek/deepseek-v4-pro', 'required', {}],
    ['deepseek/deepseek-v4-flash', named, {}],
    ['deepseek/deepseek-reasoner', 'required', {}],
    ['moonshot/kimi-k2.6', 'required', {}],
    ['moonshot/kimi-k2-thinking', named, {}],
    ['moonshot/kimi-k3', named, {}],
    ['dashscope/qwen3.5-plus', 'required', { enable_thinking: true }],
    ['dashscope/qwen3-max', named, { reasoning_effort: 'low' }],
  ])('of %s is not sent (%j)', async (model, tool_choice, more) => {
    expect(await sent(model, { tool_choice, ...more })).not.toHaveProperty('tool_choice')
  })

  it.each([
    ['deepseek/deepseek-v4-pro', 'required', off],
    ['deepseek/deepseek-v4-pro', 'required', { reasoning_effort: 'none' }],
    ['deepseek/deepseek-chat', named, {}],
    ['deepseek/deepseek-v4-pro', 'none', {}],
    ['moonshot/kimi-k2.6', named, off],
    ['moonshot/kimi-k3', 'required', {}],
    ['moonshot/kimi-k2-0905-preview', 'required', {}],
    ['dashscope/qwen3-max', 'required', {}],
    ['dashscope/qwen3.5-plus', 'required', { enable_thinking: false }],
    ['dashscope/deepseek-v4-pro', 'required', {}],
    ['openrouter/deepseek/deepseek-v4-pro', 'required', {}],
  ])('of %s is sent if it is accepted (%j, %j)', async (model, tool_choice, more) => {
    expect((await sent(model, { tool_choice, ...more })).tool_choice).toEqual(tool_choice)
  })

  it('is an error that shows how to have it', async () => {
    const client = createClient()
    const request = { model: 'deepseek/deepseek-v4-pro', apiKey: 'k', messages: user('Hi'), tools }
    const error = await rejection(client.completion({ ...request, tool_choice: 'required' }))
    expect(error).toBeInstanceOf(UnsupportedParamsError)
    expect(error).toHaveProperty('message', expect.stringContaining("thinking: { type: 'disabled' }"))
  })
})

describe('a parameter that a model refuses', () => {
  it.each([
    ['openai/gpt-4o-search-preview', { temperature: 0.5, top_p: 0.9 }],
    ['openai/gpt-4o-mini-search-preview', { temperature: 1, presence_penalty: 0 }],
    ['openai/gpt-5-search-api', { frequency_penalty: 0.5 }],
    ['openai/o3-mini', { parallel_tool_calls: false }],
    ['openai/o4-mini', { parallel_tool_calls: true, temperature: 1 }],
    ['xai/grok-4', { presence_penalty: 0, frequency_penalty: 0 }],
    ['moonshot/kimi-k2.6', { temperature: 1, n: 1 }],
  ])('of %s is not sent, nor its default (%j)', async (model, params) => {
    const body = await sent(model, params)
    for (const name of Object.keys(params)) expect(body).not.toHaveProperty(name)
  })

  it('is no error if the model does so anyway', () => {
    expect(bodyOf({ model: 'o3-mini', tools, parallel_tool_calls: false })).not.toHaveProperty('parallel_tool_calls')
  })
})

describe("fields of Mistral's messages", () => {
  it('have no speakers and no nulls', async () => {
    const messages = [
      { role: 'user', name: 'Ann', content: 'Hi' },
      { role: 'assistant', name: 'Bot', content: 'Yes?', audio: null, refusal: null, function_call: null },
      { role: 'user', content: 'Bye' },
    ]
    expect((await sent('mistral/mistral-large-latest', { messages, tools: undefined })).messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'Bye' },
    ])
  })
})
