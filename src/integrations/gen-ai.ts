import type { CallEvent, FailureEvent, SuccessEvent } from '../types/observe.js'
import type { Usage } from '../types/usage.js'
import { inputMessages, outputMessages, systemInstructions, toolDefinitions } from './gen-ai-content.js'

/** Value of an OpenTelemetry attribute. */
export type AttributeValue = string | number | boolean | string[]
export type AttributeMap = Record<string, AttributeValue>

/**
 * Operation name. `responses()` counts as chat; the conventions define no name for rerank and moderation.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/registry/attributes/gen-ai.md
 */
export const operationOf = (operation: CallEvent['operation']): string => {
  switch (operation) {
    case 'chat':
    case 'responses':
    case 'messages':
    case 'generateContent':
      return 'chat'
    case 'embedding':
      return 'embeddings'
    default:
      return operation
  }
}

/** The well-known values of `gen_ai.provider.name`, from the same page. Other providers use their prefix. */
const providers: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  azure_ai: 'azure.ai.inference',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  vertex_ai: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  watsonx: 'ibm.watsonx.ai',
  xai: 'x_ai',
  'text-completion-openai': 'openai',
}

export const providerOf = (prefix: string): string =>
  Object.hasOwn(providers, prefix) ? (providers[prefix] as string) : prefix || '_OTHER'

/** Metric attributes: low cardinality only. */
export function dimensionsOf(event: SuccessEvent | FailureEvent): AttributeMap {
  const dimensions: AttributeMap = {
    'gen_ai.operation.name': operationOf(event.operation),
    'gen_ai.provider.name': providerOf(event.provider),
    'gen_ai.request.model': event.model,
  }
  if (event.type === 'success' && event.responseModel) dimensions['gen_ai.response.model'] = event.responseModel
  if (event.type === 'failure') dimensions['error.type'] = event.error.code
  return dimensions
}

const numbers = [
  ['temperature', 'gen_ai.request.temperature'],
  ['top_p', 'gen_ai.request.top_p'],
  ['top_k', 'gen_ai.request.top_k'],
  ['frequency_penalty', 'gen_ai.request.frequency_penalty'],
  ['presence_penalty', 'gen_ai.request.presence_penalty'],
  ['max_tokens', 'gen_ai.request.max_tokens'],
  ['max_completion_tokens', 'gen_ai.request.max_tokens'],
  ['max_output_tokens', 'gen_ai.request.max_tokens'],
  ['seed', 'gen_ai.request.seed'],
  ['dimensions', 'gen_ai.embeddings.dimension.count'],
] as const

/**
 * Attributes of a call's span.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 */
export function attributesOf(event: SuccessEvent | FailureEvent): AttributeMap {
  const attributes = dimensionsOf(event)
  requested(event, attributes)
  answered(event, attributes)
  ofLlmux(event, attributes)
  return attributes
}

function requested({ request, stream, metadata }: SuccessEvent | FailureEvent, attributes: AttributeMap): void {
  for (const [name, attribute] of numbers) {
    const value = request[name]
    if (typeof value === 'number') attributes[attribute] = value
  }
  const { n, stop, response_format: format, encoding_format: encoding } = request
  if (typeof n === 'number' && n !== 1) attributes['gen_ai.request.choice.count'] = n
  if (typeof stop === 'string') attributes['gen_ai.request.stop_sequences'] = [stop]
  else if (isTexts(stop)) attributes['gen_ai.request.stop_sequences'] = stop
  if (stream) attributes['gen_ai.request.stream'] = true
  if (typeof encoding === 'string') attributes['gen_ai.request.encoding_formats'] = [encoding]
  if (format !== undefined && format !== null) {
    const text = typeof format === 'object' && 'type' in format && format.type === 'text'
    attributes['gen_ai.output.type'] = text ? 'text' : 'json'
  }
  const { session_id: session } = metadata
  if (typeof session === 'string') attributes['gen_ai.conversation.id'] = session
}

function answered(event: SuccessEvent | FailureEvent, attributes: AttributeMap): void {
  const { usage, timings, cache } = event
  if (event.type === 'success') {
    if (event.finishReasons.length > 0) attributes['gen_ai.response.finish_reasons'] = [...event.finishReasons]
    if (event.responseId) attributes['gen_ai.response.id'] = event.responseId
  }
  if (event.stream && timings.firstTokenMs !== undefined) {
    attributes['gen_ai.response.time_to_first_chunk'] = timings.firstTokenMs / 1000
  }
  // a cached answer consumed no tokens
  if (!usage || cache.hit) return
  const { input, output } = tokensOf(event)
  if (input !== undefined) attributes['gen_ai.usage.input_tokens'] = input
  if (output !== undefined) attributes['gen_ai.usage.output_tokens'] = output
  if (!('completion_tokens' in usage)) return
  const { cached_tokens: read, cache_creation_tokens: written } = usage.prompt_tokens_details ?? {}
  const { reasoning_tokens: reasoning } = usage.completion_tokens_details ?? {}
  if (read) attributes['gen_ai.usage.cache_read.input_tokens'] = read
  if (written) attributes['gen_ai.usage.cache_creation.input_tokens'] = written
  if (reasoning) attributes['gen_ai.usage.reasoning.output_tokens'] = reasoning
}

/** Prompt and completion tokens, if known. */
export function tokensOf({ usage }: SuccessEvent | FailureEvent): { input?: number; output?: number } {
  if (!usage) return {}
  const { prompt_tokens: input, completion_tokens: output } = usage as Partial<Usage>
  const tokens: { input?: number; output?: number } = {}
  if (input !== undefined) tokens.input = input
  if (output !== undefined) tokens.output = output
  return tokens
}

/** Attributes of llmux beyond the conventions. */
function ofLlmux(event: SuccessEvent | FailureEvent, attributes: AttributeMap): void {
  const { callId, traceId, modelGroup, deployment, attempts, cost, cache, timings, tags, user, status } = event
  attributes['llmux.call.id'] = callId
  if (traceId !== callId) attributes['llmux.trace.id'] = traceId
  if (modelGroup !== undefined) attributes['llmux.model_group'] = modelGroup
  if (deployment !== undefined) attributes['llmux.deployment'] = deployment
  if (attempts.length !== 1) attributes['llmux.attempts'] = attempts.length
  if (cost?.total !== undefined) attributes['gen_ai.usage.cost'] = cost.total
  if (cache.hit) attributes['llmux.cache.hit'] = true
  if (cache.error !== undefined) attributes['llmux.cache.error'] = cache.error
  if (timings.queueMs !== undefined) attributes['llmux.queue_ms'] = timings.queueMs
  if (tags.length > 0) attributes['llmux.tags'] = [...tags]
  if (user !== undefined) attributes['user.id'] = user
  if (status !== undefined) attributes['http.response.status_code'] = status
}

/** Input and output messages. Structured in events, JSON text on spans. */
export function contentOf({ request, answer }: SuccessEvent | FailureEvent): Record<string, readonly object[]> {
  const all = {
    'gen_ai.system_instructions': systemInstructions(request),
    'gen_ai.input.messages': inputMessages(request),
    'gen_ai.output.messages': outputMessages(answer),
    'gen_ai.tool.definitions': toolDefinitions(request),
  }
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0))
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
