import type { ChatParams, FunctionTool, Tool, ToolChoice } from '../../../src/types/chat.js'
import { once, written } from '../../shared/kept-json.js'
import { readArray } from '../../shared/params.js'
import { renameSchema } from '../../shared/property-names.js'
import { allowedNames, readToolChoice } from '../../shared/tool-choice.js'
import { hasRootCombinator, inputSchema } from '../../shared/tool-schema.js'
import { closeSchema, isOpen, isRecursive } from './format.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import { type Fields, isFields } from './wire.js'

/** All tool names of a request, collected first so that aliases can't clash. */
export function toolNames({ tools, functions }: ChatParams): string[] {
  const names = (Array.isArray(functions) ? functions : []).flatMap((definition) => definition?.name ?? [])
  for (const tool of Array.isArray(tools) ? tools : []) {
    const name = isFunction(tool) ? tool.function?.name : isFields(tool) ? tool.name : undefined
    if (typeof name === 'string') names.push(name)
  }
  return names
}

/**
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
 * A history with calls doesn't require tools: recorded requests without any succeeded.
 */
export function encodeTools(params: ChatParams, thinksByBudget: boolean, scope: EncodeScope): ToolPlan {
  const plan: ToolPlan = { tools: [], servers: [], choice: undefined }
  for (const [index, tool] of readArray(params.tools, 'tools', scope.report).entries())
    addTool(plan, tool, `tools[${index}]`, scope)
  for (const [index, definition] of readArray(params.functions, 'functions', scope.report).entries()) {
    addTool(plan, { type: 'function', function: definition }, `functions[${index}]`, scope)
  }
  if (params.web_search_options) addWebSearch(plan, params.web_search_options)
  plan.choice = encodeChoice(plan, readToolChoice(params), scope)
  forceable(plan, thinksByBudget, scope)
  if (params.parallel_tool_calls === false && plan.tools.length > 0 && plan.choice?.type !== 'none') {
    plan.choice = { ...(plan.choice ?? { type: 'auto' }), disable_parallel_tool_use: true }
  }
  return plan
}

const isFunction = (tool: unknown): tool is FunctionTool =>
  isFields(tool) && tool.type === 'function' && 'function' in tool

function addTool(plan: ToolPlan, tool: Tool, where: string, scope: EncodeScope): void {
  if (!isFields(tool)) throw scope.report.invalid(where, "must be a tool, an object with a 'type'", tool)
  if (isFunction(tool)) plan.tools.push(functionTool(tool, where, scope))
  else if (tool.type === 'function') throw scope.report.invalid(where, "must have 'function'")
  else if (tool.type === 'custom' && isFields(tool.custom)) {
    scope.report.unsupported(
      where,
      'Claude has no tools with free-text input: use a function with one string parameter',
    )
  } else if (tool.type === 'mcp' || (tool.type === 'url' && typeof tool.url === 'string'))
    plan.servers.push(mcpServer(tool))
  else {
    // a native Anthropic tool, sent unchanged
    const beta = betaOfTool(tool.type)
    if (beta) scope.betas.add(beta)
    plan.tools.push(tool)
  }
}

/** Native settings, accepted on the tool or on its function. */
const settings = ['defer_loading', 'allowed_callers', 'input_examples', 'eager_input_streaming'] as const

function functionTool(tool: FunctionTool, where: string, scope: EncodeScope): Fields {
  const definition = tool.function
  if (!isFields(definition) || typeof definition.name !== 'string' || definition.name === '') {
    throw scope.report.invalid(where, "must have 'function.name', a non-empty string")
  }
  const { name, description, parameters, strict } = definition
  const supported = scope.facts.schemas && scope.quirks.schemas !== false
  const { kept } = scope
  const toInput = (): Fields => ({ type: 'object', ...inputSchema(parameters, 'Claude', where, scope.report) })
  // merging is reported with each call
  const isKept = kept && isFields(parameters) && !hasRootCombinator(parameters)
  const given = isKept ? kept.once('input', parameters, toInput) : toInput()
  const schema = renameProperties(given, name, where, scope)
  const strictly = strict === true && supported && once(kept, 'closes', schema, canClose)
  if (strict === true && !strictly) {
    const why = supported ? 'Strict tools have no maps, tuples and recursion' : 'This model has no strict tools'
    scope.report.dropped(`${where}.function.strict`, `${why}: arguments may differ from the schema.`)
  }
  const encoded: Fields = { name: scope.names.wire(name) }
  if (description) encoded.description = description
  encoded.input_schema = written(kept, strictly ? once(kept, 'closed', schema, closed) : schema)
  if (strictly) encoded.strict = true
  if (tool.cache_control) encoded.cache_control = tool.cache_control
  for (const setting of settings) {
    const value = (tool as unknown as Fields)[setting] ?? (definition as unknown as Fields)[setting]
    if (value !== undefined && value !== null) encoded[setting] = value
  }
  return encoded
}

const canClose = (schema: Fields): boolean => !isOpen(schema) && !isRecursive(schema)
const closed = (schema: Fields): Fields => closeSchema(schema).schema

function renameProperties(schema: Fields, name: string, where: string, { properties, report }: EncodeScope): Fields {
  const aliases = properties?.get(name)
  if (!aliases) return schema
  report.changed(
    `${where}.function.parameters`,
    'Claude accepts property names of letters, digits, _, . and - up to 64 characters: others were replaced, and are restored in the arguments.',
  )
  return renameSchema(schema, aliases)
}

/**
 * Encodes OpenAI's `mcp` tool as a server of the MCP connector.
 * https://platform.claude.com/docs/en/agents-and-tools/mcp-connector
 */
function mcpServer(tool: Fields): Fields {
  if (tool.type === 'url') return tool
  const { server_url, server_label, authorization, headers, allowed_tools } = tool
  const bearer = isFields(headers) ? (headers.Authorization ?? headers.authorization) : undefined
  const token = authorization ?? (typeof bearer === 'string' ? bearer.replace(/^Bearer /i, '') : undefined)
  return {
    type: 'url',
    url: server_url,
    name: server_label,
    ...(token !== undefined && { authorization_token: token }),
    ...(Array.isArray(allowed_tools) && { tool_configuration: { enabled: true, allowed_tools } }),
  }
}

const searches: Readonly<Record<string, number>> = { low: 1, medium: 5, high: 10 }

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
function addWebSearch(plan: ToolPlan, options: NonNullable<ChatParams['web_search_options']>): void {
  if (plan.tools.some(({ name }) => name === 'web_search')) return
  const uses = searches[options.search_context_size ?? '']
  const place = options.user_location?.approximate
  plan.tools.push({
    type: 'web_search_20250305',
    name: 'web_search',
    ...(uses !== undefined && { max_uses: uses }),
    ...(place && { user_location: { type: 'approximate', ...place } }),
  })
}

function encodeChoice(plan: ToolPlan, choice: ToolChoice | Fields | undefined, scope: EncodeScope): Fields | undefined {
  if (choice === undefined || choice === null) return undefined
  const none = plan.tools.length === 0 && plan.servers.length === 0
  if (choice === 'auto' || choice === 'none') return none ? undefined : { type: choice }
  if (none) throw scope.report.invalid('tool_choice', 'must be left out: the request has no tools.')
  if (choice === 'required') return { type: 'any' }
  if (!isFields(choice))
    throw scope.report.invalid('tool_choice', "must be 'auto', 'none', 'required' or a function", choice)
  if (choice.type === 'function' && isFields(choice.function)) {
    const name = scope.names.wire(String(choice.function.name))
    if (!plan.tools.some((tool) => tool.name === name)) {
      throw scope.report.invalid(
        'tool_choice',
        `refers to an unknown tool '${String(choice.function.name)}'. Known tools: ${plan.tools.map(({ name }) => `'${String(name)}'`).join(', ')}.`,
      )
    }
    return { type: 'tool', name }
  }
  if (choice.type === 'allowed_tools' && isFields(choice.allowed_tools))
    return allowOnly(plan, choice.allowed_tools, scope)
  if (choice.type === 'custom') {
    scope.report.unsupported('tool_choice', 'Claude has no tools with free-text input')
    return undefined
  }
  return choice.type === 'tool' ? { ...choice, name: scope.names.wire(String(choice.name)) } : (choice as Fields)
}

function allowOnly(plan: ToolPlan, { mode, tools }: Fields, scope: EncodeScope): Fields {
  const allowed = allowedNames(tools, scope.names)
  plan.tools.splice(0, plan.tools.length, ...plan.tools.filter(({ name }) => allowed.has(String(name))))
  if (plan.tools.length === 0) throw scope.report.invalid('tool_choice', 'must allow at least one tool of the request.')
  return { type: mode === 'required' ? 'any' : 'auto' }
}

/** Some models can't be forced to call a tool, and none can while thinking with a budget. */
function forceable(plan: ToolPlan, thinksByBudget: boolean, scope: EncodeScope): void {
  const forced = plan.choice?.type === 'any' || plan.choice?.type === 'tool'
  if (!forced) return
  if (!scope.facts.forcedTools) {
    scope.report.unsupported('tool_choice', "this model accepts 'auto' and 'none' only: ask for the call in the prompt")
  } else if (thinksByBudget) {
    scope.report.unsupported('tool_choice', 'a call cannot be forced while the model thinks with a budget')
  } else return
  plan.choice = { type: 'auto' }
}

/**
 * Beta flags are sent only for features that require one, because hosts reject unknown flags. Features that became
 * generally available (web search and fetch, code execution, tool search, structured outputs, effort) need none, as
 * recorded traffic shows.
 * https://platform.claude.com/docs/en/api/beta-headers
 */
export const betas = Object.freeze({
  files: 'files-api-2025-04-14',
  mcp: 'mcp-client-2025-04-04',
})

const byTool: ReadonlyMap<string, string> = new Map([
  ['computer_20241022', 'computer-use-2024-10-22'],
  ['text_editor_20241022', 'computer-use-2024-10-22'],
  ['bash_20241022', 'computer-use-2024-10-22'],
  ['computer_20250124', 'computer-use-2025-01-24'],
  ['computer_20251124', 'computer-use-2025-11-24'],
  ['code_execution_20250522', 'code-execution-2025-05-22'],
  ['mcp_toolset', 'mcp-client-2025-11-20'],
  ['advisor_20260301', 'advisor-tool-2026-03-01'],
])

export const betaOfTool = (type: unknown): string | undefined =>
  typeof type === 'string' ? byTool.get(type) : undefined

const byField: readonly (readonly [field: string, flag: string])[] = [
  ['compaction', 'compact-2026-09-04'],
  ['thread', 'message-threads-2026-08-12'],
  ['fallback_credit_token', 'fallback-credit-2026-07-01'],
  ['billing_policy', 'user-profiles-billing-2026-10-01'],
]

/** The beta flags required by body fields, except those of tools and files. */
export function betasOfBody(body: Fields): string[] {
  const flags: string[] = []
  const { context_management: context, mcp_servers: servers, output_config: output } = body
  if (isFields(context)) {
    const edits = Array.isArray(context.edits) ? context.edits.filter(isFields) : []
    const compacts = edits.some(({ type }) => type === 'compact_20260112')
    if (compacts) flags.push('compact-2026-01-12')
    if (!compacts || edits.length > 1) flags.push('context-management-2025-06-27')
  }
  const tools = Array.isArray(body.tools) ? body.tools.filter(isFields) : []
  // a toolset is the newer interface to the same servers, and its flag replaces the older one
  if (servers && !tools.some(({ type }) => type === 'mcp_toolset')) flags.push(betas.mcp)
  if (body.output_format) flags.push('structured-outputs-2025-11-13')
  if (body.speed === 'fast') flags.push('fast-mode-2026-02-01')
  if (body.fallbacks) flags.push('server-side-fallback-2026-07-01')
  for (const [field, flag] of byField) if (body[field]) flags.push(flag)
  if (isFields(body.container) && body.container.skills) flags.push('skills-2025-10-02')
  if (isFields(output) && output.task_budget) flags.push('task-budgets-2026-03-13')
  if (isFields(body.thinking) && body.thinking.block_binding) flags.push('thinking-binding-controls-2026-08-01')
  return flags
}
