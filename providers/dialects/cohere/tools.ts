import type { ChatParams, ToolChoice } from '../../../src/types/chat.js'
import { readArray } from '../../shared/params.js'
import { readToolChoice, toolName } from '../../shared/tool-choice.js'
import { inputSchema } from '../../shared/tool-schema.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, textIn } from './wire.js'

export interface ToolPlan {
  readonly tools: WireTool[]
  readonly choice?: 'REQUIRED' | 'NONE'
  /** Whether arguments must match their schemas: for all tools or for none. */
  readonly strict: boolean
}

interface WireTool {
  type: 'function'
  function: { name: string; description?: string; parameters: Fields }
}

/** All tool names of a request, collected first so that aliases can't clash. */
export function toolNames({ tools, functions, messages }: ChatParams): string[] {
  const names: unknown[] = (Array.isArray(functions) ? functions : []).map((fn) => fn?.name)
  for (const tool of Array.isArray(tools) ? tools : [])
    if (isFields(tool) && isFields(tool.function)) names.push(tool.function.name)
  for (const message of Array.isArray(messages) ? messages : []) {
    if (message?.role !== 'assistant') continue
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
      names.push(call?.type === 'custom' ? call.custom?.name : call?.function?.name)
    }
    names.push(message.function_call?.name)
  }
  return names.filter((name) => typeof name === 'string' && name !== '') as string[]
}

/** https://docs.cohere.com/docs/tool-use-overview */
export function encodeTools(params: ChatParams, scope: EncodeScope): ToolPlan {
  const choice = readToolChoice(params)
  if ((params.tools ?? params.functions ?? undefined) === undefined && !choice) return noTools
  const given = givenTools(params, scope)
  const tools = given.flatMap(([tool, where]) => toolOf(tool, where, scope) ?? [])
  if (params.parallel_tool_calls === false && tools.length > 0) {
    scope.report.unsupported('parallel_tool_calls', 'Cohere models decide themselves how many tools to call')
  }
  return { ...chosen(tools, choice, scope), strict: strictness(given, scope) }
}

/** Of most requests. */
const noTools: ToolPlan = Object.freeze({ tools: [], strict: false })

function givenTools(params: ChatParams, scope: EncodeScope): (readonly [tool: unknown, where: string])[] {
  return [
    ...readArray(params.tools, 'tools', scope.report).map((tool, index) => [tool, `tools[${index}]`] as const),
    ...readArray(params.functions, 'functions', scope.report).map(
      (fn, index) => [{ type: 'function', function: fn }, `functions[${index}]`] as const,
    ),
  ]
}

function toolOf(tool: unknown, where: string, scope: EncodeScope): WireTool | undefined {
  if (!isFields(tool)) throw scope.report.invalid(where, "must be a tool, an object with a 'type'", tool)
  if (tool.type !== 'function') {
    scope.report.unsupported(where, `Cohere has function tools only, not '${String(tool.type)}'`)
    return undefined
  }
  const { function: fn } = tool
  const name = isFields(fn) ? textIn(fn, 'name') : undefined
  if (!isFields(fn) || !name) throw scope.report.invalid(where, "must have 'function.name', a non-empty string")
  const description = textIn(fn, 'description')
  const parameters = inputSchema(isFields(fn.parameters) ? fn.parameters : {}, 'Cohere', where, scope.report)
  return {
    type: 'function',
    function: {
      name: scope.names.wire(name),
      ...(description && { description }),
      parameters: 'type' in parameters ? parameters : { type: 'object', properties: {}, ...parameters },
    },
  }
}

/**
 * `strict_tools` applies to the whole request.
 * https://docs.cohere.com/docs/structured-outputs#structured-outputs-tools
 */
function strictness(given: readonly (readonly [unknown, string])[], scope: EncodeScope): boolean {
  const strict = given.filter(([tool]) => isFields(tool) && isFields(tool.function) && tool.function.strict === true)
  if (strict.length === 0) return false
  if (strict.length === given.length) return true
  for (const [, where] of strict) {
    scope.report.dropped(
      `${where}.function.strict`,
      'Cohere has strict mode for all tools or none: make every tool strict.',
    )
  }
  return false
}

/** The API has only REQUIRED, NONE and the default, so one tool is forced by sending no others. */
function chosen(
  tools: WireTool[],
  choice: ToolChoice | Fields | undefined,
  scope: EncodeScope,
): Omit<ToolPlan, 'strict'> {
  if (!choice || choice === 'auto') return { tools }
  if (choice === 'none') return { tools, choice: 'NONE' }
  if (tools.length === 0) throw scope.report.invalid('tool_choice', 'must be left out: the request has no tools.')
  if (choice === 'required') return { tools, choice: 'REQUIRED' }
  if (!isFields(choice)) {
    throw scope.report.invalid('tool_choice', "must be 'auto', 'none', 'required' or a function", choice)
  }
  const { type, function: fn, allowed_tools: allowed } = choice as Fields
  if (type === 'allowed_tools' && isFields(allowed) && Array.isArray(allowed.tools)) {
    const some = only(tools, allowed.tools.map(toolName), scope)
    return allowed.mode === 'required' ? { tools: some, choice: 'REQUIRED' } : { tools: some }
  }
  if (type === 'function' && isFields(fn)) return { tools: only(tools, [fn.name], scope), choice: 'REQUIRED' }
  scope.report.unsupported('tool_choice', 'Cohere has function tools only')
  return { tools }
}

function only(tools: WireTool[], names: readonly unknown[], scope: EncodeScope): WireTool[] {
  const wanted = new Set(names.map((name) => scope.names.wire(String(name))))
  const some = tools.filter((tool) => wanted.has(tool.function.name))
  if (some.length === 0) {
    throw scope.report.invalid(
      'tool_choice',
      `refers to an unknown tool ${names.map((name) => `'${String(name)}'`).join(', ')}.`,
    )
  }
  if (some.length < tools.length) {
    scope.report.emulated('tool_choice', 'The other tools were left out of the request.')
  }
  return some
}

const good = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Tool names may have letters, digits and `_`, and don't start with a digit. Other names get a unique alias that is
 * used throughout the request. https://docs.cohere.com/reference/errors (400)
 */
export class ToolNames {
  /** Undefined if all names can be sent. */
  readonly #aliases: Map<string, string> | undefined

  /** @param originals all names of the request; valid ones are never used as an alias */
  constructor(originals: readonly string[]) {
    let taken: Set<string> | undefined
    for (const name of originals) {
      if (good.test(name) || this.#aliases?.has(name)) continue
      taken ??= new Set(originals.filter((one) => good.test(one)))
      this.#aliases ??= new Map()
      this.#aliases.set(name, aliasOf(name, taken))
    }
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases?.get(original) ?? original
  }

  /** Aliases to original names; undefined if there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (!this.#aliases) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }
}

/** @param taken gets the alias */
function aliasOf(name: string, taken: Set<string>): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
  let alias = clean
  for (let turn = 2; taken.has(alias); turn++) alias = `${clean}_${turn}`
  taken.add(alias)
  return alias
}
