import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/collections.js'
import { isAdmin, isTeamAdmin, masterUser } from '../keys/key-ring.js'
import { allKeys } from '../keys/key-search.js'
import { badRequest, forbidden, notFound, refuse } from '../refusal.js'
import type { KeyRow, MembershipRow, TeamMember, TeamRow } from '../store/rows.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, Principal } from '../types.js'
import { type AdminContext, actorOf, carrySpend, created, touched } from './context.js'
import { emptyUser } from './empty-rows.js'
import {
  amount,
  bodyOf,
  defined,
  type Fields,
  flag,
  isFields,
  limits,
  noLimits,
  others,
  requiredText,
  text,
  texts,
  word,
} from './fields.js'
import { membershipShape, teamShape, userShape } from './shapes.js'

export function memberOf(value: unknown): TeamMember {
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
export function joinTeam(
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

/** Finds a team that the caller may change. */
export function ownTeam(context: AdminContext, change: Change, principal: Principal, id: string): TeamRow {
  const team = change.get('teams', id)
  if (!team) throw notFound(`The team '${id}' does not exist. Create it with /team/new.`, 'team_id')
  if (isAdmin(principal) || isTeamAdmin(context.directory, principal, id)) return team
  throw forbidden(`Only admins of the team '${id}' may change it.`, 'permission_error', 'team_id')
}

export function leaveTeam(
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

/** Finds the user of an e-mail address. */
function userByEmail({ directory }: AdminContext, email: string | null): string | undefined {
  if (email === null) return undefined
  const wanted = email.toLowerCase()
  for (const user of directory.all('users')) if (user.user_email?.toLowerCase() === wanted) return user.user_id
  return undefined
}

export async function addMembers(context: AdminContext, request: AdminRequest) {
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
  const own = memberFields(principal, body)
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
  const name = (field: string) => (typeof extra[field] === 'string' ? (extra[field] as string) : undefined)
  const { team_member_budget_limits: windows, team_member_model_max_budget: models } = extra
  return defined({
    max_budget: number('team_member_budget'),
    rpm_limit: number('team_member_rpm_limit'),
    tpm_limit: number('team_member_tpm_limit'),
    max_parallel_requests: number('team_member_max_parallel_requests'),
    monthly_request_limit: number('team_member_monthly_request_limit'),
    budget_duration: name('team_member_budget_duration'),
    budget_id: name('team_member_budget_id'),
    budget_limits: Array.isArray(windows) ? (windows as unknown[]) : undefined,
    model_max_budget: isFields(models) ? { ...models } : undefined,
  })
}

/** Admins of a team set limits of its members. A shared budget may be one of others. */
function memberFields(principal: Principal, body: Fields): Partial<MembershipRow> {
  if (!isAdmin(principal) && body.budget_id != null)
    throw forbidden("Only admins of the gateway set 'budget_id' of a member.", 'permission_error', 'budget_id')
  return defined({
    ...limits(body),
    ...defined({ max_budget: amount(body, 'max_budget_in_team') }),
    budget_id: text(body, 'budget_id'),
    blocked: flag(body, 'blocked') ?? undefined,
    allowed_models: texts(body, 'allowed_models'),
    ...others(body, ['temp_budget_increase', 'temp_budget_expiry']),
  })
}

export function setMembership(
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

export async function updateMember(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const id = requiredText(body, 'team_id')
  const role = word(body, 'role', ['admin', 'user'] as const)
  const fields = memberFields(principal, body)
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

export async function removeMember(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { principal } = request
  const { directory } = context
  const id = requiredText(body, 'team_id')
  let keys: KeyRow[] = []
  const before = async (tx: SqlRunner) => {
    keys = await allKeys(directory, tx, { team_id: id })
  }
  const edit = (change: Change) => {
    const team = ownTeam(context, change, principal, id)
    const { user_id } = namedMember(context, team, body)
    const after = {
      ...team,
      members_with_roles: team.members_with_roles.filter((member) => member.user_id !== user_id),
      ...touched(context, actorOf(principal)),
    }
    change.put('teams', id, after)
    leaveTeam(context, change, principal, team, user_id)
    for (const key of keys) if (key.user_id === user_id) change.remove('keys', key.token)
    return after
  }
  const row = await directory.change(actorOf(principal), 'team member removed', edit, before)
  return teamShape(context, row)
}
