import type { ChatDialect } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import type { AnswerMessage } from '../../src/types/chat.js'
import { messageOf } from '../helpers/simulated.js'
import { accounts } from './targets.js'

/** A model that starts the conversation. */
export interface Origin {
  readonly name: string
  /** The model string. */
  readonly model: string
  /**
   * Its answer in the shape of recorded traffic, with made-up values. @default the simulator's answer in the
   * provider's API
   */
  readonly body?: Readonly<Record<string, unknown>>
  /** Whether other models can read its reasoning. */
  readonly reasons: boolean
}

export const said = 'I look both up.'
export const reasoning = 'Two cities, so two calls.'
export const cities = ['Oslo', 'Rome'] as const

const call = (id: string, city: string) => ({
  id,
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
})

/** An answer in OpenAI's API. */
const openaiBody = (message: object, ids: readonly [string, string]) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1700000000,
  model: 'm',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: said,
        tool_calls: ids.map((id, at) => call(id, cities[at] ?? '')),
        ...message,
      },
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
})

const responsesCall = (id: string, city: string) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  status: 'completed',
  name: 'get_weather',
  arguments: JSON.stringify({ city }),
})

export const origins: readonly Origin[] = [
  { name: 'OpenAI', model: 'openai/gpt-4o', reasons: false },
  { name: 'Claude', model: 'anthropic/claude-sonnet-4-5', reasons: true },
  { name: 'Claude on Vertex AI', model: 'vertex_ai/claude-sonnet-4-5', reasons: true },
  { name: 'Claude on Bedrock', model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', reasons: true },
  { name: 'Gemini 2.5', model: 'gemini/gemini-2.5-flash', reasons: true },
  { name: 'Gemini 3', model: 'gemini/gemini-3-flash-preview', reasons: true },
  { name: 'Cohere', model: 'cohere/command-a-reasoning-08-2025', reasons: true },
  { name: 'Ollama', model: 'ollama/qwen3:4b', reasons: true },
  {
    name: 'DeepSeek',
    model: 'deepseek/deepseek-reasoner',
    reasons: true,
    body: openaiBody({ reasoning_content: reasoning }, ['call_00_3kXb5mVQpR7s', 'call_01_9dLw2nYTzC4e']),
  },
  {
    name: 'Mistral',
    model: 'mistral/magistral-medium-2509',
    reasons: true,
    body: openaiBody(
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] },
          { type: 'text', text: said },
        ],
      },
      ['Kc8mPq2Zt', 'bY7nW4xRs'],
    ),
  },
  {
    name: 'OpenRouter',
    model: 'openrouter/anthropic/claude-sonnet-4.5',
    reasons: true,
    body: openaiBody(
      {
        reasoning,
        reasoning_details: [
          { type: 'reasoning.text', text: reasoning, signature: 'EqAB', format: 'anthropic-claude-v1', index: 0 },
        ],
      },
      ['toolu_01T5xA7kLmN9pQrS2tUvWxYz', 'toolu_01B6yC8jKnM0qRsT3uVwXyZa'],
    ),
  },
  {
    name: 'OpenAI over Responses',
    model: 'openai/responses/gpt-5.1',
    reasons: true,
    body: {
      id: 'resp_1',
      object: 'response',
      created_at: 1700000000,
      status: 'completed',
      model: 'gpt-5.1',
      output: [
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: reasoning }],
          encrypted_content: 'gAAAAABpQ2xvc2Vk',
        },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: said, annotations: [] }],
        },
        // items and calls have separate ids, some of them long
        responsesCall('call_4kJ9sLm2NpQ5rTvX8yZa1bCd', 'Oslo'),
        responsesCall('call_7hG6fDs3AqW9eRtY2uIo5pLk', 'Rome'),
      ],
      usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
    },
  },
]

/** The answer of every origin: text, two parallel calls, and reasoning. */
export async function answerOf({ model, body, reasons }: Origin): Promise<AnswerMessage> {
  const [id = '', ...rest] = model.split('/')
  if (body) return decoded(id, rest.join('/'), body)
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
  mock.reply({
    text: said,
    ...(reasons && { reasoning }),
    toolCalls: cities.map((city) => ({ name: 'get_weather', arguments: { city } })),
  })
  const answer = await client.completion({
    model,
    messages: [{ role: 'user', content: 'Weather in Oslo and Rome?' }],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }],
    ...(reasons && { reasoning_effort: 'low' }),
  })
  await client.close()
  return structuredClone(messageOf(answer))
}

async function decoded(id: string, model: string, body: object): Promise<AnswerMessage> {
  const loaded = await loadProvider(id)
  const provider = (await loaded?.route?.(model)) ?? loaded
  const { chat } = provider?.dialect ?? {}
  if (!provider || !chat) throw new Error(`no provider for ${id}`)
  const answer = (chat as ChatDialect).decode(body, {
    provider: id,
    model,
    quirks: provider.ownQuirks ?? provider.quirks,
    encodeState: undefined,
    created: 1700000000,
    fallbackId: 'chatcmpl-1',
  })
  const [choice] = answer.choices
  if (!choice) throw new Error('the answer has no choice')
  return choice.message
}
