import type { ChatParams, FunctionTool } from '../../../src/types/chat.js'
import { once, written } from '../../shared/kept-json.js'
import { completeRoot } from '../../shared/root-schema.js'
import { allowedNames } from '../../shared/tool-choice.js'
import { encodeSchema } from './format.js'
import type { EncodeScope, ToolNames, ToolPlan } from './scope.js'
import { type Fields, isFields, toCamel } from './wire.js'

/** The documentation allows 128 characters, the API allows 64. */
const validName = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/

/**
 * Function names that Gemini accepts: a letter or `_`, then letters, digits, `_`, `.`, `:` and `-`, at most 64 characters. An original
 * has the same alias throughout a request, and aliases are unique.
 * https://ai.google.dev/api/caching#FunctionDeclaration
 */
export class Names implements ToolNames {
  readonly #taken = new Set<string>()
  readonly #aliases = new Map<string, string>()

  /** @param originals every name of the request: aliases never take a valid name */
  constructor(originals: Iterable<string>) {
    const invalid = new Set<string>()
    for (const name of originals) (validName.test(name) ? this.#taken : invalid).add(name)
    for (const name of invalid) this.#aliases.set(name, this.unused(name.replace(/[^a-zA-Z0-9_.:-]/g, '_')))
  }

  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  unused(name: string): string {
    const base = (/^[a-zA-Z_]/.test(name) ? name : `_${name}`).slice(0, 60)
    let candidate = base
    for (let turn = 2; this.#taken.has(candidate); turn++) candidate = `${base}_${turn}`
    this.#taken.add(candidate)
    return candidate
  }

  /** Originals by alias; undefined without aliases. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }
}

/** The names of a request's functions and of the calls in its history, collected up front so that aliases can't clash. */
export function collectNames({ tools, functions, messages }: ChatParams): string[] {
  const names: unknown[] = (functions ?? []).map(({ name }) => name)
  for (const tool of tools ?? []) if (isFunction(tool)) names.push(tool.function?.name)
  const calls: string[] = []
  for (const message of Array.isArray(messages) ? messages : []) {
    if (message?.role !== 'assistant') continue
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
      calls.push(String(call?.type === 'custom' ? call.custom?.name : call?.function?.name))
    }
    if (message.function_call) calls.push(String(message.function_call.name))
    for (const part of Array.isArray(message.content) ? (message.content as unknown[]) : []) {
      if (isFields(part) && part.type === 'tool_use') calls.push(String(part.name))
    }
  }
  return [...names.filter((name) => typeof name === 'string'), ...calls]
}

const isFunction = (tool: unknown): tool is FunctionTool =>
  isFields(tool) && tool.type === 'function' && 'function' in tool

/** https://ai.google.dev/gemini-api/docs/function-calling */
export function encodeTools(params: ChatParams, scope: EncodeScope): ToolPlan {
  const plan: ToolPlan = { functions: [], servers: [], choice: undefined }
  for (const [index, tool] of (params.tools ?? []).entries()) addTool(plan, tool, `tools[${index}]`, scope)
  for (const [index, definition] of (params.functions ?? []).entries()) {
    plan.functions.push(declareFunction(definition, `functions[${index}]`, scope))
  }
  const { web_search_options: search } = params
  if (search) {
    for (const [name, value] of Object.entries(search)) {
      if (value) scope.report.dropped(`web_search_options.${name}`, 'Left out: Google Search has no such setting.')
    }
    if (!plan.servers.some((tool) => 'googleSearch' in tool)) plan.servers.push({ googleSearch: {} })
  }
  if (params.parallel_tool_calls === false && plan.functions.length > 0) {
    scope.report.unsupported('parallel_tool_calls', 'Gemini may always make several calls at once')
  }
  plan.choice = encodeChoice(params, plan, scope)
  return plan
}

function addTool(plan: ToolPlan, tool: unknown, where: string, scope: EncodeScope): void {
  if (!isFields(tool)) throw scope.report.invalid(where, 'must be an object.')
  if (isFunction(tool)) {
    if (tool.function?.strict) {
      scope.report.dropped(
        `${where}.function.strict`,
        'Left out: Gemini has no strict functions, so arguments may deviate from the schema.',
      )
    }
    plan.functions.push(declareFunction(tool.function, where, scope))
    return
  }
  if (tool.type === 'function') throw scope.report.invalid(where, "must have a 'function'.")
  const { functionDeclarations, ...server } = encodeServerTool(tool, where, scope)
  if (Array.isArray(functionDeclarations)) plan.functions.push(...functionDeclarations.filter(isFields))
  if (Object.keys(server).length > 0) plan.servers.push(server)
}

/** https://ai.google.dev/api/caching#FunctionDeclaration */
function declareFunction(definition: unknown, where: string, scope: EncodeScope): Fields {
  if (!isFields(definition) || typeof definition.name !== 'string' || definition.name === '') {
    throw scope.report.invalid(where, "must be a function with a 'name'.")
  }
  const { name, description, parameters } = definition
  const declared: Fields = { name: scope.names.wire(name) }
  if (description) declared.description = description
  if (!isFields(parameters)) return declared
  const { json, openAPI } = encodeSchema(
    once(scope.kept, 'complete', parameters, completeRoot),
    `${where}.function.parameters`,
    scope,
    scope.kept,
  )
  if (json) declared.parametersJsonSchema = written(scope.kept, json)
  // the API refuses an object without properties
  else if (openAPI?.properties) declared.parameters = written(scope.kept, openAPI)
  return declared
}

/** Gemini's own names of tools. https://ai.google.dev/api/caching#Tool */
const serverTools: ReadonlySet<string> = new Set([
  'functionDeclarations',
  'googleSearch',
  'googleSearchRetrieval',
  'googleMaps',
  'codeExecution',
  'urlContext',
  'fileSearch',
  'computerUse',
  'mcpServers',
  'retrieval',
  'enterpriseWebSearch',
  'parallelAiSearch',
  'exaAiSearch',
])

/** Other providers' names of tools that Google has too, in any version. */
const equivalents: readonly (readonly [RegExp, string])[] = [
  [/^web_search(?:_preview)?(?:_[\d_]+)?$/, 'googleSearch'],
  [/^(?:code_interpreter|code_execution(?:_\d+)?)$/, 'codeExecution'],
  [/^web_fetch(?:_\d+)?$/, 'urlContext'],
]

/**
 * A tool that Google runs: `{ googleSearch: {} }`, `{ type: 'google_search' }` with its settings beside it, or another provider's name
 * for the equivalent.
 */
function encodeServerTool(tool: Fields, where: string, scope: EncodeScope): Fields {
  const { type, ...settings } = tool
  const name = typeof type === 'string' ? toCamel(type) : undefined
  if (name !== undefined && serverTools.has(name)) {
    const inner = settings[name] ?? settings[String(type)]
    return { [name]: isFields(inner) ? inner : settings }
  }
  const equivalent = typeof type === 'string' ? equivalents.find(([pattern]) => pattern.test(type))?.[1] : undefined
  if (equivalent) {
    scope.report.changed(where, `'${String(type)}' was replaced by Gemini's ${equivalent}, without its settings.`)
    return { [equivalent]: {} }
  }
  if (type === undefined) {
    const camel = Object.entries(tool).map(([key, value]) => [toCamel(key), value] as const)
    if (camel.length > 0 && camel.every(([key]) => serverTools.has(key))) {
      // SDKs write null for the tools that they don't use
      return Object.fromEntries(camel.filter(([, value]) => value !== null))
    }
    throw scope.report.invalid(where, "must have a 'type'.")
  }
  scope.report.unsupported(where, `Gemini has no tool of the type '${String(type)}'`)
  return {}
}

/** `tool_choice` as a mode and the allowed names. https://ai.google.dev/api/caching#FunctionCallingConfig */
function encodeChoice(params: ChatParams, plan: ToolPlan, scope: EncodeScope): Fields | undefined {
  const { tool_choice, function_call } = params
  const choice: unknown = tool_choice ?? function_call
  if (choice === undefined || choice === null) return undefined
  const none = plan.functions.length === 0
  if (choice === 'auto' || choice === 'none') return none ? undefined : { mode: choice.toUpperCase() }
  if (none && plan.servers.length > 0) {
    scope.report.unsupported('tool_choice', "Google's own tools can't be forced")
    return undefined
  }
  if (none) throw scope.report.invalid('tool_choice', "requires a tool, and the request has none. Add 'tools'.")
  if (choice === 'required') return { mode: 'ANY' }
  if (!isFields(choice)) {
    throw scope.report.invalid(
      'tool_choice',
      `must be 'auto', 'none', 'required' or a function; got '${String(choice)}'.`,
    )
  }
  switch (choice.type) {
    case 'function':
    case undefined:
      return forceFunction(isFields(choice.function) ? choice.function.name : choice.name, plan, scope)
    case 'allowed_tools':
      return allowFunctions(isFields(choice.allowed_tools) ? choice.allowed_tools : choice, plan, scope)
    // Anthropic's
    case 'tool':
      return forceFunction(choice.name, plan, scope)
    case 'any':
      return { mode: 'ANY' }
    case 'auto':
    case 'none':
      return { mode: choice.type.toUpperCase() }
    default:
      scope.report.unsupported(
        'tool_choice',
        `Gemini can't be forced to use a tool of the type '${String(choice.type)}'`,
      )
      return undefined
  }
}

function forceFunction(name: unknown, plan: ToolPlan, scope: EncodeScope): Fields {
  const wire = scope.names.wire(String(name))
  if (!plan.functions.some((one) => one.name === wire)) {
    const known = plan.functions.map((one) => `'${String(one.name)}'`).join(', ')
    throw scope.report.invalid(
      'tool_choice',
      `names an unknown function '${String(name)}'. Functions of the request: ${known}.`,
    )
  }
  return { mode: 'ANY', allowedFunctionNames: [wire] }
}

/** The API accepts names with ANY only: in AUTO mode the other functions are left out. */
function allowFunctions({ mode, tools }: Fields, plan: ToolPlan, scope: EncodeScope): Fields {
  const wanted = allowedNames(tools, scope.names)
  const names = plan.functions.map((one) => String(one.name)).filter((name) => wanted.has(name))
  if (names.length === 0)
    throw scope.report.invalid('tool_choice', 'allows only functions that the request does not have.')
  if (mode === 'required') return { mode: 'ANY', allowedFunctionNames: names }
  plan.functions.splice(0, plan.functions.length, ...plan.functions.filter((one) => wanted.has(String(one.name))))
  return { mode: 'AUTO' }
}
