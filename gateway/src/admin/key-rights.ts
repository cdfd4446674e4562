import type { Directory } from '../keys/directory.js'
import { isAdmin, isOwner, isTeamAdmin, isViewer, reaches } from '../keys/key-ring.js'
import { lifeMs } from '../limits/durations.js'
import { badRequest, forbidden, notFound } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import type { Principal } from '../types.js'
import type { AdminContext } from './context.js'
import { type Fields, keyId, limitingMetadata, limitNames, object, text, texts } from './fields.js'

const boundedLimits = ['max_budget', 'rpm_limit', 'tpm_limit', 'max_parallel_requests', 'soft_budget'] as const
/** Limits that are less if they are lower. */
const orderedLimits = [...boundedLimits, 'itpm_limit', 'otpm_limit', 'monthly_request_limit'] as const

/** Owner of a new key: its creator, unless an admin names another user. */
export function ownerOf(principal: Principal, body: Fields, service: boolean): string | null {
  if (service) return null
  const named = text(body, 'user_id')
  return isAdmin(principal) ? (named ?? null) : (named ?? principal.userId)
}

export function checkCreation(context: AdminContext, principal: Principal, row: KeyRow, body: Fields): void {
  const { directory } = context
  if (isAdmin(principal)) return
  checkPriority({}, row.metadata)
  const { team_id, user_id } = row
  const rules = context.settings().keyGeneration?.[team_id === null ? 'personal' : 'team']
  const missing = rules?.required.find((name) => body[name] === undefined || body[name] === null)
  if (missing !== undefined) throw badRequest(`'${missing}' must be in the body.`, missing)
  if (team_id === null && rules?.roles && !rules.roles.includes(principal.role)) {
    const message = `Personal keys are made by the roles ${rules.roles.join(', ')}; your role is ${principal.role}.`
    throw forbidden(message, 'permission_error')
  }
  if (!reaches(principal, team_id)) {
    const message = `The key of a team makes keys of that team: 'team_id' must be '${principal.teamId}'.`
    throw forbidden(message, 'permission_error', 'team_id')
  }
  if (team_id !== null) {
    const team = directory.get('teams', team_id)
    const member = team?.members_with_roles.find((entry) => entry.user_id === principal.userId)
    const granted = team?.extra.team_member_permissions
    const mayCreate =
      (Array.isArray(granted) && granted.includes('/key/generate')) || rules?.roles?.includes('user') === true
    if (
      !member ||
      (rules?.roles && !rules.roles.includes(member.role)) ||
      (member.role !== 'admin' && !(mayCreate && user_id === principal.userId))
    ) {
      throw forbidden(`Keys of the team ${team_id} are made by its admins.`, 'permission_error', 'team_id')
    }
    if (member.role === 'admin') {
      const foreign = row.organization_id !== null && row.organization_id !== team?.organization_id
      if (foreign || row.budget_id !== null || Object.keys(row.aliases).length > 0)
        throw forbidden("Only admins set 'organization_id', 'budget_id' and 'aliases'.", 'permission_error')
      return checkOwner(directory, principal, row)
    }
  }
  if (user_id !== principal.userId)
    throw forbidden('Only admins make keys for other users.', 'permission_error', 'user_id')
  if (row.organization_id !== null || row.budget_id !== null || Object.keys(row.aliases).length > 0) {
    throw forbidden("Only admins set 'organization_id', 'budget_id' and 'aliases'.", 'permission_error')
  }
}

/**
 * A key has the rights of its user, so an admin of a team may make a key of another user, or replace it, for members of the team alone,
 * and never for those with rights beyond it.
 */
export function checkOwner(directory: Directory, principal: Principal, { user_id, team_id }: KeyRow): void {
  if (isAdmin(principal) || user_id === null || user_id === principal.userId) return
  const role = directory.get('users', user_id)?.user_role
  if (role === 'proxy_admin' || role === 'proxy_admin_viewer')
    throw forbidden(`Only admins make keys for the user '${user_id}'.`, 'permission_error', 'user_id')
  const team = team_id === null ? undefined : directory.get('teams', team_id)
  if (!team?.members_with_roles.some((member) => member.user_id === user_id))
    throw forbidden(`The user '${user_id}' must be a member of the team '${team_id}'.`, 'permission_error', 'user_id')
}

/** Finds a key that the caller may see, after it was loaded. */
export function visibleKey({ directory }: AdminContext, principal: Principal, value: string): KeyRow {
  const row = directory.get('keys', keyId(value))
  if (!row) throw notFound('The key does not exist.', 'key')
  if (isViewer(principal) || row.token === principal.keyHash) return row
  if (isOwner(principal, row)) return row
  if (isTeamAdmin(directory, principal, row.team_id)) return row
  throw forbidden(`The key must be your own or your team's; your role is ${principal.role}.`, 'permission_error', 'key')
}

/** Finds a key that the caller may change. */
export function ownKey(context: AdminContext, principal: Principal, value: string): KeyRow {
  const row = visibleKey(context, principal, value)
  if (isAdmin(principal) || isTeamAdmin(context.directory, principal, row.team_id)) return row
  if (principal.role === 'internal_user' && isOwner(principal, row)) return row
  throw forbidden(`The role ${principal.role} may not change this key.`, 'permission_error', 'key')
}

const adminFields = ['aliases', 'team_id', 'organization_id', 'budget_id', 'permissions'] as const
const ownerFields = [
  ...(['user_id', 'allowed_routes', 'key_type', 'blocked'] as const),
  ...limitNames.filter((name) => !orderedLimits.some((ordered) => ordered === name)),
] as const
/** Fields of `extra` that change limits. */
const increases = ['temp_budget_increase', 'temp_budget_expiry', 'budget_fallbacks'] as const

type Metadata = Readonly<Record<string, unknown>>

/** Limits within the metadata, guardrails, and tags that have limits of their own, are set by admins: others may only add to the lists. */
export function checkMetadata(before: Metadata, after: Metadata): void {
  checkPriority(before, after)
  for (const name of limitingMetadata) {
    const keeps = name === 'tags' || name === 'guardrails' ? keepsAll : isSame
    if (keeps(before[name], after[name])) continue
    throw forbidden(`Only admins change '${name}'.`, 'permission_error', name)
  }
}

/** A lower number would let calls go before those of others. */
function checkPriority(before: Metadata, after: Metadata): void {
  const order = ({ priority }: Metadata) => (typeof priority === 'number' ? priority : 0)
  if (order(after) < order(before))
    throw forbidden("Only admins lower 'metadata.priority'.", 'permission_error', 'metadata')
}

/** Whether a list has at least the entries of before. */
const keepsAll = (before: unknown, after: unknown) =>
  !Array.isArray(before) ||
  before.every((entry) => Array.isArray(after) && after.some((other: unknown) => isSame(entry, other)))

const isSame = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null)

/** Users may lower the limits of their keys, and never raise them. Admins of a team set the limits of its keys. */
export function checkSelfService(
  { directory }: AdminContext,
  principal: Principal,
  before: KeyRow,
  after: KeyRow,
): void {
  if (isAdmin(principal)) return
  const ofTeam = isTeamAdmin(directory, principal, before.team_id)
  for (const name of ofTeam ? adminFields : [...adminFields, ...ownerFields]) {
    if (!isSame(before[name], after[name]))
      throw forbidden(`Only admins change '${name}' of a key.`, 'permission_error', name)
  }
  if (ofTeam) {
    if (before.user_id !== after.user_id) checkOwner(directory, principal, after)
    return checkPriority(before.metadata, after.metadata)
  }
  for (const name of increases) {
    if (!isSame(before.extra[name], after.extra[name]))
      throw forbidden(`Only admins change '${name}' of a key.`, 'permission_error', name)
  }
  checkMetadata(before.metadata, after.metadata)
  const none = Number.POSITIVE_INFINITY
  for (const name of orderedLimits) {
    if ((after[name] ?? none) > (before[name] ?? none)) {
      throw forbidden(`Only admins raise '${name}' of a key.`, 'permission_error', name)
    }
  }
  const lasts = (row: KeyRow) => (row.expires === null ? none : Date.parse(row.expires))
  if (lasts(after) > lasts(before)) {
    throw forbidden('Only admins extend the life of a key.', 'permission_error', 'duration')
  }
  const added = after.models.length === 0 || after.models.some((name) => !before.models.includes(name))
  if (before.models.length > 0 && added) {
    throw forbidden('Only admins add models to a key.', 'permission_error', 'models')
  }
}

/** Routes that narrow a key. Others, such as those of pass-through requests, would give it rights. */
const narrowing =
  /^((llm_api|info|management|openai|anthropic|google)_routes|(\/v1)?\/(chat\/completions|completions|embeddings|responses|messages|moderations|rerank|models|audio\/(speech|transcriptions)|images\/(generations|edits)))$/

/** Only admins open pass-through routes that reach the data of an account. */
export function checkRoutes(principal: Principal, body: Fields, before: KeyRow | undefined): void {
  if (isAdmin(principal)) return
  const routes = texts(body, 'allowed_routes') ?? []
  const wide = routes.find((route) => !narrowing.test(route))
  if (wide !== undefined && !isSame(routes, before?.allowed_routes))
    throw forbidden(`Only admins give a key the route '${wide.slice(0, 80)}'.`, 'permission_error', 'allowed_routes')
  const given = [object(body, 'metadata'), body].flatMap((fields) => fields?.allowed_passthrough_routes ?? [])
  if (given.length > 0 && !isSame(given, before?.metadata.allowed_passthrough_routes ?? []))
    throw forbidden("Only admins set 'allowed_passthrough_routes'.", 'permission_error', 'allowed_passthrough_routes')
}

/** Applies the upper bounds of the configuration. */
export function checkBounds({ settings, now }: AdminContext, row: KeyRow): void {
  const bounds = settings().upperboundKeyParams ?? {}
  for (const name of boundedLimits) {
    const bound = bounds[name]
    const value = row[name]
    if (typeof bound === 'number' && (value ?? Number.POSITIVE_INFINITY) > bound) {
      throw badRequest(`'${name}' must be at most ${bound}; got ${value ?? 'none'}.`, name)
    }
  }
  const life = typeof bounds.duration === 'string' ? lifeMs(bounds.duration) : undefined
  const lasts = row.expires === null ? Number.POSITIVE_INFINITY : Date.parse(row.expires) - now()
  if (life !== undefined && lasts > life + 1_000)
    throw badRequest(`'duration' must be at most '${bounds.duration}'.`, 'duration')
}
