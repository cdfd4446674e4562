import { type Fields, isFields } from './wire.js'

/**
 * JSON Schema as `responseJsonSchema` and `parametersJsonSchema` take it: a constant is an enum of one, a reference has nothing
 * beside it. Keywords that the API doesn't know pass: it reads over them.
 * https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support
 */
export function cleanSchema(root: Fields): Fields {
  return cleaned(root, root, new Set())
}

function cleaned(schema: Fields, root: Fields, open: ReadonlySet<unknown>): Fields {
  const { $ref } = schema
  if (typeof $ref === 'string' && Object.keys(schema).some((name) => !name.startsWith('$'))) {
    const target = resolve(root, $ref)
    const { $ref: _, ...beside } = schema
    // what refers to itself stays a reference, and loses what is said beside it
    if (!isFields(target) || open.has(target)) return { $ref }
    return cleaned({ ...target, ...beside }, root, new Set([...open, target]))
  }
  const clean: Fields = {}
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || name === '$schema') continue
    if (name === 'const') clean.enum = [value]
    else clean[name] = mapSchemas(name, value, (part) => cleaned(part, root, open))
  }
  return clean
}

const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const singles: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not'])

function mapSchemas(name: string, value: unknown, change: (schema: Fields) => Fields): unknown {
  const each = (part: unknown) => (isFields(part) ? change(part) : part)
  if (lists.has(name)) return Array.isArray(value) ? value.map(each) : value
  if (singles.has(name)) return Array.isArray(value) ? value.map(each) : each(value)
  if (!maps.has(name) || !isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, each(part)]))
}

export function resolve(root: Fields, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  let node: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    node = isFields(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return node
}
