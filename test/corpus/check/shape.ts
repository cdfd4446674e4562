import { isObject, show } from '../wire/json.js'

/** Fields that are null where there is nothing, as OpenAI has them. Everything else that is absent is absent. */
const nullable = new Set(['content', 'refusal', 'logprobs', 'finish_reason', 'bytes', 'service_tier'])

/** Where a provider's own words are kept as they came. */
const foreign = new Set(['provider_specific_fields', 'logprobs', 'executed_tools'])

/** Every null or undefined that an OpenAI-shaped answer or chunk should not have. */
export function checkShape(value: unknown, path = 'answer'): string[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => checkShape(item, `${path}[${at}]`)).slice(0, 3)
  if (!isObject(value)) return []
  return Object.entries(value)
    .flatMap(([key, inner]) => {
      if (inner === undefined || (inner === null && !nullable.has(key))) return [`${path}.${key} is ${show(inner)}`]
      return foreign.has(key) ? [] : checkShape(inner, `${path}.${key}`)
    })
    .slice(0, 3)
}
