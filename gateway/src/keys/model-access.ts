import { forbidden } from '../refusal.js'
import type { Catalog, Principal } from '../types.js'
import type { Directory } from './directory.js'

/** Means all models of the key's team. */
const teamModels = 'all-team-models'
const allModels: readonly string[] = ['all-proxy-models', '*', 'all']

/** Resolves an alias of the key or of its team. */
export function resolveAlias({ key, team }: Principal, model: string): string {
  return own(key?.aliases, model) ?? own(team?.aliases, model) ?? model
}

const own = (aliases: Readonly<Record<string, string>> | undefined, name: string) =>
  aliases && Object.hasOwn(aliases, name) ? aliases[name] : undefined

/**
 * The first subject with a list that lacks the model; undefined if the caller may use it.
 * @param requested an alias of the key or the team, which only admins set: a list may have either name
 */
export function deniedBy(
  catalog: Catalog,
  { key, team, user, membership }: Principal,
  model: string,
  requested = model,
): 'key' | 'team' | 'user' | undefined {
  const has = (models: readonly string[] | null | undefined) =>
    !models?.length || contains(catalog, models, model) || (requested !== model && models.includes(requested))
  // a key that lists 'all-team-models' has the models of its team
  const keyModels = key?.models.filter((name) => name !== teamModels) ?? []
  const inherits = key?.models.includes(teamModels) ?? false
  if (!(inherits && keyModels.length === 0) && !has(keyModels) && !(inherits && has(team?.models))) return 'key'
  if (!has(team?.models) || !has(membership?.allowed_models)) return 'team'
  if (!team && !has(user?.models)) return 'user'
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
    `The model '${requested}' is not among the models of the ${by}. GET /v1/models lists the models that this key may use.`,
    `${by}_model_access_denied`,
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
