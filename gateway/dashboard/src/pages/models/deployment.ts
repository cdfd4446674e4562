/** A deployment with its facts and, for admins, its live state. */
export interface DeploymentRow {
  readonly model_name: string
  readonly litellm_params: Readonly<Record<string, unknown>> & { readonly model?: string }
  readonly model_info: {
    readonly id: string
    readonly db_model: boolean
    readonly litellm_provider: string | null
    readonly mode: string | null
    readonly max_input_tokens: number | null
    readonly max_output_tokens: number | null
    readonly input_cost_per_token: number | null
    readonly output_cost_per_token: number | null
    readonly [ability: `supports_${string}`]: boolean
  }
  readonly state?: DeploymentState
}

export interface DeploymentState {
  readonly status: 'healthy' | 'cooldown' | 'probing' | 'unhealthy'
  readonly cooldown_left_ms: number | null
  readonly cooldown_reason: string | null
  readonly picks: number
  readonly successes: number
  readonly failures: number
  readonly in_flight: number
  readonly requests_last_minute: number
  readonly latency_ms: number | null
  readonly first_token_ms: number | null
}

export interface TestResult {
  readonly ok: boolean
  readonly latency_ms: number
  readonly error: string | null
  readonly status: number | null
  readonly model: DeploymentRow
}

/** Abilities that the page names. */
export const abilities = [
  'vision',
  'function_calling',
  'response_schema',
  'reasoning',
  'prompt_caching',
  'web_search',
  'audio_input',
  'pdf_input',
] as const

export const abilitiesOf = ({ model_info }: DeploymentRow) =>
  abilities.filter((name) => model_info[`supports_${name}`] === true)

/** Names of a deployment's form, by their place in the body. */
const inParams = ['model', 'api_key', 'api_base', 'rpm', 'tpm', 'weight', 'order'] as const
const prices = ['input_cost', 'output_cost'] as const

/** The body of `/model/new` for the flat values of the form. A price is entered per million tokens. */
export function modelBody(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (const name of inParams) if (values[name] !== undefined) params[name] = values[name]
  for (const name of prices) {
    const value = values[name]
    if (value === undefined) continue
    params[`${name}_per_token`] = value === null ? null : Number((Number(value) / 1e6).toPrecision(12))
  }
  return {
    ...(values.model_name !== undefined && { model_name: values.model_name }),
    litellm_params: { ...params, ...(values.more as object | undefined) },
  }
}

/** The values of the form for a deployment. */
export function formOf({ model_name, litellm_params }: DeploymentRow): Record<string, unknown> {
  const { input_cost_per_token: input, output_cost_per_token: output, ...params } = litellm_params
  const million = (price: unknown) => (typeof price === 'number' ? Number((price * 1e6).toPrecision(12)) : '')
  const known = Object.fromEntries(inParams.map((name) => [name, params[name]]))
  return { model_name, ...known, input_cost: million(input), output_cost: million(output) }
}

/** The field of the form for a field of the body, such as `litellm_params.model`. */
export function formField(param: string | undefined): string | undefined {
  const name = param?.replace(/^(litellm_params|model_info)\./, '')
  return name?.replace(/^(input|output)_cost_per_token$/, '$1_cost')
}
