import type { ChatParams } from '../../../src/types/chat.js'
import { isEmpty, isFalse, isOne, isTextOnly, isZero, readStop, type UnsupportedParams } from '../../shared/params.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields } from './wire.js'

/** OpenAI parameters without an equivalent in Ollama. */
const refused: UnsupportedParams = {
  n: { advice: 'Ollama returns one answer per call: call it several times', harmless: isOne },
  logit_bias: { advice: 'Ollama has no such parameter', harmless: isEmpty },
  moderation: { advice: 'Ollama has no moderation' },
  prompt_cache_options: { advice: 'Ollama caches prompts automatically' },
  prediction: { advice: 'Ollama does not support predicted output' },
  modalities: { advice: 'Ollama answers with text only', harmless: isTextOnly },
  audio: { advice: 'Ollama answers with text only' },
  verbosity: { advice: 'ask for the length in the prompt' },
  web_search_options: { advice: 'Ollama has no web search: provide a search tool' },
  store: { advice: 'Ollama does not store answers', harmless: isFalse },
  service_tier: { advice: 'Ollama has no tiers', harmless: (value) => value === 'auto' || value === 'default' },
  user: { advice: 'Ollama has no user ids' },
  safety_identifier: { advice: 'Ollama has no user ids' },
  metadata: { advice: 'Ollama has no metadata' },
  prompt_cache_key: { advice: 'Ollama caches prompts automatically' },
  prompt_cache_retention: { advice: 'use keep_alive, which keeps the model and its cache loaded' },
  cache_control: { advice: 'Ollama caches prompts automatically' },
}

/** Ollama's names of OpenAI's parameters. */
const renamed: Readonly<Record<string, string>> = {
  max_tokens: 'num_predict',
  max_completion_tokens: 'num_predict',
}

/**
 * Parameters sent in `options`, regardless of their place in the request; includes those of older servers.
 * https://docs.ollama.com/modelfile#valid-parameters-and-values
 */
const options: ReadonlySet<string> = new Set([
  ...['temperature', 'top_p', 'top_k', 'min_p', 'typical_p', 'tfs_z', 'seed', 'stop', 'num_predict', 'num_keep'],
  ...['presence_penalty', 'frequency_penalty', 'repeat_penalty', 'repeat_last_n', 'penalize_newline'],
  ...['mirostat', 'mirostat_eta', 'mirostat_tau'],
  ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'numa', 'low_vram', 'use_mmap', 'use_mlock'],
])

/** Parameters handled by other parts of the encoder. */
const read: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls', 'functions'],
  ...['function_call', 'response_format', 'reasoning_effort', 'thinking', 'options', 'extra_body'],
])

/**
 * Splits the parameters into sampling options and native fields (`keep_alive`, `think`, `truncate`, …), which are sent
 * unchanged.
 */
export function encodeParams(params: ChatParams, scope: EncodeScope): { options: Fields; own: Fields } {
  const set: Fields = {}
  const own: Fields = {}
  for (const [name, value] of Object.entries(params) as [string, unknown][]) {
    if (value === undefined || value === null || read.has(name)) continue
    const refusal = Object.hasOwn(refused, name) ? refused[name] : undefined
    const renaming = Object.hasOwn(renamed, name) ? renamed[name] : undefined
    if (refusal) {
      if (!refusal.harmless?.(value)) scope.report.unsupported(name, refusal.advice)
    } else if (renaming) set[renaming] = params.max_completion_tokens ?? value
    else if (name === 'stop') set.stop = readStop(params.stop, scope.report)
    else if (name === 'logprobs' ? isFalse(value) : name === 'top_logprobs' && isZero(value)) continue
    else if (options.has(name)) set[name] = value
    else own[name] = value
  }
  const given = (params as unknown as Fields).options
  return { options: isFields(given) ? { ...set, ...given } : set, own }
}
