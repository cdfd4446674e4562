import { type ModelFacts, type ModelInfo, type ModelPrices, ModelRegistry, modelInfo } from '../../../pricing/index.js'
import type { ClientContext } from '../../call/context.js'
import { accountOptions } from '../../call/options.js'
import type { ProviderOptions } from '../../types/options.js'
import { deploymentOptions } from '../option-names.js'
import type { DeploymentParams } from '../types.js'

const credentialOptions = ['apiKey', 'apiBase', 'organization', 'project', 'apiVersion', 'region', 'location'] as const

/** Credentials and address of a deployment. */
export function credentialsIn(params: DeploymentParams): ProviderOptions {
  const given: Readonly<Record<string, unknown>> = { ...params }
  const credentials: Record<string, unknown> = {}
  for (const name of [...credentialOptions, ...accountOptions]) {
    if (given[name] !== undefined) credentials[name] = given[name]
  }
  return credentials
}

/** Parameters and options that its calls inherit. */
export function defaultsIn(params: DeploymentParams): Record<string, unknown> {
  const defaults: Record<string, unknown> = {}
  const elsewhere: ReadonlySet<string> = new Set([...credentialOptions, 'model', 'timeout', 'baseModel', 'authToken'])
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || elsewhere.has(name) || deploymentOptions.has(name) || accountOptions.has(name)) continue
    defaults[name] = value
  }
  return defaults
}

const selective = new Set(['tools', 'response_format', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n'])

/** The defaults that selection depends on; `undefined` if there are none. */
export function selectiveDefaults(
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const found = Object.entries(defaults).filter(([name]) => selective.has(name))
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

/** The prices of a deployment on top of the known facts of its model. */
export const pricesIn = ({ prices, baseModel, model }: DeploymentParams, { registry }: ClientContext) => ({
  ...factsIn(modelInfo(baseModel ?? model, registry)),
  ...prices,
})

export function createRegistry(name: string, prices: ModelPrices & ModelFacts): ModelRegistry {
  const registry = new ModelRegistry()
  registry.register(name, prices)
  return registry
}

function factsIn(info: ModelInfo | undefined): ModelFacts {
  if (!info) return {}
  const { id: _id, provider: _provider, prices: _prices, source: _source, ...facts } = info
  return facts
}
