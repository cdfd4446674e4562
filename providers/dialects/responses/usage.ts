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
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details, ...rest } = raw
  const usage = chatUsage(
    {
      ...rest,
      prompt_tokens: input_tokens,
      completion_tokens: output_tokens,
      prompt_tokens_details: input_tokens_details,
      completion_tokens_details: output_tokens_details,
    },
    defaultQuirks,
  )
  const searches = searchesIn(response)
  if (usage && searches > 0) usage.server_tool_use = { ...usage.server_tool_use, web_search_requests: searches }
  const fileSearches = fieldsIn(response.output).filter(isFileSearch).length
  if (usage && fileSearches > 0) {
    usage.server_tool_use = { ...usage.server_tool_use, file_search_requests: fileSearches }
  }
  const gigabytes = gigabytesIn(response)
  if (usage && gigabytes > 0) usage.server_tool_use = { ...usage.server_tool_use, container_gigabytes: gigabytes }
  return usage
}

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
