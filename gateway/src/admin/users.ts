import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/collections.js'
import { isViewer, reaches } from '../keys/key-ring.js'
import { allKeys, countKeysOf, findKeys } from '../keys/key-search.js'
import { forbidden, notFound, refuse } from '../refusal.js'
import type { KeyRow, UserRow } from '../store/rows.js'
import { newKey } from '../store/secrets.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, AdminRoute, Principal } from '../types.js'
import { type AdminContext, actorOf, blockPending, carrySpend, spendOf, touched } from './context.js'
import { emptyUser } from './empty-rows.js'
import {
  amount,
  bodyOf,
  counted,
  cut,
  defined,
  type Fields,
  flag,
  isFields,
  limits,
  list,
  newestFirst,
  object,
  others,
  pageOf,
  param,
  requiredTexts,
  text,
  texts,
  word,
} from './fields.js'
import { KeyReads } from './key-fields.js'
import { createKey } from './keys.js'
import { generatedKey, keyRows, teamShape, userShape } from './shapes.js'

const roles = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const
const extraFields = ['sso_user_id', 'object_permission', 'policies', 'temp_budget_increase', 'temp_budget_expiry']

export function userRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/user/new', handler: (request) => create(context, request) },
    { method: 'POST', path: '/user/update', handler: (request) => update(context, request) },
    { method: 'POST', path: '/user/bulk_update', handler: (request) => bulkUpdate(context, request) },
    { method: 'GET', path: '/user/info', handler: (request) => info(context, request) },
    { method: 'GET', path: '/v2/user/info', handler: (request) => shortInfo(context, request) },
    { method: 'GET', path: '/user/list', handler: (request) => listUsers(context, request) },
    { method: 'POST', path: '/user/delete', handler: (request) => remove(context, request) },
    { method: 'POST', path: '/user/block', handler: (request) => block(context, request, true) },
    { method: 'POST', path: '/user/unblock', handler: (request) => block(context, request, false) },
  ]
}

function fieldsOf(body: Fields, before: UserRow | undefined): Partial<UserRow> {
  return defined({
    ...limits(body),
    user_alias: text(body, 'user_alias'),
    user_email: text(body, 'user_email'),
    user_role: word(body, 'user_role', roles),
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    metadata: body.metadata === undefined ? undefined : (object(body, 'metadata') ?? {}),
    blocked: flag(body, 'blocked') ?? undefined,
    extra: { ...before?.extra, ...others(body, extraFields) },
  })
}

async function create(context: AdminContext, request: AdminRequest) {
  const { directory } = context
  const sent = bodyOf(request)
  const isInternal = sent.user_role === undefined || sent.user_role === null || sent.user_role === 'internal_user'
  const body = { ...(isInternal ? context.settings().defaultUserParams : {}), ...defined(sent) }
  const actor = actorOf(request.principal)
  const id = text(body, 'user_id') ?? randomUUID()
  const fields = fieldsOf(body, undefined)
  const teams = teamIds(body)
  const withKey = flag(body, 'auto_create_key') ?? true
  const key = newKey()
  const reads = new KeyReads(context, [key], body.key_alias)
  const edit = (change: Change) => {
    if (change.get('users', id)) {
      throw refuse(`A user with the id '${id}' exists. Choose another id, or use /user/update.`, {
        status: 409,
        type: 'conflict_error',
        param: 'user_id',
      })
    }
    checkEmail(context, fields.user_email, id)
    const row: UserRow = { ...emptyUser(context, actor, id), ...fields, teams }
    const spend = amount(body, 'spend')
    const user = { ...row, spend_epoch: carrySpend(context, change, `user:${id}`, undefined, row, spend || undefined) }
    change.put('users', id, user)
    for (const team of teams) joinTeam(context, change, request.principal, team, user)
    // the budget is the user's; a copy on the key would count the same dollars again
    const { max_budget: _, budget_duration: __, user_role: ___, spend: ____, teams: _____, ...forKey } = body
    const team = text(body, 'team_id')
    const made = withKey ? createKey(context, change, actor, { ...forKey, team_id: team }, key, id, reads) : undefined
    return { user, made }
  }
  const { user, made } = await directory.change(actor, 'user created', edit, reads.before)
  return {
    ...(made
      ? generatedKey(context, made, key)
      : {
          key: '',
          key_name: null,
          token: null,
          expires: null,
          aliases: {},
          config: {},
          permissions: {},
          allowed_routes: [],
          allowed_cache_controls: [],
          team_id: null,
        }),
    user_id: user.user_id,
    models: user.models,
    max_budget: user.max_budget,
    budget_duration: user.budget_duration,
    tpm_limit: user.tpm_limit,
    rpm_limit: user.rpm_limit,
    max_parallel_requests: user.max_parallel_requests,
    metadata: user.metadata,
    spend: 0,
    user_email: user.user_email,
    user_role: user.user_role,
    user_alias: user.user_alias,
    teams: teams.length > 0 ? teams : null,
  }
}

function teamIds(body: Fields): string[] {
  return (list(body, 'teams') ?? []).flatMap((entry) => {
    if (typeof entry === 'string') return [entry]
    return isFields(entry) ? [text(entry, 'team_id') ?? []].flat() : []
  })
}

function joinTeam(context: AdminContext, change: Change, principal: Principal, id: string, user: UserRow): void {
  const team = change.get('teams', id)
  if (!team) throw notFound(`The team '${id}' does not exist. Create it with /team/new.`, 'teams')
  if (team.members_with_roles.some(({ user_id }) => user_id === user.user_id)) return
  const member = { user_id: user.user_id, user_email: user.user_email, role: 'user' as const }
  const members = [...team.members_with_roles, member]
  change.put('teams', id, { ...team, members_with_roles: members, ...touched(context, actorOf(principal)) })
}

function checkEmail({ directory }: AdminContext, email: string | null | undefined, id: string): void {
  if (!email) return
  const wanted = email.toLowerCase()
  for (const user of directory.all('users')) {
    if (user.user_email?.toLowerCase() !== wanted || user.user_id === id) continue
    throw refuse(`A user with the address '${email}' exists.`, {
      status: 409,
      type: 'conflict_error',
      param: 'user_email',
    })
  }
}

function byEmail({ directory }: AdminContext, email: string | null | undefined): string | undefined {
  if (!email) return undefined
  for (const user of directory.all('users')) if (user.user_email === email) return user.user_id
  return undefined
}

async function change(context: AdminContext, principal: Principal, body: Fields): Promise<UserRow> {
  const id = text(body, 'user_id') ?? byEmail(context, text(body, 'user_email'))
  if (!id) throw notFound("No user is found: the body must have 'user_id', or the 'user_email' of a user.", 'user_id')
  const actor = actorOf(principal)
  return await context.directory.change(actor, 'user updated', (edit) => {
    const before = edit.get('users', id)
    const base = before ?? emptyUser(context, actor, id)
    const fields = fieldsOf(body, base)
    checkEmail(context, fields.user_email, id)
    const after = { ...base, ...fields, ...touched(context, actor) }
    const spend = amount(body, 'spend') ?? undefined
    const row = { ...after, spend_epoch: carrySpend(context, edit, `user:${id}`, before, after, spend) }
    edit.put('users', id, row)
    return row
  })
}

async function update(context: AdminContext, request: AdminRequest) {
  await context.ledger.flush()
  const row = await change(context, request.principal, bodyOf(request))
  return { user_id: row.user_id, data: userShape(context, row) }
}

async function bulkUpdate(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const updates = object(body, 'user_updates')
  const items = flag(body, 'all_users')
    ? [...context.directory.all('users')].map(({ user_id }) => ({ ...updates, user_id }))
    : (list(body, 'users') ?? [])
  await context.ledger.flush()
  const results: { user_id: unknown; success: boolean; error?: string; updated_user?: unknown }[] = []
  for (const item of items) {
    const fields = isFields(item) ? item : {}
    try {
      const row = await change(context, request.principal, fields)
      results.push({ user_id: row.user_id, success: true, updated_user: userShape(context, row) })
    } catch (error) {
      results.push({
        user_id: fields.user_id ?? null,
        success: false,
        error: error instanceof Error ? error.message : '',
      })
    }
  }
  const successful = results.filter(({ success }) => success).length
  return {
    results,
    total_requested: items.length,
    successful_updates: successful,
    failed_updates: items.length - successful,
  }
}

/** Finds the user that the caller asks for and may see. */
function visibleUser(context: AdminContext, request: AdminRequest): UserRow | undefined {
  const { principal } = request
  const asked = param(request, 'user_id') ?? byEmail(context, param(request, 'user_email'))
  if (asked === undefined && principal.master) return undefined
  const id = asked ?? principal.userId
  if (id === null)
    throw forbidden("The key belongs to no user, and the query has no 'user_id'.", 'permission_error', 'user_id')
  if (!isViewer(principal) && id !== principal.userId) {
    throw forbidden('Only admins see other users.', 'permission_error', 'user_id')
  }
  const row = context.directory.get('users', id)
  if (!row) throw notFound(`The user '${id}' does not exist.`, 'user_id')
  return row
}

async function info(context: AdminContext, request: AdminRequest) {
  const { directory } = context
  const row = visibleUser(context, request)
  const within = request.principal.confinedTo
  const keys = await findKeys(directory, context.sql, { user_id: row?.user_id ?? null, team_id: within })
  const teams = (row?.teams ?? []).flatMap((id) => (reaches(request.principal, id) && directory.get('teams', id)) || [])
  const alias = (id: string | null) => (id === null ? null : (directory.get('teams', id)?.team_alias ?? null))
  return {
    user_id: row?.user_id ?? null,
    user_info: row ? { ...userFor(context, request, row), model_max_budget_usage: {} } : null,
    keys: (await keyRows(context, keys)).map((key) => ({ ...key, team_alias: alias(key.team_id) ?? 'None' })),
    teams: teams.map((team) => teamShape(context, team)),
  }
}

function shortInfo(context: AdminContext, request: AdminRequest) {
  const row = visibleUser(context, request)
  if (!row) throw notFound("The query must have 'user_id'.", 'user_id')
  return userFor(context, request, row)
}

/** A user as the caller sees it. To the key of a team, a user is a member of that team. */
function userFor(context: AdminContext, request: AdminRequest, row: UserRow) {
  const { confinedTo } = request.principal
  if (confinedTo === undefined) return userShape(context, row)
  const { user_id, user_alias, user_email, user_role } = row
  const { spend } = spendOf(context, `member:${confinedTo}/${user_id}`, request.principal.membership)
  const blank = { ...emptyUser(context, actorOf(request.principal), user_id), teams: [confinedTo] }
  return { ...userShape(context, blank), user_alias, user_email, user_role, spend }
}

async function listUsers(context: AdminContext, request: AdminRequest) {
  const page = pageOf(request, 'page_size', 25)
  const role = param(request, 'role')
  const email = param(request, 'user_email')?.toLowerCase()
  const ids = param(request, 'user_ids')?.split(',')
  const team = param(request, 'team')
  const found = [...context.directory.all('users')]
    .filter(({ user_role }) => role === undefined || user_role === role)
    .filter(({ user_email }) => email === undefined || (user_email ?? '').toLowerCase().includes(email))
    .filter(({ user_id }) => ids === undefined || ids.includes(user_id))
    .filter(({ teams }) => team === undefined || teams.includes(team))
    .sort(newestFirst)
  const rows = cut(found, page)
  const counts = await countKeysOf(
    context.sql,
    rows.map(({ user_id }) => user_id),
  )
  return {
    users: rows.map((row) => ({ ...userShape(context, row), key_count: counts.get(row.user_id) ?? 0 })),
    ...counted(found.length, page),
  }
}

async function remove(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'user_ids')
  const { directory } = context
  const actor = actorOf(request.principal)
  let keys: KeyRow[] = []
  const before = async (tx: SqlRunner) => {
    keys = []
    for (const id of ids) keys.push(...(await allKeys(directory, tx, { user_id: id })))
  }
  const removal = (edit: Change) => {
    for (const id of ids) {
      const user = edit.get('users', id)
      if (!user) throw notFound(`The user '${id}' does not exist.`, 'user_ids')
      for (const key of keys) if (key.user_id === id) edit.remove('keys', key.token)
      for (const teamId of user.teams) {
        const team = edit.get('teams', teamId)
        if (!team) continue
        const members = team.members_with_roles.filter(({ user_id }) => user_id !== id)
        edit.put('teams', teamId, { ...team, members_with_roles: members, ...touched(context, actor) })
        if (edit.get('memberships', `${teamId}/${id}`)) edit.remove('memberships', `${teamId}/${id}`)
      }
      edit.remove('users', id)
    }
    return ids.length
  }
  return await directory.change(actor, 'user deleted', removal, before)
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const body = bodyOf(request)
  const ids = body.user_ids === undefined ? [text(body, 'user_id') ?? ''] : requiredTexts(body, 'user_ids')
  const actor = actorOf(request.principal)
  const edit = (change: Change) =>
    ids.map((id) => {
      const user = change.get('users', id)
      if (!user) throw notFound(`The user '${id}' does not exist.`, 'user_ids')
      const after = { ...user, blocked, ...touched(context, actor) }
      change.put('users', id, after)
      return after
    })
  const names = ids.map((id) => ['users', id] as const)
  const rows = blocked
    ? await context.directory.block(actor, 'user blocked', names, edit)
    : await context.directory.change(actor, 'user unblocked', edit)
  return rows ? { blocked_users: rows.map((row) => userShape(context, row)) } : blockPending()
}
