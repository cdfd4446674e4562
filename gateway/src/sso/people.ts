import { type AdminContext, created, touched } from '../admin/context.js'
import { emptyTeam, emptyUser } from '../admin/empty-rows.js'
import { noLimits } from '../admin/fields.js'
import { templateOf } from '../admin/team-members.js'
import type { Actor, Change, CollectionName, Collections } from '../keys/collections.js'
import { masterUser } from '../keys/key-ring.js'
import { forbidden, unauthorized } from '../refusal.js'
import type { TeamRow, UserRow } from '../store/rows.js'
import type { Role } from '../types.js'

/** A person or a machine as the identity provider describes it. */
export interface Person {
  readonly userId: string
  /** Only if the provider vouches for it. */
  readonly email: string | undefined
  readonly name?: string | undefined
  /** Undefined leaves the role as it is. */
  readonly role: Role | undefined
  /** Teams by id. Those that don't exist are left out, or created. */
  readonly teams: readonly string[]
  readonly createUser: boolean
  readonly createTeams: boolean
  /** Whether the user becomes a member of the teams, and leaves those that the provider gave before. */
  readonly syncTeams: boolean
  /** Issuer and subject. A user is bound to the first one that signs in. */
  readonly subject?: string | undefined
}

type Edit = { [Name in CollectionName]: readonly [Name, string, Collections[Name]] }[CollectionName]

/**
 * Creates or updates the user and the teams of a person. Nothing is written if nothing has changed.
 * @throws a refusal if the id belongs to another identity
 */
export async function upsertPerson(context: AdminContext, actor: Actor, action: string, person: Person): Promise<void> {
  const { directory } = context
  if (plan(context, directory, actor, person).length === 0) return
  await directory.change(actor, action, (change) => writePerson(context, change, actor, person))
}

/** The same within a change. Returns the user, if there is one. */
export function writePerson(context: AdminContext, change: Change, actor: Actor, person: Person): UserRow | undefined {
  for (const [collection, id, row] of plan(context, change, actor, person)) change.put(collection, id, row)
  return change.get('users', person.userId)
}

type Rows = Pick<Change, 'get'>

function plan(context: AdminContext, rows: Rows, actor: Actor, person: Person): Edit[] {
  const { userId, subject } = person
  if (userId === masterUser) throw unauthorized(`The user '${masterUser}' is that of the master key.`)
  const edits: Edit[] = []
  const teams = person.teams.flatMap((id) => {
    const team =
      rows.get('teams', id) ?? (person.createTeams ? { ...emptyTeam(context, actor, id), team_alias: id } : undefined)
    return team ? [team] : []
  })
  const before = rows.get('users', userId)
  if (before && subject !== undefined) checkSubject(before, subject)
  if (!before && !person.createUser) {
    for (const team of teams) if (!rows.get('teams', team.team_id)) edits.push(['teams', team.team_id, team])
    return edits
  }
  const defaults = before ? {} : (context.settings().defaultUserParams ?? {})
  const base: UserRow = before ?? { ...emptyUser(context, actor, userId), ...known(defaults) }
  const joined = person.syncTeams ? teams.map(({ team_id }) => team_id) : []
  const given = Array.isArray(base.extra.sso_teams) ? base.extra.sso_teams.map(String) : []
  const left = person.syncTeams ? given.filter((id) => !joined.includes(id)) : []
  // a team that an admin gave is not taken away by the provider
  const added = joined.filter((id) => given.includes(id) || !base.teams.includes(id))
  const after: UserRow = {
    ...base,
    user_email: base.user_email ?? freeEmail(context, person.email),
    user_alias: base.user_alias ?? person.name ?? null,
    user_role: person.role ?? base.user_role ?? 'internal_user',
    teams: [...new Set([...base.teams.filter((id) => !left.includes(id)), ...joined])],
    extra: {
      ...base.extra,
      ...(person.syncTeams && { sso_teams: added }),
      ...(subject !== undefined && { sso_subject: subject }),
    },
  }
  if (!before || JSON.stringify(before) !== JSON.stringify(after))
    edits.push(['users', userId, before ? { ...after, ...touched(context, actor) } : after])
  for (const team of teams) {
    const joins = person.syncTeams && !team.members_with_roles.some(({ user_id }) => user_id === userId)
    if (!joins && rows.get('teams', team.team_id)) continue
    const member = { user_id: userId, user_email: after.user_email, role: 'user' as const }
    const members = joins ? [...team.members_with_roles, member] : team.members_with_roles
    edits.push(['teams', team.team_id, { ...team, members_with_roles: members, ...touched(context, actor) }])
    if (joins) edits.push(...membershipOf(context, rows, actor, team, userId))
  }
  for (const id of left) {
    const team = rows.get('teams', id)
    if (!team) continue
    const members = team.members_with_roles.filter(({ user_id }) => user_id !== userId)
    edits.push(['teams', id, { ...team, members_with_roles: members, ...touched(context, actor) }])
  }
  return edits
}

function checkSubject({ user_id, extra }: UserRow, subject: string): void {
  if (typeof extra.sso_subject === 'string' && extra.sso_subject !== subject)
    throw forbidden(`The user '${user_id}' belongs to another identity of the provider.`)
}

/** Limits that the team gives to each new member. */
function membershipOf(context: AdminContext, rows: Rows, actor: Actor, team: TeamRow, userId: string): Edit[] {
  const fields = templateOf(team)
  const id = `${team.team_id}/${userId}`
  if (Object.keys(fields).length === 0 || rows.get('memberships', id)) return []
  const row = {
    id,
    team_id: team.team_id,
    user_id: userId,
    budget_id: null,
    allowed_models: null,
    ...noLimits,
    ...created(context, actor),
    ...fields,
  }
  return [['memberships', id, row]]
}

/** Fields of `default_internal_user_params` that a user has. */
function known(defaults: Readonly<Record<string, unknown>>): Partial<UserRow> {
  const names = [
    'max_budget',
    'budget_duration',
    'models',
    'rpm_limit',
    'tpm_limit',
    'user_role',
    'max_parallel_requests',
  ]
  return Object.fromEntries(Object.entries(defaults).filter(([name, value]) => names.includes(name) && value != null))
}

/** An address that no other user has. */
function freeEmail({ directory }: AdminContext, email: string | undefined): string | null {
  if (email === undefined) return null
  return userByEmail({ directory }, email) ? null : email
}

/** The user of an address. */
export function userByEmail({ directory }: Pick<AdminContext, 'directory'>, email: string): UserRow | undefined {
  const wanted = email.toLowerCase()
  for (const user of directory.all('users')) if (user.user_email?.toLowerCase() === wanted) return user
  return undefined
}
