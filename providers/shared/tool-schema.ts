import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'

const combinators = ['anyOf', 'oneOf', 'allOf'] as const

/** Whether a schema has a combinator at its root, which several APIs reject for the input of a tool. */
export const hasRootCombinator = (schema: Fields): boolean => combinators.some((name) => Array.isArray(schema[name]))

/**
 * The schema of a tool's input for APIs that require an object without combinators at the root.
 * @param api the name of the API, for messages
 * @throws {BadRequestError} if the parameters are not a schema
 */
export function inputSchema(parameters: unknown, api: string, where: string, report: Report): Fields {
  if (parameters === undefined || parameters === null) return { type: 'object', properties: {} }
  if (!isFields(parameters)) {
    throw report.invalid(`${where}.function.parameters`, 'must be a JSON Schema of an object', parameters)
  }
  if (hasRootCombinator(parameters)) {
    report.changed(
      `${where}.function.parameters`,
      `${api} accepts no anyOf, oneOf or allOf at the root of a schema: the branches were merged into one object.`,
    )
    return mergeRootCombinators(parameters)
  }
  // a nullable object is an object here
  const { type } = parameters
  return Array.isArray(type) && type.includes('object') ? { ...parameters, type: 'object' } : parameters
}

/**
 * An object schema without `anyOf`, `oneOf` and `allOf` at its root: the branches are merged. A property is required if
 * every branch of `anyOf` or `oneOf` requires it, or any branch of `allOf`. The alternatives are kept in the description.
 */
function mergeRootCombinators(schema: Fields): Fields {
  const { anyOf, oneOf, allOf, ...merged } = schema
  const required = new Set(namesIn(merged.required))
  const properties: Fields = isFields(merged.properties) ? { ...merged.properties } : {}
  const notes: string[] = []
  for (const branch of branchesOf(allOf, schema)) {
    addProperties(properties, branch)
    for (const name of namesIn(branch.required)) required.add(name)
  }
  for (const alternatives of [branchesOf(anyOf, schema), branchesOf(oneOf, schema)]) {
    if (alternatives.length === 0) continue
    for (const branch of alternatives) addProperties(properties, branch)
    const [first, ...rest] = alternatives.map(({ required: names }) => namesIn(names))
    for (const name of first ?? []) if (rest.every((names) => names.includes(name))) required.add(name)
    const fields = alternatives.map((branch) => nameFields(branch)).filter(Boolean)
    if (fields.length > 0) notes.push(`Give the fields of one of these alternatives: ${fields.join('; ')}.`)
  }
  const description = [merged.description, ...notes].filter((text) => typeof text === 'string' && text !== '').join(' ')
  return {
    ...merged,
    type: 'object',
    properties,
    ...(required.size > 0 && { required: [...required] }),
    ...(description !== '' && { description }),
  }
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : []

/** The branches of a combinator, with references resolved and nested combinators merged. */
function branchesOf(list: unknown, root: Fields): Fields[] {
  if (!Array.isArray(list)) return []
  return list.filter(isFields).map((branch) => {
    const resolved = typeof branch.$ref === 'string' ? resolve(root, branch.$ref) : branch
    return hasRootCombinator(resolved) && resolved !== root ? mergeRootCombinators(resolved) : resolved
  })
}

function resolve(root: Fields, ref: string): Fields {
  let node: unknown = ref.startsWith('#/') ? root : undefined
  for (const step of ref.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    node = isFields(node) && Object.hasOwn(node, name) ? node[name] : undefined
  }
  return isFields(node) ? node : {}
}

/** Adds the properties of a branch; one with several schemas accepts any of them. */
function addProperties(properties: Fields, branch: Fields): void {
  if (!isFields(branch.properties)) return
  for (const [name, schema] of Object.entries(branch.properties)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known === undefined || JSON.stringify(known) === JSON.stringify(schema)) define(properties, name, schema)
    else if (isFields(known) && isFields(schema)) define(properties, name, join(known, schema))
  }
}

/** Constants become one enumeration, other schemas an `anyOf`. */
function join(known: Fields, schema: Fields): Fields {
  const values = [valuesOf(known), valuesOf(schema)]
  if (values[0] && values[1]) {
    const { const: _, enum: __, ...rest } = known
    return { ...rest, enum: [...new Set([...values[0], ...values[1]])] }
  }
  const branches = Array.isArray(known.anyOf) && Object.keys(known).length === 1 ? known.anyOf : [known]
  return { anyOf: [...branches, schema] }
}

const valuesOf = ({ const: only, enum: values }: Fields): unknown[] | undefined =>
  Array.isArray(values) ? values : only === undefined ? undefined : [only]

/** A property named `__proto__` must not change the prototype. */
const define = (properties: Fields, name: string, value: unknown): void => {
  Object.defineProperty(properties, name, { value, enumerable: true, configurable: true, writable: true })
}

/** `kind: "a", id` */
function nameFields({ properties, required }: Fields): string {
  if (!isFields(properties)) return ''
  const needed = namesIn(required)
  return Object.entries(properties)
    .map(([name, schema]) => {
      const only = isFields(schema) ? valuesOf(schema) : undefined
      const value = only?.length === 1 ? ` = ${JSON.stringify(only[0])}` : ''
      return `${name}${value}${needed.includes(name) ? '' : ' (optional)'}`
    })
    .join(', ')
}
