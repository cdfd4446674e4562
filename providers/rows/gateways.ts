import type { CompatibleRow } from '../compatible.js'

/** OpenRouter's `reasoning`, and marks and details that it passes on. */
const passing = {
  cacheControl: true,
  thinking: 'reasoning',
  replayReasoning: 'reasoning',
  replayDetails: true,
} as const

/** Services that pass calls on to other hosts. */
export const gateways = [
  {
    // rerank: https://openrouter.ai/docs/api/api-reference/rerank/create-rerank
    id: 'openrouter',
    name: 'OpenRouter',
    responses: true,
    base: 'https://openrouter.ai/api/v1',
    env: ['OPENROUTER_API_KEY'],
    baseEnv: ['OPENROUTER_API_BASE'],
    keyUrl: 'https://openrouter.ai/settings/keys',
    rerank: true,
    quirks: passing,
  },
  {
    // recorded: OpenRouter's dialect
    id: 'vercel_ai_gateway',
    name: 'Vercel AI Gateway',
    base: 'https://ai-gateway.vercel.sh/v1',
    env: ['VERCEL_AI_GATEWAY_API_KEY', 'AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    baseEnv: ['VERCEL_AI_GATEWAY_API_BASE'],
    keyUrl: 'https://vercel.com/docs/ai-gateway',
    // recorded: what Gemini thought is in no sum
    quirks: { ...passing, reasoningApart: 'google/' },
  },
  {
    // a LiteLLM proxy: its caller may need no key, and what it takes is what is behind it
    id: 'litellm_proxy',
    name: 'LiteLLM proxy',
    env: ['LITELLM_PROXY_API_KEY'],
    baseEnv: ['LITELLM_PROXY_API_BASE'],
    keyRequired: false,
    rerank: true,
    quirks: { cacheControl: true },
  },
  {
    id: 'helicone',
    name: 'Helicone',
    base: 'https://ai-gateway.helicone.ai/v1',
    env: ['HELICONE_API_KEY'],
    baseEnv: ['HELICONE_API_BASE'],
    keyUrl: 'https://us.helicone.ai/settings/api-keys',
  },
  {
    // in Europe https://router.eu.requesty.ai/v1
    id: 'requesty',
    name: 'Requesty',
    base: 'https://router.requesty.ai/v1',
    env: ['REQUESTY_API_KEY'],
    baseEnv: ['REQUESTY_API_BASE'],
    keyUrl: 'https://app.requesty.ai/api-keys',
  },
  {
    id: 'poe',
    name: 'Poe',
    base: 'https://api.poe.com/v1',
    env: ['POE_API_KEY'],
    baseEnv: ['POE_API_BASE'],
    keyUrl: 'https://poe.com/api_key',
    quirks: { maxTokens: 'max_tokens' },
  },
  {
    id: 'aihubmix',
    name: 'AIHubMix',
    base: 'https://aihubmix.com/v1',
    env: ['AIHUBMIX_API_KEY'],
    baseEnv: ['AIHUBMIX_API_BASE'],
    keyUrl: 'https://aihubmix.com/token',
    rerank: true,
  },
  {
    id: 'nano-gpt',
    name: 'NanoGPT',
    base: 'https://nano-gpt.com/api/v1',
    env: ['NANOGPT_API_KEY', 'NANO_GPT_API_KEY'],
    baseEnv: ['NANOGPT_API_BASE'],
    keyUrl: 'https://nano-gpt.com/api',
    quirks: { maxTokens: 'max_tokens' },
  },
  {
    id: 'zenmux',
    name: 'ZenMux',
    base: 'https://zenmux.ai/api/v1',
    env: ['ZENMUX_API_KEY'],
    baseEnv: ['ZENMUX_API_BASE'],
    keyUrl: 'https://zenmux.ai',
  },
  {
    id: 'llmgateway',
    name: 'LLM Gateway',
    base: 'https://api.llmgateway.io/v1',
    env: ['LLM_GATEWAY_API_KEY', 'LLMGATEWAY_API_KEY'],
    baseEnv: ['LLMGATEWAY_API_BASE'],
  },
  {
    // its pages have this address; older code has https://go.fastrouter.ai/api/v1
    id: 'fastrouter',
    name: 'FastRouter',
    base: 'https://api.fastrouter.ai/api/v1',
    env: ['FASTROUTER_API_KEY'],
    baseEnv: ['FASTROUTER_API_BASE'],
  },
  {
    id: 'cortecs',
    name: 'Cortecs',
    base: 'https://api.cortecs.ai/v1',
    env: ['CORTECS_API_KEY'],
    baseEnv: ['CORTECS_API_BASE'],
  },
  {
    id: 'aiml',
    name: 'AI/ML API',
    base: 'https://api.aimlapi.com/v1',
    env: ['AIML_API_KEY'],
    baseEnv: ['AIML_API_BASE'],
    keyUrl: 'https://aimlapi.com/app/keys',
  },
  {
    // its samples send the key as it is; OpenAI's SDK, which it says works too, sends it as a bearer token
    id: 'assemblyai',
    name: 'AssemblyAI LLM Gateway',
    base: 'https://llm-gateway.assemblyai.com/v1',
    env: ['ASSEMBLYAI_API_KEY'],
    baseEnv: ['ASSEMBLYAI_API_BASE'],
  },
  {
    id: 'cometapi',
    name: 'CometAPI',
    base: 'https://api.cometapi.com/v1',
    env: ['COMETAPI_KEY', 'COMETAPI_API_KEY'],
    baseEnv: ['COMETAPI_BASE_URL', 'COMETAPI_API_BASE'],
    keyUrl: 'https://www.cometapi.com/console/token',
  },
  {
    // its older name is Stima, with the address https://api.stima.tech/v1
    id: 'apertis',
    name: 'Apertis',
    base: 'https://api.apertis.ai/v1',
    env: ['APERTIS_API_KEY', 'STIMA_API_KEY'],
    baseEnv: ['APERTIS_API_BASE', 'STIMA_API_BASE'],
    keyUrl: 'https://apertis.ai/token',
    quirks: { maxTokens: 'max_tokens' },
  },
] as const satisfies readonly CompatibleRow[]
