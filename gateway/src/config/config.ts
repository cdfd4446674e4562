import { LLMError, parseRouterOptions, type RouterOptions } from 'llmux'
import { Checker, ConfigError, type ConfigLine, isMap, show, showPath } from './checker.js'
import { type Credentials, checkDeployment, type ModelEntry, readDeployment, sdkMessage } from './deployment.js'
import { type ConfigDocument, ConfigSyntaxError, parseConfigText, readDocument } from './document.js'
import { type HookSource, readHooks } from './hooks.js'
import { generalKeys, litellmKeys, ownKeys, routerKeys, topLevelKeys } from './keys.js'
import { type Alias, readRouting } from './router.js'
import { readSettings, type Settings } from './settings.js'

/** A checked configuration. */
export interface GatewayConfig {
  readonly models: readonly ModelEntry[]
  readonly routing: Omit<RouterOptions, 'modelList'>
  readonly aliases: readonly Alias[]
  readonly settings: Settings
  readonly hooks: readonly HookSource[]
  /** Treatment of every line of the file. */
  readonly lines: readonly ConfigLine[]
  /** Credentials of `credential_list`, for models that are added at run time. */
  readonly credentials: Credentials
  /** The values as they are written, with their places. */
  readonly document: ConfigDocument
  /** From `environment_variables`. */
  readonly variables: Readonly<Record<string, string>>
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a config.yaml of LiteLLM.
 * @throws {ConfigError} with file, line and path of every problem
 */
export const loadConfig = (file: string, environment: Environment = process.env): GatewayConfig =>
  guarded(() => checkConfig(readDocument(file), environment))

/** The same from YAML or JSON text. */
export const parseConfig = (text: string, environment: Environment = process.env): GatewayConfig =>
  guarded(() => checkConfig(parseConfigText(text), environment))

function guarded<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError)) throw error
    throw new ConfigError([{ ...error.place, path: '', message: error.message }])
  }
}

function checkConfig(document: ConfigDocument, outside: Environment): GatewayConfig {
  const variables = readVariables(document, outside)
  const environment: Environment = { ...outside, ...variables.values }
  const checker = new Checker(document, environment)
  checker.problems.push(...variables.problems)
  checkForm(checker, document)
  const top = checker.section([], withoutParts(document.value), topLevelKeys)
  const section = (key: string, table: Parameters<Checker['section']>[2]) =>
    checker.section([key], document.value[key], table)
  const general = section('general_settings', generalKeys)
  const litellm = section('litellm_settings', litellmKeys)
  const router = section('router_settings', routerKeys)
  const own = section('llmux_settings', ownKeys)
  const settings = readSettings(checker, { general, litellm, router, own, top })
  const hooks = readHooks(checker, top, general)
  const credentials = readCredentials(checker, document.value.credential_list)
  const entries = top.has('model_list') || document.value.model_list ? document.value.model_list : []
  if (!Array.isArray(entries))
    checker.problem(['model_list'], `'model_list' must be a list of deployments; got ${show(entries)}.`)
  const list: readonly unknown[] = Array.isArray(entries) ? entries : []
  const groups = new Set(
    list.flatMap((entry) => (isMap(entry) && typeof entry.model_name === 'string' ? [entry.model_name] : [])),
  )
  const routing = readRouting(checker, router, litellm, groups)
  const defaults = {
    maxParallelRequests: settings.deploymentParallelRequests ?? routing.maxParallelRequests,
    dropParams: settings.dropParams,
    attemptTimeout: settings.attemptTimeout,
    streamTimeout: routing.streamTimeout,
  }
  const models = list.flatMap((entry, index) =>
    readDeployment(checker, ['model_list', index], entry, credentials, defaults),
  )
  checkIds(checker, models)
  checker.finish()
  checkRouting(checker, routing.options, models)
  checker.finish()
  return {
    models,
    routing: routing.options,
    aliases: routing.aliases,
    settings,
    hooks,
    lines: checker.lines,
    credentials,
    document,
    variables: variables.values,
  }
}

/** Names keys that are written twice, and refuses a file that is something else. */
function checkForm(checker: Checker, { value, repeated }: ConfigDocument): void {
  for (const { path, place, line } of repeated)
    checker.lines.push({
      ...place,
      path: showPath(path),
      treatment: 'ignored',
      note: `The key is written again on line ${line}, and that value counts.`,
    })
  const keys = Object.keys(value)
  if (keys.length === 0 || keys.some((key) => Object.hasOwn(topLevelKeys, key))) return
  const hint =
    typeof value.apiVersion === 'string' && typeof value.kind === 'string'
      ? `It is a Kubernetes ${value.kind}: check the text below its 'data' as a file of its own.`
      : `Its keys are: ${keys.slice(0, 5).join(', ')}.`
  checker.problem([], `The file must have a section of a configuration, such as 'model_list'. ${hint}`)
}

/** Parts with lines of their own in the report. */
const parts = new Set([
  'general_settings',
  'litellm_settings',
  'router_settings',
  'llmux_settings',
  'model_list',
  'credential_list',
  'environment_variables',
])
const withoutParts = (value: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !parts.has(key)))

/** `environment_variables`: values for everything that reads the environment. */
function readVariables(document: ConfigDocument, outside: Environment) {
  const given = document.value.environment_variables
  const checker = new Checker(document, outside)
  const values: Record<string, string> = {}
  if (given === undefined || given === null) return { values, problems: checker.problems }
  if (!isMap(given)) {
    checker.problem(['environment_variables'], "'environment_variables' must be a map of names and values.")
    return { values, problems: checker.problems }
  }
  for (const [name, value] of Object.entries(given)) {
    const resolved = checker.resolve(['environment_variables', name], value)
    if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
      values[name] = String(resolved)
  }
  return { values, problems: checker.problems }
}

function readCredentials(checker: Checker, list: unknown): Credentials {
  const found = new Map<string, Readonly<Record<string, unknown>>>()
  if (list === undefined || list === null) return found
  if (!Array.isArray(list)) {
    checker.problem(['credential_list'], "'credential_list' must be a list.")
    return found
  }
  for (const [index, entry] of list.entries()) {
    const path = ['credential_list', index]
    const name = isMap(entry) ? entry.credential_name : undefined
    const values = isMap(entry) ? entry.credential_values : undefined
    if (typeof name !== 'string' || !isMap(values)) {
      checker.problem(path, `'${showPath(path)}' must have a 'credential_name' and 'credential_values'.`)
      continue
    }
    checker.line(path, 'honoured', 'A named credential.')
    const resolved = checker.resolve([...path, 'credential_values'], values)
    found.set(name, isMap(resolved) ? resolved : {})
  }
  return found
}

/** The checks of the SDK. Its paths are those of its options, so they are translated. */
function checkRouting(
  checker: Checker,
  options: Omit<RouterOptions, 'modelList'>,
  models: readonly ModelEntry[],
): void {
  for (const entry of models) checkDeployment(checker, entry)
  if (checker.problems.length > 0 || models.length === 0) return
  try {
    parseRouterOptions({ ...options, modelList: models.map(({ config }) => config) })
  } catch (error) {
    if (!LLMError.is(error)) throw error
    checker.problem(['router_settings'], sdkMessage(error))
  }
}

function checkIds(checker: Checker, models: readonly ModelEntry[]): void {
  const seen = new Set<string>()
  for (const { config, modelName } of models) {
    if (config.id === undefined) continue
    if (seen.has(config.id))
      checker.problem(['model_list'], `The id '${config.id}' of a deployment of '${modelName}' is used twice.`)
    seen.add(config.id)
  }
}
