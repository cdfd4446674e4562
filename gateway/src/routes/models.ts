import type { Alerts } from '../alerts/alerts.js'
import { nameFor } from '../keys/model-access.js'
import type { ModelCatalog } from '../models/catalog.js'
import { groupRow, modelRow } from '../models/facts.js'
import type { StoredModels } from '../models/stored-models.js'
import { badRequest, notFound } from '../refusal.js'
import type { AdminRequest, AdminRoute, Control } from '../types.js'

export interface ModelParts {
  readonly control: Control
  readonly catalog: ModelCatalog
  readonly stored: StoredModels
  readonly alerts: Alerts
  /** Calls must see the models as soon as the answer is out. */
  readonly refresh: () => Promise<void>
}

/** Routes that list models and change them at run time. */
export function modelRoutes(parts: ModelParts): AdminRoute[] {
  const info = (request: AdminRequest) => modelInfo(parts, request)
  return [
    { method: 'GET', path: '/model/info', handler: info },
    { method: 'GET', path: '/v1/model/info', handler: info },
    { method: 'GET', path: '/v2/model/info', handler: (request) => modelPage(parts, request) },
    { method: 'GET', path: '/model_group/info', handler: (request) => groupInfo(parts, request) },
    { method: 'POST', path: '/model/new', handler: (request) => newModel(parts, request) },
    { method: 'POST', path: '/model/update', handler: (request) => update(parts, request, idIn(request.body)) },
    { method: 'PATCH', path: '/model/:id/update', handler: (request) => update(parts, request, request.params.id) },
    { method: 'POST', path: '/model/delete', handler: (request) => remove(parts, request) },
  ]
}

function visible({ catalog, control }: ModelParts, { principal, query }: AdminRequest) {
  const { model, litellm_model_id: id } = query
  return catalog.entries.filter((entry) => {
    const name = nameFor(catalog, principal, entry.modelName)
    return (
      name !== undefined &&
      (id === undefined || entry.config.id === id) &&
      (model === undefined || entry.modelName === model || name === model) &&
      control.admission.mayUse(principal, name)
    )
  })
}

function modelInfo(parts: ModelParts, request: AdminRequest) {
  const entries = visible(parts, request)
  const { litellm_model_id: id } = request.query
  if (id !== undefined && entries.length === 0)
    throw notFound(`There is no model with the id '${id}'.`, 'litellm_model_id')
  return { data: entries.map((entry) => modelRow(parts.catalog, entry)) }
}

function modelPage(parts: ModelParts, request: AdminRequest) {
  const entries = visible(parts, request)
  const size = whole(request.query.size, 50)
  const page = whole(request.query.page, 1)
  return {
    data: entries.slice((page - 1) * size, page * size).map((entry) => modelRow(parts.catalog, entry)),
    total_count: entries.length,
    current_page: page,
    total_pages: Math.ceil(entries.length / size),
    size,
  }
}

function whole(value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw badRequest(`A page and its size must be whole numbers of 1 or more; got '${value}'.`)
  return number
}

function groupInfo({ catalog, control }: ModelParts, { principal, query }: AdminRequest) {
  const { model_group: wanted } = query
  const rows = catalog.models().flatMap((group) => {
    const name = nameFor(catalog, principal, group)
    const fits = name !== undefined && (wanted === undefined || name === wanted)
    return fits && control.admission.mayUse(principal, name) ? [{ ...groupRow(catalog, group), model_group: name }] : []
  })
  return { data: rows }
}

async function newModel({ stored, catalog, alerts, refresh }: ModelParts, request: AdminRequest) {
  const body = objectIn(request.body)
  for (const name of ['model_name', 'litellm_params'])
    if (body[name] === undefined) throw badRequest(`'${name}' must be in the body.`, name)
  const entry = await stored.add(body, by(request))
  await refresh()
  alerts.send({
    type: 'new_model_added',
    level: 'Low',
    message: `New model: \`${entry.modelName}\` (\`${entry.config.params.model}\`, id \`${entry.config.id}\`).`,
  })
  const row = modelRow(catalog, entry)
  const now = new Date().toISOString()
  return {
    model_id: entry.config.id,
    ...row,
    blocked: false,
    created_at: now,
    created_by: by(request),
    updated_at: now,
    updated_by: by(request),
  }
}

async function update({ stored, catalog, refresh }: ModelParts, request: AdminRequest, id: string | undefined) {
  if (!id) throw badRequest("'model_info.id' must be in the body.", 'model_info.id')
  const entry = await stored.update(id, objectIn(request.body), by(request))
  await refresh()
  return { model_id: id, ...modelRow(catalog, entry), updated_at: new Date().toISOString(), updated_by: by(request) }
}

async function remove({ stored, refresh }: ModelParts, request: AdminRequest) {
  const { id } = objectIn(request.body)
  if (typeof id !== 'string' || id === '') throw badRequest("'id' must be in the body.", 'id')
  await stored.remove(id, by(request))
  await refresh()
  return { message: `Model: ${id} deleted successfully` }
}

const by = ({ principal }: AdminRequest) => principal.userId ?? principal.keyHash

const objectIn = (body: unknown): Record<string, unknown> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}

function idIn(body: unknown): string | undefined {
  const { model_info: info, id } = objectIn(body)
  const given = objectIn(info).id ?? id
  return typeof given === 'string' ? given : undefined
}
