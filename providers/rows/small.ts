import type { CompatibleRow } from '../compatible.js'

const venice = {
  name: 'Venice',
  base: 'https://api.venice.ai/api/v1',
  env: ['VENICE_AI_API_KEY', 'VENICE_API_KEY'],
  baseEnv: ['VENICE_AI_API_BASE', 'VENICE_API_BASE'],
  keyUrl: 'https://venice.ai/settings/api',
} as const

/** Smaller hosts of open models. */
export const small = [
  { id: 'venice', ...venice },
  { id: 'veniceai', ...venice },
  {
    id: 'parasail',
    name: 'Parasail',
    base: 'https://api.parasail.io/v1',
    env: ['PARASAIL_API_KEY'],
    baseEnv: ['PARASAIL_API_BASE'],
    keyUrl: 'https://www.saas.parasail.io/keys',
  },
  {
    id: 'libertai',
    name: 'LibertAI',
    base: 'https://api.libertai.io/v1',
    env: ['LIBERTAI_API_KEY'],
    baseEnv: ['LIBERTAI_API_BASE'],
  },
  {
    id: 'neosantara',
    name: 'Neosantara',
    base: 'https://api.neosantara.xyz/v1',
    env: ['NEOSANTARA_API_KEY', 'NAI_API_KEY'],
    baseEnv: ['NEOSANTARA_API_BASE'],
  },
  {
    id: 'targon',
    name: 'Targon',
    base: 'https://api.targon.com/v1',
    env: ['TARGON_API_KEY'],
    baseEnv: ['TARGON_API_BASE'],
    keyUrl: 'https://targon.com',
  },
  {
    // its OpenAI-shaped API; LiteLLM's prefix means the older one
    id: 'bytez',
    name: 'Bytez',
    base: 'https://api.bytez.com/models/v2/openai/v1',
    env: ['BYTEZ_API_KEY'],
    baseEnv: ['BYTEZ_API_BASE'],
    keyUrl: 'https://bytez.com/api',
  },
  {
    id: 'tinfoil',
    name: 'Tinfoil',
    base: 'https://inference.tinfoil.sh/v1',
    env: ['TINFOIL_API_KEY'],
    baseEnv: ['TINFOIL_API_BASE'],
    keyUrl: 'https://dash.tinfoil.sh',
  },
  {
    id: 'io_net',
    name: 'io.net',
    base: 'https://api.intelligence.io.solutions/api/v1',
    env: ['IOINTELLIGENCE_API_KEY'],
    baseEnv: ['IOINTELLIGENCE_API_BASE'],
    keyUrl: 'https://ai.io.net/ai/api-keys',
  },
  {
    id: 'inference_net',
    name: 'Inference.net',
    base: 'https://api.inference.net/v1',
    env: ['INFERENCE_API_KEY'],
    baseEnv: ['INFERENCE_NET_API_BASE'],
  },
  {
    id: 'compactifai',
    name: 'CompactifAI',
    base: 'https://api.compactif.ai/v1',
    env: ['COMPACTIFAI_API_KEY'],
    baseEnv: ['COMPACTIFAI_API_BASE'],
  },
  {
    id: 'tensormesh',
    name: 'Tensormesh',
    base: 'https://serverless.tensormesh.ai/v1',
    env: ['TENSORMESH_INFERENCE_API_KEY', 'TENSORMESH_API_KEY'],
    baseEnv: ['TENSORMESH_SERVERLESS_BASE_URL', 'TENSORMESH_API_BASE'],
    quirks: { maxTokens: 'max_tokens' },
  },
  {
    // its own samples for its models have this address
    id: 'empower',
    name: 'Empower',
    base: 'https://app.empower.dev/api/v1',
    env: ['EMPOWER_API_KEY'],
    baseEnv: ['EMPOWER_API_BASE'],
  },
  {
    id: 'salad_cloud',
    name: 'SaladCloud',
    base: 'https://ai.salad.cloud/v1',
    env: ['SALAD_CLOUD_API_KEY'],
    baseEnv: ['SALAD_CLOUD_API_BASE'],
  },
  {
    // closed on 25 September, by its own page
    id: 'lambda_ai',
    name: 'Lambda',
    base: 'https://api.lambda.ai/v1',
    env: ['LAMBDA_API_KEY'],
    baseEnv: ['LAMBDA_API_BASE'],
    keyUrl: 'https://cloud.lambda.ai/api-keys',
  },
  {
    // its own samples have https://api.galadriel.com/v1/verified for answers with a proof
    id: 'galadriel',
    name: 'Galadriel',
    base: 'https://api.galadriel.com/v1',
    env: ['GALADRIEL_API_KEY'],
    baseEnv: ['GALADRIEL_API_BASE'],
  },
  {
    // closed to the public on 1 August 2024, by its own page
    id: 'anyscale',
    name: 'Anyscale',
    base: 'https://api.endpoints.anyscale.com/v1',
    env: ['ANYSCALE_API_KEY'],
    baseEnv: ['ANYSCALE_API_BASE'],
  },

  // unverified: no page of their own was found, the addresses stand in other clients and in LiteLLM's table
  {
    // Hugging Face's client has this address
    id: 'charity_engine',
    name: 'Charity Engine',
    base: 'https://api.charityengine.services/remotejobs/v2/inference',
    env: ['CHARITY_ENGINE_API_KEY'],
    baseEnv: ['CHARITY_ENGINE_API_BASE'],
    quirks: { maxTokens: 'max_tokens' },
  },
  {
    id: 'llamagate',
    name: 'LlamaGate',
    base: 'https://api.llamagate.dev/v1',
    env: ['LLAMAGATE_API_KEY'],
    baseEnv: ['LLAMAGATE_API_BASE'],
    quirks: { maxTokens: 'max_tokens' },
  },
] as const satisfies readonly CompatibleRow[]
