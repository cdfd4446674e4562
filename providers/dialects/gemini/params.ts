import type { ChatParams } from '../../../src/types/chat.js'
import { isEmpty, isFalse, isOne, isZero, type UnsupportedParams, usualParams } from '../../shared/params.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, toCamel } from './wire.js'

/** OpenAI's parameters without an equivalent in the Gemini API. https://ai.google.dev/api/generate-content */
export const refused: UnsupportedParams = {
  logit_bias: { advice: 'Gemini has none', harmless: isEmpty },
  prediction: { advice: 'Gemini takes no predicted output' },
  store: { advice: 'Gemini stores no answers', harmless: isFalse },
  verbosity: { advice: 'ask for the length in the prompt' },
  metadata: { advice: 'Gemini takes none', harmless: isEmpty },
  prompt_cache_key: { advice: 'Gemini caches automatically, or with cached_content' },
  prompt_cache_retention: { advice: 'Gemini caches automatically, or with cached_content' },
  user: { advice: 'Gemini takes no user id' },
  safety_identifier: { advice: 'Gemini takes no user id' },
  cache_control: { advice: 'Gemini caches automatically, or with cached_content' },
  prompt_cache_options: { advice: 'Gemini caches automatically, or with cached_content' },
  moderation: { advice: "Gemini has none; use 'safety_settings'" },
}

/** The parameters that the encoder reads. */
const readParams: ReadonlySet<string> = new Set([
  ...Object.keys(refused),
  ...usualParams,
  ...['n', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'seed', 'modalities', 'audio'],
])

/** Values of parameters that a model may refuse, but that change nothing. */
const defaults = {
  presence_penalty: isZero,
  frequency_penalty: isZero,
  temperature: isOne,
  top_p: isOne,
  top_k: () => false,
} as const

/** The numbers and strings of `generationConfig`. https://ai.google.dev/api/generate-content#GenerationConfig */
export function encodeSampling(params: ChatParams, { facts, quirks, report }: EncodeScope): Fields {
  const accepted = quirks.accepted?.[facts.family] ?? []
  const config: Fields = {}
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) config[name] = value
  }
  const putAccepted = (name: string, param: keyof typeof defaults) => {
    const value = params[param]
    if (!facts.refused.includes(param) || accepted.includes(param)) put(name, value)
    else if (value !== undefined && value !== null && !defaults[param](value)) {
      report.unsupported(param, 'this model does not support it')
    }
  }
  putAccepted('temperature', 'temperature')
  putAccepted('topP', 'top_p')
  putAccepted('topK', 'top_k')
  putAccepted('presencePenalty', 'presence_penalty')
  putAccepted('frequencyPenalty', 'frequency_penalty')
  put('maxOutputTokens', params.max_completion_tokens ?? params.max_tokens)
  put('stopSequences', encodeStop(params.stop))
  put('seed', params.seed)
  if (params.n !== 1) put('candidateCount', params.n)
  if (params.logprobs || params.top_logprobs) {
    config.responseLogprobs = true
    put('logprobs', params.top_logprobs)
  }
  return config
}

function encodeStop(stop: ChatParams['stop']): string[] | undefined {
  const all = typeof stop === 'string' ? [stop] : [...(stop ?? [])]
  return all.length > 0 ? all : undefined
}

/**
 * `modalities` and `audio`. Models with speech produce 16-bit PCM and no text.
 * https://ai.google.dev/gemini-api/docs/speech-generation
 */
export function encodeOutput({ modalities, audio }: ChatParams, scope: EncodeScope): Fields {
  const wanted = (modalities ?? []).map((modality) => String(modality).toUpperCase())
  const config: Fields = {}
  if (audio && wanted.length === 0) wanted.push('AUDIO')
  if (wanted.includes('AUDIO') && wanted.includes('TEXT')) {
    scope.report.changed('modalities', "'text' was left out: models with speech answer with audio only.")
    wanted.splice(wanted.indexOf('TEXT'), 1)
  }
  if (wanted.length > 0) config.responseModalities = wanted
  if (!audio) return config
  const { voice, format } = audio
  if (format && format !== 'pcm16') scope.report.unsupported('audio.format', "must be 'pcm16', Gemini's only format")
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
  ['fast', 'priority'],
])

/** https://ai.google.dev/gemini-api/docs/flex-inference, /priority-inference */
export function encodeServiceTier(tier: string | null | undefined, scope: EncodeScope): string | undefined {
  if (!tier) return undefined
  if (tiers.has(tier)) return tiers.get(tier)
  scope.report.unsupported('service_tier', `must be default, flex or priority; got '${tier}'`)
  return undefined
}

/** Fields of a request under Gemini's own names. */
export interface ProviderFields {
  /** For `generationConfig`. */
  readonly config: Fields
  /** For `toolConfig`. */
  readonly toolConfig: Fields
  /** For the root of the body. */
  readonly root: Fields
}

/** https://ai.google.dev/api/generate-content#GenerationConfig, and the additions of Vertex AI */
const configFields: ReadonlySet<string> = new Set([
  'candidateCount',
  'maxOutputTokens',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'responseLogprobs',
  'responseFormat',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
  'enableEnhancedCivicAnswers',
  'enableAffectiveDialog',
  'audioTimestamp',
  'routingConfig',
  'modelConfig',
])

const rootFields: ReadonlySet<string> = new Set([
  'safetySettings',
  'cachedContent',
  'continuationToken',
  'systemInstruction',
  'labels',
  'modelArmorConfig',
  'serviceTier',
])

const toolFields: ReadonlySet<string> = new Set(['includeServerSideToolInvocations', 'retrievalConfig'])

/** Sampling and limits, for operations that have no parameters for them. */
const samplingFields: ReadonlySet<string> = new Set([
  ...['temperature', 'topP', 'topK', 'seed', 'stopSequences', 'presencePenalty', 'frequencyPenalty', 'logprobs'],
])

/** Puts Gemini's own fields in their places; unknown ones go to the root unchanged. */
export const providerFields = (params: ChatParams): ProviderFields => placeFields(params, readParams)

/** The same for another operation over generateContent. */
export const mediaFields = (params: object, read: ReadonlySet<string>): ProviderFields =>
  placeFields(params, read, samplingFields)

function placeFields(params: object, read: ReadonlySet<string>, more?: ReadonlySet<string>): ProviderFields {
  const own: ProviderFields = { config: {}, toolConfig: {}, root: {} }
  for (const name in params) {
    const value = (params as Fields)[name]
    if (value === undefined || read.has(name)) continue
    const camel = toCamel(name)
    if (camel === 'generationConfig') Object.assign(own.config, camelKeys(value))
    else if (camel === 'toolConfig') Object.assign(own.toolConfig, camelKeys(value))
    else if (configFields.has(camel) || more?.has(camel)) own.config[camel] = value
    else if (toolFields.has(camel)) own.toolConfig[camel] = value
    else own.root[rootFields.has(camel) ? camel : name] = value
  }
  return own
}

function camelKeys(value: unknown): Fields {
  const entries = isFields(value) ? Object.entries(value) : []
  return Object.fromEntries(entries.map(([name, inner]) => [toCamel(name), inner]))
}
