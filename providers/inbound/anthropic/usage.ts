import type { ChatCompletion, Usage } from '../../../src/types/chat.js'
import { countIn, isFields } from '../../fields.js'
import type { MessagesUsage } from './wire.js'

/**
 * Usage as Anthropic counts it: cache reads and writes are not part of `input_tokens`.
 * https://platform.claude.com/docs/en/api/messages/create (usage)
 */
export function encodeUsage(usage: Usage | undefined, tier: ChatCompletion['service_tier'] | undefined): MessagesUsage {
  const { cached_tokens: read = 0, cache_creation_tokens: written = 0 } = usage?.prompt_tokens_details ?? {}
  const byLifetime = usage?.prompt_tokens_details?.cache_creation_token_details
  const thinking = usage?.completion_tokens_details?.reasoning_tokens
  const tools = isFields(usage?.server_tool_use) ? usage.server_tool_use : undefined
  return {
    input_tokens: Math.max((usage?.prompt_tokens ?? 0) - read - written, 0),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: byLifetime
      ? {
          ephemeral_5m_input_tokens: byLifetime.ephemeral_5m_input_tokens ?? 0,
          ephemeral_1h_input_tokens: byLifetime.ephemeral_1h_input_tokens ?? 0,
        }
      : null,
    output_tokens: usage?.completion_tokens ?? 0,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
    server_tool_use: tools
      ? {
          web_search_requests: countIn(tools, 'web_search_requests') ?? 0,
          web_fetch_requests: countIn(tools, 'web_fetch_requests') ?? 0,
        }
      : null,
    service_tier: tier === 'priority' ? 'priority' : tier ? 'standard' : null,
    inference_geo: null,
    speed: null,
  }
}
