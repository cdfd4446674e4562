import type { Report } from '../../report.js'
import { type Fields, fieldsIn, isFields } from './kit.js'

/** https://platform.openai.com/docs/api-reference/responses/create (tools) */
export function toolOf(tool: unknown, where: string, report: Report): Fields {
  if (!isFields(tool)) throw report.invalid(where, "a tool is an object such as { type: 'function', function }")
  const { cache_control: _, ...own } = tool
  if (tool.type === 'function' && isFields(tool.function)) {
    const { function: definition, ...beside } = own
    const { name, description, parameters, strict, ...more } = definition as Fields
    // functions are strict here unless they say otherwise, and in Chat Completions it is the other way round
    const flat = { ...beside, ...more, name, parameters: parameters ?? nothing, strict: strict ?? false }
    return description == null ? flat : { ...flat, description }
  }
  if (tool.type === 'custom' && isFields(tool.custom)) {
    const { format, ...rest } = tool.custom
    return { type: 'custom', ...rest, ...(format != null && { format: grammarOf(format) }) }
  }
  return own
}

const nothing = Object.freeze({ type: 'object', properties: Object.freeze({}) })

const grammarOf = (format: unknown): unknown =>
  isFields(format) && isFields(format.grammar) ? { type: 'grammar', ...format.grammar } : format

/** https://platform.openai.com/docs/api-reference/responses/create (tool_choice) */
export function choiceOf(choice: unknown): unknown {
  if (!isFields(choice)) return choice
  if (isFields(choice.function)) return { type: 'function', name: choice.function.name }
  if (isFields(choice.custom)) return { type: 'custom', name: choice.custom.name }
  if (isFields(choice.allowed_tools)) {
    const { mode, tools } = choice.allowed_tools
    return { type: 'allowed_tools', mode, tools: fieldsIn(tools).map(choiceOf) }
  }
  return choice
}

/** https://platform.openai.com/docs/guides/tools-web-search */
export function searchTool({ search_context_size: size, user_location: location }: Fields): Fields {
  const place = isFields(location) && isFields(location.approximate) ? location.approximate : undefined
  return {
    type: 'web_search',
    ...(size != null && { search_context_size: size }),
    ...(place && { user_location: { type: 'approximate', ...place } }),
  }
}
