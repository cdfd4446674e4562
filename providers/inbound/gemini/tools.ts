import type { ChatParams, FunctionTool, Tool } from '../../../src/types/chat.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { InboundReport } from '../report.js'
import { toJSONSchema } from './schema.js'
import { camelFields, fieldIn, type GenerateContentRequest } from './wire.js'

type ToolParams = Pick<ChatParams, 'tools' | 'tool_choice' | 'web_search_options'>

/** Tools that stand for a web search. */
const searches: ReadonlySet<string> = new Set(['googleSearch', 'googleSearchRetrieval', 'enterpriseWebSearch'])

/** https://ai.google.dev/api/caching#Tool */
export function decodeTools(request: GenerateContentRequest, report: InboundReport): ToolParams {
  const params: ToolParams = {}
  const given = request.tools
  if (given !== undefined && given !== null && !Array.isArray(given) && !isFields(given)) {
    throw report.invalid('tools', 'must be an array of tools', given)
  }
  const functions: Tool[] = []
  for (const [index, tool] of (Array.isArray(given) ? given : given ? [given] : []).entries()) {
    if (!isFields(tool)) throw report.invalid(`tools[${index}]`, 'must be an object', tool)
    for (const [name, value] of Object.entries(camelFields(tool))) {
      const where = `tools[${index}].${name}`
      if (value === null || value === undefined) continue
      if (name === 'functionDeclarations') functions.push(...declarations(value, where, report))
      else if (searches.has(name)) params.web_search_options = {}
      else report.dropped(where, `the tool '${name}' runs at Google only.`)
    }
  }
  if (functions.length > 0) params.tools = functions
  const config = fieldIn(request, 'toolConfig')
  const calling = isFields(config) ? fieldIn(config, 'functionCallingConfig') : undefined
  if (isFields(calling) && functions.length > 0) {
    const choice = decodeChoice(calling)
    if (choice !== undefined) params.tool_choice = choice
  }
  return params
}

/** https://ai.google.dev/api/caching#FunctionDeclaration */
function declarations(value: unknown, where: string, report: InboundReport): FunctionTool[] {
  if (!Array.isArray(value)) throw report.invalid(where, 'must be an array of functions', value)
  return value.map((declared: unknown, index) => {
    const name = isFields(declared) ? textIn(declared, 'name') : undefined
    if (!isFields(declared) || !name)
      throw report.invalid(`${where}[${index}]`, "must be a function with a 'name'", declared)
    const description = textIn(declared, 'description')
    const schema = fieldIn(declared, 'parametersJsonSchema') ?? declared.parameters
    return {
      type: 'function',
      function: {
        name,
        ...(description && { description }),
        parameters: objectSchema(schema),
      },
    }
  })
}

/** The schema of a function without parameters is an object without properties. */
function objectSchema(schema: unknown): Fields {
  const converted = toJSONSchema(schema)
  if (converted.type === undefined) converted.type = 'object'
  if (converted.type === 'object') converted.properties ??= {}
  return converted
}

/** https://ai.google.dev/api/caching#FunctionCallingConfig. `VALIDATED` is `AUTO` with arguments that match the schema. */
function decodeChoice(config: Fields): ChatParams['tool_choice'] {
  const names = fieldIn(config, 'allowedFunctionNames')
  const allowed: string[] = Array.isArray(names) ? names.map(String) : []
  const mode = typeof config.mode === 'string' ? config.mode.toUpperCase() : undefined
  switch (mode) {
    case 'NONE':
      return 'none'
    case 'ANY': {
      const [only] = allowed
      if (only === undefined) return 'required'
      return allowed.length === 1 ? { type: 'function', function: { name: only } } : someOf(allowed, 'required')
    }
    case 'AUTO':
    case 'VALIDATED':
      return allowed.length > 0 ? someOf(allowed, 'auto') : 'auto'
    default:
      return undefined
  }
}

const someOf = (names: readonly string[], mode: 'auto' | 'required'): ChatParams['tool_choice'] => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
})
