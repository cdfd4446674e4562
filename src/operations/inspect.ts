import type { EncodeContext, Provider } from '../../providers/contract.js'
import { quirksOf } from '../call/call.js'
import type { ClientContext } from '../call/context.js'
import { resolveModel } from '../call/resolve.js'
import { findTarget } from '../call/target.js'
import { LLMError, UnsupportedParamsError } from '../errors.js'
import type { ChatParams } from '../types/chat.js'
import { chat } from './chat.js'

/** Whether a model can be called with the credentials and settings at hand. */
export interface EnvironmentReport {
  /** True if a call has all that it needs. The provider may still reject the key. */
  readonly ok: boolean
  /** Prefix of the provider. */
  readonly provider: string
  /** The provider's name of the model. */
  readonly model: string
  /** Environment variables that the provider reads: for keys, the address and settings. */
  readonly variables: readonly string[]
  /** The missing part and its remedy; undefined if nothing is missing. */
  readonly problem: string | undefined
}

/** @throws {BadRequestError} if the model is unknown */
export async function runValidateEnvironment(context: ClientContext, given: string): Promise<EnvironmentReport> {
  const { provider, model } = await resolveModel(given, context, { operation: 'chat', params: {}, options: {} })
  const report = { provider: provider.id, model, variables: variablesOf(provider) }
  try {
    findTarget(provider, { operation: 'chat', model, stream: false }, {}, context.providerOptions(provider.id))
    return { ...report, ok: true, problem: undefined }
  } catch (error) {
    if (!LLMError.is(error)) throw error
    return { ...report, ok: false, problem: error.message }
  }
}

function variablesOf({ auth, address, settings = [] }: Provider): string[] {
  const keys = auth.schemes.flatMap(({ env }) => env)
  return [...new Set([...keys, ...address.env, ...settings.flatMap(({ env }) => env)])]
}

const tools = [{ type: 'function', function: { name: 'probe', parameters: { type: 'object', properties: {} } } }]

/** A value of each parameter, with the others that it needs. */
const probes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  temperature: { temperature: 0.5 },
  top_p: { top_p: 0.5 },
  top_k: { top_k: 5 },
  n: { n: 2 },
  stop: { stop: ['x'] },
  max_tokens: { max_tokens: 2048 },
  max_completion_tokens: { max_completion_tokens: 2048 },
  presence_penalty: { presence_penalty: 0.5 },
  frequency_penalty: { frequency_penalty: 0.5 },
  logit_bias: { logit_bias: { 50256: -1 } },
  logprobs: { logprobs: true },
  top_logprobs: { logprobs: true, top_logprobs: 2 },
  seed: { seed: 1 },
  user: { user: 'user' },
  tools: { tools },
  tool_choice: { tools, tool_choice: 'auto' },
  parallel_tool_calls: { tools, parallel_tool_calls: true },
  response_format: { response_format: { type: 'json_object' } },
  reasoning_effort: { reasoning_effort: 'low' },
  thinking: { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 4096 },
  verbosity: { verbosity: 'low' },
  modalities: { modalities: ['text', 'audio'], audio: { format: 'wav', voice: 'alloy' } },
  prediction: { prediction: { type: 'content', content: 'x' } },
  web_search_options: { web_search_options: {} },
  service_tier: { service_tier: 'auto' },
  metadata: { metadata: { key: 'value' } },
  store: { store: true },
  prompt_cache_key: { prompt_cache_key: 'key' },
  prompt_cache_retention: { prompt_cache_retention: '24h' },
  safety_identifier: { safety_identifier: 'id' },
  cache_control: { cache_control: { type: 'ephemeral' } },
}

/**
 * Parameters of `completion()` that a model's translator accepts: each is encoded, and nothing is sent.
 * @throws {BadRequestError} if the model is unknown
 */
export async function runSupportedParams(context: ClientContext, given: string): Promise<string[]> {
  const supported: string[] = []
  for (const [name, params] of Object.entries(probes))
    if (await accepts(context, given, name, params)) supported.push(name)
  return supported
}

async function accepts(
  context: ClientContext,
  given: string,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const probe = { model: given, messages: [{ role: 'user', content: 'x' }], stream: false, ...params }
  const { provider, model } = await resolveModel(given, context, { operation: 'chat', params: probe, options: {} })
  const part = await chat.part(provider.dialect)
  if (!part) return false
  const encoding: EncodeContext = {
    ...{ provider: provider.id, model, dropParams: false, ownHost: true },
    quirks: quirksOf(provider, true),
  }
  try {
    const { warnings = [] } = part.encode(probe as unknown as ChatParams, encoding)
    return !warnings.some((warning) => warning.type === 'dropped' && warning.param.split('.', 1)[0] === name)
  } catch (error) {
    if (error instanceof UnsupportedParamsError) return !error.params.some((param) => param.split('.', 1)[0] === name)
    if (LLMError.is(error)) return false
    throw error
  }
}
