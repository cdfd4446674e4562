import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/directory.js'
import { isAdmin, isTeamAdmin, isViewer, masterUser } from '../keys/key-ring.js'
import { badRequest, forbidden, notFound, refuse } from '../refusal.js'
import type { AdminRequest, AdminRoute, MembershipRow, Principal, TeamMember, TeamRow } from '../types.js'
import { type AdminContext, actorOf, carrySpend, created, touched } from './context.js'
import {
  amount,
  bodyOf,
  count,
  cut,
  defined,
  duration,
  type Fields,
  flag,
  isFields,
  limits,
  list,
  noLimits,
  object,
  others,
  pageOf,
  pages,
  param,
  requiredParam,
  requiredText,
  requiredTexts,
  text,
  texts,
  word,
} from './fields.js'
import { keyRow, membershipShape, teamShape, userShape } from './shapes.js'
import { emptyUser } from './users.js'

const metadataFields = [
  'tags',
  'model_rpm_limit',
  'model_tpm_limit',
  'guardrails',
  'prompts',
  'disable_global_guardrails',
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
  'team_member_key_duration',
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

function fieldsOf(body: Fields, before: TeamRow | undefined): Partial<TeamRow> {
  const aliases = object(body, 'model_aliases')
  for (const name of ['model_rpm_limit', 'model_tpm_limit']) object(body, name)
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
  const body = bodyOf(request)
  const actor = actorOf(request.principal)
  const id = text(body, 'team_id') ?? randomUUID()
  const given = (list(body, 'members_with_roles') ?? []).map(memberOf)
  const row = await context.directory.change(actor, 'team created', (change) => {
    if (change.get('teams', id)) {
      throw badRequest(`A team with the id '${id}' exists. Choose another id, or use /team/update.`, 'team_id')
    }
    const team: TeamRow = {
      team_id: id,
      team_alias: null,
      organization_id: null,
      members_with_roles: [],
      models: [],
      aliases: {},
      metadata: {},
      blocked: false,
      extra: {},
      ...noLimits,
      ...created(context, actor),
      ...fieldsOf(body, undefined),
    }
    const creator = request.principal.userId
    const members =
      creator === null || given.some(({ user_id }) => user_id === creator)
        ? given
        : [...given, { user_id: creator, user_email: null, role: 'admin' as const }]
    for (const member of members) joinTeam(context, change, request.principal, team, member)
    const full = { ...team, members_with_roles: members }
    change.put('teams', id, full)
    return full
  })
  return teamShape(context, row)
}

function memberOf(value: unknown): TeamMember {
  if (!isFields(value))
    throw badRequest("'member' must be an object with a 'role' and a 'user_id' or 'user_email'.", 'member')
  const role = word(value, 'role', ['admin', 'user'] as const)
  if (!role)
    throw refuse("'role' is required: 'admin' or 'user'.", {
      status: 422,
      type: 'invalid_request_error',
      param: 'role',
    })
  const email = text(value, 'user_email') ?? null
  const id = text(value, 'user_id')
  if (!id && !email) throw badRequest("A member must have a 'user_id' or a 'user_email'.", 'member')
  return { user_id: id ?? '', user_email: email, role }
}

/** Makes sure that the user of a member exists and lists the team. */
function joinTeam(
  context: AdminContext,
  change: Change,
  principal: Principal,
  team: TeamRow,
  member: TeamMember,
): void {
  if (member.user_id === masterUser) return
  const known = change.get('users', member.user_id)
  const row = known ?? {
    ...emptyUser(context, actorOf(principal), member.user_id),
    user_email: member.user_email,
    user_role: 'internal_user',
  }
  if (row.teams.includes(team.team_id)) return
  change.put('users', member.user_id, {
    ...row,
    teams: [...row.teams, team.team_id],
    ...touched(context, actorOf(principal)),
  })
}

/** Finds a team that the caller may see. */
function visibleTeam({ directory }: AdminContext, principal: Principal, id: string): TeamRow {
  const team = directory.get('teams', id)
  if (!team) throw notFound(`The team '${id}' does not exist. Create it with /team/new.`, 'team_id')
  const isMember = team.members_with_roles.some(({ user_id }) => user_id === principal.userId)
  if (isViewer(principal) || isMember || principal.teamId === id) return team
  throw forbidden(`You are not a member of the team '${id}'.`, 'permission_error', 'team_id')
}

/** Finds a team that the caller may change. */
function ownTeam(context: AdminContext, change: Change, principal: Principal, id: string): TeamRow {
  const team = change.get('teams', id)
  if (!team) throw notFound(`The team '${id}' does not exist. Create it with /team/new.`, 'team_id')
  if (isAdmin(principal) || isTeamAdmin(context.directory, principal, id)) return team
  throw forbidden(`Only admins of the team '${id}' may change it.`, 'permission_error', 'team_id')
}

const adminOnly = [
  'max_budget',
  'soft_budget',
  'budget_duration',
  'budget_limits',
  'model_max_budget',
  'tpm_limit',
  'rpm_limit',
  'max_parallel_requests',
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
    const spend = amount(body, 'spend') ?? undefined
    const changed = { ...after, spend_epoch: carrySpend(context, change, `team:${id}`, before, after, spend) }
    change.put('teams', id, changed)
    return changed
  })
  return { team_id: id, data: teamShape(context, row) }
}

const membersOf = (context: AdminContext, { team_id, members_with_roles }: TeamRow) =>
  members_with_roles.map(({ user_id }) => membershipShape(context, team_id, user_id))

const keysOf = (context: AdminContext, id: string) =>
  [...context.directory.all('keys')]
    .filter(({ team_id, extra }) => team_id === id && !extra.replaced_by)
    .map((row) => keyRow(context, row))

function info(context: AdminContext, request: AdminRequest) {
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
    // the other keys of a team are for its admins
    keys: manages
      ? keysOf(context, id)
      : keysOf(context, id).filter(({ user_id }) => user_id === request.principal.userId),
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
    .filter(({ organization_id }) => organization === undefined || organization_id === organization)
    .filter(({ team_alias }) => alias === undefined || (team_alias ?? '').toLowerCase().includes(alias))
    .filter(({ team_id }) => id === undefined || team_id === id)
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
}

const listTeams = (context: AdminContext, request: AdminRequest) =>
  mine(context, request).map((team) => ({
    ...teamShape(context, team),
    team_memberships: membersOf(context, team),
    keys: keysOf(context, team.team_id),
  }))

function pageTeams(context: AdminContext, request: AdminRequest) {
  const page = pageOf(request, 'page_size', 10)
  const found = mine(context, request)
  return {
    teams: cut(found, page).map((team) => ({
      ...teamShape(context, team),
      members_count: team.members_with_roles.length,
    })),
    total: found.length,
    page: page.page,
    page_size: page.size,
    total_pages: pages(found.length, page),
  }
}

async function remove(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'team_ids')
  const { directory } = context
  return await directory.change(actorOf(request.principal), 'team deleted', (change) => {
    for (const id of ids) {
      const team = change.get('teams', id)
      if (!team) throw notFound(`The team '${id}' does not exist.`, 'team_ids')
      for (const key of directory.all('keys')) if (key.team_id === id) change.remove('keys', key.token)
      for (const { user_id } of team.members_with_roles) leaveTeam(context, change, request.principal, team, user_id)
      change.remove('teams', id)
    }
    return { deleted_teams: ids }
  })
}

function leaveTeam(
  context: AdminContext,
  change: Change,
  principal: Principal,
  { team_id }: TeamRow,
  userId: string,
): void {
  const user = change.get('users', userId)
  if (user) {
    const teams = user.teams.filter((id) => id !== team_id)
    change.put('users', userId, { ...user, teams, ...touched(context, actorOf(principal)) })
  }
  if (change.get('memberships', `${team_id}/${userId}`)) change.remove('memberships', `${team_id}/${userId}`)
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const id = requiredText(bodyOf(request), 'team_id')
  const actor = actorOf(request.principal)
  const row = await context.directory.change(actor, blocked ? 'team blocked' : 'team unblocked', (change) => {
    const team = change.get('teams', id)
    if (!team) throw notFound(`The team '${id}' does not exist.`, 'team_id')
    const after = { ...team, blocked, ...touched(context, actor) }
    change.put('teams', id, after)
    return after
  })
  return teamShape(context, row)
}

/** Finds the user of an e-mail address. */
function userByEmail({ directory }: AdminContext, email: string | null): string | undefined {
  if (email === null) return undefined
  const wanted = email.toLowerCase()
  for (const user of directory.all('users')) if (user.user_email?.toLowerCase() === wanted) return user.user_id
  return undefined
}

async function addMembers(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const id = requiredText(body, 'team_id')
  const given = body.member ?? body.members
  if (given === undefined || given === null)
    throw badRequest("'member' must be a member, or a list of members.", 'member')
  const members = (Array.isArray(given) ? given : [given]).map(memberOf).map((member) => {
    const known = member.user_id || userByEmail(context, member.user_email)
    return { ...member, user_id: known || randomUUID() }
  })
  const own = memberFields(body)
  const team = await context.directory.change(actorOf(principal), 'team member added', (change) => {
    const before = ownTeam(context, change, principal, id)
    for (const { user_id } of members) {
      if (before.members_with_roles.some((member) => member.user_id === user_id)) {
        throw badRequest(`The user '${user_id}' is a member of the team.`, 'member', 'team_member_already_in_team')
      }
    }
    const after = {
      ...before,
      members_with_roles: [...before.members_with_roles, ...members],
      ...touched(context, actorOf(principal)),
    }
    change.put('teams', id, after)
    for (const member of members) {
      joinTeam(context, change, principal, after, member)
      const fields = { ...templateOf(before), ...own }
      if (Object.keys(fields).length > 0) setMembership(context, change, principal, id, member.user_id, fields)
    }
    return after
  })
  return {
    ...teamShape(context, team),
    updated_users: members.flatMap(({ user_id }) => {
      const user = context.directory.get('users', user_id)
      return user ? [userShape(context, user)] : []
    }),
    updated_team_memberships: members.map(({ user_id }) => membershipShape(context, id, user_id)),
  }
}

/** Limits that the team gives to each new member. */
export function templateOf({ extra }: TeamRow): Partial<MembershipRow> {
  const number = (name: string) => (typeof extra[name] === 'number' ? (extra[name] as number) : undefined)
  const word = extra.team_member_budget_duration
  return defined({
    max_budget: number('team_member_budget'),
    rpm_limit: number('team_member_rpm_limit'),
    tpm_limit: number('team_member_tpm_limit'),
    budget_duration: typeof word === 'string' ? word : undefined,
  })
}

const memberFields = (body: Fields): Partial<MembershipRow> =>
  defined({
    max_budget: amount(body, 'max_budget_in_team'),
    rpm_limit: count(body, 'rpm_limit'),
    tpm_limit: count(body, 'tpm_limit'),
    budget_duration: duration(body, 'budget_duration'),
    allowed_models: texts(body, 'allowed_models'),
    model_max_budget: object(body, 'model_max_budget') ?? undefined,
    ...others(body, ['temp_budget_increase', 'temp_budget_expiry']),
  })

function setMembership(
  context: AdminContext,
  change: Change,
  principal: Principal,
  teamId: string,
  userId: string,
  fields: Partial<MembershipRow>,
): MembershipRow {
  const id = `${teamId}/${userId}`
  const before = change.get('memberships', id)
  const base: MembershipRow = before ?? {
    id,
    team_id: teamId,
    user_id: userId,
    budget_id: null,
    allowed_models: null,
    ...noLimits,
    ...created(context, actorOf(principal)),
  }
  const after = { ...base, ...fields, ...touched(context, actorOf(principal)) }
  const row = { ...after, spend_epoch: carrySpend(context, change, `member:${id}`, before, after, undefined) }
  change.put('memberships', id, row)
  return row
}

/** The member that a body names, by id or by e-mail address. */
function namedMember(context: AdminContext, team: TeamRow, body: Fields): TeamMember {
  const email = text(body, 'user_email') ?? null
  const id = text(body, 'user_id') ?? userByEmail(context, email)
  const found = team.members_with_roles.find(
    ({ user_id, user_email }) => user_id === id || (email !== null && user_email === email),
  )
  if (!found) throw notFound(`The user '${id ?? email ?? ''}' is not a member of the team.`, 'user_id')
  return found
}

async function updateMember(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const id = requiredText(body, 'team_id')
  const role = word(body, 'role', ['admin', 'user'] as const)
  const fields = memberFields(body)
  await context.ledger.flush()
  return await context.directory.change(actorOf(principal), 'team member updated', (change) => {
    const team = ownTeam(context, change, principal, id)
    const member = namedMember(context, team, body)
    if (role) {
      const members = team.members_with_roles.map((entry) => (entry === member ? { ...entry, role } : entry))
      change.put('teams', id, { ...team, members_with_roles: members, ...touched(context, actorOf(principal)) })
    }
    const row = setMembership(context, change, principal, id, member.user_id, fields)
    return {
      user_id: member.user_id,
      user_email: member.user_email,
      team_id: id,
      max_budget_in_team: row.max_budget,
      tpm_limit: row.tpm_limit,
      rpm_limit: row.rpm_limit,
      budget_duration: row.budget_duration,
      allowed_models: row.allowed_models,
      model_max_budget: row.model_max_budget,
    }
  })
}

async function removeMember(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const { directory } = context
  const id = requiredText(body, 'team_id')
  const row = await directory.change(actorOf(principal), 'team member removed', (change) => {
    const team = ownTeam(context, change, principal, id)
    const { user_id } = namedMember(context, team, body)
    const after = {
      ...team,
      members_with_roles: team.members_with_roles.filter((member) => member.user_id !== user_id),
      ...touched(context, actorOf(principal)),
    }
    change.put('teams', id, after)
    leaveTeam(context, change, principal, team, user_id)
    for (const key of directory.all('keys')) {
      if (key.team_id === id && key.user_id === user_id) change.remove('keys', key.token)
    }
    return after
  })
  return teamShape(context, row)
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
