import { total } from '../limits/accounts.js'
import { notFound, refuse } from '../refusal.js'
import type { TagRow } from '../store/rows.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import { type AdminContext, actorOf, carrySpend, created, setSpend, touched } from './context.js'
import {
  bodyOf,
  defined,
  type Fields,
  flag,
  limits,
  noLimits,
  others,
  requiredText,
  requiredTexts,
  text,
  texts,
} from './fields.js'
import { tagShape } from './shapes.js'

export function tagRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/tag/new', handler: (request) => create(context, request) },
    { method: 'POST', path: '/tag/update', handler: (request) => update(context, request) },
    { method: 'POST', path: '/tag/info', handler: (request) => info(context, request) },
    { method: 'GET', path: '/tag/list', handler: () => list(context) },
    { method: 'POST', path: '/tag/delete', handler: (request) => remove(context, request) },
  ]
}

const fieldsOf = (body: Fields): Partial<TagRow> =>
  defined({
    ...limits(body),
    description: text(body, 'description'),
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    budget_id: text(body, 'budget_id'),
    blocked: flag(body, 'blocked') ?? undefined,
    extra: others(body, ['model_info']),
  })

async function create(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const name = requiredText(body, 'name')
  const actor = actorOf(request.principal)
  await context.ledger.flush()
  const [before] = await context.sql.query(
    `SELECT CAST(SUM(nanos) AS TEXT) AS nanos FROM llmux_totals WHERE grain = 'day' AND dimension = 'tag' AND name = ?`,
    [name],
  )
  const row = await context.directory.change(actor, 'tag created', (change) => {
    if (change.get('tags', name))
      throw refuse(`The tag '${name}' exists.`, { status: 409, type: 'conflict_error', param: 'name' })
    const tag: TagRow = {
      name,
      description: null,
      models: [],
      budget_id: null,
      extra: {},
      ...noLimits,
      ...created(context, actor),
      ...fieldsOf(body),
    }
    change.put('tags', name, tag)
    // calls have named it before
    if (before?.nanos != null) setSpend(context, change, `tag:${name}`, total, BigInt(String(before.nanos)))
    return tag
  })
  return { message: `The tag '${name}' is created.`, tag: tagShape(context, row) }
}

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const name = requiredText(body, 'name')
  const actor = actorOf(request.principal)
  await context.ledger.flush()
  const row = await context.directory.change(actor, 'tag updated', (change) => {
    const before = change.get('tags', name)
    if (!before) throw notFound(`The tag '${name}' does not exist.`, 'name')
    const after = { ...before, ...fieldsOf(body), ...touched(context, actor) }
    const tag = { ...after, spend_epoch: carrySpend(context, change, `tag:${name}`, before, after, undefined) }
    change.put('tags', name, tag)
    return tag
  })
  return { message: `The tag '${name}' is updated.`, tag: tagShape(context, row) }
}

function info(context: AdminContext, request: AdminRequest) {
  const names = requiredTexts(bodyOf(request), 'names')
  return Object.fromEntries(
    names.flatMap((name) => {
      const row = context.directory.get('tags', name)
      return row ? [[name, tagShape(context, row)]] : []
    }),
  )
}

/** Tags with rows, then tags that calls have used. */
async function list(context: AdminContext) {
  const { sql, directory, ledger } = context
  await ledger.flush()
  const seen = await sql.query(
    'SELECT tag, MIN(day) AS first_day, MAX(day) AS last_day FROM llmux_daily_tags GROUP BY tag ORDER BY tag',
  )
  const own = [...directory.all('tags')].map((row) => tagShape(context, row))
  const used = seen
    .filter(({ tag }) => !directory.get('tags', String(tag)))
    .map(({ tag, first_day, last_day }) => ({
      name: String(tag),
      description: 'Used by calls. It has no limits of its own.',
      models: null,
      created_at: `${first_day}T00:00:00.000Z`,
      updated_at: `${last_day}T00:00:00.000Z`,
    }))
  return [...own, ...used]
}

async function remove(context: AdminContext, request: AdminRequest) {
  const name = requiredText(bodyOf(request), 'name')
  return await context.directory.change(actorOf(request.principal), 'tag deleted', (change) => {
    if (!change.get('tags', name)) throw notFound(`The tag '${name}' does not exist.`, 'name')
    change.remove('tags', name)
    return { message: `The tag '${name}' is deleted.` }
  })
}
