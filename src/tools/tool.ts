import type { JSONSchema, StandardSchema } from '../types/schema.js'
import type { RunnableTool, ToolResultContent } from './types.js'

/**
 * Types a tool: the input of `execute()` has the type of its schema.
 * @example
 * const weather = tool({
 *   description: 'The weather in a city.',
 *   parameters: z.object({ city: z.string() }),
 *   execute: async ({ city }) => ({ city, celsius: 18 }),
 * })
 */
export const tool = <const Schema extends StandardSchema | JSONSchema, Output>(
  definition: RunnableTool<Schema, Output>,
): RunnableTool<Schema, Output> => definition

const results = new WeakSet<object>()

/**
 * Makes a result with images or files, or an error without an exception.
 * @example
 * execute: async () => toolResult({ content: [{ type: 'image_url', image_url: { url: chart } }] })
 */
export function toolResult(given: ToolResultContent): ToolResultContent {
  const made = { ...given }
  results.add(made)
  return made
}

/** Whether a result was made by {@link toolResult}. */
export const isToolResult = (value: unknown): value is ToolResultContent =>
  typeof value === 'object' && value !== null && results.has(value)
