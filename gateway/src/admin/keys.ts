import type { Actor, Change } from '../keys/directory.js'
import { isAdmin, isTeamAdmin, isViewer } from '../keys/key-ring.js'
import { currentPeriod, effectiveLimits, total } from '../limits/accounts.js'
import { lifeMs } from '../limits/durations.js'
import { badRequest, forbidden, notFound, refuse } from '../refusal.js'
import { hashKey, keyName, newKey } from '../store/secrets.js'
import type { AdminRequest, AdminRoute, KeyRow, Principal } from '../types.js'
import { type AdminContext, actorOf, carrySpend, created, setSpend, touched } from './context.js'
import {
  amount,
  bodyOf,
  cut,
  defined,
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
  requiredText,
  text,
  texts,
  word,
} from './fields.js'
import { generatedKey, keyInfo, keyRow } from './shapes.js'

/** Fields that LiteLLM keeps in the metadata. */
const metadataFields = [
  'tags',
  'model_rpm_limit',
  'model_tpm_limit',
  'tag_rpm_limit',
  'guardrails',
  'prompts',
  'enforced_params',
  'disable_global_guardrails',
]
/** Fields that are kept and shown. */
const extraFields = [
  'agent_id',
  'project_id',
  'config',
  'router_settings',
  'tpd_limit',
  'policies',
  'access_group_ids',
  'allowed_cache_controls',
  'object_permission',
  'budget_fallbacks',
  'temp_budget_increase',
  'temp_budget_expiry',
  'auto_rotate',
  'rotation_interval',
]
const keyTypes = ['default', 'llm_api', 'management', 'read_only'] as const
const routesOfType: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
}

/** A key or its hash as the id of its row. */
export const keyId = (value: string): string => (value.startsWith('sk-') ? hashKey(value) : value)

export function keyRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/key/generate', handler: (request) => generate(context, request, false) },
    { method: 'POST', path: '/key/service-account/generate', handler: (request) => generate(context, request, true) },
    { method: 'GET', path: '/key/info', handler: (request) => info(context, request) },
    { method: 'POST', path: '/v2/key/info', handler: (request) => infos(context, request) },
    { method: 'POST', path: '/key/update', handler: (request) => update(context, request) },
    { method: 'POST', path: '/key/bulk_update', handler: (request) => bulkUpdate(context, request) },
    { method: 'POST', path: '/key/delete', handler: (request) => remove(context, request) },
    { method: 'POST', path: '/key/block', handler: (request) => block(context, request, true) },
    { method: 'POST', path: '/key/unblock', handler: (request) => block(context, request, false) },
    { method: 'POST', path: '/key/regenerate', handler: (request) => regenerate(context, request) },
    { method: 'POST', path: '/key/:key/regenerate', handler: (request) => regenerate(context, request) },
    { method: 'POST', path: '/key/reset_spend', handler: (request) => resetSpend(context, request) },
    { method: 'POST', path: '/key/:key/reset_spend', handler: (request) => resetSpend(context, request) },
    { method: 'GET', path: '/key/list', handler: (request) => listKeys(context, request) },
    { method: 'GET', path: '/key/aliases', handler: (request) => aliases(context, request) },
    { method: 'POST', path: '/key/health', handler: () => ({ key: 'healthy', logging_callbacks: null }) },
  ]
}

/** Fields of a key that a body sets. */
function fieldsOf(context: AdminContext, body: Fields, before: KeyRow | undefined): Partial<KeyRow> {
  const type = word(body, 'key_type', keyTypes)
  const routes = texts(body, 'allowed_routes')
  const typed = type ? routesOfType[type] : undefined
  const life = text(body, 'duration')
  return defined({
    ...limits(body),
    key_alias: text(body, 'key_alias'),
    user_id: text(body, 'user_id'),
    team_id: text(body, 'team_id'),
    organization_id: text(body, 'organization_id'),
    budget_id: text(body, 'budget_id'),
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    aliases: body.aliases === undefined ? undefined : aliasesOf(body),
    permissions: body.permissions === undefined ? undefined : (object(body, 'permissions') ?? {}),
    allowed_routes: typed && !routes?.length ? typed : routes === null ? [] : routes,
    key_type: type ?? undefined,
    blocked: flag(body, 'blocked'),
    expires: life === undefined ? undefined : expiry(context, life),
    metadata: metadataOf(body, before?.metadata),
    extra: { ...before?.extra, ...others(body, extraFields) },
  })
}

function aliasesOf(body: Fields): Record<string, string> {
  const found = object(body, 'aliases') ?? {}
  for (const target of Object.values(found)) {
    if (typeof target !== 'string') throw badRequest("'aliases' must map names to names of models.", 'aliases')
  }
  return found as Record<string, string>
}

function metadataOf(body: Fields, before: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const given = object(body, 'metadata')
  const moved = others(body, metadataFields)
  texts(body, 'tags')
  for (const name of ['model_rpm_limit', 'model_tpm_limit', 'tag_rpm_limit']) object(body, name)
  if (given === undefined && Object.keys(moved).length === 0) return undefined
  const found = { ...(given === undefined ? before : given), ...moved }
  for (const [name, value] of Object.entries(moved)) if (value === null) delete found[name]
  return found
}

/** Reads the life of a key; `null` and `-1` are for ever. */
function expiry(context: AdminContext, life: string | null): string | null {
  if (life === null || life === '-1' || life === '') return null
  const ms = lifeMs(life)
  if (ms === undefined)
    throw badRequest(`'duration' must be a duration such as '30s', '1h' or '30d'; got '${life}'.`, 'duration')
  return new Date(context.now() + ms).toISOString()
}

function checkAlias({ directory }: AdminContext, alias: string | null | undefined, token: string): void {
  if (!alias) return
  for (const row of directory.all('keys')) {
    if (row.key_alias === alias && row.token !== token && !row.extra.replaced_by) {
      throw badRequest(
        `A key with the alias '${alias}' exists. Aliases must be unique.`,
        'key_alias',
        'bad_request_error',
      )
    }
  }
}

const boundedLimits = ['max_budget', 'rpm_limit', 'tpm_limit', 'max_parallel_requests', 'soft_budget'] as const

/** Applies the upper bounds of the configuration. */
function checkBounds({ settings, now }: AdminContext, row: KeyRow): void {
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

async function generate(context: AdminContext, request: AdminRequest, service: boolean) {
  const body = { ...context.settings().defaultKeyParams, ...defined(bodyOf(request)) }
  const { principal } = request
  const key = keyValue(context, text(body, 'key'))
  if (service && !text(body, 'team_id'))
    throw badRequest("'team_id' is required for the key of a service account.", 'team_id')
  return await context.directory.change(actorOf(principal), 'key created', (change) => {
    const row = createKey(context, change, actorOf(principal), body, key, ownerOf(principal, body, service))
    checkCreation(context, principal, row)
    return generatedKey(context, row, key)
  })
}

/** A key belongs to the user who makes it, unless an admin names another one. */
function ownerOf(principal: Principal, body: Fields, service: boolean): string | null {
  if (service) return null
  const named = text(body, 'user_id')
  return isAdmin(principal) ? (named ?? null) : (named ?? principal.userId)
}

function checkCreation({ directory }: AdminContext, principal: Principal, row: KeyRow): void {
  if (isAdmin(principal)) return
  const { team_id, user_id } = row
  if (team_id !== null) {
    const team = directory.get('teams', team_id)
    const member = team?.members_with_roles.find((entry) => entry.user_id === principal.userId)
    const granted = team?.extra.team_member_permissions
    const mayCreate = Array.isArray(granted) && granted.includes('/key/generate')
    if (!member || (member.role !== 'admin' && !(mayCreate && user_id === principal.userId))) {
      throw forbidden(`Keys of the team ${team_id} are made by its admins.`, 'permission_error', 'team_id')
    }
    if (member.role === 'admin' && Object.keys(row.aliases).length === 0) return
  }
  if (user_id !== principal.userId)
    throw forbidden('Only admins make keys for other users.', 'permission_error', 'user_id')
  if (row.organization_id !== null || row.budget_id !== null || Object.keys(row.aliases).length > 0) {
    throw forbidden("Only admins set 'organization_id', 'budget_id' and 'aliases'.", 'permission_error')
  }
}

function keyValue(context: AdminContext, chosen: string | null | undefined): string {
  if (!chosen) return newKey()
  if (context.settings().customKeys === false)
    throw forbidden("This gateway does not accept chosen keys: leave out 'key'.")
  if (!chosen.startsWith('sk-')) throw badRequest("'key' must start with 'sk-'.", 'key')
  if (chosen.length < 8) throw badRequest("'key' must have at least 8 characters.", 'key')
  return chosen
}

/** Adds a key to a change. */
export function createKey(
  context: AdminContext,
  change: Change,
  actor: Actor,
  body: Fields,
  key: string,
  userId: string | null,
): KeyRow {
  const token = hashKey(key)
  if (change.get('keys', token) || key === context.masterKey) {
    throw refuse('This key exists. Use /key/update to change it.', {
      status: 409,
      type: 'conflict_error',
      param: 'key',
    })
  }
  const fields = fieldsOf(context, body, undefined)
  checkAlias(context, fields.key_alias, token)
  const row: KeyRow = {
    token,
    key_name: keyName(key),
    key_alias: null,
    team_id: null,
    organization_id: null,
    budget_id: null,
    models: [],
    aliases: {},
    metadata: {},
    permissions: {},
    allowed_routes: [],
    key_type: 'default',
    blocked: null,
    expires: null,
    rotation_count: 0,
    extra: {},
    ...noLimits,
    ...created(context, actor),
    ...fields,
    user_id: userId,
  }
  checkBounds(context, row)
  const spend = amount(body, 'spend')
  const epoch = carrySpend(context, change, `key:${token}`, undefined, row, spend ? spend : undefined)
  change.put('keys', token, { ...row, spend_epoch: epoch })
  return { ...row, spend_epoch: epoch }
}

/** Finds a key that the caller may see. */
function visibleKey({ directory }: AdminContext, principal: Principal, value: string): KeyRow {
  const row = directory.get('keys', keyId(value))
  if (!row) throw notFound('The key does not exist.', 'key')
  if (isViewer(principal) || row.token === principal.keyHash) return row
  if (row.user_id !== null && row.user_id === principal.userId) return row
  if (isTeamAdmin(directory, principal, row.team_id)) return row
  throw forbidden(`The key belongs to someone else; your role is ${principal.role}.`, 'permission_error', 'key')
}

function info(context: AdminContext, request: AdminRequest) {
  const { principal } = request
  const asked = param(request, 'key')
  if (asked === undefined && principal.master) throw badRequest("The query must have 'key'.", 'key')
  const row = visibleKey(context, principal, asked ?? principal.keyHash)
  return { key: asked ?? row.token, info: { ...keyInfo(context, row), status: statusOf(context, row) } }
}

function statusOf({ now }: AdminContext, { blocked, expires }: KeyRow): string {
  if (blocked) return 'blocked'
  return expires !== null && Date.parse(expires) <= now() ? 'expired' : 'active'
}

function infos(context: AdminContext, request: AdminRequest) {
  const keys = texts(bodyOf(request), 'keys') ?? []
  return { key: keys, info: keys.map((key) => keyInfo(context, visibleKey(context, request.principal, key))) }
}

/** Finds a key that the caller may change. */
function ownKey(context: AdminContext, principal: Principal, value: string): KeyRow {
  const row = visibleKey(context, principal, value)
  if (isAdmin(principal) || isTeamAdmin(context.directory, principal, row.team_id)) return row
  if (principal.role === 'internal_user' && row.user_id !== null && row.user_id === principal.userId) return row
  throw forbidden(`The role ${principal.role} may not change this key.`, 'permission_error', 'key')
}

const adminFields = ['aliases', 'team_id', 'organization_id', 'budget_id', 'permissions'] as const
const ownerFields = ['user_id', 'allowed_routes', 'model_max_budget', 'budget_limits'] as const

/** Users may lower the limits of their keys, and never raise them. Admins of a team set the limits of its keys. */
function checkSelfService({ directory }: AdminContext, principal: Principal, before: KeyRow, after: KeyRow): void {
  if (isAdmin(principal)) return
  const ofTeam = isTeamAdmin(directory, principal, before.team_id)
  for (const name of ofTeam ? adminFields : [...adminFields, ...ownerFields]) {
    if (JSON.stringify(before[name]) !== JSON.stringify(after[name])) {
      throw forbidden(`Only admins change '${name}' of a key.`, 'permission_error', name)
    }
  }
  if (ofTeam) return
  const none = Number.POSITIVE_INFINITY
  for (const name of boundedLimits) {
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

/** Adds the change of a key to a change. */
function changeKey(context: AdminContext, change: Change, principal: Principal, value: string, body: Fields): KeyRow {
  const found = ownKey(context, principal, value)
  const before = change.get('keys', found.token) ?? found
  const fields = fieldsOf(context, body, before)
  checkAlias(context, fields.key_alias, before.token)
  const after = { ...before, ...fields, ...touched(context, actorOf(principal)) }
  checkSelfService(context, principal, before, after)
  const spend = amount(body, 'spend') ?? undefined
  if (spend !== undefined && !isAdmin(principal))
    throw forbidden('Only admins set the spend of a key.', 'permission_error', 'spend')
  const epoch = carrySpend(context, change, `key:${before.token}`, before, after, spend)
  const row = { ...after, spend_epoch: epoch }
  change.put('keys', row.token, row)
  return row
}

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const key = requiredText(body, 'key')
  await context.ledger.flush()
  const row = await context.directory.change(actorOf(request.principal), 'key updated', (change) =>
    changeKey(context, change, request.principal, key, body),
  )
  return { key, token: row.token, ...keyInfo(context, row) }
}

async function bulkUpdate(context: AdminContext, request: AdminRequest) {
  const items = list(bodyOf(request), 'keys')
  if (!items) throw badRequest("'keys' must be a list of objects with a 'key'.", 'keys')
  if (items.length > 1_000) throw badRequest("'keys' must have at most 1,000 entries.", 'keys')
  await context.ledger.flush()
  const successful: unknown[] = []
  const failed: unknown[] = []
  for (const item of items) {
    const fields = isFields(item) ? item : {}
    try {
      const key = requiredText(fields, 'key')
      const row = await context.directory.change(actorOf(request.principal), 'key updated', (change) =>
        changeKey(context, change, request.principal, key, fields),
      )
      successful.push({ key, key_info: keyInfo(context, row) })
    } catch (error) {
      failed.push({
        key: fields.key ?? null,
        key_info: null,
        failed_reason: error instanceof Error ? error.message : '',
      })
    }
  }
  return { total_requested: items.length, successful_updates: successful, failed_updates: failed }
}

async function remove(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const { directory } = context
  const keys = texts(body, 'keys') ?? []
  const names = texts(body, 'key_aliases') ?? []
  if (keys.length === 0 && names.length === 0) {
    throw refuse("The body must have 'keys' or 'key_aliases'.", {
      status: 422,
      type: 'invalid_request_error',
      param: 'keys',
    })
  }
  const byAlias = [...directory.all('keys')].filter(({ key_alias }) => key_alias !== null && names.includes(key_alias))
  const sent = [
    ...keys.filter((key) => directory.get('keys', keyId(key))).map((key) => [key, keyId(key)] as const),
    ...byAlias.map((row) => [row.key_alias ?? row.token, row.token] as const),
  ]
  if (sent.length === 0) throw notFound('None of the keys exists.', 'keys')
  await directory.change(actorOf(request.principal), 'key deleted', (change) => {
    for (const [, token] of sent) change.remove('keys', ownKey(context, request.principal, token).token)
  })
  return { deleted_keys: sent.map(([name]) => name) }
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const key = requiredText(bodyOf(request), 'key')
  const { principal } = request
  const row = await context.directory.change(
    actorOf(principal),
    blocked ? 'key blocked' : 'key unblocked',
    (change) => {
      const before = ownKey(context, principal, key)
      if (!isAdmin(principal) && !isTeamAdmin(context.directory, principal, before.team_id)) {
        throw forbidden('Keys are blocked and unblocked by admins.', 'permission_error', 'key')
      }
      const after = { ...before, blocked, ...touched(context, actorOf(principal)) }
      change.put('keys', before.token, after)
      return after
    },
  )
  return keyRow(context, row)
}

/** Replaces the value of a key. The old one dies at once, or after a grace period. */
async function regenerate(context: AdminContext, request: AdminRequest) {
  const body = isFields(request.body) ? request.body : {}
  const { principal, params } = request
  const asked = params.key ?? text(body, 'key') ?? principal.keyHash
  const grace = text(body, 'grace_period')
  const graceMs = grace ? lifeMs(grace) : 0
  if (graceMs === undefined)
    throw badRequest(`'grace_period' must be a duration such as '1h'; got '${grace}'.`, 'grace_period')
  const key = keyValue(context, text(body, 'new_key'))
  await context.ledger.flush()
  return await context.directory.change(actorOf(principal), 'key regenerated', (change) => {
    const before = ownKey(context, principal, asked)
    const { key: _, ...rest } = body
    const changed = Object.keys(rest).length > 0 ? changeKey(context, change, principal, before.token, rest) : before
    const token = hashKey(key)
    if (change.get('keys', token))
      throw refuse('This key exists.', { status: 409, type: 'conflict_error', param: 'new_key' })
    const row: KeyRow = {
      ...changed,
      token,
      key_name: keyName(key),
      rotation_count: before.rotation_count + 1,
      ...touched(context, actorOf(principal)),
    }
    moveSpend(context, change, before, row)
    change.put('keys', token, row)
    if (graceMs > 0) {
      const expires = new Date(context.now() + graceMs).toISOString()
      change.put('keys', before.token, { ...before, expires, extra: { ...before.extra, replaced_by: token } })
    } else change.remove('keys', before.token)
    return generatedKey(context, row, key)
  })
}

/** The spend of a key goes on under its new name. */
function moveSpend(context: AdminContext, change: Change, before: KeyRow, after: KeyRow): void {
  const { directory, book, now } = context
  const period = currentPeriod(effectiveLimits(directory, before), before.spend_epoch, now())
  const next = currentPeriod(effectiveLimits(directory, after), after.spend_epoch, now())
  const all = book.get(`key:${before.token}`, total)
  if (all > 0n) setSpend(context, change, `key:${after.token}`, total, all)
  const current = book.get(`key:${before.token}`, period)
  if (next !== total && current > 0n) setSpend(context, change, `key:${after.token}`, next, current)
}

async function resetSpend(context: AdminContext, request: AdminRequest) {
  const body = isFields(request.body) ? request.body : {}
  const { principal, params } = request
  const key = params.key ?? requiredText(body, 'key')
  const spend = amount(body, 'reset_to') ?? 0
  await context.ledger.flush()
  const row = await context.directory.change(actorOf(principal), 'spend reset', (change) =>
    changeKey(context, change, principal, key, { spend }),
  )
  return { key_hash: row.token, spend, max_budget: row.max_budget, budget_duration: row.budget_duration }
}

function listKeys(context: AdminContext, request: AdminRequest) {
  const { principal } = request
  const page = pageOf(request, 'size', 10, 1_000)
  if (!isViewer(principal) && principal.userId === null) {
    throw forbidden("Keys are listed by user, and this key has no 'user_id'.", 'permission_error', 'user_id')
  }
  const filters = {
    user_id: param(request, 'user_id'),
    team_id: param(request, 'team_id'),
    organization_id: param(request, 'organization_id'),
    key_alias: param(request, 'key_alias'),
    token: param(request, 'key_hash'),
  }
  const withTeams = param(request, 'include_team_keys') === 'true'
  const mine = (row: KeyRow) =>
    row.user_id === principal.userId || (withTeams && isTeamAdmin(context.directory, principal, row.team_id))
  const found = [...context.directory.all('keys')]
    .filter((row) => !row.extra.replaced_by && (isViewer(principal) || mine(row)))
    .filter((row) =>
      Object.entries(filters).every(
        ([name, value]) => value === undefined || row[name as keyof typeof filters] === value,
      ),
    )
  const order = sortKey(context, param(request, 'sort_by') ?? 'created_at')
  const sign = param(request, 'sort_order') === 'asc' ? 1 : -1
  found.sort((a, b) => {
    const [left, right] = [order(a), order(b)]
    return left === right ? (a.token < b.token ? -1 : 1) : left < right ? -sign : sign
  })
  const full = param(request, 'return_full_object') === 'true'
  const rows = cut(found, page)
  return {
    keys: full ? rows.map((row) => keyRow(context, row)) : rows.map(({ token }) => token),
    total_count: found.length,
    current_page: page.page,
    total_pages: pages(found.length, page),
  }
}

function sortKey({ book }: AdminContext, name: string): (row: KeyRow) => string | number | bigint {
  switch (name) {
    case 'spend':
      return ({ token }) => book.get(`key:${token}`, total)
    case 'max_budget':
      return ({ max_budget }) => max_budget ?? Number.POSITIVE_INFINITY
    case 'key_alias':
    case 'user_id':
    case 'team_id':
    case 'updated_at':
      return (row) => row[name] ?? ''
    default:
      return ({ created_at }) => created_at
  }
}

function aliases({ directory }: AdminContext, request: AdminRequest) {
  const { principal } = request
  const page = pageOf(request, 'size', 50, 1_000)
  const search = param(request, 'search')?.toLowerCase()
  const found = [...directory.all('keys')]
    .filter((row) => isViewer(principal) || (row.user_id !== null && row.user_id === principal.userId))
    .flatMap(({ key_alias }) => key_alias ?? [])
    .filter((alias) => search === undefined || alias.toLowerCase().includes(search))
    .sort()
  return {
    aliases: cut(found, page),
    total_count: found.length,
    current_page: page.page,
    total_pages: pages(found.length, page),
    size: page.size,
  }
}
