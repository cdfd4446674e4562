import type { ResponseFormat } from '../../../src/types/chat.js'
import { jsonObjectInstruction } from '../../instruction.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { makeAnswerTool, readFormat } from '../../shared/format.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import { type Block, type Fields, isFields } from './wire.js'

export interface Structured {
  /** For `output_config.format`. */
  readonly format?: Fields
  /** The tool that emulates the format on models without structured outputs. */
  readonly json?: JSONTool
  /** A block to append to the system prompt. */
  readonly instruction?: Block
}

/**
 * Encodes `response_format` as the native JSON schema if the model supports it, otherwise as a forced tool.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  plan: ToolPlan,
  thinksByBudget: boolean,
  scope: EncodeScope,
): Structured {
  const asked = readFormat(format, scope.report)
  if (!asked) return {}
  if (!asked.schema) return anyObject(scope)
  const { schema, description, name } = asked
  const native = scope.facts.schemas && scope.quirks.schemas !== false
  if (!native || isRecursive(schema) || isOpen(schema))
    return byTool(schema, description ?? name, plan, thinksByBudget, scope)
  const closed = closeSchema(schema)
  if (closed.told.length > 0) {
    scope.report.changed(
      'response_format',
      `Claude does not enforce ${closed.told.join(', ')}: they were moved to the schema's descriptions.`,
    )
  }
  const described = description !== undefined && closed.schema.description === undefined ? { description } : {}
  return { format: { type: 'json_schema', schema: { ...closed.schema, ...described } } }
}

function anyObject(scope: EncodeScope): Structured {
  scope.report.emulated(
    'response_format',
    'Claude has no JSON mode without a schema: the instructions ask for JSON instead.',
  )
  return { instruction: say(jsonObjectInstruction) }
}

const say = (text: string): Block => ({ type: 'text', text })

function byTool(
  schema: Fields,
  about: string,
  plan: ToolPlan,
  thinksByBudget: boolean,
  scope: EncodeScope,
): Structured {
  const { json, input } = makeAnswerTool(schema, scope.names)
  const { name } = json
  plan.tools.push({
    name,
    description: `Gives the final answer. Call it once, with the whole answer as its input: ${about}`,
    input_schema: input,
  })
  scope.report.emulated('response_format', `The schema is sent as a tool ('${name}') whose call is the answer.`)
  const others = plan.tools.length > 1 || plan.servers.length > 0
  const wanted = plan.choice?.type
  if (wanted === 'tool') return { json }
  if (scope.facts.forcedTools && !thinksByBudget) {
    const parallel = plan.choice?.disable_parallel_tool_use === true ? { disable_parallel_tool_use: true } : {}
    plan.choice = others && wanted !== 'none' ? { type: 'any', ...parallel } : { type: 'tool', name }
    return { json }
  }
  if (wanted === 'none') plan.choice = { type: 'auto' }
  return { json, instruction: say(`Give your final answer by calling the tool '${name}', and in no other way.`) }
}

/**
 * A JSON Schema in the dialect of structured outputs: every object closed, unsupported keywords moved to descriptions.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
export interface ClosedSchema {
  readonly schema: Fields
  /** Keywords that the API doesn't enforce; the model reads them in a description. */
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
      // maps are impossible: an object has only its named properties
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

/**
 * Whether a schema has maps or tuples. The grammar has neither: a closed map allows only `{}`, and a tuple without its
 * items only `[]`.
 */
export function isOpen(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(isOpen)
  if (!isFields(node)) return false
  const { additionalProperties: more, properties, items } = node
  if (isFields(more) || (more === true && !isFields(properties))) return true
  if (node.prefixItems !== undefined || node.patternProperties !== undefined || Array.isArray(items)) return true
  return Object.entries(node).some(([name, value]) => {
    if (name === 'enum' || name === 'const' || name === 'default' || name === 'examples') return false
    const isMap = name === 'properties' || name === '$defs' || name === 'definitions'
    return isMap && isFields(value) ? Object.values(value).some(isOpen) : isOpen(value)
  })
}

/** Whether a schema refers to itself. The grammar doesn't support recursion. */
export function isRecursive(schema: Fields): boolean {
  const open = new Set<unknown>()
  const done = new Set<unknown>()
  const visit = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null || done.has(node)) return false
    if (open.has(node)) return true
    open.add(node)
    const found = Object.entries(node).some(([name, value]) => {
      if (name === '$ref' && typeof value === 'string') return visit(resolve(schema, value))
      // definitions count at their point of use
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
