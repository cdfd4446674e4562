import type { ClientOptions } from '../../src/index.js'

type Json = Readonly<Record<string, unknown>>

/** A model that continues a conversation. */
export interface Target {
  readonly name: string
  /** The model string. */
  readonly model: string
  /** The pattern of its call ids. */
  readonly ids: RegExp
  /** The turns of its body. */
  readonly turns: (body: Json) => readonly Json[]
  /** Calls and results, in order. */
  readonly tools: (turn: Json) => { readonly calls: unknown[]; readonly results: unknown[] }
  /** Whether two consecutive turns of one role are rejected. */
  readonly alternates?: boolean
  /** True if the simulator does not support its API. */
  readonly unheard?: boolean
}

const account = { apiKey: 'key-of-the-matrix' }

export const accounts: NonNullable<ClientOptions['providers']> = {
  openai: account,
  anthropic: account,
  gemini: account,
  cohere: account,
  deepseek: account,
  mistral: account,
  openrouter: account,
  groq: account,
  ollama: {},
  bedrock: { ...account, region: 'us-east-1' },
  vertex_ai: { authToken: 'token-of-the-matrix', project: 'matrix', location: 'us-east5' },
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [])
const inside = (blocks: unknown, name: string): readonly Json[] =>
  list(blocks).flatMap((block) => (block[name] ? [block[name] as Json] : []))

const openai = {
  ids: /^.{1,40}$/,
  turns: (body: Json) => list(body.messages),
  tools: (turn: Json) => ({
    calls: list(turn.tool_calls).map(({ id }) => id),
    results: turn.role === 'tool' ? [turn.tool_call_id] : [],
  }),
}

const anthropic = {
  ids: /^[a-zA-Z0-9_-]+$/,
  alternates: true,
  turns: (body: Json) => list(body.messages),
  tools: ({ content }: Json) => ({
    calls: list(content).flatMap(({ type, id }) => (type === 'tool_use' ? [id] : [])),
    results: list(content).flatMap(({ type, tool_use_id }) => (type === 'tool_result' ? [tool_use_id] : [])),
  }),
}

const converse = {
  ids: /^[a-zA-Z0-9_.:-]{1,64}$/,
  alternates: true,
  turns: (body: Json) => list(body.messages),
  tools: ({ content }: Json) => ({
    calls: inside(content, 'toolUse').map(({ toolUseId }) => toolUseId),
    results: inside(content, 'toolResult').map(({ toolUseId }) => toolUseId),
  }),
}

const gemini = {
  ids: /^.+$/,
  alternates: true,
  turns: (body: Json) => list(body.contents),
  tools: ({ parts }: Json) => ({
    calls: inside(parts, 'functionCall').map(({ id }) => id),
    results: inside(parts, 'functionResponse').map(({ id }) => id),
  }),
}

const responses = {
  ids: /^.{1,64}$/,
  turns: (body: Json) => list(body.input),
  tools: ({ type, call_id }: Json) => ({
    calls: type === 'function_call' ? [call_id] : [],
    results: type === 'function_call_output' ? [call_id] : [],
  }),
}

export const targets: readonly Target[] = [
  { name: 'OpenAI', model: 'openai/gpt-4o', ...openai },
  { name: 'an OpenAI model that reasons', model: 'openai/o3', ...openai },
  { name: 'OpenAI over Responses', model: 'openai/responses/gpt-5.1', ...responses, unheard: true },
  { name: 'Claude', model: 'anthropic/claude-sonnet-4-5', ...anthropic },
  { name: 'Claude on Vertex AI', model: 'vertex_ai/claude-sonnet-4-5', ...anthropic },
  { name: 'Claude on Bedrock', model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', ...converse },
  { name: 'Nova', model: 'bedrock/amazon.nova-pro-v1:0', ...converse },
  { name: 'Gemini 2.5', model: 'gemini/gemini-2.5-flash', ...gemini },
  { name: 'Gemini 3', model: 'gemini/gemini-3-flash-preview', ...gemini },
  { name: 'Cohere', model: 'cohere/command-a-03-2025', ...openai },
  { name: 'a Cohere model that reasons', model: 'cohere/command-a-reasoning-08-2025', ...openai },
  { name: 'Ollama', model: 'ollama/qwen3:4b', ...openai },
  { name: 'Mistral', model: 'mistral/magistral-medium-2509', ...openai, ids: /^[a-zA-Z0-9]{9}$/ },
  { name: 'DeepSeek', model: 'deepseek/deepseek-reasoner', ...openai },
  { name: 'OpenRouter', model: 'openrouter/openai/gpt-5', ...openai },
  { name: 'Groq', model: 'groq/openai/gpt-oss-120b', ...openai },
]
