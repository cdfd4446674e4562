import type { ChatParams } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'
import { Aliases } from './aliases.js'
import { type KeptSchemas, once } from './kept-json.js'

/** Property names that Claude accepts in the schema of a tool: its error for others states this pattern. */
const accepted = /^[a-zA-Z0-9_.-]{1,64}$/

/** Aliases of property names, by the caller's name of the tool. */
export type PropertyAliases = ReadonlyMap<string, Aliases>

/** Aliases for the tools with property names that Claude rejects; undefined if there are none. */
export function aliasProperties({ tools, functions }: ChatParams, kept?: KeptSchemas): PropertyAliases | undefined {
  let found: Map<string, Aliases> | undefined
  const add = (name: unknown, schema: unknown) => {
    if (typeof name !== 'string' || !isFields(schema) || !once(kept, 'rejected', schema, hasRejected)) return
    const names = new Set<string>()
    collectNames(schema, names)
    found ??= new Map()
    found.set(name, new Aliases(names, 64, 'plain', accepted))
  }
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    if (!isFields(tool)) continue
    if (isFields(tool.function)) add(tool.function.name, tool.function.parameters)
    else add(tool.name, tool.input_schema)
  }
  for (const definition of Array.isArray(functions) ? (functions as readonly unknown[]) : []) {
    if (isFields(definition)) add(definition.name, definition.parameters)
  }
  return found
}

/** The caller's property names by the names sent, by the name of the tool that is sent. */
export const originalProperties = (
  aliased: PropertyAliases | undefined,
  tools: Aliases,
): Record<string, Readonly<Record<string, string>>> | undefined =>
  aliased && Object.fromEntries([...aliased].map(([name, aliases]) => [tools.wire(name), aliases.originals() ?? {}]))

/** Fields of a schema that contain schemas by name. */
const named: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'dependentSchemas'])
/** Fields of a schema with values that are no schemas. */
const values: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples'])

/** Calls back for every schema within a schema, itself included. */
function eachSchema(node: unknown, see: (schema: Fields) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) eachSchema(item, see)
    return
  }
  if (!isFields(node)) return
  see(node)
  for (const name in node) {
    const child = node[name]
    if (typeof child !== 'object' || child === null || values.has(name)) continue
    if (!named.has(name)) eachSchema(child, see)
    else if (isFields(child)) for (const key in child) eachSchema(child[key], see)
  }
}

function hasRejected(schema: Fields): boolean {
  let rejected = false
  eachSchema(schema, ({ properties }) => {
    if (!rejected && isFields(properties)) for (const name in properties) rejected ||= !accepted.test(name)
  })
  return rejected
}

const collectNames = (schema: Fields, names: Set<string>): void =>
  eachSchema(schema, ({ properties }) => {
    if (isFields(properties)) for (const name of Object.keys(properties)) names.add(name)
  })

/** A copy of a schema with the aliases in the place of its property names. */
export function renameSchema(schema: Fields, aliases: Aliases): Fields {
  const wire = (name: unknown) => (typeof name === 'string' ? aliases.wire(name) : name)
  const rename = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rename)
    if (!isFields(node)) return node
    const copy: [string, unknown][] = Object.entries(node).map(([name, child]) => {
      if (values.has(name)) return [name, child]
      if ((name === 'required' || name === 'propertyOrdering') && Array.isArray(child)) return [name, child.map(wire)]
      if (!named.has(name) || !isFields(child)) return [name, rename(child)]
      const keys = name === 'properties' || name === 'dependentSchemas'
      return [
        name,
        Object.fromEntries(
          Object.entries(child).map(([key, value]) => [keys ? aliases.wire(key) : key, rename(value)]),
        ),
      ]
    })
    return Object.fromEntries(copy)
  }
  return rename(schema) as Fields
}

/** A copy of a value with other names of its fields, at any depth. */
export function renameFields(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameFields(item, rename))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [rename(name), renameFields(child, rename)]))
}

/** Arguments with the caller's names, for the names that the model uses. */
export const originalFields = (input: unknown, originals: Readonly<Record<string, string>>): unknown =>
  renameFields(input, (name) => (Object.hasOwn(originals, name) ? (originals[name] ?? name) : name))
