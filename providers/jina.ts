import type { Paths, Provider } from './contract.js'
import { defaultQuirks, type OpenAIQuirks } from './dialects/openai/quirks.js'
import { jina } from './dialects/rerank/jina.js'

const paths: Paths = { chat: '/chat/completions', embedding: '/embeddings', rerank: '/rerank' }

/** Jina AI: embeddings and rerank. https://jina.ai/api-dashboard */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'jina_ai',
  name: 'Jina AI',
  dialect: jina,
  address: Object.freeze({
    base: 'https://api.jina.ai/v1',
    env: Object.freeze(['JINA_AI_API_BASE']),
    path: (operation) => paths[operation] ?? '',
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['JINA_AI_API_KEY', 'JINA_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://jina.ai/api-dashboard',
  }),
  quirks: Object.freeze({ ...defaultQuirks, maxInputs: 512 }),
} satisfies Provider<OpenAIQuirks>)
