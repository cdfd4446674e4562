import type { ChatParams } from '../../../src/types/chat.js'
import { isEmpty, isFalse, isOne, isTextOnly, isZero, type UnsupportedParams } from '../../shared/params.js'
import type { EncodeScope } from './scope.js'
import type { Fields } from './wire.js'

/** OpenAI parameters without an equivalent at Cohere. https://docs.cohere.com/reference/chat */
const refused: UnsupportedParams = {
  n: { advice: 'Cohere gives one answer a call: call it several times', harmless: isOne },
  logit_bias: { advice: 'Cohere has none', harmless: isEmpty },
  top_logprobs: { advice: 'Cohere gives those of the chosen tokens only: logprobs', harmless: isZero },
  prediction: { advice: 'Cohere takes no predicted output' },
  modalities: { advice: 'Cohere answers with text only', harmless: isTextOnly },
  audio: { advice: 'Cohere answers with text only' },
  verbosity: { advice: 'ask for the length in the prompt' },
  web_search_options: { advice: 'Cohere does not search by itself: give it a tool that does, or documents' },
  store: { advice: 'Cohere stores no answers', harmless: isFalse },
  service_tier: { advice: 'use priority', harmless: (value) => value === 'auto' || value === 'default' },
  user: { advice: 'Cohere keeps no users apart' },
  safety_identifier: { advice: 'Cohere keeps no users apart' },
  metadata: { advice: 'Cohere keeps none' },
  prompt_cache_key: { advice: 'Cohere caches prompts by itself' },
  prompt_cache_retention: { advice: 'Cohere caches prompts by itself' },
  cache_control: { advice: 'Cohere caches prompts by itself' },
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
  for (const [name, value] of Object.entries(params) as [string, unknown][]) {
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
      body.stop_sequences ??= typeof value === 'string' ? [value] : value
      return
    case 'presence_penalty':
    case 'frequency_penalty':
      if (typeof value === 'number' && value < 0) scope.report.unsupported(name, 'Cohere has none below 0')
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
    scope.report.changed(name, `Cohere takes ${least} to ${most}: ${near} is sent for ${value}.`)
  return near
}
