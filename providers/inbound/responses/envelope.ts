import type { FinishReason, Usage } from '../../../src/types/chat.js'
import type { ResponsesParams, ResponsesResponse, ResponsesUsage } from '../../../src/types/responses.js'
import type { ResponsesOutputItem } from '../../../src/types/responses-items.js'
import { type Fields, isFields } from '../../fields.js'
import type { InboundContext } from '../contract.js'

/** A response without llmux's own fields. */
export type Envelope = Omit<ResponsesResponse, 'meta' | 'output_text'>

/** The part of a response that changes while it is written. */
export interface Progress {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  readonly model: string
  readonly output: readonly ResponsesOutputItem[]
  readonly usage: Usage | undefined
  readonly serviceTier: string | undefined
  readonly finishReason: FinishReason | undefined
}

/** Makes the id of an answer or an item, such as `msg_llmux…_0`. */
export const makeId = (kind: string, { id }: InboundContext, position?: number): string =>
  `${kind}_llmux${id}${position === undefined ? '' : `_${position}`}`

/** The response with the fields of the request repeated, as OpenAI does. https://platform.openai.com/docs/api-reference/responses/object */
export function envelope(params: ResponsesParams, context: InboundContext, progress: Progress): Envelope {
  const request = params as unknown as Fields
  const { status, model, output, usage, serviceTier, finishReason } = progress
  const reasoning = fields(request.reasoning)
  const text = fields(request.text)
  const response: Envelope & Fields = {
    id: makeId('resp', context),
    object: 'response',
    created_at: context.created,
    status,
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: reasonOf(finishReason) } : null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    metadata: isFields(request.metadata) ? (request.metadata as Record<string, string>) : {},
    model,
    output: [...output],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: params.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: serviceTier ?? params.service_tier ?? 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: text.format ?? { type: 'text' }, verbosity: text.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: Array.isArray(request.tools) ? request.tools.map(asAnswered) : [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: usage ? encodeUsage(usage) : null,
    user: request.user ?? null,
  }
  return response
}

const fields = (value: unknown): Fields => (isFields(value) ? value : {})

/** Functions have all of their fields in an answer. */
const asAnswered = (tool: unknown): unknown =>
  isFields(tool) && tool.type === 'function'
    ? {
        ...tool,
        description: tool.description ?? null,
        parameters: tool.parameters ?? null,
        strict: tool.strict ?? false,
      }
    : tool

const reasonOf = (finishReason: FinishReason | undefined): string =>
  finishReason === 'content_filter' ? 'content_filter' : 'max_output_tokens'

/** Status of a complete answer. */
export const statusOf = (finishReason: FinishReason | undefined): 'completed' | 'incomplete' =>
  finishReason === 'length' || finishReason === 'content_filter' ? 'incomplete' : 'completed'

/** https://platform.openai.com/docs/api-reference/responses/object (usage) */
function encodeUsage({ prompt_tokens, completion_tokens, total_tokens, ...details }: Usage): ResponsesUsage {
  const { prompt_tokens_details: input, completion_tokens_details: output } = details
  return {
    input_tokens: prompt_tokens,
    // clients require the details
    input_tokens_details: {
      cached_tokens: input?.cached_tokens ?? 0,
      cache_write_tokens: input?.cache_creation_tokens ?? 0,
    },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: output?.reasoning_tokens ?? 0 },
    total_tokens,
  }
}
