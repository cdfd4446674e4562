import { type DeploymentConfig, LLMError, type Router, type RouterOptions } from 'llmux'
import type { GatewayConfig } from './config/config.js'
import type { ModelEntry } from './config/deployment.js'
import type { ModelCatalog } from './models/catalog.js'
import { badRequest } from './refusal.js'

/** A Router needs at least one deployment; this one is never called. */
const placeholder: DeploymentConfig = { modelName: '\u0000none', params: { model: 'openai/none', apiKey: 'none' } }

type Mocks = Map<string, unknown>

/** Answers of deployments with `mock_response`, by their text. The simulator loads with the first of them. */
export async function loadMocks(entries: readonly ModelEntry[], mocks: Mocks): Promise<void> {
  const texts = new Set(entries.flatMap(({ mockResponse }) => mockResponse ?? []))
  if (texts.size === 0) return
  const { mockProvider } = await import('llmux/testing')
  for (const text of texts) {
    if (mocks.has(text)) continue
    const mock = mockProvider({ reply: text })
    mocks.set(text, {
      dispatch(options: never, handler: never) {
        // the simulator keeps its requests for tests; they would only grow here
        if (mock.requests.length >= 100) mock.reset()
        return mock.dispatcher.dispatch(options, handler)
      },
    })
  }
}

/** The options of the Router for the configuration and the models of the moment. */
export function routerOptions(config: GatewayConfig, entries: readonly ModelEntry[], mocks: Mocks): RouterOptions {
  const modelList = entries.map(({ config: deployment, mockResponse }) => {
    const dispatcher = mockResponse === undefined ? undefined : mocks.get(mockResponse)
    return dispatcher
      ? { ...deployment, params: { ...deployment.params, dispatcher: dispatcher as never } }
      : deployment
  })
  const { healthChecks } = config.settings
  return {
    ...config.routing,
    ...(healthChecks && { healthCheck: { interval: healthChecks.intervalMs } }),
    modelList: modelList.length > 0 ? modelList : [placeholder],
  }
}

/** Changes the Router and the catalog together: calls see both, or neither. */
export function applyModels(
  router: Router,
  catalog: ModelCatalog,
  config: GatewayConfig,
  entries: readonly ModelEntry[],
  mocks: Mocks,
): void {
  try {
    router.configure(routerOptions(config, entries, mocks))
  } catch (error) {
    if (LLMError.is(error)) throw badRequest(error.message.replace(/modelList\[\d+\]\.params/g, 'litellm_params'))
    throw error
  }
  catalog.replace(entries, config.aliases)
}

/** Groups that follow a failed one, by kind of failure. */
export function fallbackTable({ routing }: GatewayConfig) {
  const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks, defaultFallbacks } = routing
  const lists = { fallbacks, contextWindowFallbacks, contentPolicyFallbacks }
  const nameOf = (target: string | { model: string }) => (typeof target === 'string' ? target : target.model)
  const table = new Map<string, Record<string, string[]>>()
  for (const [kind, list] of Object.entries(lists)) {
    for (const entry of list ?? []) {
      for (const [group, targets] of Object.entries(entry)) {
        const found = table.get(group) ?? {}
        found[kind] = [...(found[kind] ?? []), ...targets.map(nameOf)]
        table.set(group, found)
      }
    }
  }
  const rest = { ...(defaultFallbacks && { fallbacks: defaultFallbacks.map(nameOf) }), ...table.get('*') }
  return (group: string): Readonly<Record<string, readonly string[]>> => table.get(group) ?? rest
}

/** Changes of a new configuration, one line each, for the log and the answer of a reload. */
export function changesOf(before: GatewayConfig, after: GatewayConfig): string[] {
  const changes: string[] = []
  const list = ({ models }: GatewayConfig) => new Map(models.map((entry) => [entry.config.id ?? '', entry]))
  const [old, now] = [list(before), list(after)]
  const name = (entry: ModelEntry) => `deployment ${entry.modelName} (${entry.config.params.model})`
  for (const [id, entry] of now) {
    const was = old.get(id)
    if (!was) changes.push(`+ ${name(entry)}`)
    else if (JSON.stringify(was.config) !== JSON.stringify(entry.config)) changes.push(`~ ${name(entry)}`)
  }
  for (const [id, entry] of old) if (!now.has(id)) changes.push(`- ${name(entry)}`)
  const compare = (path: string, one: object, other: object) => {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const [was, is] = [Reflect.get(one, key), Reflect.get(other, key)].map((value) => JSON.stringify(value))
      // values could be secrets: names are enough
      if (was !== is) changes.push(`~ ${path}${key}`)
    }
  }
  compare('router: ', before.routing, after.routing)
  compare('settings: ', before.settings, after.settings)
  return changes
}
