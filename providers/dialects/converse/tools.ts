import type { ChatParams, Tool } from '../../../src/types/chat.js'
import type { CacheControl } from '../../../src/types/messages.js'
import { readToolChoice } from '../../shared/tool-choice.js'
import { closeSchema } from '../anthropic/format.js'
import { betaOfTool } from '../anthropic/tools.js'
import { encodeChoice } from './choice.js'
import { pointOf } from './content.js'
import type { Kit } from './kit.js'
import { hasTools, nameOf, type ToolPlan } from './tool-plan.js'
import { type Fields, isFields, type Turn } from './wire.js'

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html */
export function encodeTools(params: ChatParams, turns: readonly Turn[], thinksByBudget: boolean, kit: Kit): ToolPlan {
  const plan: ToolPlan = {
    tools: [],
    claude: [],
    betas: new Set(),
    choice: undefined,
    single: params.parallel_tool_calls === false,
    instruction: undefined,
  }
  for (const [index, tool] of (params.tools ?? []).entries()) addTool(plan, tool, `tools[${index}]`, kit)
  for (const [index, definition] of (params.functions ?? []).entries()) {
    addTool(plan, { type: 'function', function: definition }, `functions[${index}]`, kit)
  }
  if (params.web_search_options) addWebSearch(plan, kit)
  if (!kit.facts.tools && hasTools(plan) && params.tool_choice !== 'none') {
    kit.report.unsupported(params.tools ? 'tools' : 'functions', `${kit.facts.who} calls none on Bedrock`)
    plan.tools = []
    return plan
  }
  encodeChoice(plan, readToolChoice(params), turns, thinksByBudget, kit)
  if (plan.single && hasTools(plan) && !kit.facts.claude) {
    kit.report.unsupported('parallel_tool_calls', `${kit.facts.who} can't be kept from calling several tools at once`)
  }
  return plan
}

function addTool(plan: ToolPlan, tool: Tool, where: string, kit: Kit): void {
  if (!isFields(tool)) throw kit.report.invalid(where, 'is not a tool.')
  const definition = isFields(tool.function) ? tool.function : undefined
  if (tool.type === 'function') {
    if (!definition) throw kit.report.invalid(where, "is a function tool without 'function'.")
    addSpec(plan, { ...definition, cache_control: tool.cache_control }, definition.parameters, where, kit)
  } else if ('toolSpec' in tool || 'systemTool' in tool || 'cachePoint' in tool) {
    const { type: _, ...own } = tool
    plan.tools.push(own)
  } else if (tool.type === 'system_tool') plan.tools.push({ systemTool: { name: tool.name } })
  else if (isFields(tool.input_schema) && (tool.type === undefined || tool.type === 'custom')) {
    addSpec(plan, tool, tool.input_schema, where, kit)
  } else if (kit.facts.reasoning === 'claude' && /^(?:computer|bash|text_editor|memory)_\d+$/.test(String(tool.type))) {
    // https://docs.aws.amazon.com/bedrock/latest/userguide/computer-use.html
    const beta = betaOfTool(tool.type)
    if (beta) plan.betas.add(beta)
    plan.claude.push(tool)
  } else kit.report.unsupported(where, `Bedrock has no tool of type '${String(tool.type)}': make it a function`)
}

function addSpec(plan: ToolPlan, definition: Fields, parameters: unknown, where: string, kit: Kit): void {
  const { name, description, strict, cache_control: mark } = definition
  if (typeof name !== 'string' || name === '') throw kit.report.invalid(where, "is a function without 'name'.")
  const strictly = strict === true && kit.facts.schemas
  if (strict === true && !strictly) {
    kit.report.dropped(
      `${where}.function.strict`,
      'This model has no strict tools on Bedrock: the arguments may stray from the schema.',
    )
  }
  const schema: Fields = { type: 'object', ...(isFields(parameters) ? parameters : { properties: {} }) }
  const toolSpec: Fields = { name: kit.names.wire(name) }
  if (typeof description === 'string' && description !== '') toolSpec.description = description
  toolSpec.inputSchema = { json: strictly ? closeSchema(schema).schema : schema }
  if (strictly) toolSpec.strict = true
  plan.tools.push({ toolSpec })
  const point = mark ? pointOf(mark as CacheControl, where, 'tools', kit) : undefined
  if (point) plan.tools.push(point)
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html */
function addWebSearch(plan: ToolPlan, kit: Kit): void {
  if (kit.facts.reasoning !== 'nova') {
    kit.report.unsupported('web_search_options', `${kit.facts.who} has no web search on Bedrock`)
  } else if (!plan.tools.some((tool) => nameOf(tool) === 'nova_grounding')) {
    plan.tools.push({ systemTool: { name: 'nova_grounding' } })
  }
}

/** Every tool name of a request, so that aliases can be given without a clash. */
export function toolNames({ tools, functions }: ChatParams): string[] {
  const names = (functions ?? []).map(({ name }) => String(name))
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    if (!isFields(tool)) continue
    const name = isFields(tool.function) ? tool.function.name : nameOf(tool)
    if (typeof name === 'string') names.push(name)
  }
  return names
}
