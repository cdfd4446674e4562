import type { CompatibleRow } from '../compatible.js'

/** Clouds, and services whose base has the user's workspace, account or region in it. */
export const clouds = [
  {
    id: 'github',
    name: 'GitHub Models',
    base: 'https://models.github.ai/inference',
    env: ['GITHUB_API_KEY', 'GITHUB_TOKEN'],
    baseEnv: ['GITHUB_API_BASE'],
    keyUrl: 'https://github.com/settings/tokens',
  },
  {
    // recorded: reasoning as OpenRouter has it.
    // https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api: max_tokens has gone
    id: 'snowflake',
    name: 'Snowflake Cortex',
    baseExample: 'https://my-account.snowflakecomputing.com/api/v2/cortex/v1',
    env: ['SNOWFLAKE_JWT', 'SNOWFLAKE_API_KEY', 'SNOWFLAKE_CORTEX_PAT'],
    baseEnv: ['SNOWFLAKE_API_BASE'],
    quirks: { maxTokens: 'max_completion_tokens', thinking: 'reasoning', replayDetails: true },
  },
  {
    // some models are served under /openai/v1 of the same host: give that as apiBase
    id: 'bedrock_mantle',
    name: 'Amazon Bedrock Mantle',
    baseExample: 'https://bedrock-mantle.us-east-1.api.aws/v1',
    env: ['BEDROCK_MANTLE_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
    baseEnv: ['BEDROCK_MANTLE_API_BASE'],
  },
  {
    // answers without a key too, slowly
    id: 'ovhcloud',
    name: 'OVHcloud AI Endpoints',
    base: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    env: ['OVHCLOUD_API_KEY', 'OVH_AI_ENDPOINTS_ACCESS_TOKEN'],
    baseEnv: ['OVHCLOUD_API_BASE'],
    keyRequired: false,
    keyUrl: 'https://ovh.com/manager',
  },
  {
    id: 'scaleway',
    name: 'Scaleway',
    base: 'https://api.scaleway.ai/v1',
    env: ['SCW_SECRET_KEY', 'SCALEWAY_API_KEY'],
    baseEnv: ['SCALEWAY_API_BASE'],
    keyUrl: 'https://console.scaleway.com/iam/api-keys',
  },
  {
    // HEROKU_API_BASE stands without /v1 in LiteLLM: both are taken. https://devcenter.heroku.com/articles/heroku-inference-api-v1-chat-completions
    id: 'heroku',
    name: 'Heroku',
    base: 'https://us.inference.heroku.com',
    env: ['HEROKU_API_KEY'],
    baseEnv: ['HEROKU_API_BASE'],
    paths: { chat: '/v1/chat/completions', embedding: '/v1/embeddings' },
  },
  {
    // an agent has a base of its own, https://<agent>.agents.do-ai.run/api/v1
    id: 'gradient_ai',
    name: 'DigitalOcean Gradient AI',
    base: 'https://inference.do-ai.run/v1',
    env: ['GRADIENT_AI_API_KEY', 'GRADIENT_MODEL_ACCESS_KEY', 'DIGITALOCEAN_ACCESS_TOKEN'],
    baseEnv: ['GRADIENT_AI_API_BASE'],
    keyUrl: 'https://cloud.digitalocean.com/gen-ai',
  },
  {
    id: 'wandb',
    name: 'W&B Inference',
    base: 'https://api.inference.wandb.ai/v1',
    env: ['WANDB_API_KEY'],
    baseEnv: ['WANDB_API_BASE'],
    keyUrl: 'https://wandb.ai/authorize',
  },
  {
    id: 'vultr',
    name: 'Vultr',
    base: 'https://api.vultrinference.com/v1',
    env: ['VULTR_API_KEY'],
    baseEnv: ['VULTR_API_BASE'],
    keyUrl: 'https://my.vultr.com/inference',
  },
  {
    id: 'stackit',
    name: 'STACKIT',
    base: 'https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1',
    env: ['STACKIT_API_KEY'],
    baseEnv: ['STACKIT_API_BASE'],
  },
  {
    // the gateway of its cloud; DATAROBOT_ENDPOINT is no base of it, as it ends with /api/v2
    id: 'datarobot',
    name: 'DataRobot',
    base: 'https://app.datarobot.com/api/v2/genai/llmgw',
    env: ['DATAROBOT_API_TOKEN'],
    baseEnv: ['DATAROBOT_API_BASE'],
    keyUrl: 'https://app.datarobot.com/account/developer-tools',
  },
] as const satisfies readonly CompatibleRow[]
