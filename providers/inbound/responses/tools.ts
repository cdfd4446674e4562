import type { ChatParams, FunctionTool, Tool, ToolChoice, WebSearchOptions } from '../../../src/types/chat.js'
import { type Fields, fieldsIn, isFields, parseFields, textIn } from '../../fields.js'
import { completeRoot } from '../../shared/root-schema.js'
import type { InboundContext } from '../contract.js'

/** The tool of the client that a chat function stands for. */
export interface ClientTool {
  readonly name: string
  /** Namespace of the tool, if it has one. */
  readonly namespace?: string | undefined
  /** Tool with free text as input: the function has one string parameter. */
  readonly custom: boolean
}

/**
 * The tools of one request under the names of their chat functions. Functions have one flat name, so that of a tool in a namespace is
 * made from both names.
 */
export class ToolNames {
  /** By the name of the chat function. */
  readonly #tools = new Map<string, ClientTool>()
  /** Names of chat functions, by namespace and name. */
  readonly #names = new Map<string, string>()

  constructor(request: Fields) {
    const listed = [...toolsIn(givenTools(request))]
    // names without a namespace stay as they are
    listed.sort((one, other) => Number(one.namespace !== undefined) - Number(other.namespace !== undefined))
    for (const { tool, namespace } of listed) {
      const name = textIn(tool, 'name')
      if (!name) continue
      if (this.#names.has(keyOf(namespace, name))) continue
      const flat = namespace === undefined ? name : this.#unused(flatName(namespace, name))
      this.#tools.set(flat, { name, namespace, custom: tool.type === 'custom' })
      this.#names.set(keyOf(namespace, name), flat)
    }
  }

  /** The chat function of a tool, which may be missing in the tools of this request. */
  chatName(name: string, namespace: string | undefined): string {
    const known =
      this.#names.get(keyOf(namespace, name)) ?? (namespace === undefined ? undefined : flatName(namespace, name))
    return known ?? name
  }

  /** The client's tool behind a chat function. */
  clientTool(chatName: string): ClientTool {
    return this.#tools.get(chatName) ?? { name: chatName, custom: false }
  }

  #unused(name: string): string {
    let candidate = name
    for (let turn = 2; this.#tools.has(candidate); turn++) candidate = `${name}_${turn}`
    return candidate
  }
}

const flatName = (namespace: string, name: string): string =>
  namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`

const keyOf = (namespace: string | undefined, name: string): string =>
  namespace === undefined ? name : `${namespace}\n${name}`

interface ListedTool {
  readonly tool: Fields
  readonly namespace: string | undefined
  /** Description of the namespace, on its first tool. */
  readonly about?: string | undefined
}

/** The tools of a request, and those that the client loaded during the conversation. */
function givenTools({ tools, input }: Fields): Fields[] {
  const loaded = fieldsIn(input).flatMap((item) =>
    item.type === 'additional_tools' || item.type === 'tool_search_output' ? fieldsIn(item.tools) : [],
  )
  return loaded.length > 0 ? [...fieldsIn(tools), ...loaded] : fieldsIn(tools)
}

/** Function tools and custom tools, also those inside of namespaces. */
function* toolsIn(tools: readonly Fields[]): Generator<ListedTool> {
  for (const tool of tools) {
    if (tool.type === 'function' || tool.type === 'custom') yield { tool, namespace: undefined }
    else if (tool.type === 'namespace') {
      let about = textIn(tool, 'description')
      for (const inner of fieldsIn(tool.tools)) {
        yield { tool: inner, namespace: textIn(tool, 'name'), about }
        about = undefined
      }
    }
  }
}

/** Parameters of a custom tool's function. */
const textParameters = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }

/** The arguments of a function that stands for a custom tool. */
export const customArguments = (input: string): string => JSON.stringify({ input })

/** The free text in the arguments of a function that stands for a custom tool; all of them if the model wrote something else. */
export const customInput = (text: string): string => textIn(parseFields(text), 'input') ?? text

/** The tools of a chat request. https://platform.openai.com/docs/api-reference/responses/create (tools) */
export function decodeTools(
  request: Fields,
  names: ToolNames,
  context: InboundContext,
): Pick<ChatParams, 'tools' | 'web_search_options'> {
  const tools = new Map<string, Tool>()
  for (const { tool, namespace, about } of toolsIn(givenTools(request))) {
    const name = textIn(tool, 'name')
    if (!name) continue
    const chatName = names.chatName(name, namespace)
    if (!tools.has(chatName)) tools.set(chatName, functionOf(tool, chatName, about))
  }
  const { webSearch } = context
  const searches = webSearch === 'beside functions' || (webSearch === 'alone' && tools.size === 0)
  let search: WebSearchOptions | undefined
  for (const tool of fieldsIn(request.tools)) {
    if (tool.type === 'function' || tool.type === 'custom' || tool.type === 'namespace') continue
    const where = `tools (${String(tool.type)})`
    if (isWebSearch(tool) && searches && tool.external_web_access !== false) search = searchOptions(tool)
    else context.warn?.({ type: 'dropped', param: where, message: 'Left out: the model has no such tool.' })
  }
  return { ...(tools.size > 0 && { tools: [...tools.values()] }), ...(search && { web_search_options: search }) }
}

function functionOf(tool: Fields, name: string, about: string | undefined): FunctionTool {
  const custom = tool.type === 'custom'
  const parts = [about, textIn(tool, 'description'), custom ? grammarNote(tool.format) : undefined]
  const description = parts.filter(Boolean).join('\n\n')
  const parameters = custom ? textParameters : isFields(tool.parameters) ? completeRoot(tool.parameters) : undefined
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      ...(parameters && { parameters }),
      ...(tool.strict === true && { strict: true }),
    },
  }
}

/** Chat functions have no grammars: the model reads it. */
const grammarNote = (format: unknown): string | undefined =>
  isFields(format) && format.type === 'grammar' && typeof format.definition === 'string'
    ? `'input' must match this ${textIn(format, 'syntax') ?? ''} grammar:\n${format.definition}`
    : undefined

const isWebSearch = ({ type }: Fields): boolean =>
  typeof type === 'string' && /^web_search(_preview)?(_[\d_]+)?$/.test(type)

function searchOptions({ search_context_size: size, user_location: place }: Fields): WebSearchOptions {
  const options: WebSearchOptions = {}
  if (size === 'low' || size === 'medium' || size === 'high') options.search_context_size = size
  if (isFields(place)) {
    const { type: _, ...approximate } = place
    options.user_location = { type: 'approximate', approximate }
  }
  return options
}

/** https://platform.openai.com/docs/api-reference/responses/create (tool_choice) */
export function decodeToolChoice(
  choice: unknown,
  tools: readonly Tool[] | undefined,
  names: ToolNames,
  context: InboundContext,
): ToolChoice | undefined {
  if (!tools || choice === undefined || choice === null) return undefined
  if (choice === 'none' || choice === 'auto' || choice === 'required') return choice
  if (isFields(choice)) {
    const named = namedChoice(choice, tools, names)
    if (named) return named
    if (choice.type === 'allowed_tools') {
      const allowed = fieldsIn(choice.tools).flatMap((tool) => namedChoice(tool, tools, names) ?? [])
      const mode = choice.mode === 'required' ? 'required' : 'auto'
      if (allowed.length > 0) return { type: 'allowed_tools', allowed_tools: { mode, tools: allowed } }
    }
  }
  context.warn?.({ type: 'dropped', param: 'tool_choice', message: 'Left out: it names none of the functions.' })
  return undefined
}

function namedChoice(
  choice: Fields,
  tools: readonly Tool[],
  names: ToolNames,
): { type: 'function'; function: { name: string } } | undefined {
  if (choice.type !== 'function' && choice.type !== 'custom') return undefined
  const given = textIn(choice, 'name')
  if (!given) return undefined
  const name = names.chatName(given, textIn(choice, 'namespace'))
  const isKnown = tools.some((tool) => tool.type === 'function' && (tool as FunctionTool).function.name === name)
  return isKnown ? { type: 'function', function: { name } } : undefined
}
