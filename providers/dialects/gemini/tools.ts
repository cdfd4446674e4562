import type { ChatParams, FunctionTool } from '../../../src/types/chat.js'
import type { Kit } from './kit.js'
import { openAPISchema } from './open-api.js'
import { cleanSchema } from './schema.js'
import { serverTool } from './server-tools.js'
import { type Fields, isFields } from './wire.js'

/** What a request says about tools, before `response_format` may add one. */
export interface ToolPlan {
  readonly functions: Fields[]
  /** Tools that Google runs, one an entry. */
  readonly servers: Fields[]
  /** `toolConfig.functionCallingConfig` */
  choice: Fields | undefined
}

/** Every function name of a request, so that aliases can be given without a clash. */
export function toolNames({ tools, functions }: ChatParams): string[] {
  const names = (functions ?? []).map(({ name }) => name)
  for (const tool of tools ?? []) if (isFunction(tool)) names.push(tool.function?.name)
  return names.filter((name) => typeof name === 'string')
}

/** https://ai.google.dev/gemini-api/docs/function-calling */
export function encodeTools(params: ChatParams, kit: Kit): ToolPlan {
  const plan: ToolPlan = { functions: [], servers: [], choice: undefined }
  for (const [index, tool] of (params.tools ?? []).entries()) addTool(plan, tool, `tools[${index}]`, kit)
  for (const [index, definition] of (params.functions ?? []).entries()) {
    plan.functions.push(declaration(definition, `functions[${index}]`, kit))
  }
  const { web_search_options: search } = params
  if (search) {
    for (const [name, value] of Object.entries(search)) {
      if (value) kit.report.dropped(`web_search_options.${name}`, "Google's search has no such setting.")
    }
    if (!plan.servers.some((tool) => 'googleSearch' in tool)) plan.servers.push({ googleSearch: {} })
  }
  if (params.parallel_tool_calls === false && plan.functions.length > 0) {
    kit.report.unsupported('parallel_tool_calls', 'Gemini may always make several calls at once')
  }
  return plan
}

export const isFunction = (tool: unknown): tool is FunctionTool =>
  isFields(tool) && tool.type === 'function' && 'function' in tool

function addTool(plan: ToolPlan, tool: unknown, where: string, kit: Kit): void {
  if (!isFields(tool)) throw kit.report.invalid(where, 'is not a tool.')
  if (isFunction(tool)) {
    if (tool.function?.strict) {
      kit.report.dropped(
        `${where}.function.strict`,
        'Gemini has no strict functions: arguments may stray from the schema.',
      )
    }
    plan.functions.push(declaration(tool.function, where, kit))
    return
  }
  if (tool.type === 'function') throw kit.report.invalid(where, "is a function tool without 'function'.")
  const { functionDeclarations, ...server } = serverTool(tool, where, kit)
  if (Array.isArray(functionDeclarations)) plan.functions.push(...functionDeclarations.filter(isFields))
  if (Object.keys(server).length > 0) plan.servers.push(server)
}

/** https://ai.google.dev/api/caching#FunctionDeclaration */
function declaration(definition: unknown, where: string, kit: Kit): Fields {
  if (!isFields(definition) || typeof definition.name !== 'string' || definition.name === '') {
    throw kit.report.invalid(where, "is a function without 'name'.")
  }
  const { name, description, parameters } = definition
  const encoded: Fields = { name: kit.names.wire(name) }
  if (description) encoded.description = description
  if (!isFields(parameters)) return encoded
  if (kit.facts.jsonSchema && kit.quirks.jsonSchema !== false) {
    encoded.parametersJsonSchema = cleanSchema(parameters)
    return encoded
  }
  const { schema, lost } = openAPISchema(parameters)
  if (lost.length > 0) {
    kit.report.changed(`${where}.function.parameters`, `This model knows no ${lost.join(', ')} in schemas: left out.`)
  }
  // an object without properties is refused
  if (schema.properties) encoded.parameters = schema
  return encoded
}
