import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/collections.js'
import { isAdmin, isTeamAdmin, isViewer, reaches } from '../keys/key-ring.js'
import { allKeys, findKeys } from '../keys/key-search.js'
import { lifeMs } from '../limits/durations.js'
import { badRequest, forbidden, notFound } from '../refusal.js'
import type { KeyRow, TeamRow } from '../store/rows.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, AdminRoute, Principal } from '../types.js'
import { type AdminContext, actorOf, blockPending, carrySpend, touched } from './context.js'
import { emptyTeam } from './empty-rows.js'
import {
  amount,
  bodyOf,
  checkRates,
  count,
  counted,
  cut,
  defined,
  duration,
  type Fields,
  flag,
  limitNames,
  limits,
  list,
  newestFirst,
  object,
  others,
  pageOf,
  param,
  requiredParam,
  requiredText,
  requiredTexts,
  text,
  texts,
} from './fields.js'
import { checkMetadata } from './key-rights.js'
import { keyRows, membershipShape, teamShape } from './shapes.js'
import {
  addMembers,
  joinTeam,
  leaveTeam,
  memberOf,
  ownTeam,
  removeMember,
  setMembership,
  templateOf,
  updateMember,
} from './team-members.js'

const metadataFields = [
  'tags',
  'model_rpm_limit',
  'model_tpm_limit',
  'guardrails',
  'prompts',
  'disable_global_guardrails',
  'allowed_passthrough_routes',
]

const extraFields = [
  'team_member_permissions',
  'router_settings',
  'tpd_limit',
  'policies',
  'access_group_ids',
  'default_team_member_models',
  'object_permission',
  'team_member_budget',
  'team_member_budget_duration',
  'team_member_rpm_limit',
  'team_member_tpm_limit',
  'team_member_max_parallel_requests',
  'team_member_monthly_request_limit',
  'team_member_budget_limits',
  'team_member_model_max_budget',
  'team_member_budget_id',
  'team_member_key_duration',
  'temp_budget_increase',
  'temp_budget_expiry',
]

export function teamRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/team/new', handler: (request) => create(context, request) },
    { method: 'POST', path: '/team/update', handler: (request) => update(context, request) },
    { method: 'GET', path: '/team/info', handler: (request) => info(context, request) },
    { method: 'GET', path: '/team/list', handler: (request) => listTeams(context, request) },
    { method: 'GET', path: '/v2/team/list', handler: (request) => pageTeams(context, request) },
    { method: 'POST', path: '/team/delete', handler: (request) => remove(context, request) },
    { method: 'POST', path: '/team/block', handler: (request) => block(context, request, true) },
    { method: 'POST', path: '/team/unblock', handler: (request) => block(context, request, false) },
    { method: 'POST', path: '/team/member_add', handler: (request) => addMembers(context, request) },
    { method: 'POST', path: '/team/bulk_member_add', handler: (request) => addMembers(context, request) },
    { method: 'POST', path: '/team/member_update', handler: (request) => updateMember(context, request) },
    { method: 'POST', path: '/team/member_delete', handler: (request) => removeMember(context, request) },
    { method: 'POST', path: '/team/model/add', handler: (request) => addModels(context, request) },
    { method: 'POST', path: '/team/model/delete', handler: (request) => removeModels(context, request) },
    { method: 'GET', path: '/team/available', handler: () => [] },
  ]
}

/** Limits of new members. One that can't be read would be no limit at all. */
function checkTemplate(body: Fields): void {
  amount(body, 'team_member_budget')
  duration(body, 'team_member_budget_duration')
  text(body, 'team_member_budget_id')
  const life = text(body, 'team_member_key_duration')
  if (life && lifeMs(life) === undefined)
    throw badRequest(
      `'team_member_key_duration' must be a duration such as '1h' or '30d'; got '${life}'.`,
      'team_member_key_duration',
    )
  for (const name of ['rpm_limit', 'tpm_limit', 'max_parallel_requests', 'monthly_request_limit'])
    count(body, `team_member_${name}`)
  limits({
    budget_limits: body.team_member_budget_limits,
    model_max_budget: body.team_member_model_max_budget ?? undefined,
  })
}

function fieldsOf(body: Fields, before: TeamRow | undefined): Partial<TeamRow> {
  const aliases = object(body, 'model_aliases')
  checkRates(body, 'model_rpm_limit', 'model_tpm_limit')
  checkTemplate(body)
  texts(body, 'tags')
  const given = object(body, 'metadata')
  const moved = others(body, metadataFields)
  const metadata =
    given === undefined && Object.keys(moved).length === 0
      ? undefined
      : { ...(given === undefined ? before?.metadata : given), ...moved }
  return defined({
    ...limits(body),
    team_alias: text(body, 'team_alias'),
    organization_id: text(body, 'organization_id'),
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    aliases: aliases === undefined ? undefined : ((aliases ?? {}) as Record<string, string>),
    blocked: flag(body, 'blocked') ?? undefined,
    metadata,
    extra: { ...before?.extra, ...others(body, extraFields) },
  })
}

async function create(context: AdminContext, request: AdminRequest) {
  const body = { ...context.settings().defaultTeamParams, ...defined(bodyOf(request)) }
  const actor = actorOf(request.principal)
  const id = text(body, 'team_id') ?? randomUUID()
  const given = (list(body, 'members_with_roles') ?? []).map(memberOf)
  const row = await context.directory.change(actor, 'team created', (change) => {
    if (change.get('teams', id)) {
      throw badRequest(`A team with the id '${id}' exists. Choose another id, or use /team/update.`, 'team_id')
    }
    const team: TeamRow = { ...emptyTeam(context, actor, id), ...fieldsOf(body, undefined) }
    const creator = request.principal.userId
    const members =
      creator === null || given.some(({ user_id }) => user_id === creator)
        ? given
        : [...given, { user_id: creator, user_email: null, role: 'admin' as const }]
    const template = templateOf(team)
    for (const member of members) {
      joinTeam(context, change, request.principal, team, member)
      if (Object.keys(template).length > 0)
        setMembership(context, change, request.principal, id, member.user_id, template)
    }
    const full = { ...team, members_with_roles: members }
    change.put('teams', id, full)
    return full
  })
  return teamShape(context, row)
}

/** Finds a team that the caller may see. */
function visibleTeam({ directory }: AdminContext, principal: Principal, id: string): TeamRow {
  const team = directory.get('teams', id)
  if (!team) throw notFound(`The team '${id}' does not exist. Create it with /team/new.`, 'team_id')
  const isMember = team.members_with_roles.some(({ user_id }) => user_id === principal.userId)
  if (isViewer(principal) || (isMember && reaches(principal, id)) || principal.teamId === id) return team
  throw forbidden(`You are not a member of the team '${id}'.`, 'permission_error', 'team_id')
}

const adminOnly = [
  ...limitNames,
  'temp_budget_increase',
  'temp_budget_expiry',
  'team_member_budget_id',
  'model_rpm_limit',
  'model_tpm_limit',
  'models',
  'model_aliases',
  'blocked',
  'organization_id',
  'spend',
]

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const id = requiredText(body, 'team_id')
  if (!isAdmin(principal)) {
    const name = adminOnly.find((field) => body[field] !== undefined)
    if (name) throw forbidden(`Only admins of the gateway change '${name}' of a team.`, 'permission_error', name)
  }
  await context.ledger.flush()
  const row = await context.directory.change(actorOf(principal), 'team updated', (change) => {
    const before = ownTeam(context, change, principal, id)
    const after = { ...before, ...fieldsOf(body, before), ...touched(context, actorOf(principal)) }
    if (!isAdmin(principal)) checkMetadata(before.metadata, after.metadata)
    const spend = amount(body, 'spend') ?? undefined
    const changed = { ...after, spend_epoch: carrySpend(context, change, `team:${id}`, before, after, spend) }
    change.put('teams', id, changed)
    return changed
  })
  return { team_id: id, data: teamShape(context, row) }
}

const membersOf = (context: AdminContext, { team_id, members_with_roles }: TeamRow) =>
  members_with_roles.map(({ user_id }) => membershipShape(context, team_id, user_id))

/** Keys of a team. Those of others are for its admins. */
async function keysOf(context: AdminContext, principal: Principal, id: string) {
  const { directory, sql } = context
  const { userId, keyHash } = principal
  const manages = isViewer(principal) || isTeamAdmin(directory, principal, id)
  const own = userId === null ? { token: keyHash } : { user_id: userId }
  return await keyRows(context, await findKeys(directory, sql, { team_id: id, ...(!manages && own) }))
}

async function info(context: AdminContext, request: AdminRequest) {
  const id = requiredParam(request, 'team_id')
  const team = visibleTeam(context, request.principal, id)
  const manages = isViewer(request.principal) || isTeamAdmin(context.directory, request.principal, id)
  return {
    team_id: id,
    team_info: {
      ...teamShape(context, team),
      model_max_budget_usage: {},
      caller_edit_access: { kind: isAdmin(request.principal) ? 'unrestricted' : manages ? 'members' : 'none' },
    },
    keys: await keysOf(context, request.principal, id),
    team_memberships: membersOf(context, team),
  }
}

function mine(context: AdminContext, request: AdminRequest): TeamRow[] {
  const { principal } = request
  const userId = param(request, 'user_id') ?? (isViewer(principal) ? undefined : principal.userId)
  if (!isViewer(principal) && (userId === null || userId !== principal.userId)) {
    throw forbidden('Only admins list the teams of others.', 'permission_error', 'user_id')
  }
  const organization = param(request, 'organization_id')
  const alias = param(request, 'team_alias')?.toLowerCase()
  const id = param(request, 'team_id')
  return [...context.directory.all('teams')]
    .filter(
      ({ members_with_roles }) =>
        userId === undefined || members_with_roles.some((member) => member.user_id === userId),
    )
    .filter(({ team_id }) => reaches(principal, team_id))
    .filter(({ organization_id }) => organization === undefined || organization_id === organization)
    .filter(({ team_alias }) => alias === undefined || (team_alias ?? '').toLowerCase().includes(alias))
    .filter(({ team_id }) => id === undefined || team_id === id)
    .sort(newestFirst)
}

async function listTeams(context: AdminContext, request: AdminRequest) {
  const found: unknown[] = []
  for (const team of mine(context, request)) {
    found.push({
      ...teamShape(context, team),
      team_memberships: membersOf(context, team),
      keys: await keysOf(context, request.principal, team.team_id),
    })
  }
  return found
}

function pageTeams(context: AdminContext, request: AdminRequest) {
  const page = pageOf(request, 'page_size', 10)
  const found = mine(context, request)
  return {
    teams: cut(found, page).map((team) => ({
      ...teamShape(context, team),
      members_count: team.members_with_roles.length,
    })),
    ...counted(found.length, page),
  }
}

async function remove(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'team_ids')
  const { directory } = context
  let keys: KeyRow[] = []
  const before = async (tx: SqlRunner) => {
    keys = []
    for (const id of ids) keys.push(...(await allKeys(directory, tx, { team_id: id })))
  }
  const edit = (change: Change) => {
    for (const id of ids) {
      const team = change.get('teams', id)
      if (!team) throw notFound(`The team '${id}' does not exist.`, 'team_ids')
      for (const key of keys) if (key.team_id === id) change.remove('keys', key.token)
      for (const { user_id } of team.members_with_roles) leaveTeam(context, change, request.principal, team, user_id)
      change.remove('teams', id)
    }
    return { deleted_teams: ids }
  }
  return await directory.change(actorOf(request.principal), 'team deleted', edit, before)
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const id = requiredText(bodyOf(request), 'team_id')
  const actor = actorOf(request.principal)
  const edit = (change: Change) => {
    const team = change.get('teams', id)
    if (!team) throw notFound(`The team '${id}' does not exist.`, 'team_id')
    const after = { ...team, blocked, ...touched(context, actor) }
    change.put('teams', id, after)
    return after
  }
  if (!blocked) return teamShape(context, await context.directory.change(actor, 'team unblocked', edit))
  const row = await context.directory.block(actor, 'team blocked', [['teams', id]], edit)
  return row ? teamShape(context, row) : blockPending()
}

async function changeModels(
  context: AdminContext,
  request: AdminRequest,
  edit: (models: readonly string[], named: readonly string[]) => readonly string[],
) {
  const body = bodyOf(request)
  const id = requiredText(body, 'team_id')
  const named = requiredTexts(body, 'models')
  const actor = actorOf(request.principal)
  const row = await context.directory.change(actor, 'team models changed', (change) => {
    const team = change.get('teams', id)
    if (!team) throw notFound(`The team '${id}' does not exist.`, 'team_id')
    const after = { ...team, models: edit(team.models, named), ...touched(context, actor) }
    change.put('teams', id, after)
    return after
  })
  return teamShape(context, row)
}

// a team without a list may use all models, and an addition must not take them away
const addModels = (context: AdminContext, request: AdminRequest) =>
  changeModels(context, request, (models, named) => [
    ...new Set([...(models.length === 0 ? ['all-proxy-models'] : models), ...named]),
  ])

/** The last name can't be removed: an empty list would open all models. */
const removeModels = (context: AdminContext, request: AdminRequest) =>
  changeModels(context, request, (models, named) => {
    const left = models.filter((name) => !named.includes(name))
    return left.length === 0 && models.length > 0 ? ['no-default-models'] : left
  })
