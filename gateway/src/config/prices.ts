import type { ModelFacts, ModelPrices } from 'llmux'
import type { Section } from './checker.js'

/** LiteLLM's prices per token, and the SDK's per million. */
const perMillion = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cacheRead',
  cache_creation_input_token_cost: 'cacheWrite',
  cache_creation_input_token_cost_above_1hr: 'cacheWrite1h',
  output_cost_per_reasoning_token: 'reasoning',
  input_cost_per_audio_token: 'audioInput',
  output_cost_per_audio_token: 'audioOutput',
  input_cost_per_character: 'perMillionCharacters',
} as const satisfies Readonly<Record<string, keyof ModelPrices>>

const perUnit = {
  input_cost_per_image: 'perInputImage',
  output_cost_per_image: 'perImage',
  input_cost_per_second: 'perInputSecond',
  output_cost_per_second: 'perOutputSecond',
  input_cost_per_request: 'perRequest',
  input_cost_per_query: 'perSearchUnit',
} as const satisfies Readonly<Record<string, keyof ModelPrices>>

const abilities = {
  supports_function_calling: 'tools',
  supports_tool_choice: 'toolChoice',
  supports_parallel_function_calling: 'parallelTools',
  supports_response_schema: 'responseSchema',
  supports_reasoning: 'reasoning',
  supports_prompt_caching: 'promptCaching',
  supports_system_messages: 'systemMessages',
  supports_assistant_prefill: 'assistantPrefill',
  supports_web_search: 'webSearch',
  supports_computer_use: 'computerUse',
} as const

const modes: Readonly<Record<string, ModelFacts['mode']>> = {
  chat: 'chat',
  completion: 'completion',
  responses: 'responses',
  embedding: 'embedding',
  rerank: 'rerank',
  moderation: 'moderation',
  image_generation: 'image',
  audio_transcription: 'transcription',
  audio_speech: 'speech',
  realtime: 'realtime',
}

/** Multiplies without the noise of binary fractions: 0.0000025 per token is 2.5 per million. */
const million = (price: number) => Number((price * 1e6).toPrecision(12))

/** Prices and facts of a deployment. `litellm_params` take precedence over `model_info`, as in LiteLLM. */
export function pricesOf(params: Section, info: Section): (ModelPrices & ModelFacts) | undefined {
  const prices: Record<string, unknown> = {}
  const read = (key: string) => params.number(key) ?? info.number(key)
  for (const [key, name] of Object.entries(perMillion)) {
    const value = read(key)
    if (value !== undefined) prices[name] = million(value)
  }
  for (const [key, name] of Object.entries(perUnit)) {
    const value = read(key)
    if (value !== undefined) prices[name] = value
  }
  const mode = modes[info.text('mode') ?? '']
  if (mode) prices.mode = mode
  const input = info.number('max_input_tokens')
  const output = info.number('max_output_tokens') ?? info.number('max_tokens')
  if (input !== undefined) prices.maxInputTokens = input
  if (output !== undefined) prices.maxOutputTokens = output
  const able = Object.entries(abilities).flatMap(([key, name]) => (info.flag(key) === true ? [name] : []))
  if (able.length > 0) prices.abilities = able
  const modalities = ['text']
  if (info.flag('supports_vision')) modalities.push('image')
  if (info.flag('supports_audio_input')) modalities.push('audio')
  if (info.flag('supports_pdf_input')) modalities.push('pdf')
  if (modalities.length > 1) prices.inputModalities = modalities
  if (info.flag('supports_audio_output')) prices.outputModalities = ['text', 'audio']
  return Object.keys(prices).length > 0 ? (prices as ModelPrices & ModelFacts) : undefined
}
