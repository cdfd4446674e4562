import type { CompatibleRow } from '../compatible.js'
import { plain } from './plain.js'

const mistralRefuses = ['logit_bias', 'top_k', 'user'] as const

/** Refuses what it does not know: https://docs.mistral.ai/api */
const mistral = {
  ...plain,
  unsupported: mistralRefuses,
  rename: { seed: 'random_seed' },
  streamOptions: false,
  thinking: 'effort',
  prefix: true,
  replayReasoning: 'parts',
  toolIds: 'nine',
  base64Embeddings: false,
} as const

const ai21 = {
  name: 'AI21',
  base: 'https://api.ai21.com/studio/v1',
  env: ['AI21_API_KEY'],
  baseEnv: ['AI21_API_BASE'],
  keyUrl: 'https://studio.ai21.com/v2/account/api-key',
} as const

/** Those who serve models of their own. */
export const makers = [
  {
    // https://docs.x.ai/docs/guides/reasoning
    id: 'xai',
    name: 'xAI',
    responses: true,
    base: 'https://api.x.ai/v1',
    env: ['XAI_API_KEY'],
    baseEnv: ['XAI_API_BASE'],
    keyUrl: 'https://console.x.ai',
    quirks: { reasoningApart: true, thinking: 'effort' },
  },
  {
    id: 'mistral',
    name: 'Mistral',
    moderation: true,
    base: 'https://api.mistral.ai/v1',
    env: ['MISTRAL_API_KEY'],
    baseEnv: ['MISTRAL_API_BASE'],
    keyUrl: 'https://console.mistral.ai/api-keys',
    quirks: mistral,
  },
  {
    // the same API with keys of its own: https://docs.mistral.ai/capabilities/code_generation
    id: 'codestral',
    name: 'Codestral',
    base: 'https://codestral.mistral.ai/v1',
    env: ['CODESTRAL_API_KEY'],
    baseEnv: ['CODESTRAL_API_BASE'],
    keyUrl: 'https://console.mistral.ai/codestral',
    quirks: mistral,
  },
  {
    // recorded: embeddings at /v1, chat without it. https://docs.perplexity.ai/docs/embeddings/quickstart: 512 inputs
    id: 'perplexity',
    name: 'Perplexity',
    base: 'https://api.perplexity.ai',
    env: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    baseEnv: ['PERPLEXITY_API_BASE'],
    keyUrl: 'https://www.perplexity.ai/account/api/keys',
    paths: { embedding: '/v1/embeddings' },
    quirks: {
      ...plain,
      thinking: 'effort',
      replayReasoning: undefined,
      base64Embeddings: false,
      int8Embeddings: true,
      maxInputs: 512,
    },
  },
  { id: 'ai21', ...ai21 },
  { id: 'ai21_chat', ...ai21 },
  {
    // recorded: chat is answered at /v1/chat
    id: 'writer',
    name: 'Writer',
    base: 'https://api.writer.com/v1',
    env: ['WRITER_API_KEY'],
    baseEnv: ['WRITER_API_BASE'],
    keyUrl: 'https://app.writer.com/aistudio',
    paths: { chat: '/chat' },
  },
  {
    id: 'meta_llama',
    name: 'Llama API',
    base: 'https://api.llama.com/compat/v1',
    env: ['LLAMA_API_KEY'],
    baseEnv: ['LLAMA_API_BASE'],
    keyUrl: 'https://llama.developer.meta.com',
  },
  {
    id: 'amazon_nova',
    name: 'Amazon Nova',
    base: 'https://api.nova.amazon.com/v1',
    env: ['AMAZON_NOVA_API_KEY', 'NOVA_API_KEY'],
    baseEnv: ['AMAZON_NOVA_API_BASE'],
    keyUrl: 'https://nova.amazon.com/dev',
  },
  {
    id: 'inception',
    name: 'Inception',
    base: 'https://api.inceptionlabs.ai/v1',
    env: ['INCEPTION_API_KEY'],
    baseEnv: ['INCEPTION_API_BASE'],
    keyUrl: 'https://platform.inceptionlabs.ai',
  },
  {
    id: 'morph',
    name: 'Morph',
    base: 'https://api.morphllm.com/v1',
    env: ['MORPH_API_KEY'],
    baseEnv: ['MORPH_API_BASE'],
    keyUrl: 'https://morphllm.com',
  },
  {
    id: 'v0',
    name: 'v0',
    base: 'https://api.v0.dev/v1',
    env: ['V0_API_KEY'],
    baseEnv: ['V0_API_BASE'],
    keyUrl: 'https://v0.app/chat/settings/keys',
  },
  {
    // the API that its own page uses with OpenAI's SDK; LiteLLM's prefix meant an older one
    id: 'maritalk',
    name: 'Maritaca AI',
    base: 'https://chat.maritaca.ai/api',
    env: ['MARITALK_API_KEY'],
    baseEnv: ['MARITALK_API_BASE'],
    keyUrl: 'https://plataforma.maritaca.ai/chaves-de-api',
  },
  {
    id: 'poolside',
    name: 'Poolside',
    base: 'https://inference.poolside.ai/v1',
    env: ['POOLSIDE_API_KEY'],
    baseEnv: ['POOLSIDE_API_BASE'],
    keyUrl: 'https://platform.poolside.ai',
  },
  {
    id: 'abliteration',
    name: 'Abliteration',
    base: 'https://api.abliteration.ai/v1',
    env: ['ABLITERATION_API_KEY', 'ABLIT_KEY'],
    baseEnv: ['ABLITERATION_API_BASE'],
  },
  {
    // platform.publicai.co is where keys are made; code that runs calls api.publicai.co
    id: 'publicai',
    name: 'Public AI',
    base: 'https://api.publicai.co/v1',
    env: ['PUBLICAI_API_KEY'],
    baseEnv: ['PUBLICAI_API_BASE'],
    keyUrl: 'https://platform.publicai.co',
    quirks: { maxTokens: 'max_tokens' },
  },
] as const satisfies readonly CompatibleRow[]
