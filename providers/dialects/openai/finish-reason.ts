import type { FinishReason } from '../../../src/types/chat.js'
import { ProviderFault } from '../../contract.js'
import { type Fields, isFields, textIn } from '../../fields.js'

/**
 * The words of OpenAI and of the hosts that use its wire. An unknown word counts as a natural end; the word itself is in
 * `native_finish_reason`. https://platform.openai.com/docs/api-reference/chat/object
 */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  // watsonx.ai: the answer is truncated at the time limit
  ['time_limit', 'length'],
  ['timeout', 'length'],
  ['token_limit', 'length'],
  ['max_length', 'length'],
  ['max_completion_tokens', 'length'],
  ['incomplete', 'length'],
  // the host ended a text that repeats itself
  ['repetition', 'length'],
  ['repetition_truncation', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['function_call', 'function_call'],
  ['content_filter', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
  ['safety', 'content_filter'],
  ['sensitive', 'content_filter'],
  ['recitation', 'content_filter'],
  ['prohibited_content', 'content_filter'],
  ['blocklist', 'content_filter'],
  ['refusal', 'content_filter'],
])

const finishReason = (native: string): FinishReason => reasons.get(native) ?? reasons.get(plain(native)) ?? 'stop'

/** Some hosts write the words in capitals, or with hyphens. */
const plain = (native: string): string => native.toLowerCase().replaceAll('-', '_')

/** The host's own word, which older models of OpenAI put into `finish_details`. Some hosts write null as a text. */
export function givenReason(choice: Fields): string | undefined {
  const { finish_reason: reason, finish_details: details } = choice
  if (typeof reason === 'string' && reason !== '' && reason !== 'null') return reason
  return isFields(details) ? textIn(details, 'type') || undefined : undefined
}

/**
 * The finish reason of a message: calls that the caller has to run win over `stop`, and a reason that announces calls needs them. Limits
 * and filters stay. Snowflake sends no reason at all.
 */
export function finishOf(native: string | undefined, toolCalls: boolean, functionCall: boolean): FinishReason {
  const reason = native === undefined ? 'stop' : finishReason(native)
  if (reason !== 'stop' && reason !== 'tool_calls' && reason !== 'function_call') return reason
  if (functionCall && (reason === 'function_call' || !toolCalls)) return 'function_call'
  return toolCalls ? 'tool_calls' : 'stop'
}

/**
 * Finish reasons of answers that the provider cut because it failed: what is there must not pass for an answer. With their error codes.
 * DeepSeek: https://api-docs.deepseek.com/api/create-chat-completion, Z.ai: https://docs.z.ai/api-reference/llm/chat-completion,
 * vLLM: https://docs.vllm.ai/en/latest/api/vllm/v1/engine (FinishReason), watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai
 */
const cuts: ReadonlyMap<string, string> = new Map([
  ['error', 'server_error'],
  ['insufficient_system_resource', 'overloaded'],
  ['network_error', 'server_error'],
  ['abort', 'server_error'],
  ['aborted', 'server_error'],
  ['cancelled', 'server_error'],
  ['failed', 'server_error'],
])

/** @throws {ProviderFault} if the finish reason says that the provider failed, and nothing else explains it */
export function throwIfCut(reason: string | undefined, message: Fields): void {
  const code = reason === undefined ? undefined : (cuts.get(reason) ?? cuts.get(plain(reason)))
  if (code === undefined) return
  throw new ProviderFault('its answer was an error', {
    error: { code, message: textIn(message, 'error') ?? `The provider ended the answer with '${reason}'.` },
  })
}
