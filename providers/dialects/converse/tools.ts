import type { ChatParams, Tool, ToolChoice } from '../../../src/types/chat.js'
import type { CacheControl } from '../../../src/types/messages.js'
import { once, written } from '../../shared/kept-json.js'
import { renameSchema } from '../../shared/property-names.js'
import { flattenRoot } from '../../shared/root-schema.js'
import { allowedNames, readToolChoice } from '../../shared/tool-choice.js'
import { closeSchema } from '../anthropic/format.js'
import { betaOfTool } from '../anthropic/tools.js'
import { createCachePoint } from './content.js'
import type { Choice, EncodeScope, ToolPlan } from './scope.js'
import { type Fields, inner, isFields, type Turn, textIn, toolName } from './wire.js'

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html */
export function encodeTools(
  params: ChatParams,
  turns: readonly Turn[],
  budgeted: boolean,
  scope: EncodeScope,
): ToolPlan {
  const plan: ToolPlan = {
    tools: [],
    claude: [],
    betas: new Set(),
    choice: undefined,
    single: params.parallel_tool_calls === false,
    budgeted,
    instruction: undefined,
  }
  for (const [index, tool] of (params.tools ?? []).entries()) addTool(plan, tool, `tools[${index}]`, scope)
  for (const [index, definition] of (params.functions ?? []).entries()) {
    addTool(plan, { type: 'function', function: definition }, `functions[${index}]`, scope)
  }
  if (params.web_search_options) addWebSearch(plan, scope)
  if (!scope.facts.tools && hasTools(plan) && params.tool_choice !== 'none') {
    scope.report.unsupported(params.tools ? 'tools' : 'functions', `${scope.facts.who} has no tools on Bedrock`)
    plan.tools = []
    return plan
  }
  encodeChoice(plan, readToolChoice(params), turns, scope)
  if (plan.single && hasTools(plan) && !scope.facts.claude) {
    scope.report.unsupported('parallel_tool_calls', `${scope.facts.who} may always call several tools at once`)
  }
  return plan
}

const hasTools = ({ tools, claude }: ToolPlan): boolean => tools.length > 0 || claude.length > 0

function addTool(plan: ToolPlan, tool: Tool, where: string, scope: EncodeScope): void {
  if (!isFields(tool)) throw scope.report.invalid(where, 'must be an object.')
  const definition = isFields(tool.function) ? tool.function : undefined
  if (tool.type === 'function') {
    if (!definition) throw scope.report.invalid(where, "must have a 'function'.")
    const { name, description, parameters, strict } = definition
    const spec = { name, description, input_schema: parameters, strict, cache_control: tool.cache_control }
    addSpec(plan, spec, where, scope)
  } else if ('toolSpec' in tool || 'systemTool' in tool || 'cachePoint' in tool) {
    const { type: _, ...own } = tool
    plan.tools.push(own)
  } else if (tool.type === 'system_tool') plan.tools.push({ systemTool: { name: tool.name } })
  else if (isFields(tool.input_schema) && (tool.type === undefined || tool.type === 'custom')) {
    addSpec(plan, tool, where, scope)
  } else if (
    scope.facts.thinking === 'claude' &&
    /^(?:computer|bash|text_editor|memory)_\d+$/.test(String(tool.type))
  ) {
    // https://docs.aws.amazon.com/bedrock/latest/userguide/computer-use.html
    const beta = betaOfTool(tool.type)
    if (beta) plan.betas.add(beta)
    plan.claude.push(tool)
  } else scope.report.unsupported(where, `Bedrock has no tool of the type '${String(tool.type)}'; use a function`)
}

function addSpec(plan: ToolPlan, definition: Fields, where: string, scope: EncodeScope): void {
  const { name, description, input_schema: parameters, strict, cache_control: mark } = definition
  if (typeof name !== 'string' || name === '') throw scope.report.invalid(where, "must be a function with a 'name'.")
  const strictly = strict === true && scope.facts.schemas
  if (strict === true && !strictly) {
    scope.report.dropped(
      `${where}.function.strict`,
      'Left out: this model has no strict tools on Bedrock, so arguments may deviate from the schema.',
    )
  }
  const { kept } = scope
  const given = isFields(parameters) ? once(kept, 'object', parameters, asObject) : asObject({ properties: {} })
  const flat = scope.facts.rootAlternatives ? undefined : once(kept, 'flat', given, flattenRoot)
  if (flat) {
    scope.report.changed(
      `${where}.function.parameters`,
      `The alternatives at the root of the schema were merged, as ${scope.facts.who} refuses them.`,
    )
  }
  const aliases = scope.properties?.get(name)
  if (aliases) {
    scope.report.changed(
      `${where}.function.parameters`,
      'Claude accepts property names of letters, digits, _, . and - up to 64 characters: others were replaced, and are restored in the arguments.',
    )
  }
  const schema = aliases ? renameSchema(flat ?? given, aliases) : (flat ?? given)
  const toolSpec: Fields = { name: scope.names.wire(name) }
  if (typeof description === 'string' && description !== '') toolSpec.description = description
  toolSpec.inputSchema = { json: written(kept, strictly ? once(kept, 'closed', schema, closed) : schema) }
  if (strictly) toolSpec.strict = true
  plan.tools.push({ toolSpec })
  const point = mark ? createCachePoint(mark as CacheControl, where, 'tools', scope) : undefined
  if (point) plan.tools.push(point)
}

const asObject = (schema: Fields): Fields => ({ type: 'object', ...schema })
const closed = (schema: Fields): Fields => closeSchema(schema).schema

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html */
function addWebSearch(plan: ToolPlan, scope: EncodeScope): void {
  if (scope.facts.thinking !== 'nova') {
    scope.report.unsupported('web_search_options', `${scope.facts.who} has no web search on Bedrock`)
  } else if (!plan.tools.some((tool) => toolName(tool) === 'nova_grounding')) {
    plan.tools.push({ systemTool: { name: 'nova_grounding' } })
  }
}

/** The names of a request's tools, collected up front so that aliases can't clash. */
export function collectNames({ tools, functions }: ChatParams): string[] {
  const names = (functions ?? []).map(({ name }) => String(name))
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    if (!isFields(tool)) continue
    const name = isFields(tool.function) ? tool.function.name : toolName(tool)
    if (typeof name === 'string') names.push(name)
  }
  return names
}

/** Sets `plan.choice`, and removes tools that must not be called. */
function encodeChoice(
  plan: ToolPlan,
  choice: ToolChoice | Fields | undefined,
  turns: readonly Turn[],
  scope: EncodeScope,
): void {
  if (choice === 'none' || !hasTools(plan)) {
    if (choice !== undefined && choice !== 'none' && choice !== 'auto') {
      throw scope.report.invalid('tool_choice', "requires a tool, and the request has none. Add 'tools'.")
    }
    return forbidTools(plan, turns, scope)
  }
  const wanted = readChoice(plan, choice, scope)
  if (wanted === undefined) return
  plan.choice = 'auto' in wanted ? wanted : forceChoice(plan, wanted, scope)
}

const dontCall = 'Do not call any tool: answer with text only.'

/** Converse has no `none`. Without tools none is called, but the API requires a declaration of every tool that the history calls. */
function forbidTools(plan: ToolPlan, turns: readonly Turn[], scope: EncodeScope): void {
  const called = new Set<string>()
  for (const { content } of turns) {
    for (const block of content) {
      const name = textIn(inner(block, 'toolUse') ?? {}, 'name')
      if (name !== undefined) called.add(name)
    }
  }
  if (called.size === 0) {
    plan.tools = []
    plan.claude.length = 0
    return
  }
  for (const tool of plan.tools) called.delete(toolName(tool) ?? '')
  for (const { name } of plan.claude) called.delete(String(name))
  for (const name of called) {
    plan.tools.push({ toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } } } })
  }
  plan.instruction = dontCall
  scope.report.emulated(
    'tool_choice',
    "Bedrock requires the tools of the history and can't forbid calls: an instruction asks the model not to call any.",
  )
}

function readChoice(plan: ToolPlan, choice: ToolChoice | Fields | undefined, scope: EncodeScope): Choice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto') return { auto: {} }
  if (choice === 'required') return { any: {} }
  if (!isFields(choice)) {
    throw scope.report.invalid(
      'tool_choice',
      `must be 'auto', 'none', 'required' or a function; got '${String(choice)}'.`,
    )
  }
  if (choice.type === 'function' && isFields(choice.function)) return chooseTool(plan, choice.function.name, scope)
  if (choice.type === 'tool') return chooseTool(plan, choice.name, scope)
  if (choice.type === 'any') return { any: {} }
  if (choice.type === 'auto') return { auto: {} }
  if (choice.type === 'allowed_tools' && isFields(choice.allowed_tools)) {
    return allowTools(plan, choice.allowed_tools, scope)
  }
  if (choice.type === 'custom') {
    scope.report.unsupported('tool_choice', 'Bedrock has no tools with text as input')
    return undefined
  }
  return choice as Choice
}

function chooseTool(plan: ToolPlan, name: unknown, scope: EncodeScope): Choice {
  const wire = scope.names.wire(String(name))
  const known = [...plan.tools.map(toolName), ...plan.claude.map((tool) => tool.name)]
  if (!known.includes(wire)) {
    const list = known.filter((one) => one !== undefined).map((one) => `'${String(one)}'`)
    throw scope.report.invalid(
      'tool_choice',
      `names an unknown tool '${String(name)}'. Tools of the request: ${list.join(', ')}.`,
    )
  }
  return { tool: { name: wire } }
}

function allowTools(plan: ToolPlan, { mode, tools }: Fields, scope: EncodeScope): Choice {
  const allowed = allowedNames(tools, scope.names)
  plan.tools = plan.tools.filter((tool) => allowed.has(toolName(tool) ?? ''))
  plan.claude.splice(0, plan.claude.length, ...plan.claude.filter(({ name }) => allowed.has(String(name))))
  if (!hasTools(plan)) throw scope.report.invalid('tool_choice', 'allows only tools that the request does not have.')
  return mode === 'required' ? { any: {} } : { auto: {} }
}

/** Some models can't be forced to call a tool, or a certain one, and Claude can't while it thinks on a budget. */
function forceChoice(plan: ToolPlan, wanted: Choice, scope: EncodeScope): Choice | undefined {
  const { choices, who } = scope.facts
  if (plan.budgeted) {
    scope.report.unsupported('tool_choice', 'a call cannot be forced together with a thinking budget')
    return { auto: {} }
  }
  if ('tool' in wanted ? choices.includes('tool') : choices.includes('any')) return wanted
  if ('tool' in wanted && choices.includes('any')) {
    plan.tools = plan.tools.filter((tool) => toolName(tool) === wanted.tool.name)
    scope.report.changed(
      'tool_choice',
      `${who} can't be forced to call a certain tool, so '${wanted.tool.name}' is the only tool that was sent.`,
    )
    return { any: {} }
  }
  scope.report.unsupported('tool_choice', `${who} takes 'auto' and 'none' only; ask for the call in the prompt`)
  return { auto: {} }
}
