import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/collections.js'
import { findKeys } from '../keys/key-search.js'
import { badRequest, notFound } from '../refusal.js'
import type { KeyRow, OrganizationRow } from '../store/rows.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import { type AdminContext, actorOf, carrySpend, created, touched } from './context.js'
import {
  bodyOf,
  checkRates,
  defined,
  type Fields,
  flag,
  limits,
  noLimits,
  object,
  others,
  requiredParam,
  requiredText,
  requiredTexts,
  text,
  texts,
} from './fields.js'
import { organizationShape } from './shapes.js'

export function organizationRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/organization/new', handler: (request) => create(context, request) },
    { method: 'PATCH', path: '/organization/update', handler: (request) => update(context, request) },
    { method: 'GET', path: '/organization/info', handler: (request) => info(context, request) },
    { method: 'POST', path: '/organization/info', handler: (request) => infos(context, request) },
    {
      method: 'GET',
      path: '/organization/list',
      handler: () => [...context.directory.all('organizations')].map((row) => organizationShape(context, row)),
    },
    { method: 'DELETE', path: '/organization/delete', handler: (request) => remove(context, request) },
  ]
}

function fieldsOf(body: Fields, before?: OrganizationRow): Partial<OrganizationRow> {
  checkRates(body, 'model_rpm_limit', 'model_tpm_limit')
  const given = object(body, 'metadata')
  const rates = others(body, ['model_rpm_limit', 'model_tpm_limit'])
  const changed = given !== undefined || Object.keys(rates).length > 0
  return defined({
    ...limits(body),
    organization_alias: text(body, 'organization_alias'),
    budget_id: text(body, 'budget_id'),
    blocked: flag(body, 'blocked') ?? undefined,
    models: body.models === undefined ? undefined : (texts(body, 'models') ?? []),
    metadata: changed ? { ...(given === undefined ? before?.metadata : given), ...rates } : undefined,
  })
}

async function create(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  requiredText(body, 'organization_alias')
  const id = text(body, 'organization_id') ?? randomUUID()
  const actor = actorOf(request.principal)
  const row = await context.directory.change(actor, 'organization created', (change) => {
    if (change.get('organizations', id))
      throw badRequest(
        `An organization with the id '${id}' exists. Choose another id, or use /organization/update.`,
        'organization_id',
      )
    const organization: OrganizationRow = {
      organization_id: id,
      organization_alias: null,
      budget_id: null,
      models: [],
      metadata: {},
      extra: {},
      ...noLimits,
      ...created(context, actor),
      ...fieldsOf(body),
    }
    change.put('organizations', id, organization)
    return organization
  })
  return organizationShape(context, row)
}

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const id = requiredText(body, 'organization_id')
  const actor = actorOf(request.principal)
  await context.ledger.flush()
  const row = await context.directory.change(actor, 'organization updated', (change) => {
    const before = change.get('organizations', id)
    if (!before) throw notFound(`The organization '${id}' does not exist.`, 'organization_id')
    const after = { ...before, ...fieldsOf(body, before), ...touched(context, actor) }
    const changed = {
      ...after,
      spend_epoch: carrySpend(context, change, `organization:${id}`, before, after, undefined),
    }
    change.put('organizations', id, changed)
    return changed
  })
  return organizationShape(context, row)
}

function info(context: AdminContext, request: AdminRequest) {
  const id = requiredParam(request, 'organization_id')
  const row = context.directory.get('organizations', id)
  if (!row) throw notFound(`The organization '${id}' does not exist.`, 'organization_id')
  return organizationShape(context, row)
}

function infos(context: AdminContext, request: AdminRequest) {
  return requiredTexts(bodyOf(request), 'organizations').flatMap((id) => {
    const row = context.directory.get('organizations', id)
    return row ? [organizationShape(context, row)] : []
  })
}

async function remove(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'organization_ids')
  const { directory } = context
  let keys: readonly KeyRow[] = []
  const before = async (tx: SqlRunner) => {
    const found = ids.map((id) => findKeys(directory, tx, { organization_id: id }, { limit: 1 }))
    keys = (await Promise.all(found)).flat()
  }
  const edit = (change: Change) =>
    ids.map((id) => {
      const row = change.get('organizations', id)
      if (!row) throw notFound(`The organization '${id}' does not exist.`, 'organization_ids')
      const team = [...directory.all('teams')].find(({ organization_id }) => organization_id === id)
      if (team)
        throw badRequest(
          `The organization '${id}' has the team '${team.team_id}'. Delete its teams first.`,
          'organization_ids',
        )
      const key = keys.find(({ organization_id }) => organization_id === id)
      if (key)
        throw badRequest(
          `The organization '${id}' has the key '${key.key_alias ?? key.key_name}'. Delete its keys first.`,
          'organization_ids',
        )
      change.remove('organizations', id)
      return organizationShape(context, row)
    })
  return await directory.change(actorOf(request.principal), 'organization deleted', edit, before)
}
