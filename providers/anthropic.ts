import type { Provider } from './contract.js'
import { anthropicCounting } from './counting.js'
import { type AnthropicQuirks, anthropic } from './dialects/anthropic/index.js'

/** Anthropic's own API. https://platform.claude.com/docs/en/api/overview */
export const provider: Provider<AnthropicQuirks> = Object.freeze({
  id: 'anthropic',
  name: 'Anthropic',
  dialect: anthropic,
  address: Object.freeze({
    base: 'https://api.anthropic.com',
    env: Object.freeze(['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE']),
    path: () => '/v1/messages',
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({ option: 'apiKey', env: Object.freeze(['ANTHROPIC_API_KEY']), header: 'x-api-key' } as const),
      Object.freeze({
        option: 'authToken',
        env: Object.freeze(['ANTHROPIC_AUTH_TOKEN']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://platform.claude.com/settings/keys',
  }),
  count: Object.freeze({ ...anthropicCounting, path: () => '/v1/messages/count_tokens' }),
  headers: Object.freeze({ 'anthropic-version': '2023-06-01' }),
  quirks: Object.freeze({}),
})
