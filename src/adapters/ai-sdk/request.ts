import type { LanguageModelV3CallOptions, SharedV3Warning } from '@ai-sdk/provider'
import type { ChatParams, Tool, ToolChoice } from '../../types/chat.js'
import type { Warning } from '../../types/meta.js'
import type { CompletionRequest } from '../../types/options.js'
import { toMessages } from './prompt.js'
import { own } from './types.js'

/** Options of AI SDK 7 that its predecessor lacks. */
type NewerOptions = { reasoning?: string | undefined }

/** Translates the options of a call to a request. `providerOptions.llmux` is merged last. */
export function toRequest(model: string, options: LanguageModelV3CallOptions & NewerOptions): CompletionRequest<false> {
  const { responseFormat, tools, toolChoice, reasoning, headers, abortSignal } = options
  const params: ChatParams = { model, messages: toMessages(options.prompt) }
  if (options.maxOutputTokens !== undefined) params.max_tokens = options.maxOutputTokens
  if (options.temperature !== undefined) params.temperature = options.temperature
  if (options.topP !== undefined) params.top_p = options.topP
  if (options.topK !== undefined) params.top_k = options.topK
  if (options.presencePenalty !== undefined) params.presence_penalty = options.presencePenalty
  if (options.frequencyPenalty !== undefined) params.frequency_penalty = options.frequencyPenalty
  if (options.seed !== undefined) params.seed = options.seed
  if (options.stopSequences?.length) params.stop = options.stopSequences
  if (reasoning !== undefined && reasoning !== 'provider-default') params.reasoning_effort = reasoning
  if (responseFormat?.type === 'json') {
    const { schema, name = 'response', description } = responseFormat
    params.response_format = schema
      ? {
          type: 'json_schema',
          json_schema: { name, schema: schema as Record<string, unknown>, ...(description && { description }) },
        }
      : { type: 'json_object' }
  }
  if (tools?.length) {
    params.tools = tools.map(toTool)
    if (toolChoice) params.tool_choice = toToolChoice(toolChoice)
  }
  return {
    // an unsupported setting is a warning in the AI SDK, not an error
    dropParams: true,
    ...params,
    ...(abortSignal && { signal: abortSignal }),
    ...(headers && { headers: Object.fromEntries(Object.entries(headers).filter(isSet)) }),
    ...own(options.providerOptions),
  } as CompletionRequest<false>
}

const isSet = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined

/** A tool of a provider (`anthropic.web_search_20250305`) is passed on under its type, with its arguments in snake_case. */
function toTool(tool: NonNullable<LanguageModelV3CallOptions['tools']>[number]): Tool {
  if (tool.type === 'provider') {
    const args = Object.entries(tool.args).map(([name, value]) => [snake(name), value])
    return { type: tool.id.slice(tool.id.indexOf('.') + 1), name: tool.name, ...Object.fromEntries(args) }
  }
  const { name, description, inputSchema, strict } = tool
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: inputSchema as Record<string, unknown>,
      ...(strict !== undefined && { strict }),
    },
  }
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function toToolChoice(choice: NonNullable<LanguageModelV3CallOptions['toolChoice']>): ToolChoice {
  return choice.type === 'tool' ? { type: 'function', function: { name: choice.toolName } } : choice.type
}

/** Translates the warnings of a call. */
export const toWarnings = (warnings: readonly Warning[]): SharedV3Warning[] => warnings.map(toWarning)

function toWarning(warning: Warning): SharedV3Warning {
  switch (warning.type) {
    case 'dropped':
      return { type: 'unsupported', feature: warning.param, details: warning.message }
    case 'changed':
      return { type: 'compatibility', feature: warning.param, details: warning.message }
    case 'emulated':
      return { type: 'compatibility', feature: warning.feature, details: warning.message }
    case 'repaired':
      return { type: 'other', message: warning.message }
  }
}
