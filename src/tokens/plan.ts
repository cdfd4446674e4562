import { BadRequestError } from '../errors.js'
import type { FunctionDefinition, FunctionTool, Tool } from '../types/chat.js'
import type { Message } from '../types/messages.js'
import { contentOf } from './content.js'
import type { Family } from './families.js'
import { renderFunctions, startsWithComment } from './tools.js'
import type { TokenRequest } from './types.js'

/** The texts of a request to tokenize, and the tokens that are known without. */
export interface Plan {
  /** Texts, in the order of the request. */
  readonly texts: readonly string[]
  /** Tools in the family's format. Separate because estimates scale them by their own factor. */
  readonly toolTexts: readonly string[]
  /** The response schema in its prompt format, if it is part of the prompt. */
  readonly schemaTexts: readonly string[]
  /** Tokens of everything else. */
  readonly fixed: number
  /** Parts with a larger error than text: tools, tool calls or a schema; images, audio or files. */
  readonly hasTools: boolean
  readonly hasMedia: boolean
  /** Why the count can't be exact. */
  readonly reasons: readonly string[]
}

interface Draft {
  hasTools: boolean
  hasMedia: boolean
  texts: string[]
  toolTexts: string[]
  schemaTexts: string[]
  fixed: number
  reasons: Set<string>
}

/**
 * Plans the count of a request for a family of models. The overhead of messages is documented by OpenAI
 * (https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken) or measured for the family.
 * @throws {BadRequestError} if not exactly one of `messages` and `text` is given
 */
export const planRequest = (request: TokenRequest, family: Family): Plan => {
  const { messages, text } = request
  if ((messages === undefined) === (text === undefined)) {
    throw new BadRequestError(
      "Exactly one of 'messages' and 'text' must be given to count tokens; got both or neither.",
    )
  }
  const draft: Draft = {
    texts: [],
    toolTexts: [],
    schemaTexts: [],
    fixed: 0,
    hasTools: false,
    hasMedia: false,
    reasons: new Set(),
  }
  if (text !== undefined) draft.texts.push(...(typeof text === 'string' ? [text] : text))
  if (messages !== undefined) {
    draft.fixed += family.priming
    for (const message of messages) addMessage(draft, message, request.model, family)
    addUncertainty(draft, request.model)
  }
  if (request.thinking && request.thinking.type !== 'disabled') draft.fixed += family.thinking
  addTools(draft, request, family)
  addFormat(draft, request, family)
  return finish(draft)
}

/** Plans the count of a single message. */
export const planMessage = (message: Message, model: string, family: Family): Plan => {
  const draft: Draft = {
    texts: [],
    toolTexts: [],
    schemaTexts: [],
    fixed: 0,
    hasTools: false,
    hasMedia: false,
    reasons: new Set(),
  }
  addMessage(draft, message, model, family)
  return finish(draft)
}

/**
 * Converts values that the types declare as text: histories of other libraries may contain objects instead.
 */
const finish = (draft: Draft): Plan => {
  const { texts } = draft
  for (let at = 0; at < texts.length; at++) {
    const text: unknown = texts[at]
    if (typeof text !== 'string') texts[at] = JSON.stringify(text) ?? ''
  }
  // a rest pattern would copy the fields one by one at run time, which took longer than the count of a short prompt
  return {
    texts,
    toolTexts: draft.toolTexts,
    schemaTexts: draft.schemaTexts,
    fixed: draft.fixed,
    hasTools: draft.hasTools,
    hasMedia: draft.hasMedia,
    reasons: [...draft.reasons],
  }
}

const addMessage = (draft: Draft, message: Message, model: string, family: Family): void => {
  draft.fixed += family.message
  const { texts, fixed, reasons } = contentOf(message, model)
  if (reasons.length > 0) draft.hasMedia = true
  for (const text of texts) draft.texts.push(text)
  draft.fixed += fixed
  for (const reason of reasons) draft.reasons.add(reason)
  // the name of a tool is counted with its call
  if ('name' in message && message.name && message.role !== 'tool') {
    draft.texts.push(message.name)
    draft.fixed += 1
  }
  if (message.role !== 'assistant') return
  draft.fixed += family.assistant
  // recorded counts differ by two tokens per turn among these models
  if (family.name === 'o-series') draft.reasons.add('assistant messages in the history of an o-series model')
  addCalls(draft, message, family)
}

/** Models whose chat format isn't certain although their tokenizer is known. */
const addUncertainty = (draft: Draft, model: string): void => {
  if (/^azure(_ai|_text)?\//.test(model)) draft.reasons.add('an Azure deployment, whose model version is unknown')
  if (/(^|\/)o1-(mini|preview)/.test(model)) draft.reasons.add('a model with an undocumented chat format')
}

/** OpenAI's models see the name of the function twice: on the call and on its result. */
const addCalls = (draft: Draft, message: Extract<Message, { role: 'assistant' }>, { call, own }: Family): void => {
  const calls = (message.tool_calls ?? []).map((entry) =>
    entry.type === 'custom'
      ? { name: entry.custom.name, input: entry.custom.input }
      : { name: entry.function.name, input: entry.function.arguments },
  )
  if (message.function_call) calls.push({ name: message.function_call.name, input: message.function_call.arguments })
  if (calls.length === 0) return
  draft.reasons.add('tool calls in the history')
  draft.hasTools = true
  for (const { name, input } of calls) draft.texts.push(name, ...(own ? [name] : []), input)
  draft.fixed += calls.length === 1 ? call.alone : call.once + calls.length * call.several
}

const isFunctionTool = (tool: Tool): tool is FunctionTool =>
  tool.type === 'function' && typeof (tool as FunctionTool).function === 'object'

const addTools = (draft: Draft, request: TokenRequest, family: Family): void => {
  const tools = request.tools ?? []
  const functions = [...tools.filter(isFunctionTool).map((tool) => tool.function), ...(request.functions ?? [])]
  const others = tools.filter((tool) => !isFunctionTool(tool))
  if (others.length > 0) {
    draft.reasons.add("tools of the provider's own")
    draft.hasTools = true
    for (const tool of others) draft.toolTexts.push(JSON.stringify(tool))
  }
  if (functions.length === 0 || (request.tool_choice === 'none' && family.tools.dropped)) return
  draft.reasons.add('tools')
  draft.hasTools = true
  draft.fixed += family.tools.once + family.tools.each * functions.length
  if (family.tools.as === 'json') {
    for (const { name, description, parameters } of functions) {
      draft.toolTexts.push(JSON.stringify({ name, description, parameters }))
    }
  } else addNamespace(draft, functions, request, family)
}

/** Corrections from recorded counts; `tools.ts` has the syntax itself. */
const addNamespace = (
  draft: Draft,
  functions: readonly FunctionDefinition[],
  { messages, tool_choice }: TokenRequest,
  { encoding, name }: Family,
): void => {
  draft.toolTexts.push(renderFunctions(functions))
  if (encoding === 'o200k_base') {
    draft.fixed -= functions.filter((entry) => hasFields(entry) && !startsWithComment(entry)).length
  }
  if (name === 'gpt-5' || name === 'gpt-5.1' || name === 'o-series') return
  // the namespace is part of the system message, if there is one
  if (messages?.some(({ role }) => role === 'system' || role === 'developer')) draft.fixed -= 4
  if (tool_choice === 'none') draft.fixed += 1
  else if (typeof tool_choice === 'object' && tool_choice?.type === 'function') {
    draft.fixed += 7
    draft.texts.push(tool_choice.function.name)
  }
}

const hasFields = ({ parameters }: FunctionDefinition): boolean =>
  Object.keys((parameters?.properties as object | undefined) ?? {}).length > 0

const addFormat = (draft: Draft, { response_format: format }: TokenRequest, family: Family): void => {
  if (format?.type !== 'json_schema') return
  draft.reasons.add('a response schema')
  draft.hasTools = true
  const { name, description, schema } = format.json_schema
  const json = JSON.stringify(schema ?? {}, (key, value: unknown) =>
    key === 'additionalProperties' || key === '$schema' ? undefined : value,
  )
  draft.fixed += family.schema.once
  draft.schemaTexts.push(`# Response Formats\n\n## ${name}\n\n${description ? `// ${description}\n` : ''}${json}`)
}
