import type { OptionHeader, Provider } from './contract.js'
import { chatPaths, defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'

/**
 * A host that speaks OpenAI's wire, as data: what is left out is as OpenAI has it. A row is also what `registerProvider()` takes.
 *
 * @example
 * client.registerProvider({ id: 'acme', name: 'Acme', base: 'https://llm.acme.example/v1', env: ['ACME_API_KEY'] })
 */
export interface CompatibleRow {
  /** The prefix of its model strings. */
  readonly id: string
  /** Its name in messages. @default the id */
  readonly name?: string
  /** Base URL, without a trailing slash; `/chat/completions` and `/embeddings` are put behind it. Undefined where every user has a server of their own. */
  readonly base?: string
  /** Environment variables that hold the key, first match wins. @default none */
  readonly env?: readonly string[]
  /** Environment variables that replace the base, first match wins. @default none */
  readonly baseEnv?: readonly string[]
  /** False where servers may run without a key. @default true with `env`, else false */
  readonly keyRequired?: boolean
  /** Where keys are made, for the error that says that there is none. */
  readonly keyUrl?: string
  /** Sent with every request. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers made from options or environment. */
  readonly optionHeaders?: readonly OptionHeader[]
  /** What the host does differently. @default nothing is known */
  readonly quirks?: Partial<OpenAIQuirks>
}

/** Hosts whose answers are recorded in the corpus, or whose pages say that they follow OpenAI. */
export const rows: readonly CompatibleRow[] = deepFreeze([
  {
    id: 'openrouter',
    name: 'OpenRouter',
    base: 'https://openrouter.ai/api/v1',
    env: ['OPENROUTER_API_KEY'],
    baseEnv: ['OPENROUTER_API_BASE'],
    keyUrl: 'https://openrouter.ai/settings/keys',
    quirks: { cacheControl: true, replayReasoning: 'reasoning', replayDetails: true },
  },
  {
    id: 'groq',
    name: 'Groq',
    base: 'https://api.groq.com/openai/v1',
    env: ['GROQ_API_KEY'],
    baseEnv: ['GROQ_API_BASE'],
    keyUrl: 'https://console.groq.com/keys',
    quirks: { replayReasoning: 'reasoning' },
  },
  {
    id: 'deepseek',
    name: 'DeepSeek',
    base: 'https://api.deepseek.com',
    env: ['DEEPSEEK_API_KEY'],
    baseEnv: ['DEEPSEEK_API_BASE'],
    keyUrl: 'https://platform.deepseek.com/api_keys',
    quirks: { replayReasoning: 'reasoning_content', developerAsSystem: true },
  },
  {
    id: 'xai',
    name: 'xAI',
    base: 'https://api.x.ai/v1',
    env: ['XAI_API_KEY'],
    baseEnv: ['XAI_API_BASE'],
    keyUrl: 'https://console.x.ai',
    quirks: { reasoningApart: true },
  },
  {
    id: 'mistral',
    name: 'Mistral',
    base: 'https://api.mistral.ai/v1',
    env: ['MISTRAL_API_KEY'],
    baseEnv: ['MISTRAL_API_BASE'],
    keyUrl: 'https://console.mistral.ai/api-keys',
    quirks: {
      streamOptions: false,
      maxTokens: 'max_tokens',
      developerAsSystem: true,
      replayReasoning: undefined,
      base64Embeddings: false,
    },
  },
  {
    id: 'together_ai',
    name: 'Together AI',
    base: 'https://api.together.xyz/v1',
    env: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY'],
    baseEnv: ['TOGETHER_AI_API_BASE'],
    quirks: { maxTokens: 'max_tokens', developerAsSystem: true, base64Embeddings: false },
  },
  {
    id: 'fireworks_ai',
    name: 'Fireworks AI',
    base: 'https://api.fireworks.ai/inference/v1',
    env: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
    baseEnv: ['FIREWORKS_API_BASE'],
    quirks: { maxTokens: 'max_tokens', developerAsSystem: true },
  },
  {
    id: 'cerebras',
    name: 'Cerebras',
    base: 'https://api.cerebras.ai/v1',
    env: ['CEREBRAS_API_KEY'],
    baseEnv: ['CEREBRAS_API_BASE'],
  },
  {
    id: 'perplexity',
    name: 'Perplexity',
    base: 'https://api.perplexity.ai',
    env: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    baseEnv: ['PERPLEXITY_API_BASE'],
    quirks: { maxTokens: 'max_tokens', developerAsSystem: true },
  },
  {
    id: 'nvidia_nim',
    name: 'NVIDIA NIM',
    base: 'https://integrate.api.nvidia.com/v1',
    env: ['NVIDIA_NIM_API_KEY', 'NVIDIA_API_KEY'],
    baseEnv: ['NVIDIA_NIM_API_BASE'],
    quirks: { maxTokens: 'max_tokens', developerAsSystem: true },
  },
  {
    id: 'hosted_vllm',
    name: 'vLLM',
    env: ['HOSTED_VLLM_API_KEY'],
    baseEnv: ['HOSTED_VLLM_API_BASE'],
    keyRequired: false,
  },
  {
    id: 'lm_studio',
    name: 'LM Studio',
    base: 'http://localhost:1234/v1',
    env: ['LM_STUDIO_API_KEY'],
    baseEnv: ['LM_STUDIO_API_BASE'],
    keyRequired: false,
  },
  {
    id: 'llamafile',
    name: 'llamafile',
    base: 'http://127.0.0.1:8080/v1',
    env: ['LLAMAFILE_API_KEY'],
    baseEnv: ['LLAMAFILE_API_BASE'],
    keyRequired: false,
  },
])

/** Builds the provider of a row. */
export function compatible(row: CompatibleRow): Provider<OpenAIQuirks> {
  const { id, name = id, base, env = [], baseEnv = [], headers, optionHeaders, keyUrl } = row
  const provider: Provider<OpenAIQuirks> = {
    id,
    name,
    dialect: openai,
    address: { base: base?.replace(/\/+$/, ''), env: baseEnv, path: (operation) => chatPaths[operation] },
    auth: {
      schemes: [{ option: 'apiKey', env, header: 'authorization', prefix: 'Bearer ' }],
      required: row.keyRequired ?? env.length > 0,
      ...(keyUrl !== undefined && { url: keyUrl }),
    },
    ...(headers && { headers }),
    ...(optionHeaders && { optionHeaders }),
    quirks: { ...defaultQuirks, ...row.quirks },
  }
  return deepFreeze(provider)
}

function deepFreeze<Value>(value: Value): Value {
  if (value && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
