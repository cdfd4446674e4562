import { type Fields, fieldsIn, isFields } from '../fields.js'

/** Keywords that OpenAI and Anthropic refuse at the root of a tool's schema. */
const alternatives = ['anyOf', 'oneOf', 'allOf'] as const

/** The schema of a tool with the type and the properties that OpenAI requires, and tools without parameters often lack. */
export function completeRoot(schema: Fields): Fields {
  const { type: given, properties, ...rest } = schema
  // the null of a field that is not given
  const type = given ?? 'object'
  const isOther = type !== 'object' || '$ref' in schema || alternatives.some((name) => schema[name] !== undefined)
  if (isOther || (given === type && isFields(properties))) return schema
  return { type, ...rest, properties: isFields(properties) ? properties : {} }
}

/**
 * The schema of a tool as one object: alternatives at its root are merged into one list of properties, of which only those that every
 * alternative requires stay required; their difference moves into the description. Undefined if the schema has no such root.
 */
export function flattenRoot(schema: Fields): Fields | undefined {
  const refused = alternatives.filter((name) => Array.isArray(schema[name]))
  const { enum: values, not, ...rest } = schema
  if (refused.length === 0 && values === undefined && not === undefined) return undefined
  const flat: Fields = { ...rest, type: 'object' }
  const properties: Fields = { ...(isFields(schema.properties) ? schema.properties : {}) }
  const required = new Set(namesIn(schema.required))
  const notes: string[] = []
  for (const name of refused) {
    delete flat[name]
    const branches = fieldsIn(schema[name]).map((branch) => resolve(schema, branch))
    for (const branch of branches) {
      if (!isFields(branch.properties)) continue
      for (const [key, property] of Object.entries(branch.properties)) {
        properties[key] = key in properties ? either(properties[key], property) : property
      }
    }
    const lists = branches.map((branch) => namesIn(branch.required))
    const common =
      name === 'allOf' ? lists.flat() : (lists[0] ?? []).filter((key) => lists.every((list) => list.includes(key)))
    for (const key of common) required.add(key)
    const groups = lists.map((list) => list.filter((key) => !required.has(key))).filter((list) => list.length > 0)
    if (name !== 'allOf' && groups.length > 0) {
      notes.push(
        `${name === 'oneOf' ? 'Exactly one' : 'At least one'} of these is required: ${groups.map((list) => list.join(' and ')).join('; or ')}.`,
      )
    }
  }
  flat.properties = properties
  if (required.size > 0) flat.required = [...required]
  else delete flat.required
  if (notes.length > 0) {
    const described = typeof schema.description === 'string' && schema.description !== '' ? [schema.description] : []
    flat.description = [...described, ...notes].join(' ')
  }
  return flat
}

const namesIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((name): name is string => typeof name === 'string') : []

/** A property with different schemas in different branches; the constants of a discriminator become one list. */
function either(one: unknown, other: unknown): unknown {
  if (JSON.stringify(one) === JSON.stringify(other)) return one
  const values = [...valuesIn(one), ...valuesIn(other)]
  if (isFields(one) && isFields(other) && valuesIn(one).length > 0 && valuesIn(other).length > 0) {
    const { const: _, enum: __, ...rest } = one
    return { ...rest, enum: [...new Set(values)] }
  }
  const known = isFields(one) && Array.isArray(one.anyOf) && Object.keys(one).length === 1 ? one.anyOf : [one]
  return { anyOf: [...known, other] }
}

const valuesIn = (schema: unknown): unknown[] =>
  !isFields(schema) ? [] : 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : []

/** A branch may be a reference to a definition of the same schema. */
function resolve(root: Fields, branch: Fields): Fields {
  const path = typeof branch.$ref === 'string' ? /^#\/(\$defs|definitions)\/(.+)$/.exec(branch.$ref) : null
  const defs = path && root[path[1] as '$defs' | 'definitions']
  const found = isFields(defs) && path?.[2] !== undefined && Object.hasOwn(defs, path[2]) ? defs[path[2]] : undefined
  return isFields(found) ? found : branch
}
