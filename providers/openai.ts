import type { Provider } from './contract.js'
import { chatPaths, defaultQuirks, type OpenAIQuirks, openai, openaiQuirks } from './dialects/openai/index.js'

/** OpenAI's own API, and, with an `apiBase`, any server that speaks it. https://platform.openai.com/docs/api-reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'openai',
  name: 'OpenAI',
  dialect: openai,
  address: Object.freeze({
    base: 'https://api.openai.com/v1',
    env: Object.freeze(['OPENAI_BASE_URL', 'OPENAI_API_BASE']),
    path: (operation) => chatPaths[operation],
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['OPENAI_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://platform.openai.com/api-keys',
  }),
  optionHeaders: Object.freeze([
    Object.freeze({
      option: 'organization',
      env: Object.freeze(['OPENAI_ORGANIZATION', 'OPENAI_ORG_ID']),
      header: 'openai-organization',
    } as const),
    Object.freeze({
      option: 'project',
      env: Object.freeze(['OPENAI_PROJECT', 'OPENAI_PROJECT_ID']),
      header: 'openai-project',
    } as const),
  ]),
  quirks: defaultQuirks,
  ownQuirks: openaiQuirks,
} satisfies Provider<OpenAIQuirks>)
