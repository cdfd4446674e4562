import type { Actor, Change } from '../keys/collections.js'
import { isAdmin, isTeamAdmin } from '../keys/key-ring.js'
import { findKeys, mostListed } from '../keys/key-search.js'
import { type SpendEntry, sumsOf } from '../ledger/spend-book.js'
import { currentPeriod, effectiveLimits, total } from '../limits/accounts.js'
import { lifeMs } from '../limits/durations.js'
import { badRequest, forbidden, notFound, refuse } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import { hashKey, keyName } from '../store/secrets.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, AdminRoute, Principal } from '../types.js'
import { type AdminContext, actorOf, blockPending, carrySpend, created, setSpend, touched } from './context.js'
import { emptyKey } from './empty-rows.js'
import {
  amount,
  bodyOf,
  defined,
  type Fields,
  isFields,
  keyId,
  list,
  param,
  requiredText,
  text,
  texts,
} from './fields.js'
import { checkAlias, fieldsOf, KeyReads, keyValue } from './key-fields.js'
import { aliases, listKeys } from './key-lists.js'
import {
  checkBounds,
  checkCreation,
  checkOwner,
  checkRoutes,
  checkSelfService,
  ownerOf,
  ownKey,
  visibleKey,
} from './key-rights.js'
import { generatedKey, keyInfo, keyRow } from './shapes.js'

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

async function generate(context: AdminContext, request: AdminRequest, service: boolean) {
  const body = { ...context.settings().defaultKeyParams, ...defined(bodyOf(request)) }
  const { principal } = request
  checkRoutes(principal, bodyOf(request), undefined)
  const key = keyValue(context, text(body, 'key'))
  if (service && !text(body, 'team_id'))
    throw badRequest("'team_id' is required for the key of a service account.", 'team_id')
  const reads = new KeyReads(context, [key], body.key_alias)
  const edit = (change: Change) => {
    const owner = ownerOf(principal, body, service)
    const row = createKey(context, change, actorOf(principal), body, key, owner, reads)
    checkCreation(context, principal, row, body)
    return generatedKey(context, row, key)
  }
  return await context.directory.change(actorOf(principal), 'key created', edit, reads.before)
}

/** Adds a key to a change that has read it. */
export function createKey(
  context: AdminContext,
  change: Change,
  actor: Actor,
  body: Fields,
  key: string,
  userId: string | null,
  { holders }: KeyReads,
): KeyRow {
  const token = hashKey(key)
  if (change.get('keys', token) || key === context.masterKey) {
    throw refuse('This key exists. Use /key/update to change it.', {
      status: 409,
      type: 'conflict_error',
      param: 'key',
    })
  }
  const team = typeof body.team_id === 'string' ? change.get('teams', body.team_id) : undefined
  // a default, as in LiteLLM
  const life = userId === null ? undefined : team?.extra.team_member_key_duration
  const fields = fieldsOf(context, { ...(typeof life === 'string' && { duration: life }), ...body }, undefined)
  checkAlias(holders, fields.key_alias, token)
  const row: KeyRow = {
    token,
    key_name: keyName(key),
    ...emptyKey,
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

/** Reads keys and their spend. */
async function readKeys({ directory, ledger }: AdminContext, ids: readonly string[]): Promise<void> {
  await directory.load('keys', ids)
  await ledger.read(ids.map((id) => `key:${id}`))
}

async function info(context: AdminContext, request: AdminRequest) {
  const { principal } = request
  const asked = param(request, 'key')
  if (asked === undefined && principal.master) throw badRequest("The query must have 'key'.", 'key')
  await readKeys(context, [keyId(asked ?? principal.keyHash)])
  const row = visibleKey(context, principal, asked ?? principal.keyHash)
  return { key: asked ?? row.token, info: { ...keyInfo(context, row), status: statusOf(context, row) } }
}

function statusOf({ now }: AdminContext, { blocked, expires }: KeyRow): string {
  if (blocked) return 'blocked'
  return expires !== null && Date.parse(expires) <= now() ? 'expired' : 'active'
}

async function infos(context: AdminContext, request: AdminRequest) {
  const keys = texts(bodyOf(request), 'keys') ?? []
  if (keys.length > mostListed) throw badRequest(`'keys' must have at most ${mostListed} entries.`, 'keys')
  await readKeys(context, keys.map(keyId))
  return { key: keys, info: keys.map((key) => keyInfo(context, visibleKey(context, request.principal, key))) }
}

/** Adds the change of a key to a change. */
function changeKey(
  context: AdminContext,
  change: Change,
  principal: Principal,
  value: string,
  body: Fields,
  { holders }: KeyReads,
): KeyRow {
  const found = ownKey(context, principal, value)
  const before = change.get('keys', found.token) ?? found
  checkRoutes(principal, body, before)
  const fields = fieldsOf(context, body, before)
  checkAlias(holders, fields.key_alias, before.token)
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
  const reads = new KeyReads(context, [key], body.key_alias)
  const edit = (change: Change) => changeKey(context, change, request.principal, key, body, reads)
  const row = await context.directory.change(actorOf(request.principal), 'key updated', edit, reads.before)
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
      const reads = new KeyReads(context, [key], fields.key_alias)
      const edit = (change: Change) => changeKey(context, change, request.principal, key, fields, reads)
      const row = await context.directory.change(actorOf(request.principal), 'key updated', edit, reads.before)
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
  let byAlias: KeyRow[] = []
  const before = async (tx: SqlRunner) => {
    byAlias = []
    for (const name of names) byAlias.push(...(await findKeys(directory, tx, { key_alias: name, replaced: true })))
    await directory.read(tx, 'keys', [...keys.map(keyId), ...byAlias.map(({ token }) => token)])
  }
  const edit = (change: Change) => {
    const sent = [
      ...keys.filter((key) => change.get('keys', keyId(key))).map((key) => [key, keyId(key)] as const),
      ...byAlias.map((row) => [row.key_alias ?? row.token, row.token] as const),
    ]
    if (sent.length === 0) throw notFound('None of the keys exists.', 'keys')
    for (const [, token] of sent) change.remove('keys', ownKey(context, request.principal, token).token)
    return { deleted_keys: sent.map(([name]) => name) }
  }
  return await directory.change(actorOf(request.principal), 'key deleted', edit, before)
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const key = requiredText(bodyOf(request), 'key')
  const { principal } = request
  const actor = actorOf(principal)
  const edit = (change: Change) => {
    const before = ownKey(context, principal, key)
    if (!isAdmin(principal) && !isTeamAdmin(context.directory, principal, before.team_id)) {
      throw forbidden('Keys are blocked and unblocked by admins.', 'permission_error', 'key')
    }
    const after = { ...before, blocked, ...touched(context, actor) }
    change.put('keys', before.token, after)
    return after
  }
  const { before } = new KeyReads(context, [key])
  if (!blocked) return keyRow(context, await context.directory.change(actor, 'key unblocked', edit, before))
  const name = ['keys', keyId(key)] as const
  const row = await context.directory.block(actor, 'key blocked', [name], edit, before, isAdmin(principal))
  return row ? keyRow(context, row) : blockPending()
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
  const reads = new KeyReads(context, [asked, key], body.key_alias)
  const edit = (change: Change) => {
    const before = ownKey(context, principal, asked)
    if (before.extra.replaced_by !== undefined)
      throw badRequest('The key was replaced already. Regenerate the one that has replaced it.', 'key')
    checkOwner(context.directory, principal, before)
    const { key: _, ...rest } = body
    const changed =
      Object.keys(rest).length > 0 ? changeKey(context, change, principal, before.token, rest, reads) : before
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
    moveSpend(context, change, before, row, sums)
    change.put('keys', token, row)
    if (graceMs > 0) {
      // a grace period is no longer life
      const end = before.expires === null ? Number.POSITIVE_INFINITY : Date.parse(before.expires)
      const expires = new Date(Math.min(context.now() + graceMs, end)).toISOString()
      change.put('keys', before.token, { ...before, expires, extra: { ...before.extra, replaced_by: token } })
    } else change.remove('keys', before.token)
    return row
  }
  let sums: SpendEntry[] = []
  const row = await context.directory.change(actorOf(principal), 'key regenerated', edit, async (tx) => {
    await reads.before(tx)
    sums = [...(await sumsOf(tx, `key:${keyId(asked)}`)), ...(await sumsOf(tx, `requests:key:${keyId(asked)}`))]
  })
  return generatedKey(context, row, key)
}

/** Carries the spend of a key over to its new name. */
function moveSpend(
  context: AdminContext,
  change: Change,
  before: KeyRow,
  after: KeyRow,
  sums: readonly SpendEntry[],
): void {
  const { directory, now } = context
  const period = currentPeriod(effectiveLimits(directory, before), before.spend_epoch, now())
  const next = currentPeriod(effectiveLimits(directory, after), after.spend_epoch, now())
  for (const prefix of ['', 'requests:']) {
    const from = `${prefix}key:${before.token}`
    const to = `${prefix}key:${after.token}`
    // further windows and budgets of models have sums of their own
    for (const { subject, period: at, nanos } of sums) {
      if (subject !== from && !subject.startsWith(`${from}/`)) continue
      const renamed = subject === from && at === period && period !== total ? next : at
      if (nanos > 0n) setSpend(context, change, `${to}${subject.slice(from.length)}`, renamed, nanos)
    }
  }
}

async function resetSpend(context: AdminContext, request: AdminRequest) {
  const body = isFields(request.body) ? request.body : {}
  const { principal, params } = request
  const key = params.key ?? requiredText(body, 'key')
  const spend = amount(body, 'reset_to') ?? 0
  await context.ledger.flush()
  const reads = new KeyReads(context, [key])
  const edit = (change: Change) => changeKey(context, change, principal, key, { spend }, reads)
  const row = await context.directory.change(actorOf(principal), 'spend reset', edit, reads.before)
  return { key_hash: row.token, spend, max_budget: row.max_budget, budget_duration: row.budget_duration }
}
