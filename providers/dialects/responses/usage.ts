import type { Usage } from '../../../src/types/chat.js'
import { countIn, type Fields, fieldsIn, isFields } from '../../fields.js'
import { defaultQuirks } from '../openai/quirks.js'
import { usageOf as chatUsage } from '../openai/usage.js'

/**
 * The usage of a response by the definition in `docs/usage.md`: read like the usage of a chat, with the searches that are billed per
 * call. https://platform.openai.com/docs/api-reference/responses/object
 */
export function usageOf(response: Fields): Usage | undefined {
  const { usage: raw } = response
  if (!isFields(raw)) return undefined
  const counts: Fields = {
    prompt_tokens: raw.input_tokens,
    completion_tokens: raw.output_tokens,
    prompt_tokens_details: raw.input_tokens_details,
    completion_tokens_details: raw.output_tokens_details,
  }
  // the other counters have the names that a chat has
  for (const name in raw) if (!(name in counts) && name !== '__proto__') counts[name] = raw[name]
  const usage = chatUsage(counts, defaultQuirks)
  if (!usage) return undefined
  const tools = toolsIn(response)
  if (tools) usage.server_tool_use = { ...usage.server_tool_use, ...tools }
  return usage
}

/** The use of tools that the host bills apart; undefined if there is none. */
function toolsIn(response: Fields): Usage['server_tool_use'] | undefined {
  const { output, tool_usage: counted } = response
  const others = Array.isArray(output) && output.some(isToolItem)
  // most answers have messages and calls of functions only
  if (!others && !isFields(counted)) return undefined
  const searches = searchesIn(response)
  const fileSearches = fieldsIn(output).filter(isFileSearch).length
  const gigabytes = gigabytesIn(response)
  if (searches <= 0 && fileSearches === 0 && gigabytes <= 0) return undefined
  const tools: NonNullable<Usage['server_tool_use']> = {}
  if (searches > 0) tools.web_search_requests = searches
  if (fileSearches > 0) tools.file_search_requests = fileSearches
  if (gigabytes > 0) tools.container_gigabytes = gigabytes
  return tools
}

const isToolItem = (item: unknown): boolean =>
  isFields(item) &&
  (item.type === 'web_search_call' || item.type === 'file_search_call' || item.type === 'code_interpreter_call')

/**
 * Memory of the containers that the code interpreter started. A container that the caller made, or one that an earlier response
 * started, is not billed again. https://platform.openai.com/docs/guides/tools-code-interpreter
 */
function gigabytesIn({ tools, output, previous_response_id: earlier }: Fields): number {
  if (earlier) return 0
  const ids = fieldsIn(output).flatMap((item) => (item.type === 'code_interpreter_call' ? [item.container_id] : []))
  if (ids.length === 0) return 0
  const container = fieldsIn(tools).find((tool) => tool.type === 'code_interpreter')?.container
  if (typeof container === 'string') return 0
  const limit = isFields(container) ? Number.parseInt(String(container.memory_limit), 10) : 1
  return new Set(ids).size * (limit > 0 ? limit : 1)
}

/** Billed per call. https://platform.openai.com/docs/guides/tools-file-search */
const isFileSearch = ({ type, status }: Fields): boolean => type === 'file_search_call' && status !== 'failed'

/**
 * Searches are billed; opening a page and searching for text on it are not.
 * https://platform.openai.com/docs/guides/tools-web-search (output and citations)
 */
function searchesIn({ tool_usage: tools, output }: Fields): number {
  const counted = isFields(tools) && isFields(tools.web_search) ? countIn(tools.web_search, 'num_requests') : undefined
  if (counted) return counted
  const calls = fieldsIn(output).filter((item) => item.type === 'web_search_call' && item.status !== 'failed')
  return calls.filter(({ action }) => !isFields(action) || action.type === undefined || action.type === 'search').length
}
