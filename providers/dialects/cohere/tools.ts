import type { ChatParams, ToolChoice } from '../../../src/types/chat.js'
import { readToolChoice, toolName } from '../../shared/tool-choice.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, textIn } from './wire.js'

export interface ToolPlan {
  readonly tools: WireTool[]
  readonly choice?: 'REQUIRED' | 'NONE'
  /** Whether the arguments are held to their schemas: of all tools, or of none. */
  readonly strict: boolean
}

interface WireTool {
  type: 'function'
  function: { name: string; description?: string; parameters: Fields }
}

/** Every tool name of a request, so that aliases can be given without a clash. */
export function toolNames({ tools, functions, messages }: ChatParams): string[] {
  const names: unknown[] = (functions ?? []).map((fn) => fn?.name)
  for (const tool of tools ?? []) if (isFields(tool) && isFields(tool.function)) names.push(tool.function.name)
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
  const given = [
    ...(params.tools ?? []).map((tool, index) => [tool, `tools[${index}]`] as const),
    ...(params.functions ?? []).map(
      (fn, index) => [{ type: 'function', function: fn }, `functions[${index}]`] as const,
    ),
  ]
  const tools = given.flatMap(([tool, where]) => toolOf(tool, where, scope) ?? [])
  if (params.parallel_tool_calls === false && tools.length > 0) {
    scope.report.unsupported('parallel_tool_calls', 'Cohere models call as many tools as they like')
  }
  return { ...chosen(tools, readToolChoice(params), scope), strict: strictness(given, scope) }
}

function toolOf(tool: unknown, where: string, scope: EncodeScope): WireTool | undefined {
  if (!isFields(tool)) throw scope.report.invalid(where, 'it is not a tool.')
  if (tool.type !== 'function') {
    scope.report.unsupported(where, `Cohere has function tools only, and this is '${String(tool.type)}'`)
    return undefined
  }
  const { function: fn } = tool
  const name = isFields(fn) ? textIn(fn, 'name') : undefined
  if (!isFields(fn) || !name) throw scope.report.invalid(where, "it is a function tool without 'function.name'.")
  const description = textIn(fn, 'description')
  const parameters = isFields(fn.parameters) ? fn.parameters : {}
  return {
    type: 'function',
    function: {
      name: scope.names.wire(name),
      ...(description && { description }),
      parameters: 'type' in parameters ? parameters : { type: 'object', properties: {}, ...parameters },
    },
  }
}

/** `strict_tools` holds for the whole request. https://docs.cohere.com/docs/structured-outputs#structured-outputs-tools */
function strictness(given: readonly (readonly [unknown, string])[], scope: EncodeScope): boolean {
  const strict = given.filter(([tool]) => isFields(tool) && isFields(tool.function) && tool.function.strict === true)
  if (strict.length === 0) return false
  if (strict.length === given.length) return true
  for (const [, where] of strict) {
    scope.report.dropped(
      `${where}.function.strict`,
      'Cohere holds all tools to their schemas or none: make every one strict.',
    )
  }
  return false
}

/** The API knows required, none and nothing: one tool is forced by leaving out the others. */
function chosen(
  tools: WireTool[],
  choice: ToolChoice | Fields | undefined,
  scope: EncodeScope,
): Omit<ToolPlan, 'strict'> {
  if (!choice || choice === 'auto') return { tools }
  if (choice === 'none') return { tools, choice: 'NONE' }
  if (tools.length === 0) throw scope.report.invalid('tool_choice', 'it asks for a tool, and there are no tools.')
  if (choice === 'required') return { tools, choice: 'REQUIRED' }
  if (!isFields(choice)) {
    throw scope.report.invalid('tool_choice', `it is '${String(choice)}': use auto, none, required or a function.`)
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
      `it asks for ${names.map((name) => `'${String(name)}'`).join(', ')}, and there is no such tool.`,
    )
  }
  if (some.length < tools.length) {
    scope.report.emulated('tool_choice', 'The tools that are not asked for are left out of the request.')
  }
  return some
}

const good = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Names of tools: letters, digits and `_`, no digit first. Others get an alias, the same wherever they stand, and no two share
 * one. https://docs.cohere.com/reference/errors (400)
 */
export class ToolNames {
  readonly #taken: Set<string>
  readonly #aliases = new Map<string, string>()

  /** @param originals every name of the request: those that are good as they are can't be taken by an alias */
  constructor(originals: readonly string[]) {
    this.#taken = new Set(originals.filter((name) => good.test(name)))
    for (const name of originals)
      if (!good.test(name) && !this.#aliases.has(name)) this.#aliases.set(name, this.#make(name))
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  /** From the alias back to the original; undefined where there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }

  #make(name: string): string {
    const clean = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
    let alias = clean
    for (let turn = 2; this.#taken.has(alias); turn++) alias = `${clean}_${turn}`
    this.#taken.add(alias)
    return alias
  }
}
