import {
  createClient,
  type DeploymentConfig,
  type DeploymentParams,
  LLMError,
  parseRouterOptions,
  providerPrefixes,
} from 'llmux'
import { type Checker, isMap, Section, show, showPath } from './checker.js'
import { deploymentKeys, modelInfoKeys, paramKeys } from './deployment-keys.js'
import type { Path } from './document.js'
import { pricesOf } from './prices.js'

/** A model of one team. */
export interface TeamModel {
  readonly id: string
  /** Name for the team's calls. */
  readonly name: string
}

/** The group of a team's own model. Other teams, and all callers, may have models of the same name. */
export const teamGroup = (teamId: string, name: string): string => `model_name_${teamId}_${name}`

/** A deployment of `model_list`, or of `/model/new`. */
export interface ModelEntry {
  readonly modelName: string
  /** The team that alone may use it, and the name by which it does. */
  readonly team: TeamModel | undefined
  /** As configured, with references to the environment unresolved. Shown without its secrets. */
  readonly litellmParams: Readonly<Record<string, unknown>>
  readonly modelInfo: Readonly<Record<string, unknown>>
  readonly accessGroups: readonly string[]
  readonly useInPassThrough: boolean
  /** Text of every answer, in place of a provider. */
  readonly mockResponse: string | undefined
  /** In the database: can be changed and deleted at run time. */
  readonly stored: boolean
  readonly config: DeploymentConfig
  /** Of the entry in the file. */
  readonly path: Path
}

/** Parameters that have another name in the SDK. */
const renamed: Readonly<Record<string, keyof DeploymentParams>> = {
  api_key: 'apiKey',
  azure_ad_token: 'authToken',
  api_base: 'apiBase',
  base_url: 'apiBase',
  aws_bedrock_runtime_endpoint: 'apiBase',
  api_version: 'apiVersion',
  organization: 'organization',
  region_name: 'region',
  aws_region_name: 'region',
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
  aws_profile_name: 'profile',
  vertex_project: 'project',
  vertex_ai_project: 'project',
  vertex_location: 'location',
  vertex_ai_location: 'location',
  project_id: 'project',
  space_id: 'spaceId',
  rpm: 'rpm',
  tpm: 'tpm',
  max_parallel_requests: 'maxParallelRequests',
  weight: 'weight',
  order: 'order',
  tags: 'tags',
  max_budget: 'maxBudget',
  budget_duration: 'budgetDuration',
  drop_params: 'dropParams',
}

/** Keys that are read apart, or have no effect on calls. */
const special: ReadonlySet<string> = new Set([
  ...['model', 'custom_llm_provider', 'vertex_credentials', 'vertex_ai_credentials', 'timeout', 'request_timeout'],
  ...['stream_timeout', 'cooldown_time', 'extra_headers', 'headers', 'default_headers', 'extra_body', 'mock_response'],
  ...['litellm_credential_name', 'use_in_pass_through', 'base_model'],
])

/** Named credentials of `credential_list`. */
export type Credentials = ReadonlyMap<string, Readonly<Record<string, unknown>>>

/** Defaults of all deployments. */
export interface DeploymentDefaults {
  readonly maxParallelRequests?: number | undefined
  readonly dropParams?: boolean | undefined
  readonly attemptTimeout?: number | undefined
  readonly streamTimeout?: number | undefined
}

/** Turns an entry of `model_list` into deployments: one, or one of each organization. */
export function readDeployment(
  checker: Checker,
  path: Path,
  entry: unknown,
  credentials: Credentials,
  defaults: DeploymentDefaults = {},
  stored = false,
): ModelEntry[] {
  if (!isMap(entry)) {
    checker.problem(
      path,
      `'${showPath(path)}' must be a map with 'model_name' and 'litellm_params'; got ${show(entry)}.`,
    )
    return []
  }
  const before = checker.problems.length
  const outer = checker.section(path, entry, deploymentKeys, { nested: ['litellm_params', 'model_info'] })
  const givenName = outer.text('model_name')
  if (!givenName) checker.problem(path, `'${showPath(path)}.model_name' must be a text; got ${show(entry.model_name)}.`)
  const rawParams = isMap(entry.litellm_params) ? entry.litellm_params : undefined
  if (!rawParams) {
    checker.problem(path, `'${showPath(path)}.litellm_params' must be a map; got ${show(entry.litellm_params)}.`)
    return []
  }
  const paramsPath = [...path, 'litellm_params']
  let params = checker.section(paramsPath, rawParams, paramKeys, { open: true })
  const name = params.text('litellm_credential_name')
  if (name !== undefined) {
    const found = credentials.get(name)
    if (found) params = new Section(paramsPath, { ...found, ...params.values })
    else
      checker.problem(
        [...paramsPath, 'litellm_credential_name'],
        `There is no credential '${name}' in 'credential_list'.`,
      )
  }
  const rawInfo = isMap(entry.model_info) ? entry.model_info : {}
  const info = checker.section([...path, 'model_info'], rawInfo, modelInfoKeys)
  const model = modelOf(params)
  if (!model) {
    const unset = typeof rawParams.model === 'string' && rawParams.model.startsWith('os.environ/')
    const got = unset ? `${rawParams.model}, which is not set` : show(rawParams.model)
    checker.problem([...paramsPath, 'model'], `'${showPath(paramsPath)}.model' must be 'provider/model'; got ${got}.`)
  }
  checkAddresses(checker, params)
  if (checker.problems.length > before || !givenName || !model) return []
  const teamId = info.text('team_id')
  const team = teamId ? { id: teamId, name: info.text('team_public_model_name') ?? givenName } : undefined
  const modelName = team ? teamGroup(team.id, team.name) : givenName
  const environments = info.texts('supported_environments')
  if (environments && !environments.includes(checker.environment.LITELLM_ENVIRONMENT ?? '')) {
    checker.line(
      [...path, 'model_info', 'supported_environments'],
      'ignored',
      'The deployment is for other environments.',
    )
    return []
  }
  const organizations = params.list('organization') ?? [params.text('organization')]
  return organizations.map((organization, index) => {
    const id = info.text('id')
    const config: DeploymentConfig = {
      modelName,
      params: {
        ...capacity(info),
        ...capacity(outer),
        ...paramsOf(params, info, model, defaults),
        ...(organization !== undefined && { organization: String(organization) }),
      },
      ...(id !== undefined && { id: index === 0 ? id : `${id}-${index + 1}` }),
    }
    return {
      modelName,
      team,
      litellmParams: rawParams,
      modelInfo: team ? { ...rawInfo, team_public_model_name: team.name } : rawInfo,
      accessGroups: info.texts('access_groups') ?? [],
      useInPassThrough: params.flag('use_in_pass_through') === true,
      mockResponse: params.text('mock_response'),
      stored,
      config,
      path,
    }
  })
}

/** Limits that stand beside the parameters, which go before them. */
const capacity = (section: Section) => ({
  ...(section.has('rpm') && { rpm: section.number('rpm') }),
  ...(section.has('tpm') && { tpm: section.number('tpm') }),
})

/** Checks that the SDK can serve a deployment: its provider, its parameters and its durations. */
export function checkDeployment(checker: Checker, { config, path: entry, mockResponse, modelName }: ModelEntry): void {
  const path = [...entry, 'litellm_params', 'model']
  const { model } = config.params
  const prefix = model.split('/', 1)[0] ?? ''
  try {
    if (model.includes('/') && prefix !== '*' && !providerPrefixes.has(prefix)) {
      // names the nearest provider
      createClient({ providers: { [prefix]: {} } })
      if (mockResponse === undefined)
        checker.problem(
          path,
          `The provider '${prefix}' of a deployment of '${modelName}' is not known. For a server with OpenAI's API use openai/<model> with api_base.`,
        )
    }
    parseRouterOptions({ modelList: [config] })
  } catch (error) {
    if (!LLMError.is(error)) throw error
    checker.problem(entry, `A deployment of '${modelName}' is invalid. ${sdkMessage(error)}`)
  }
}

/** A message of the SDK, with the names of the file. */
export const sdkMessage = (error: Error) =>
  error.message.replace(/modelList\[\d+\]\.params/g, 'litellm_params').replace("'providers.", "'")

function checkAddresses(checker: Checker, params: Section): void {
  for (const key of ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint']) {
    const address = params.text(key)
    if (address === undefined || isAddress(address)) continue
    const path = [...params.path, key]
    const hint = address.includes('${')
      ? ' A variable is written os.environ/NAME, and is the whole value.'
      : isAddress(`http://${address}`) && !address.includes('://')
        ? ` Did you mean 'http://${address}'?`
        : ''
    checker.problem(path, `'${showPath(path)}' must be a URL with http:// or https://; got ${show(address)}.${hint}`)
  }
}

const isAddress = (text: string) => /^https?:\/\//i.test(text) && !text.includes('${') && URL.canParse(text)

function modelOf(params: Section): string | undefined {
  const model = params.text('model')
  const provider = params.text('custom_llm_provider')
  return model && provider && !model.startsWith(`${provider}/`) ? `${provider}/${model}` : model
}

function paramsOf(params: Section, info: Section, model: string, defaults: DeploymentDefaults): DeploymentParams {
  const result: Record<string, unknown> = { model }
  for (const [key, value] of Object.entries(params.values)) {
    const name = renamed[key]
    if (name) result[name] = value
    else if (!special.has(key) && !/_cost(_|$)|^input_cost|^output_cost/.test(key)) result[key] = value
  }
  if (Array.isArray(result.organization)) delete result.organization
  const credentials = params.values.vertex_credentials ?? params.values.vertex_ai_credentials
  if (credentials !== undefined)
    result.credentials = typeof credentials === 'string' ? credentials : JSON.stringify(credentials)
  const timeout = params.milliseconds('timeout') ?? params.milliseconds('request_timeout') ?? defaults.attemptTimeout
  if (timeout !== undefined) result.timeout = timeout
  const stream = params.milliseconds('stream_timeout') ?? defaults.streamTimeout
  if (stream !== undefined) Object.assign(result, { firstTokenTimeout: stream, idleTimeout: stream })
  const cooldown = params.milliseconds('cooldown_time')
  if (cooldown !== undefined) result.cooldownTime = cooldown
  const headers = { ...params.map('default_headers'), ...params.map('headers'), ...params.map('extra_headers') }
  if (Object.keys(headers).length > 0)
    result.headers = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]))
  if (params.has('extra_body')) result.extra_body = params.map('extra_body')
  const base = info.text('base_model') ?? params.text('base_model')
  if (base !== undefined) result.baseModel = base
  const prices = pricesOf(params, info)
  if (prices) result.prices = prices
  if (defaults.maxParallelRequests !== undefined) result.maxParallelRequests ??= defaults.maxParallelRequests
  if (defaults.dropParams !== undefined) result.dropParams ??= defaults.dropParams
  // no request leaves the process, so any key will do
  if (params.has('mock_response')) result.apiKey ??= 'mock'
  return result as unknown as DeploymentParams
}
