import { canonical, digest } from '../cache/canonical.js'
import { callOptions } from '../call/options.js'
import { jsonSchemaOf } from '../call/structured.js'
import { isSchema } from '../call/validate.js'
import type { ResponseFormatInput } from '../types/chat.js'
import type { StandardSchema } from '../types/schema.js'

/** JSON Schemas of schema objects. */
const schemas = new WeakMap<object, Promise<unknown>>()

/** Identifies a request by its parameters: options such as keys and timeouts don't matter. */
export async function identify(method: string, request: object): Promise<string> {
  const params: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(request)) {
    if (callOptions.has(name)) continue
    params[name] = isSchema(value as ResponseFormatInput) ? await schemaText(value as StandardSchema) : value
  }
  return digest(canonical([method, params]))
}

function schemaText(schema: StandardSchema): Promise<unknown> {
  let text = schemas.get(schema)
  if (!text) {
    text = jsonSchemaOf(schema, 'response_format', 'input')
    schemas.set(schema, text)
  }
  return text
}
