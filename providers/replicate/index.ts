import type { Dialect, Operation, Provider } from '../contract.js'
import { chat, poll } from './chat.js'
import { errorFacts } from './errors.js'
import { imageEdit, imageGeneration } from './images.js'
import { pathOf } from './model.js'

const dialect: Dialect = Object.freeze({
  framing: 'sse',
  chat,
  imageGeneration,
  imageEdit,
  error: errorFacts,
} satisfies Dialect)

/** Replicate: language and image models run as predictions, which are created and then polled. https://replicate.com/docs/reference/http */
export const provider: Provider = Object.freeze({
  id: 'replicate',
  name: 'Replicate',
  dialect,
  address: Object.freeze({
    base: 'https://api.replicate.com',
    env: Object.freeze(['REPLICATE_API_BASE']),
    path: (_: Operation, model: string) => pathOf(model),
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['REPLICATE_API_TOKEN', 'REPLICATE_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://replicate.com/account/api-tokens',
  }),
  poll,
  quirks: Object.freeze({}),
} satisfies Provider)
