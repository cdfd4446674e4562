import { type Fields, fieldsIn, isFields } from '../../fields.js'
import type { Aliases } from '../../shared/aliases.js'
import { reportMark } from '../openai/scope.js'
import { withPlainSchema } from '../openai/tools.js'
import type { EncodeScope } from './scope.js'

/** https://platform.openai.com/docs/api-reference/responses/create (tools) */
export function encodeTool(tool: unknown, where: string, { report, names, context }: EncodeScope): Fields {
  if (!isFields(tool)) throw report.invalid(where, "must be an object such as { type: 'function', function }", tool)
  const { cache_control: mark, ...own } = tool
  if (mark != null) reportMark(report)
  if (tool.type === 'function' && isFields(tool.function)) {
    const { function: given, ...beside } = own
    const definition = context.quirks.plainToolSchemas
      ? withPlainSchema(given as Fields, where, report)
      : (given as Fields)
    const { name, description, parameters, strict, cache_control: _, ...more } = definition
    // functions are strict here by default, in Chat Completions they are not
    const flat = {
      ...beside,
      ...more,
      name: wireName(name, names),
      parameters: parameters ?? nothing,
      strict: strict ?? false,
    }
    return description == null ? flat : { ...flat, description }
  }
  if (tool.type === 'custom' && isFields(tool.custom)) {
    const { format, name, ...rest } = tool.custom
    return {
      type: 'custom',
      name: wireName(name, names),
      ...rest,
      ...(format != null && { format: grammarOf(format) }),
    }
  }
  return own
}

const nothing = Object.freeze({ type: 'object', properties: Object.freeze({}) })

const wireName = (name: unknown, names: Aliases | undefined): unknown =>
  names && typeof name === 'string' ? names.wire(name) : name

const grammarOf = (format: unknown): unknown =>
  isFields(format) && isFields(format.grammar) ? { type: 'grammar', ...format.grammar } : format

/** https://platform.openai.com/docs/api-reference/responses/create (tool_choice) */
export function encodeChoice(choice: unknown, names: Aliases | undefined): unknown {
  if (!isFields(choice)) return choice
  if (isFields(choice.function)) return { type: 'function', name: wireName(choice.function.name, names) }
  if (isFields(choice.custom)) return { type: 'custom', name: wireName(choice.custom.name, names) }
  if (isFields(choice.allowed_tools)) {
    const { mode, tools } = choice.allowed_tools
    return { type: 'allowed_tools', mode, tools: fieldsIn(tools).map((tool) => encodeChoice(tool, names)) }
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
