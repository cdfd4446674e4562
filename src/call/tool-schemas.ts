import type { JSONSchema, StandardSchema } from '../types/schema.js'
import { jsonSchemaOf } from './structured.js'
import { isSchema } from './validate.js'

type Fields = Readonly<Record<string, unknown>>

/** A list of tools with schema objects in it. */
interface ToolLists {
  tools?: unknown
  functions?: unknown
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const schemaIn = (definition: unknown): StandardSchema | undefined => {
  const parameters = isFields(definition) ? definition.parameters : undefined
  return isSchema(parameters as StandardSchema | undefined) ? (parameters as StandardSchema) : undefined
}

/** Chat tools keep their schema in `function`, tools of the Responses API at the top. */
const schemaOfTool = (tool: unknown): StandardSchema | undefined =>
  isFields(tool) ? (schemaIn(tool.function) ?? schemaIn(tool)) : undefined

const some = (list: unknown, has: (item: unknown) => unknown): boolean =>
  Array.isArray(list) && list.some((item) => has(item) !== undefined)

/** Whether a tool has a schema object (zod, valibot, arktype, …) in `parameters`. */
export const hasToolSchemas = ({ tools, functions }: ToolLists): boolean =>
  some(tools, schemaOfTool) || some(functions, schemaIn)

/**
 * Replaces the schema objects of tools by their JSON Schema, in new lists. The schema describes the input side, because the
 * caller validates what the model wrote.
 * @throws {BadRequestError} naming the tool whose schema has no JSON Schema
 */
export async function encodeToolSchemas(params: ToolLists): Promise<void> {
  if (some(params.tools, schemaOfTool)) params.tools = await all(params.tools, encodeTool, 'tools')
  if (some(params.functions, schemaIn)) params.functions = await all(params.functions, encodeDefinition, 'functions')
}

const all = (list: unknown, encode: (item: unknown, where: string) => Promise<unknown>, name: string) =>
  Promise.all((list as unknown[]).map((item, index) => encode(item, `${name}[${index}]`)))

async function encodeTool(tool: unknown, where: string): Promise<unknown> {
  if (!isFields(tool) || schemaOfTool(tool) === undefined) return tool
  if (schemaIn(tool.function)) return { ...tool, function: await encodeDefinition(tool.function, `${where}.function`) }
  return encodeDefinition(tool, where)
}

async function encodeDefinition(definition: unknown, where: string): Promise<unknown> {
  const schema = schemaIn(definition)
  if (!schema) return definition
  const { $schema: _, ...parameters }: JSONSchema = await jsonSchemaOf(schema, `${where}.parameters`, 'input')
  return { ...(definition as Fields), parameters }
}
