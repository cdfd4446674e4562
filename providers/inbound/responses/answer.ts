import type { AnswerMessage, ChatCompletion, ChatCompletionChunk, Delta } from '../../../src/types/chat.js'
import type { ResponsesEvent, ResponsesParams, ResponsesResponse } from '../../../src/types/responses.js'
import type { Decoded } from '../../contract.js'
import type { InboundContext } from '../contract.js'
import { statusOf } from './envelope.js'
import { carriedOf } from './reasoning.js'
import { ResponsesEncoder } from './stream.js'

/**
 * A chat answer as a response. The stream encoder writes it, so that both forms have the same items.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export function encodeAnswer(
  answer: Decoded<ChatCompletion>,
  params: ResponsesParams,
  context: InboundContext,
): Decoded<ResponsesResponse> {
  const encoder = new ResponsesEncoder(params, context, true)
  const { id, created, model, usage, service_tier } = answer
  const head = { id, created, model, object: 'chat.completion.chunk' as const }
  const events: ResponsesEvent[] = []
  const [choice] = answer.choices
  if (choice) {
    const { message, finish_reason, logprobs } = choice
    encoder.restore(carriedOf(message))
    const chunk: ChatCompletionChunk = {
      ...head,
      ...(service_tier && { service_tier }),
      choices: [{ index: 0, delta: deltaOf(message), finish_reason, logprobs }],
    }
    encoder.push(chunk, events)
  }
  encoder.push({ ...head, choices: [], ...(usage && { usage }) }, events)
  encoder.end(events)
  const response = encoder.response(statusOf(choice?.finish_reason))
  return { ...response, output_text: choice?.message.content ?? '' }
}

/** The message in one piece, without the parts that were restored. */
function deltaOf({ content, refusal, reasoning_content, annotations, images, tool_calls }: AnswerMessage): Delta {
  return {
    content,
    refusal,
    ...(reasoning_content !== undefined && { reasoning_content }),
    ...(annotations && { annotations }),
    ...(images && { images }),
    ...(tool_calls && {
      tool_calls: tool_calls.map((call, index) =>
        call.type === 'function'
          ? { index, id: call.id, type: 'function' as const, function: call.function }
          : { index, id: call.id, custom: call.custom },
      ),
    }),
  }
}
