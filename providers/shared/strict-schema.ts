import { type Fields, isFields } from '../fields.js'

/**
 * Keywords that OpenAI's strict mode refuses.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
const refused: ReadonlySet<string> = new Set([
  ...['allOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'prefixItems', 'contains'],
  ...['patternProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedProperties'],
  ...['unevaluatedItems', 'uniqueItems', 'contentEncoding', 'contentMediaType', 'contentSchema'],
])

/** A JSON Schema with the mode that it is sent in. */
export interface FittedSchema {
  readonly schema: Fields
  readonly strict: unknown
}

/**
 * A schema in the form that servers accept: tuples whose length is bounded carry no `items: false`, which llama.cpp and Ollama refuse; in
 * strict mode `oneOf` becomes `anyOf`; and a schema that strict mode refuses is sent without it. Unchanged parts are the caller's own.
 */
export function fitSchema(schema: Fields, strict: unknown): FittedSchema {
  const open = rewrite(nameRoot(schema), false)
  if (strict !== true) return { schema: open, strict }
  return fitsStrict(open) ? { schema: rewrite(open, true), strict } : { schema: open, strict: false }
}

/** References to the root (`#`) become references to a definition, because llama.cpp and Ollama resolve only those. */
function nameRoot(schema: Fields): Fields {
  if (!refersToRoot(schema)) return schema
  const { $defs, ...root } = schema
  const taken = isFields($defs) ? $defs : {}
  let name = 'root'
  while (Object.hasOwn(taken, name)) name = `${name}_`
  const rename = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rename)
    if (!isFields(node)) return node
    const entries = Object.entries(node).map(([key, value]) => [key, rename(value)])
    const copy: Fields = Object.fromEntries(entries)
    if (node.$ref === '#') copy.$ref = `#/$defs/${name}`
    return copy
  }
  const named = rename(root) as Fields
  return { ...named, $defs: { ...(rename(taken) as Fields), [name]: named } }
}

const refersToRoot = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.some(refersToRoot)
  return isFields(node) && (node.$ref === '#' || Object.values(node).some(refersToRoot))
}

function fitsStrict(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(fitsStrict)
  if (!isFields(node)) return true
  for (const [name, value] of Object.entries(node)) {
    if (refused.has(name)) return false
    if (name === 'items' && typeof value === 'boolean') return false
    // names of properties and values are no keywords
    if (name === 'properties' || name === '$defs' || name === 'definitions') {
      if (isFields(value) && !Object.values(value).every(fitsStrict)) return false
    } else if (name !== 'enum' && name !== 'const' && name !== 'default' && name !== 'examples' && !fitsStrict(value)) {
      return false
    }
  }
  return true
}

function rewrite(node: Fields, strict: boolean): Fields {
  let copy: Fields | undefined
  const set = (name: string, value: unknown) => {
    copy ??= { ...node }
    if (value === undefined) delete copy[name]
    else copy[name] = value
  }
  for (const [name, value] of Object.entries(node)) {
    if (name === 'enum' || name === 'const' || name === 'default' || name === 'examples') continue
    if (name === 'items' && value === false && isBounded(node)) {
      set(name, undefined)
      if (node.maxItems === undefined) set('maxItems', (node.prefixItems as unknown[]).length)
      continue
    }
    const inner = rewriteValue(name, value, strict)
    if (strict && name === 'oneOf') {
      set(name, undefined)
      set('anyOf', inner)
    } else if (inner !== value) set(name, inner)
  }
  return copy ?? node
}

const isBounded = ({ prefixItems }: Fields): boolean => Array.isArray(prefixItems)

function rewriteValue(name: string, value: unknown, strict: boolean): unknown {
  if (Array.isArray(value)) {
    const list = value.map((item) => (isFields(item) ? rewrite(item, strict) : item))
    return list.some((item, at) => item !== value[at]) ? list : value
  }
  if (!isFields(value)) return value
  if (name !== 'properties' && name !== '$defs' && name !== 'definitions') return rewrite(value, strict)
  const entries = Object.entries(value).map(
    ([key, part]) => [key, isFields(part) ? rewrite(part, strict) : part] as const,
  )
  return entries.some(([key, part]) => part !== value[key]) ? Object.fromEntries(entries) : value
}
