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

/** Text in tool results only, `system` for `developer`, `max_tokens`: what the plainer hosts have in common. */
const plain = { maxTokens: 'max_tokens', developerAsSystem: true, mediaInToolResults: false } as const

/** Refused by the host with an answer of 400, as its page says. */
const groqRefuses = ['logprobs', 'top_logprobs', 'logit_bias', 'top_k'] as const
const cerebrasRefuses = ['frequency_penalty', 'presence_penalty', 'logit_bias'] as const
const mistralRefuses = ['logit_bias', 'top_k', 'user'] as const

const table = [
  {
    id: 'openrouter',
    name: 'OpenRouter',
    base: 'https://openrouter.ai/api/v1',
    env: ['OPENROUTER_API_KEY'],
    baseEnv: ['OPENROUTER_API_BASE'],
    keyUrl: 'https://openrouter.ai/settings/keys',
    quirks: { cacheControl: true, thinking: 'reasoning', replayReasoning: 'reasoning', replayDetails: true },
  },
  {
    // https://console.groq.com/docs/openai
    id: 'groq',
    name: 'Groq',
    base: 'https://api.groq.com/openai/v1',
    env: ['GROQ_API_KEY'],
    baseEnv: ['GROQ_API_BASE'],
    keyUrl: 'https://console.groq.com/keys',
    quirks: { unsupported: groqRefuses, thinking: 'effort', replayReasoning: 'reasoning', mediaInToolResults: false },
  },
  {
    // https://api-docs.deepseek.com/guides/thinking_mode; `prefix` needs the base https://api.deepseek.com/beta
    id: 'deepseek',
    name: 'DeepSeek',
    base: 'https://api.deepseek.com',
    env: ['DEEPSEEK_API_KEY'],
    baseEnv: ['DEEPSEEK_API_BASE'],
    keyUrl: 'https://platform.deepseek.com/api_keys',
    quirks: { ...plain, prefix: true, replayReasoning: 'reasoning_content' },
  },
  {
    // https://docs.x.ai/docs/guides/reasoning
    id: 'xai',
    name: 'xAI',
    base: 'https://api.x.ai/v1',
    env: ['XAI_API_KEY'],
    baseEnv: ['XAI_API_BASE'],
    keyUrl: 'https://console.x.ai',
    quirks: { reasoningApart: true, thinking: 'effort' },
  },
  {
    // https://docs.mistral.ai/api, which refuses what it does not know
    id: 'mistral',
    name: 'Mistral',
    base: 'https://api.mistral.ai/v1',
    env: ['MISTRAL_API_KEY'],
    baseEnv: ['MISTRAL_API_BASE'],
    keyUrl: 'https://console.mistral.ai/api-keys',
    quirks: {
      ...plain,
      unsupported: mistralRefuses,
      rename: { seed: 'random_seed' },
      streamOptions: false,
      thinking: 'effort',
      prefix: true,
      replayReasoning: 'parts',
      toolIds: 'nine',
      base64Embeddings: false,
    },
  },
  {
    id: 'together_ai',
    name: 'Together AI',
    base: 'https://api.together.xyz/v1',
    env: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHER_AI_TOKEN'],
    baseEnv: ['TOGETHER_AI_API_BASE'],
    keyUrl: 'https://api.together.ai/settings/api-keys',
    quirks: { ...plain, base64Embeddings: false },
  },
  {
    id: 'fireworks_ai',
    name: 'Fireworks AI',
    base: 'https://api.fireworks.ai/inference/v1',
    env: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
    baseEnv: ['FIREWORKS_API_BASE', 'FIREWORKS_AI_API_BASE'],
    keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
    quirks: { ...plain },
  },
  {
    // https://inference-docs.cerebras.ai/resources/openai
    id: 'cerebras',
    name: 'Cerebras',
    base: 'https://api.cerebras.ai/v1',
    env: ['CEREBRAS_API_KEY'],
    baseEnv: ['CEREBRAS_API_BASE'],
    keyUrl: 'https://cloud.cerebras.ai',
    quirks: {
      unsupported: cerebrasRefuses,
      developerAsSystem: true,
      thinking: 'effort',
      replayReasoning: 'reasoning',
      mediaInToolResults: false,
    },
  },
  {
    id: 'perplexity',
    name: 'Perplexity',
    base: 'https://api.perplexity.ai',
    env: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    baseEnv: ['PERPLEXITY_API_BASE'],
    keyUrl: 'https://www.perplexity.ai/account/api/keys',
    quirks: { ...plain, thinking: 'effort', replayReasoning: undefined },
  },
  {
    id: 'nvidia_nim',
    name: 'NVIDIA NIM',
    base: 'https://integrate.api.nvidia.com/v1',
    env: ['NVIDIA_NIM_API_KEY', 'NVIDIA_API_KEY'],
    baseEnv: ['NVIDIA_NIM_API_BASE'],
    keyUrl: 'https://build.nvidia.com/settings/api-keys',
    quirks: { ...plain },
  },
  {
    id: 'sambanova',
    name: 'SambaNova',
    base: 'https://api.sambanova.ai/v1',
    env: ['SAMBANOVA_API_KEY'],
    baseEnv: ['SAMBANOVA_API_BASE'],
    keyUrl: 'https://cloud.sambanova.ai/apis',
    quirks: { ...plain },
  },
  {
    id: 'nebius',
    name: 'Nebius AI Studio',
    base: 'https://api.studio.nebius.ai/v1',
    env: ['NEBIUS_API_KEY'],
    baseEnv: ['NEBIUS_API_BASE'],
    keyUrl: 'https://studio.nebius.com/settings/api-keys',
    quirks: { ...plain },
  },
  {
    id: 'moonshot',
    name: 'Moonshot AI',
    base: 'https://api.moonshot.ai/v1',
    env: ['MOONSHOT_API_KEY'],
    baseEnv: ['MOONSHOT_API_BASE'],
    keyUrl: 'https://platform.moonshot.ai/console/api-keys',
    quirks: { ...plain, replayReasoning: 'reasoning_content' },
  },
  {
    id: 'zai',
    name: 'Z.ai',
    base: 'https://api.z.ai/api/paas/v4',
    env: ['ZAI_API_KEY', 'Z_AI_API_KEY'],
    baseEnv: ['ZAI_API_BASE'],
    keyUrl: 'https://z.ai/manage-apikey/apikey-list',
    quirks: { ...plain, replayReasoning: 'reasoning_content' },
  },
  {
    id: 'novita',
    name: 'Novita AI',
    base: 'https://api.novita.ai/v3/openai',
    env: ['NOVITA_API_KEY'],
    baseEnv: ['NOVITA_API_BASE'],
    keyUrl: 'https://novita.ai/settings/key-management',
    quirks: { ...plain },
  },
  {
    id: 'deepinfra',
    name: 'DeepInfra',
    base: 'https://api.deepinfra.com/v1/openai',
    env: ['DEEPINFRA_API_KEY', 'DEEPINFRA_TOKEN'],
    baseEnv: ['DEEPINFRA_API_BASE'],
    keyUrl: 'https://deepinfra.com/dash/api_keys',
    quirks: { ...plain },
  },
  {
    id: 'hyperbolic',
    name: 'Hyperbolic',
    base: 'https://api.hyperbolic.xyz/v1',
    env: ['HYPERBOLIC_API_KEY'],
    baseEnv: ['HYPERBOLIC_API_BASE'],
    keyUrl: 'https://app.hyperbolic.ai/settings',
    quirks: { ...plain },
  },
  {
    id: 'hosted_vllm',
    name: 'vLLM',
    env: ['HOSTED_VLLM_API_KEY'],
    baseEnv: ['HOSTED_VLLM_API_BASE'],
    keyRequired: false,
  },
  {
    id: 'vllm',
    name: 'vLLM',
    base: 'http://localhost:8000/v1',
    env: ['VLLM_API_KEY'],
    baseEnv: ['VLLM_API_BASE'],
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
] as const satisfies readonly CompatibleRow[]

/** The prefix of a host that is built in. */
export type CompatibleId = (typeof table)[number]['id']

/** Hosts whose answers are recorded in the corpus, or whose pages say that they follow OpenAI. */
export const rows: readonly CompatibleRow[] = deepFreeze(table)

/** Builds the provider of a row. */
export function compatible(row: CompatibleRow): Provider<OpenAIQuirks> {
  // a copy: the provider is frozen, and the row stays its owner's
  const { id, name = id, base, env = [], baseEnv = [], headers, optionHeaders, keyUrl, quirks } = structuredClone(row)
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
    quirks: { ...defaultQuirks, ...quirks },
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
