import type { ChatParams, ReasoningEffort, Thinking } from '../../../src/types/chat.js'
import { type Fields, isFields } from '../../fields.js'
import type { InboundContext } from '../contract.js'
import { InboundReport } from '../report.js'
import { decodeMessages } from './messages.js'
import { toJSONSchema } from './schema.js'
import { decodeTools } from './tools.js'
import { camelFields, fieldIn, type GenerateContentRequest, toCamel } from './wire.js'

/** Fields with a reader below. */
const known: ReadonlySet<string> = new Set([
  ...['model', 'stream', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'cachedContent'],
  ...['safetySettings', 'serviceTier'],
])

/** Translates a Gemini request to chat. https://ai.google.dev/api/generate-content */
export function decodeRequest(request: GenerateContentRequest, context: InboundContext): ChatParams {
  const report = new InboundReport(context)
  const cached = fieldIn(request, 'cachedContent')
  if (cached !== undefined && cached !== null && cached !== '') {
    throw report.invalid(
      'cachedContent',
      'must be left out: the cached prompt is at Google, and another model answers',
      cached,
    )
  }
  const config = fieldIn(request, 'generationConfig')
  const params: ChatParams = {
    model: context.model,
    messages: decodeMessages(request, report),
    ...decodeTools(request, report),
    ...decodeConfig(isFields(config) ? camelFields(config) : {}, report),
    ...(request.stream === true && { stream: true, stream_options: { include_usage: true } }),
  }
  const safety = fieldIn(request, 'safetySettings')
  if (Array.isArray(safety) && safety.length > 0) {
    report.dropped('safetySettings', 'the safety settings are those of Gemini models.')
  }
  const tier = fieldIn(request, 'serviceTier')
  if (typeof tier === 'string') params.service_tier = tier.toLowerCase() === 'standard' ? 'default' : tier.toLowerCase()
  for (const name in request) {
    if (known.has(toCamel(name)) || request[name] === null || request[name] === undefined) continue
    report.dropped(name, `'${name}' has no equivalent in other APIs.`)
  }
  return params
}

/** `generationConfig` in chat's names. https://ai.google.dev/api/generate-content#GenerationConfig */
function decodeConfig(config: Fields, report: InboundReport): Partial<ChatParams> {
  const params: Partial<ChatParams> = {}
  for (const [name, value] of Object.entries(config)) {
    if (value === null || value === undefined) continue
    const chat = renamed[name]
    if (chat !== undefined && typeof value === 'number') Object.assign(params, { [chat]: value })
    else if (!readElsewhere.has(name) && chat === undefined) {
      report.dropped(`generationConfig.${name}`, `'generationConfig.${name}' has no equivalent in other APIs.`)
    }
  }
  const { stopSequences: stop, candidateCount: count, responseLogprobs, responseModalities: modalities } = config
  if (Array.isArray(stop) && stop.length > 0) params.stop = stop.map(String)
  if (typeof count === 'number' && count > 1) params.n = count
  if (responseLogprobs === true) params.logprobs = true
  if (Array.isArray(modalities)) {
    const wanted = modalities.map((modality) => String(modality).toLowerCase())
    if (wanted.some((modality) => modality !== 'text')) params.modalities = wanted
  }
  const voice = voiceOf(config.speechConfig)
  if (voice !== undefined) params.audio = { voice, format: 'pcm16' }
  return { ...params, ...decodeFormat(config, report), ...decodeThinking(config.thinkingConfig) }
}

const renamed: Readonly<Record<string, keyof ChatParams>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxOutputTokens: 'max_tokens',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  seed: 'seed',
  logprobs: 'top_logprobs',
}

const readElsewhere: ReadonlySet<string> = new Set([
  ...['stopSequences', 'candidateCount', 'responseLogprobs', 'responseModalities', 'speechConfig', 'thinkingConfig'],
  ...['responseMimeType', 'responseSchema', 'responseJsonSchema'],
])

/** https://ai.google.dev/gemini-api/docs/structured-output */
function decodeFormat(config: Fields, report: InboundReport): Pick<ChatParams, 'response_format'> {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config
  const schema = responseJsonSchema ?? responseSchema
  if (type === 'text/x.enum') {
    report.dropped(
      'generationConfig.responseMimeType',
      "answers of the type 'text/x.enum' have no equivalent in other APIs.",
    )
    return {}
  }
  if (isFields(schema)) {
    const json_schema = { name: 'answer', schema: toJSONSchema(schema) }
    return { response_format: { type: 'json_schema', json_schema } }
  }
  return type === 'application/json' ? { response_format: { type: 'json_object' } } : {}
}

/** https://ai.google.dev/gemini-api/docs/thinking. `includeThoughts` alone leaves thinking to the model. */
function decodeThinking(given: unknown): { thinking?: Thinking; reasoning_effort?: ReasoningEffort } {
  if (!isFields(given)) return {}
  const { thinkingBudget: budget, thinkingLevel: level } = camelFields(given)
  if (typeof level === 'string' && !level.endsWith('UNSPECIFIED')) return { reasoning_effort: level.toLowerCase() }
  if (budget === 0) return { thinking: { type: 'disabled' } }
  if (budget === -1) return { thinking: { type: 'adaptive' } }
  return typeof budget === 'number' ? { thinking: { type: 'enabled', budget_tokens: budget } } : {}
}

/** https://ai.google.dev/gemini-api/docs/speech-generation */
function voiceOf(speech: unknown): string | undefined {
  const config = isFields(speech) ? fieldIn(speech, 'voiceConfig') : undefined
  const built = isFields(config) ? fieldIn(config, 'prebuiltVoiceConfig') : undefined
  const name = isFields(built) ? fieldIn(built, 'voiceName') : undefined
  return typeof name === 'string' ? name : undefined
}
