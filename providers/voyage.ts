import type { Paths, Provider } from './contract.js'
import { defaultQuirks, type OpenAIQuirks } from './dialects/openai/quirks.js'
import { isMultimodal, voyage } from './dialects/rerank/voyage.js'

const paths: Paths = { chat: '/chat/completions', embedding: '/embeddings', rerank: '/rerank' }

/** Voyage AI: embeddings and rerank. https://docs.voyageai.com/reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'voyage',
  name: 'Voyage AI',
  dialect: voyage,
  address: Object.freeze({
    base: 'https://api.voyageai.com/v1',
    env: Object.freeze(['VOYAGE_API_BASE']),
    path: (operation, model) =>
      operation === 'embedding' && isMultimodal(model) ? '/multimodalembeddings' : (paths[operation] ?? ''),
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['VOYAGE_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://dashboard.voyageai.com',
  }),
  quirks: Object.freeze({ ...defaultQuirks, maxInputs: 1000 }),
} satisfies Provider<OpenAIQuirks>)
