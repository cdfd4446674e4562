import { randomUUID } from 'node:crypto'
import type { Actor } from '../keys/collections.js'
import { badRequest, notFound } from '../refusal.js'
import type { BudgetRow } from '../store/rows.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import { type AdminContext, actorOf, created, touched } from './context.js'
import {
  bodyOf,
  defined,
  type Fields,
  flag,
  limits,
  noLimits,
  others,
  requiredParam,
  requiredText,
  requiredTexts,
  text,
} from './fields.js'
import { budgetShape } from './shapes.js'

const extraFields = ['tpd_limit', 'allowed_models', 'temp_budget_increase', 'temp_budget_expiry']

export function budgetRoutes(context: AdminContext): AdminRoute[] {
  return [
    { method: 'POST', path: '/budget/new', handler: (request) => create(context, request) },
    { method: 'POST', path: '/budget/update', handler: (request) => update(context, request) },
    { method: 'POST', path: '/budget/info', handler: (request) => info(context, request) },
    {
      method: 'GET',
      path: '/budget/list',
      handler: () => [...context.directory.all('budgets')].map((row) => budgetShape(context, row)),
    },
    { method: 'GET', path: '/budget/settings', handler: (request) => settings(context, request) },
    { method: 'POST', path: '/budget/delete', handler: (request) => remove(context, request) },
  ]
}

/** A budget without limits. */
export const emptyBudget = (context: AdminContext, actor: Actor, id: string): BudgetRow => ({
  budget_id: id,
  extra: {},
  ...noLimits,
  ...created(context, actor),
})

async function create(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const id = text(body, 'budget_id') ?? randomUUID()
  const actor = actorOf(request.principal)
  const row = await context.directory.change(actor, 'budget created', (change) => {
    if (change.get('budgets', id)) throw badRequest(`A budget with the id '${id}' exists.`, 'budget_id')
    const budget = { ...emptyBudget(context, actor, id), ...fieldsOf(body) }
    change.put('budgets', id, budget)
    return budget
  })
  return budgetShape(context, row)
}

const fieldsOf = (body: Fields) => ({
  ...limits(body),
  ...defined({ shared: flag(body, 'shared') ?? undefined, blocked: flag(body, 'blocked') ?? undefined }),
  extra: others(body, extraFields),
})

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const id = requiredText(body, 'budget_id')
  const actor = actorOf(request.principal)
  const row = await context.directory.change(actor, 'budget updated', (change) => {
    const before = change.get('budgets', id)
    if (!before) throw notFound(`The budget '${id}' does not exist.`, 'budget_id')
    const { extra, ...own } = fieldsOf(body)
    const after = { ...before, ...own, extra: { ...before.extra, ...extra }, ...touched(context, actor) }
    change.put('budgets', id, after)
    return after
  })
  return budgetShape(context, row)
}

function info(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'budgets')
  return ids.flatMap((id) => {
    const row = context.directory.get('budgets', id)
    return row ? [budgetShape(context, row)] : []
  })
}

/** The fields of a budget, for forms. */
function settings({ directory }: AdminContext, request: AdminRequest) {
  const id = requiredParam(request, 'budget_id')
  const row = directory.get('budgets', id)
  if (!row) throw notFound(`The budget '${id}' does not exist.`, 'budget_id')
  return fieldTypes.map(([name, type, description]) => ({
    field_name: name,
    field_type: type,
    field_description: description,
    field_value: row[name],
    stored_in_db: true,
    field_default_value: null,
  }))
}

const fieldTypes = [
  ['max_budget', 'Float', 'Calls fail once this amount in US dollars is spent.'],
  ['soft_budget', 'Float', 'An alert is sent once this amount in US dollars is spent.'],
  ['budget_duration', 'String', "Period of the budget, such as '1d' or 'monthly'."],
  ['rpm_limit', 'Integer', 'Requests in any 60 seconds.'],
  ['tpm_limit', 'Integer', 'Tokens in any 60 seconds.'],
  ['max_parallel_requests', 'Integer', 'Calls in flight.'],
  ['model_max_budget', 'Object', 'Budgets of single models.'],
] as const

async function remove(context: AdminContext, request: AdminRequest) {
  const id = requiredText(bodyOf(request), 'id')
  return await context.directory.change(actorOf(request.principal), 'budget deleted', (change) => {
    const row = change.get('budgets', id)
    if (!row) throw notFound(`The budget '${id}' does not exist.`, 'id')
    change.remove('budgets', id)
    return budgetShape(context, row)
  })
}
