import type { ChatParams, ToolChoice } from '../../../src/types/chat.js'
import { readArray } from '../../shared/params.js'
import { readToolChoice, toolName } from '../../shared/tool-choice.js'
import { inputSchema } from '../../shared/tool-schema.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, textIn } from './wire.js'

interface WireTool extends Fields {
  type: 'function'
  function: { name: string; description?: string; parameters: Fields }
}

/**
 * Ollama has no tool choice: the tool list is the only control over calls.
 * https://docs.ollama.com/capabilities/tool-calling
 */
export function encodeTools(params: ChatParams, scope: EncodeScope): WireTool[] {
  const given = [
    ...readArray(params.tools, 'tools', scope.report).map((tool, index) => [tool, `tools[${index}]`] as const),
    ...readArray(params.functions, 'functions', scope.report).map(
      (fn, index) => [{ type: 'function', function: fn }, `functions[${index}]`] as const,
    ),
  ]
  const tools = given.flatMap(([tool, where]) => toolOf(tool, where, scope) ?? [])
  if (params.parallel_tool_calls === false && tools.length > 1) {
    scope.report.unsupported('parallel_tool_calls', 'Ollama models decide themselves how many tools to call')
  }
  return chosen(tools, readToolChoice(params), scope)
}

function toolOf(tool: unknown, where: string, scope: EncodeScope): WireTool | undefined {
  if (!isFields(tool)) throw scope.report.invalid(where, "must be a tool, an object with a 'type'", tool)
  if (tool.type !== 'function') {
    scope.report.unsupported(where, `Ollama has function tools only, not '${String(tool.type)}'`)
    return undefined
  }
  const { function: fn } = tool
  const name = isFields(fn) ? textIn(fn, 'name') : undefined
  if (!isFields(fn) || !name) throw scope.report.invalid(where, "must have 'function.name', a non-empty string")
  if (fn.strict === true) {
    scope.report.dropped(`${where}.function.strict`, 'Ollama does not enforce schemas of arguments.')
  }
  const description = textIn(fn, 'description')
  const parameters = inputSchema(isFields(fn.parameters) ? fn.parameters : {}, 'Ollama', where, scope.report)
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      parameters: 'type' in parameters ? parameters : { type: 'object', properties: {}, ...parameters },
    },
  }
}

function chosen(tools: WireTool[], choice: ToolChoice | Fields | undefined, scope: EncodeScope): WireTool[] {
  if (!choice || choice === 'auto') return tools
  if (choice === 'none') {
    if (tools.length > 0) scope.report.emulated('tool_choice', "For 'none', the tools were left out of the request.")
    return []
  }
  const { allowed_tools: given } = choice as Fields
  const allowed = isFields(given) ? given : undefined
  if (allowed?.mode === 'auto' && Array.isArray(allowed.tools)) {
    const names = new Set(allowed.tools.map((tool: unknown) => toolName(tool)))
    scope.report.emulated('tool_choice', 'The other tools were left out of the request.')
    return tools.filter((tool) => names.has(tool.function.name))
  }
  scope.report.unsupported('tool_choice', "Ollama can't force a call: ask for it in the prompt")
  return tools
}
