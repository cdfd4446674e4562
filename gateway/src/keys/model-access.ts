import { forbidden } from '../refusal.js'
import type { CustomerRow } from '../store/rows.js'
import type { Catalog, Principal } from '../types.js'
import type { Directory } from './directory.js'
import { isAdmin, isViewer } from './key-ring.js'

/** Means all models of the key's team. */
const teamModels = 'all-team-models'
const allModels: readonly string[] = ['all-proxy-models', '*', 'all']

/** The model behind a name: an alias of the key or of its team, or a model of the team's own. */
export function resolveAlias(catalog: Catalog, { key, team, teamId }: Principal, model: string): string {
  const name = own(key?.aliases, model) ?? own(team?.aliases, model) ?? model
  return (teamId !== null && catalog.teamModel(teamId, name)) || name
}

/** The name by which the caller may use a group; undefined if it may not, because the group is another team's own model. */
export function nameFor(catalog: Catalog, principal: Principal, group: string): string | undefined {
  const owner = catalog.teamOf(group)
  if (owner === undefined) return group
  const isMember = [principal, ...(principal.alternatives ?? [])].some(({ teamId }) => teamId === owner)
  if (isMember) return catalog.callName(group)
  return isViewer(principal) ? group : undefined
}

const own = (aliases: Readonly<Record<string, string>> | undefined, name: string) =>
  aliases && Object.hasOwn(aliases, name) ? aliases[name] : undefined

/**
 * The first subject with a list that lacks the model; undefined if the caller may use it.
 * @param requested an alias of the key or the team, which only admins set: a list may have either name
 */
export function deniedBy(
  catalog: Catalog,
  principal: Principal,
  model: string,
  requested = model,
): 'key' | 'team' | 'user' | 'org' | undefined {
  const { key, team, user, membership, organization } = principal
  const owner = catalog.teamOf(model)
  if (owner !== undefined && owner !== principal.teamId && !isAdmin(principal)) return 'team'
  const name = owner === undefined ? undefined : catalog.callName(model)
  const has = (models: readonly string[] | null | undefined) =>
    !models?.length ||
    contains(catalog, models, model) ||
    (requested !== model && models.includes(requested)) ||
    (name !== undefined && models.some((entry) => entry === name || (entry.includes('*') && matches(entry, name))))
  // a key that lists 'all-team-models' has the models of its team
  const keyModels = key?.models.filter((name) => name !== teamModels) ?? []
  const inherits = key?.models.includes(teamModels) ?? false
  if (
    !(inherits && keyModels.length === 0) &&
    !has(keyModels) &&
    !(inherits && (owner !== undefined || has(team?.models)))
  )
    return 'key'
  // a team may use its own models, whatever else it may use
  if ((owner === undefined && !has(team?.models)) || !has(membership?.allowed_models)) return 'team'
  if (!team && !has(user?.models)) return 'user'
  if (owner === undefined && !has(organization?.models)) return 'org'
  return undefined
}

/** Whether a list of names, access groups and wildcards has the model. */
export function contains(catalog: Catalog, models: readonly string[], model: string): boolean {
  const group = catalog.resolve(model)
  const groups = new Set(catalog.accessGroups(group))
  return models.some(
    (entry) =>
      entry === model ||
      entry === group ||
      allModels.includes(entry) ||
      groups.has(entry) ||
      (entry.includes('*') && (matches(entry, model) || matches(entry, group))),
  )
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** A caller in the first of its teams that may use a model. */
export function callerFor(principal: Principal, mayUse: (principal: Principal) => boolean): Principal {
  if (!principal.alternatives) return principal
  const { alternatives, ...first } = principal
  return [first, ...alternatives].find(mayUse) ?? first
}

/**
 * A caller with several teams in the one that a request names.
 * @throws a refusal with status 403 if it is none of them
 */
export function callerIn(principal: Principal, teamId: string | undefined): Principal {
  if (!teamId || !principal.alternatives) return principal
  const { alternatives, ...first } = principal
  const found = [first, ...alternatives].find((candidate) => candidate.teamId === teamId)
  if (!found) throw forbidden(`The team '${teamId}' of the header is none of the teams of the token.`)
  return found
}

/** @throws a refusal with status 403 */
export function checkModel(catalog: Catalog, principal: Principal, model: string, requested: string): void {
  const by = deniedBy(catalog, principal, model, requested)
  if (!by) return
  throw forbidden(
    `The model '${requested}' is not among the models of the ${by === 'org' ? 'organization' : by}. GET /v1/models lists the models that this key may use.`,
    `${by}_model_access_denied`,
    'model',
  )
}

/** @throws a refusal if the customer of the call has models and this one is not among them */
export function checkCustomer(catalog: Catalog, customer: CustomerRow | undefined, model: string): void {
  const models = customer?.extra.models
  if (!Array.isArray(models) || models.length === 0 || contains(catalog, models, catalog.callName(model))) return
  throw forbidden(
    `The model '${model}' is not among the models of the customer '${customer?.user_id}'.`,
    'customer_model_access_denied',
    'model',
  )
}

/** @throws a refusal if a tag of the call has models and this one is not among them */
export function checkTags(directory: Directory, catalog: Catalog, tags: readonly string[], model: string): void {
  for (const tag of tags) {
    const models = directory.get('tags', tag)?.models ?? []
    if (models.length > 0 && !models.includes(model) && !models.includes(catalog.resolve(model))) {
      throw forbidden(
        `The model '${model}' is not among the models of the tag '${tag}'.`,
        'tag_model_access_denied',
        'model',
      )
    }
  }
}

/** An alias of the gateway is listed for callers without a list of models, and for those whose lists name it. */
export function isNamed(catalog: Catalog, { key, team, user }: Principal, name: string): boolean {
  if (name.includes('*')) return false
  if (catalog.resolve(name) === name) return true
  const lists = [key?.models, team?.models, user?.models].filter((list) => list !== undefined && list.length > 0)
  return lists.every((list) => list?.some((entry) => entry === name || entry.startsWith('all-')))
}
