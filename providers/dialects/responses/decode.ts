import type { ChatCompletion, FinishReason, Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { isError } from '../openai/decode.js'
import { withField } from '../openai/kit.js'
import { type Fields, fieldsIn, isFields, textIn } from './kit.js'
import { messageOf } from './output.js'
import { usageOf } from './usage.js'

/** https://platform.openai.com/docs/api-reference/responses/object, as a chat answer */
export function decode(body: unknown, context: DecodeContext): Decoded<ChatCompletion> {
  const response = responseIn(body)
  const output = fieldsIn(response.output)
  const message = messageOf(output, context.provider)
  const native = nativeReason(response)
  const answer: Decoded<ChatCompletion> = {
    ...headOf(response, context),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message,
        finish_reason: finishOf(native, message.tool_calls !== undefined),
        logprobs: logprobsOf(output),
        native_finish_reason: native,
      },
    ],
  }
  const usage = usageOf(response)
  if (usage) answer.usage = usage
  addRest(response, answer)
  return answer
}

/** The body, if it is an answer. @throws {ProviderFault} where it is an error, or nothing of the kind */
export function responseIn(body: unknown): Fields {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.status === 'failed' || (body.error && !Array.isArray(body.output))) throw faultOf(body)
  if (!Array.isArray(body.output)) {
    throw new ProviderFault("its answer has no 'output'", isError(body) ? body : undefined)
  }
  return body
}

/** A response that failed: what its `error` says. */
export function faultOf(response: Fields): ProviderFault {
  const error = isFields(response.error)
    ? response.error
    : { message: textIn(response, 'error') ?? 'The response failed.' }
  return new ProviderFault('its answer was an error', { error })
}

export function headOf(response: Fields, context: DecodeContext): { id: string; created: number; model: string } {
  const { created_at: created } = response
  return {
    id: textIn(response, 'id') || context.fallbackId,
    created: typeof created === 'number' && created > 0 ? Math.floor(created) : context.created,
    model: textIn(response, 'model') || context.model,
  }
}

/** Why the answer ended, in the API's own word. */
export function nativeReason({ status, incomplete_details: details }: Fields): string {
  const reason = isFields(details) ? textIn(details, 'reason') : undefined
  return reason || (typeof status === 'string' && status) || 'completed'
}

export function finishOf(native: string, calls: boolean): FinishReason {
  switch (native) {
    case 'max_output_tokens':
      return 'length'
    case 'content_filter':
      return 'content_filter'
    default:
      return calls ? 'tool_calls' : 'stop'
  }
}

/** What the answer says beside its output; what only repeats the request is not kept. */
export function addRest(
  response: Fields,
  into: Pick<ChatCompletion, 'service_tier' | 'provider_specific_fields'>,
): void {
  const { service_tier: tier } = response
  if (typeof tier === 'string' && tier) into.service_tier = tier as NonNullable<ChatCompletion['service_tier']>
  for (const [name, value] of Object.entries(response)) {
    if (value === null || value === undefined || told.has(name)) continue
    into.provider_specific_fields = withField(into.provider_specific_fields, name, value)
  }
}

/** What stands elsewhere in the answer, and what only says again what was asked. */
const told: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created_at',
  'completed_at',
  'status',
  'error',
  'incomplete_details',
  'model',
  'output',
  'output_text',
  'usage',
  'service_tier',
  // the request's
  'background',
  'frequency_penalty',
  'include',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'parallel_tool_calls',
  'presence_penalty',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'store',
  'stream',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
])

function logprobsOf(output: readonly Fields[]): Logprobs | null {
  const tokens = output.flatMap(({ type, content }) =>
    type === 'message' ? fieldsIn(content).flatMap((part) => tokensIn(part.logprobs)) : [],
  )
  return tokens.length > 0 ? { content: tokens, refusal: null } : null
}

/** Tokens of the text, with what a chat answer wants to be there. */
export function tokensIn(raw: unknown): TokenLogprob[] {
  return fieldsIn(raw).map((token) => ({
    ...(token as unknown as TokenLogprob),
    bytes: bytesOf(token),
    top_logprobs: fieldsIn(token.top_logprobs).map((top) => ({
      ...(top as unknown as TokenLogprob['top_logprobs'][number]),
      bytes: bytesOf(top),
    })),
  }))
}

const bytesOf = ({ bytes }: Fields): number[] | null => (Array.isArray(bytes) ? bytes : null)
