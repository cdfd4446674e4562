import { type Fields, isFields } from './wire.js'

/**
 * JSON Schema as structured outputs take it: every object closed, and what the grammar can't enforce told in words instead.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
export interface ClosedSchema {
  readonly schema: Fields
  /** Keywords that the model reads and the API doesn't enforce. */
  readonly told: readonly string[]
}

const kept: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'enum',
  'const',
  'default',
  'required',
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'properties',
  'items',
  '$defs',
  'definitions',
])

const formats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

export function closeSchema(schema: Fields): ClosedSchema {
  const told = new Set<string>()
  return { schema: close(schema, told), told: [...told] }
}

function close(schema: Fields, told: Set<string>): Fields {
  const closed: Fields = {}
  const words: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || name === '$schema' || name === '$id') continue
    if (name === 'additionalProperties') {
      // a map of anything can't be had: an object has the properties that are named
      if (value !== false) tell(name, value)
    } else if (
      kept.has(name) ||
      (name === 'minItems' && (value === 0 || value === 1)) ||
      (name === 'format' && formats.has(value))
    ) {
      closed[name === 'oneOf' ? 'anyOf' : name] = closeValue(name, value, told)
    } else tell(name, value)
  }
  if (isObject(closed)) {
    closed.properties ??= {}
    closed.additionalProperties = false
  }
  if (words.length > 0) {
    const text = `(${words.join(', ')})`
    closed.description = typeof closed.description === 'string' ? `${closed.description} ${text}` : text
  }
  return closed

  function tell(name: string, value: unknown): void {
    told.add(name)
    words.push(`${name}: ${JSON.stringify(value)}`)
  }
}

function closeValue(name: string, value: unknown, told: Set<string>): unknown {
  switch (name) {
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value) ? value.map((part) => (isFields(part) ? close(part, told) : part)) : value
    case 'items':
      return isFields(value) ? close(value, told) : value
    case 'properties':
    case '$defs':
    case 'definitions':
      return isFields(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, part]) => [key, isFields(part) ? close(part, told) : part]),
          )
        : value
    default:
      return value
  }
}

const isObject = ({ type, properties }: Fields): boolean =>
  type === 'object' ||
  (Array.isArray(type) && type.includes('object')) ||
  (type === undefined && properties !== undefined)

/** Whether a schema refers to itself, which the grammar can't follow. */
export function isRecursive(schema: Fields): boolean {
  const open = new Set<unknown>()
  const done = new Set<unknown>()
  const visit = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null || done.has(node)) return false
    if (open.has(node)) return true
    open.add(node)
    const found = Object.entries(node).some(([name, value]) => {
      if (name === '$ref' && typeof value === 'string') return visit(resolve(schema, value))
      // definitions count where they are used
      return name !== '$defs' && name !== 'definitions' && visit(value)
    })
    open.delete(node)
    done.add(node)
    return found
  }
  return visit(schema)
}

function resolve(root: Fields, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  let node: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    node = isFields(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return node
}
