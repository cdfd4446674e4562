import type { StoredAction } from '../../../providers/contract.js'
import { BadRequestError, got, LLMError } from '../../errors.js'
import { runStored } from '../../operations/stored-responses.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor } from '../deployments/model-groups.js'

/** A deployment that may have made a response. */
interface Candidate {
  readonly deployment: Deployment
  readonly model: string
}

/**
 * Sends a request about a stored response to the deployment that made it. One that the Router does not remember is looked for at the
 * deployments of the group, in their order: those of other accounts do not know it.
 * @throws {NotFoundError} if no deployment of the group knows the response
 */
export async function runStoredRouted(context: RouterContext, action: StoredAction, request: object): Promise<unknown> {
  const { model, ...rest } = request as { readonly model?: unknown; readonly response_id?: unknown }
  const candidates = candidatesFor(context, model, String(rest.response_id))
  let failure: unknown
  for (const { deployment, model: name } of candidates) {
    const sent = { ...optionsOf(context, deployment), ...rest, model: name, baseModel: deployment.baseModel }
    try {
      return await runStored(deployment.context, action, sent)
    } catch (error) {
      if (!isElsewhere(error)) throw error
      // an account that does not know the response says more than a host without stored responses
      if (failure === undefined || (LLMError.is(error) && error.code === 'not_found')) failure = error
    }
  }
  throw failure
}

/** Whether another deployment may know the response. */
const isElsewhere = (error: unknown): boolean =>
  LLMError.is(error) &&
  (error.code === 'not_found' ||
    (error.code === 'bad_request' && error.param === 'model' && error.status === undefined))

function candidatesFor({ groups, affinity }: RouterContext, model: unknown, id: string): readonly Candidate[] {
  if (typeof model === 'string' && model !== '') {
    const group = groups.resolve(model)
    const known = affinity.deploymentOf(id, group)
    const first = group.deployments.filter((one) => one.id === known)
    const others = group.deployments.filter((one) => one.id !== known)
    const all = [...first, ...others]
    if (all.length === 0) throw new BadRequestError(`The model group '${model}' has no deployment.`, { param: 'model' })
    return all.map((deployment) => ({ deployment, model: modelFor(deployment, group.matched) }))
  }
  for (const name of groups.names()) {
    const group: ModelGroup = groups.resolve(name)
    const known = affinity.deploymentOf(id, group)
    const deployment = group.deployments.find((one) => one.id === known)
    if (deployment) return [{ deployment, model: modelFor(deployment, group.matched) }]
  }
  throw new BadRequestError(
    `'model' must be the model group of the response, because the Router does not remember its deployment; ${got(model)}.`,
    { param: 'model' },
  )
}

/** Credentials and address of a deployment, without its parameters of calls. */
function optionsOf({ settings }: RouterContext, { defaults }: Deployment): Record<string, unknown> {
  const all = { ...settings.callDefaults, ...defaults } as Readonly<Record<string, unknown>>
  // parameters of calls are in snake_case, but for single words
  const names = [
    'apiKey',
    'apiBase',
    'organization',
    'project',
    'apiVersion',
    'region',
    'location',
    'headers',
    'timeout',
  ] as const
  return Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])))
}
