import type { Paths, Provider } from './contract.js'
import { cohereCounting } from './counting.js'
import { cohere } from './dialects/cohere/index.js'

const paths: Paths = { chat: '/v2/chat', embedding: '/v2/embed', rerank: '/v2/rerank' }

/** Cohere's API, version 2. https://docs.cohere.com/reference/about */
export const provider: Provider = Object.freeze({
  id: 'cohere',
  name: 'Cohere',
  dialect: cohere,
  address: Object.freeze({
    base: 'https://api.cohere.com',
    env: Object.freeze(['COHERE_API_BASE']),
    // `https://api.cohere.com/v2` is also in use as a base
    path: (operation, _model, _stream, _settings, basePath) =>
      (basePath.endsWith('/v2') ? paths[operation]?.slice('/v2'.length) : paths[operation]) ?? '',
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['COHERE_API_KEY', 'CO_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://dashboard.cohere.com/api-keys',
  }),
  count: Object.freeze({
    ...cohereCounting,
    path: () => '/v1/tokenize',
  }),
  quirks: Object.freeze({}),
} satisfies Provider)
