import type { ChatParams } from '../../../src/types/chat.js'
import { isEmpty, isFalse, type UnsupportedParams, usualParams } from '../../shared/params.js'
import type { Kit } from './kit.js'
import type { Fields } from './wire.js'

/** OpenAI's parameters that the Gemini API has nothing for. https://ai.google.dev/api/generate-content */
export const refused: UnsupportedParams = {
  logit_bias: { advice: 'it has none', harmless: isEmpty },
  prediction: { advice: 'it takes no predicted output' },
  store: { advice: 'it stores no answers', harmless: isFalse },
  verbosity: { advice: 'ask for the length in the prompt' },
  metadata: { advice: 'it takes none', harmless: isEmpty },
  prompt_cache_key: { advice: 'it caches by itself, or by cached_content' },
  prompt_cache_retention: { advice: 'it caches by itself, or by cached_content' },
  user: { advice: 'it is not told who asks' },
  safety_identifier: { advice: 'it is not told who asks' },
  cache_control: { advice: 'it caches by itself, or by cached_content' },
}

export const readParams: ReadonlySet<string> = new Set([
  ...Object.keys(refused),
  ...usualParams,
  ...['n', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'seed', 'modalities', 'audio'],
])

/** The plain numbers and texts of `generationConfig`. https://ai.google.dev/api/generate-content#GenerationConfig */
export function encodeSampling(params: ChatParams): Fields {
  const config: Fields = {}
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) config[name] = value
  }
  put('temperature', params.temperature)
  put('topP', params.top_p)
  put('topK', params.top_k)
  put('maxOutputTokens', params.max_completion_tokens ?? params.max_tokens)
  put('stopSequences', stopsOf(params.stop))
  put('presencePenalty', params.presence_penalty)
  put('frequencyPenalty', params.frequency_penalty)
  put('seed', params.seed)
  if (params.n !== 1) put('candidateCount', params.n)
  if (params.logprobs || params.top_logprobs) {
    config.responseLogprobs = true
    put('logprobs', params.top_logprobs)
  }
  return config
}

function stopsOf(stop: ChatParams['stop']): string[] | undefined {
  const all = typeof stop === 'string' ? [stop] : [...(stop ?? [])]
  return all.length > 0 ? all : undefined
}

/**
 * `modalities` and `audio`: models that speak do nothing else, in 16-bit PCM.
 * https://ai.google.dev/gemini-api/docs/speech-generation
 */
export function encodeOutput({ modalities, audio }: ChatParams, kit: Kit): Fields {
  const wanted = (modalities ?? []).map((modality) => String(modality).toUpperCase())
  const config: Fields = {}
  if (audio && wanted.length === 0) wanted.push('AUDIO')
  if (wanted.includes('AUDIO') && wanted.includes('TEXT')) {
    kit.report.changed('modalities', 'Models that speak answer with audio only: the text was left out.')
    wanted.splice(wanted.indexOf('TEXT'), 1)
  }
  if (wanted.length > 0) config.responseModalities = wanted
  if (!audio) return config
  const { voice, format } = audio
  if (format && format !== 'pcm16') kit.report.unsupported('audio.format', 'it speaks 16-bit PCM only: pcm16')
  const voiceName = typeof voice === 'string' ? voice : voice?.id
  if (voiceName) config.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } }
  return config
}

const tiers: ReadonlyMap<string, string | undefined> = new Map([
  ['auto', undefined],
  ['default', 'standard'],
  ['standard', 'standard'],
  ['standard_only', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
])

/** https://ai.google.dev/gemini-api/docs/flex-inference, /priority-inference */
export function encodeServiceTier(tier: string | null | undefined, kit: Kit): string | undefined {
  if (!tier) return undefined
  if (tiers.has(tier)) return tiers.get(tier)
  kit.report.unsupported('service_tier', `it has no tier '${tier}': use default, flex or priority`)
  return undefined
}
