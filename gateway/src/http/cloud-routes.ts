import { type Client, createClient } from 'llmux'
import type { ModelEntry } from '../config/deployment.js'
import { badRequest, refuse } from '../refusal.js'

type Environment = Readonly<Record<string, string | undefined>>

/** A request to a cloud: its model, its path there, and the options of the deployment that authorise it. */
export interface CloudRequest {
  readonly provider: string
  /** Name at the provider; undefined for requests without a model. */
  readonly model: string | undefined
  /** Path with query under the base of the provider. */
  readonly path: string
  readonly options: Readonly<Record<string, string>>
  /** Name of the model for its price. */
  readonly priced: string | undefined
}

/** Prefixes of paths, and the provider of the SDK behind each. */
const providers: Readonly<Record<string, string>> = {
  vertex_ai: 'vertex_ai',
  'vertex-ai': 'vertex_ai',
  bedrock: 'bedrock',
  azure: 'azure',
  azure_ai: 'azure_ai',
}

/** Options of a deployment that decide on the address or the credential. */
const places = [
  ...['apiKey', 'authToken', 'apiBase', 'region', 'project', 'location', 'credentials'],
  ...['accessKeyId', 'secretAccessKey', 'sessionToken', 'profile'],
] as const

/** The provider of a path, if it is that of a cloud. */
export const cloudOf = (prefix: string): string | undefined =>
  Object.hasOwn(providers, prefix) ? providers[prefix] : undefined

/**
 * Reads a request to a cloud. The configuration decides on account, project and region, not the client.
 * @param url path and query after the prefix
 * @throws a refusal for paths that are not served
 */
export function cloudRequest(
  provider: string,
  url: string,
  entries: readonly ModelEntry[],
  environment: Environment,
): CloudRequest {
  const own = entries.filter(
    ({ useInPassThrough, team, config }) => useInPassThrough && !team && config.params.model.startsWith(`${provider}/`),
  )
  if (provider === 'vertex_ai') return vertexRequest(url, own, environment)
  const [entry] = own
  const options = optionsOf(entry)
  if (provider === 'bedrock') {
    const [, id] = /^\/model\/([^/?]+)\/[\w-]+$/.exec(url.split('?', 1)[0] ?? '') ?? []
    if (id === undefined)
      throw refuse(
        'The pass-through of Bedrock serves /bedrock/model/{id}/converse, converse-stream, invoke, invoke-with-response-stream and count-tokens.',
        { status: 501, type: 'not_implemented_error' },
      )
    const model = decode(id)
    return { provider, model, path: url, options, priced: model }
  }
  const model = decode(/\/deployments\/([^/?]+)/.exec(url)?.[1] ?? '') || undefined
  const known = entries.find(({ config }) => config.params.model === `${provider}/${model}`)
  const base = known?.config.params.baseModel
  const priced = base?.startsWith(`${provider}/`) ? base.slice(provider.length + 1) : (base ?? model)
  return { provider, model, path: withVersion(url, entry), options, priced }
}

/** Azure's clients send the version of the API; others get that of the deployment. */
function withVersion(url: string, entry: ModelEntry | undefined): string {
  const version = entry?.config.params.apiVersion
  if (version === undefined || /[?&]api-version=/.test(url)) return url
  return `${url}${url.includes('?') ? '&' : '?'}api-version=${encodeURIComponent(version)}`
}

const variables = {
  project: ['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT', 'DEFAULT_VERTEXAI_PROJECT'],
  location: ['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION', 'DEFAULT_VERTEXAI_LOCATION'],
} as const

/** `/v1/projects/{project}/locations/{location}/…`, or the same without project and location. */
function vertexRequest(url: string, own: readonly ModelEntry[], environment: Environment): CloudRequest {
  const [, version = '/v1', project, location, rest = ''] =
    /^(\/v1(?:beta1)?)?(?:\/projects\/([^/?]+)(?:\/locations\/([^/?]+))?)?(\/.*)$/.exec(url) ?? []
  if (rest === '') throw badRequest('The path must be /vertex_ai/v1/projects/{project}/locations/{location}/….')
  const isNamed = ({ config: { params } }: ModelEntry) => params.project === project && params.location === location
  const options = { ...optionsOf(own.find(isNamed) ?? own[0]) }
  for (const name of ['project', 'location'] as const) {
    options[name] ||= variables[name].map((variable) => environment[variable]).find(Boolean) ?? ''
  }
  if (!options.project)
    throw refuse('No project for /vertex_ai/: set VERTEXAI_PROJECT, or use_in_pass_through on a deployment.', {
      status: 501,
      type: 'not_implemented_error',
    })
  options.location ||= 'global'
  const model = decode(/\/models\/([^/:?]+)/.exec(rest)?.[1] ?? '') || undefined
  const parent = `/projects/${encodeURIComponent(options.project)}/locations/${encodeURIComponent(options.location)}`
  return { provider: 'vertex_ai', model, path: `${version}${parent}${rest}`, options, priced: model }
}

function optionsOf(entry: ModelEntry | undefined): Record<string, string> {
  const params: Readonly<Record<string, unknown>> = { ...entry?.config.params }
  const found: Record<string, string> = {}
  for (const name of places) {
    const value = params[name]
    if (typeof value === 'string') found[name] = value
  }
  return found
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest('The model in the path must be encoded as in a URL.')
  }
}

/** Clients by the credentials that they hold, so that a base gets those of its deployment only. */
const clients = new Map<string, Client>()
const mostClients = 100

/** Address and credentials of a request to a cloud, by the SDK. */
export async function authorizeCloud(
  { provider, model, path, options }: CloudRequest,
  method: string,
  body: string,
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const name = JSON.stringify([provider, options])
  let client = clients.get(name)
  if (!client) {
    client = createClient({ providers: { [provider]: options } })
    if (clients.size >= mostClients) clients.clear()
    clients.set(name, client)
  }
  return client.authorizeRequest({ model: `${provider}/${model ?? 'none'}`, path, method, body })
}
