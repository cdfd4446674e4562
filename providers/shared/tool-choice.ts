import type { ChatParams, ToolChoice } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'

/** `tool_choice` or its predecessor `function_call`. */
export function readToolChoice({ tool_choice, function_call }: ChatParams): ToolChoice | Fields | undefined {
  if (tool_choice) return tool_choice
  return isFields(function_call) ? { type: 'function', function: { name: function_call.name } } : function_call
}

/** The name of a tool in a list of allowed tools. */
export const toolName = (tool: unknown): unknown =>
  isFields(tool) ? (isFields(tool.function) ? tool.function.name : tool.name) : undefined

/** The names in a list of allowed tools, as sent. */
export function allowedNames(tools: unknown, names: { wire(name: string): string }): ReadonlySet<string> {
  const given = (Array.isArray(tools) ? tools : []).map(toolName)
  return new Set(given.filter((name) => typeof name === 'string').map((name) => names.wire(name)))
}
