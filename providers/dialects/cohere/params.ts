import type { ChatParams } from '../../../src/types/chat.js'
import { isEmpty, isFalse, isOne, isTextOnly, isZero, readStop, type UnsupportedParams } from '../../shared/params.js'
import type { EncodeScope } from './scope.js'
import type { Fields } from './wire.js'

/** OpenAI parameters without an equivalent at Cohere. https://docs.cohere.com/reference/chat */
const refused: UnsupportedParams = {
  n: { advice: 'Cohere returns one answer per call: call it several times', harmless: isOne },
  logit_bias: { advice: 'Cohere has no such parameter', harmless: isEmpty },
  top_logprobs: {
    advice: 'Cohere returns the probabilities of the chosen tokens only: use logprobs',
    harmless: isZero,
  },
  moderation: { advice: 'Cohere has no moderation: use safety_mode' },
  prompt_cache_options: { advice: 'Cohere caches prompts automatically' },
  prediction: { advice: 'Cohere does not support predicted output' },
  modalities: { advice: 'Cohere answers with text only', harmless: isTextOnly },
  audio: { advice: 'Cohere answers with text only' },
  verbosity: { advice: 'ask for the length in the prompt' },
  web_search_options: { advice: 'Cohere has no web search: provide a search tool, or documents' },
  store: { advice: 'Cohere does not store answers', harmless: isFalse },
  service_tier: { advice: 'use priority', harmless: (value) => value === 'auto' || value === 'default' },
  user: { advice: 'Cohere has no user ids' },
  safety_identifier: { advice: 'Cohere has no user ids' },
  metadata: { advice: 'Cohere has no metadata' },
  prompt_cache_key: { advice: 'Cohere caches prompts automatically' },
  prompt_cache_retention: { advice: 'Cohere caches prompts automatically' },
  cache_control: { advice: 'Cohere caches prompts automatically' },
}

/** Parameters handled by other parts of the encoder. */
const read: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls', 'functions'],
  ...['function_call', 'response_format', 'reasoning_effort', 'thinking', 'extra_body'],
])

/**
 * Encodes sampling and limits under Cohere's names. Native parameters (`documents`, `safety_mode`, …) are sent
 * unchanged.
 */
export function encodeParams(params: ChatParams, scope: EncodeScope): Fields {
  const body: Fields = {}
  for (const name in params) {
    const value = (params as unknown as Fields)[name]
    if (value === undefined || value === null || read.has(name)) continue
    const refusal = Object.hasOwn(refused, name) ? refused[name] : undefined
    if (refusal) {
      if (!refusal.harmless?.(value)) scope.report.unsupported(name, refusal.advice)
    } else encodeParam(name, value, params, body, scope)
  }
  return body
}

function encodeParam(name: string, value: unknown, params: ChatParams, body: Fields, scope: EncodeScope): void {
  switch (name) {
    case 'max_tokens':
    case 'max_completion_tokens':
      body.max_tokens = params.max_completion_tokens ?? value
      return
    case 'top_p':
      body.p ??= within(value, 0.01, 0.99, name, scope)
      return
    case 'top_k':
      body.k ??= value
      return
    case 'stop':
      body.stop_sequences ??= readStop(params.stop, scope.report)
      return
    case 'presence_penalty':
    case 'frequency_penalty':
      if (typeof value === 'number' && value < 0) scope.report.unsupported(name, 'Cohere accepts no values below 0')
      else body[name] = within(value, 0, 1, name, scope)
      return
    default:
      body[name] = value
  }
}

/** Clamps a value to the accepted range. */
function within(value: unknown, least: number, most: number, name: string, scope: EncodeScope): unknown {
  if (typeof value !== 'number' || (value >= least && value <= most)) return value
  const near = value < least ? least : most
  // 1 disables top_p, and is OpenAI's default
  if (name !== 'top_p' || value !== 1)
    scope.report.changed(name, `Cohere accepts ${least} to ${most}: ${near} is sent instead of ${value}.`)
  return near
}
