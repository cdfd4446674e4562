import type { Recording } from '../wire/recording.js'
import type { Place } from './hosts.js'

/** Azure has three addresses: deployments and `v1` of Azure OpenAI, and the catalogue, which has Claude at a path of its own. */
const catalogue = /\/(?:models|anthropic)\//

export const azurePrefix = ({ request }: Recording): string =>
  catalogue.test(request.url ?? '') ? 'azure_ai' : 'azure'

/** The deployment that a recorded address names: what the model of the call is on Azure. */
export const deploymentOf = ({ provider, request }: Recording): string | undefined =>
  provider === 'azure' ? /\/deployments\/([^/]+)\//.exec(request.url ?? '')?.[1] : undefined

/** Undefined where the recorded address is none of the three. */
export function azurePlace({ request }: Recording): Place | undefined {
  const { origin, pathname, searchParams } = new URL(request.url ?? '')
  // some recorders joined the base and the path with a slash too many
  const path = pathname.replace(/^\/+/, '/')
  if (!/^\/(?:openai\/(?:deployments|v1)|models|anthropic)\//.test(path)) return undefined
  const apiVersion = searchParams.get('api-version') ?? undefined
  const apiBase = path.startsWith('/openai/v1/') ? `${origin}/openai/v1` : origin
  return { options: { apiBase, ...(apiVersion !== undefined && { apiVersion }) }, url: `${origin}${path}` }
}
