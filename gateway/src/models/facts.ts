import type { ModelEntry } from '../config/deployment.js'
import { idOf, type ModelCatalog, modeOf, shownParams } from './catalog.js'

const perToken = (price: number | undefined) => (price === undefined ? null : Number((price / 1e6).toPrecision(12)))

/** A row of `/model/info`. */
export function modelRow(catalog: ModelCatalog, entry: ModelEntry) {
  const { params } = entry.config
  const facts = catalog.facts(entry, entry.modelName)
  const prices = { ...facts?.prices, ...params.prices }
  const abilities: ReadonlySet<string> = new Set(params.prices?.abilities ?? facts?.abilities ?? [])
  const inputs: ReadonlySet<string> = new Set(params.prices?.inputModalities ?? facts?.inputModalities ?? [])
  const output = params.prices?.maxOutputTokens ?? facts?.maxOutputTokens ?? null
  const mode = modeOf(params.prices?.mode ?? facts?.mode) ?? null
  const withoutOutput = mode === 'embedding' || mode === 'moderation'
  return {
    model_name: entry.modelName,
    litellm_params: {
      use_in_pass_through: entry.useInPassThrough,
      ...shownParams(entry.litellmParams),
    },
    model_info: {
      id: idOf(entry),
      db_model: entry.stored,
      key: facts?.id ?? params.model,
      litellm_provider: params.model.split('/', 1)[0] ?? null,
      mode,
      max_tokens: output,
      max_input_tokens: params.prices?.maxInputTokens ?? facts?.maxInputTokens ?? facts?.contextWindow ?? null,
      max_output_tokens: output,
      input_cost_per_token: perToken(prices.input),
      output_cost_per_token: perToken(prices.output ?? (withoutOutput ? 0 : undefined)),
      cache_read_input_token_cost: perToken(prices.cacheRead),
      cache_creation_input_token_cost: perToken(prices.cacheWrite),
      supports_vision: inputs.has('image'),
      supports_audio_input: inputs.has('audio'),
      supports_pdf_input: inputs.has('pdf'),
      supports_function_calling: abilities.has('tools'),
      supports_tool_choice: abilities.has('toolChoice'),
      supports_parallel_function_calling: abilities.has('parallelTools'),
      supports_response_schema: abilities.has('responseSchema'),
      supports_reasoning: abilities.has('reasoning'),
      supports_prompt_caching: abilities.has('promptCaching'),
      supports_web_search: abilities.has('webSearch'),
      ...entry.modelInfo,
      ...(entry.config.id !== undefined && { id: entry.config.id }),
    },
  }
}

/** A row of `/model_group/info`. */
export function groupRow(catalog: ModelCatalog, group: string) {
  const entries = catalog.deployments(group)
  const rows = entries.map((entry) => modelRow(catalog, entry).model_info)
  const [first] = rows
  const sum = (values: readonly (number | undefined)[]) =>
    values.some((value) => value !== undefined)
      ? values.reduce<number>((total, value) => total + (value ?? 0), 0)
      : null
  const most = (values: readonly (number | null)[]) =>
    values.reduce<number | null>((highest, value) => (value === null ? highest : Math.max(value, highest ?? 0)), null)
  return {
    model_group: group,
    providers: [...new Set(entries.map(({ config }) => config.params.model.split('/', 1)[0]))],
    max_input_tokens: most(rows.map((row) => row.max_input_tokens)),
    max_output_tokens: most(rows.map((row) => row.max_output_tokens)),
    input_cost_per_token: most(rows.map((row) => row.input_cost_per_token)),
    output_cost_per_token: most(rows.map((row) => row.output_cost_per_token)),
    mode: first?.mode ?? null,
    tpm: sum(entries.map(({ config }) => config.params.tpm)),
    rpm: sum(entries.map(({ config }) => config.params.rpm)),
    supports_vision: rows.some((row) => row.supports_vision),
    supports_function_calling: rows.some((row) => row.supports_function_calling),
    supports_parallel_function_calling: rows.some((row) => row.supports_parallel_function_calling),
    supports_reasoning: rows.some((row) => row.supports_reasoning),
    supports_web_search: rows.some((row) => row.supports_web_search),
  }
}
