import { camelCased } from '../wire/google-json.js'
import { isObject, object, objects } from '../wire/json.js'
import { type Rule, same } from './rule.js'

export const geminiEmbeddingRules: readonly Rule[] = [
  same('one-case', 'Google takes snake_case and camelCase', (body) => {
    const clean = object(camelCased(body))
    for (const key of Object.keys(body)) delete body[key]
    Object.assign(body, clean)
  }),
  {
    name: 'one-is-a-batch-of-one',
    reason: 'llmux always calls batchEmbedContents, also for one text',
    apply: (sent, recorded) => {
      if (!isObject(recorded.content)) return
      const request = { ...recorded }
      for (const key of Object.keys(recorded)) delete recorded[key]
      recorded.requests = [request]
      for (const one of objects(sent.requests)) delete one.model
    },
  },
  same('nobody-speaks', 'texts to embed have no role, and the model is said once', (body) => {
    if (body.requests !== undefined) delete body.model
    for (const { content } of objects(body.requests)) if (isObject(content)) delete content.role
  }),
]
