import { randomUUID } from 'node:crypto'
import type { Change } from '../keys/collections.js'
import { mostListed } from '../keys/key-search.js'
import { newCustomer } from '../ledger/customers.js'
import { badRequest, notFound } from '../refusal.js'
import type { BudgetRow, CustomerRow } from '../store/rows.js'
import type { SqlRunner } from '../store/sql.js'
import type { AdminRequest, AdminRoute } from '../types.js'
import { emptyBudget } from './budgets.js'
import { type AdminContext, actorOf, blockPending, carrySpend, timestamp, touched } from './context.js'
import {
  amount,
  bodyOf,
  defined,
  type Fields,
  flag,
  limits,
  others,
  requiredParam,
  requiredText,
  requiredTexts,
  text,
  texts,
} from './fields.js'
import { customerShape } from './shapes.js'

export function customerRoutes(context: AdminContext): AdminRoute[] {
  return ['/customer', '/end_user'].flatMap((base): AdminRoute[] => [
    { method: 'POST', path: `${base}/new`, handler: (request) => create(context, request) },
    { method: 'POST', path: `${base}/update`, handler: (request) => update(context, request) },
    { method: 'GET', path: `${base}/info`, handler: (request) => info(context, request) },
    { method: 'GET', path: `${base}/list`, handler: () => list(context) },
    { method: 'POST', path: `${base}/delete`, handler: (request) => remove(context, request) },
    { method: 'POST', path: `${base}/block`, handler: (request) => block(context, request, true) },
    { method: 'POST', path: `${base}/unblock`, handler: (request) => block(context, request, false) },
  ])
}

const fieldsOf = (body: Fields, before: CustomerRow): Partial<CustomerRow> =>
  defined({
    alias: text(body, 'alias'),
    blocked: flag(body, 'blocked') ?? undefined,
    allowed_model_region: noRegion(body),
    default_model: text(body, 'default_model'),
    extra: { ...before.extra, ...defined({ models: texts(body, 'models') }), ...others(body, ['object_permission']) },
  })

/** A region that deployments are not chosen by would be a false promise. */
function noRegion(body: Fields): null | undefined {
  const region = text(body, 'allowed_model_region')
  if (region) throw badRequest("Regions of customers are not supported. Use 'models'.", 'allowed_model_region')
  return region === '' ? null : (region as null | undefined)
}

/** The budget of a customer: the one that it names, or one of its own with the limits of the body. */
function budgetFor(
  context: AdminContext,
  change: Change,
  request: AdminRequest,
  body: Fields,
  before: CustomerRow,
): string | null {
  const named = text(body, 'budget_id')
  const own = limits(body)
  if (named) {
    if (!change.get('budgets', named))
      throw notFound(`The budget '${named}' does not exist. Create it with /budget/new.`, 'budget_id')
    const [other] = Object.entries(own).filter(([, value]) => value !== null)
    if (other) throw badRequest(`'${other[0]}' and 'budget_id' exclude each other: leave out one of them.`, other[0])
    return named
  }
  if (Object.keys(own).length === 0) return named === null ? null : before.budget_id
  const actor = actorOf(request.principal)
  const known = before.budget_id === null ? undefined : change.get('budgets', before.budget_id)
  const isOwn = known?.extra.customer === before.user_id
  const id = isOwn && known ? known.budget_id : randomUUID()
  const base: BudgetRow =
    isOwn && known ? known : { ...emptyBudget(context, actor, id), extra: { customer: before.user_id } }
  change.put('budgets', id, { ...base, ...own, ...touched(context, actor) })
  return id
}

async function create(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const id = requiredText(body, 'user_id')
  const actor = actorOf(request.principal)
  await context.customers.flush()
  const edit = (change: Change) => {
    if (change.get('customers', id))
      throw badRequest(`The customer '${id}' exists. Use /customer/update.`, 'user_id', 'bad_request_error')
    const base = newCustomer(id, timestamp(context), actor.user)
    const budget = budgetFor(context, change, request, body, base)
    const after = { ...base, ...fieldsOf(body, base), budget_id: budget }
    const spend = amount(body, 'spend')
    const epoch = carrySpend(context, change, `customer:${id}`, undefined, limited(after), spend || undefined)
    change.put('customers', id, { ...after, spend_epoch: epoch })
    return { ...after, spend_epoch: epoch }
  }
  const row = await context.directory.change(actor, 'customer created', edit, reads(context, [id]))
  return customerShape(context, row)
}

/** Reads customers within a change. */
const reads =
  ({ directory, book }: AdminContext, ids: readonly string[]) =>
  async (tx: SqlRunner) => {
    await directory.read(tx, 'customers', ids)
    await book.read(
      tx,
      ids.map((id) => `customer:${id}`),
    )
  }

const limited = ({ budget_id, spend_epoch }: CustomerRow) => ({ spend_epoch, ...(budget_id !== null && { budget_id }) })

function customer(change: Change, id: string): CustomerRow {
  const row = change.get('customers', id)
  if (!row) throw notFound(`The customer '${id}' does not exist.`, 'user_id')
  return row
}

async function update(context: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const id = requiredText(body, 'user_id')
  const actor = actorOf(request.principal)
  await context.customers.flush()
  await context.ledger.flush()
  const edit = (change: Change) => {
    const before = customer(change, id)
    const budget = budgetFor(context, change, request, body, before)
    const after = { ...before, ...fieldsOf(body, before), budget_id: budget, ...touched(context, actor) }
    const spend = amount(body, 'spend') ?? undefined
    const epoch = carrySpend(context, change, `customer:${id}`, limited(before), limited(after), spend)
    change.put('customers', id, { ...after, spend_epoch: epoch })
    return { ...after, spend_epoch: epoch }
  }
  const row = await context.directory.change(actor, 'customer updated', edit, reads(context, [id]))
  return customerShape(context, row)
}

async function info(context: AdminContext, request: AdminRequest) {
  const id = requiredParam(request, 'end_user_id', 'customer_id', 'user_id')
  await context.customers.flush()
  await context.directory.load('customers', [id])
  await context.ledger.read([`customer:${id}`])
  const row = context.directory.get('customers', id)
  if (!row) throw notFound(`The customer '${id}' does not exist.`, 'end_user_id')
  return customerShape(context, row)
}

async function list(context: AdminContext) {
  await context.customers.flush()
  const rows = await context.sql.query(
    `SELECT id, body FROM llmux_rows WHERE collection = 'customers' AND body IS NOT NULL ORDER BY id LIMIT ${mostListed}`,
  )
  await context.ledger.read(rows.map(({ id }) => `customer:${id}`))
  return context.directory.rows('customers', rows).map((row) => customerShape(context, row))
}

async function remove(context: AdminContext, request: AdminRequest) {
  const ids = requiredTexts(bodyOf(request), 'user_ids')
  await context.customers.flush()
  const edit = (change: Change) => {
    for (const id of ids) {
      const { budget_id } = customer(change, id)
      const budget = budget_id === null ? undefined : change.get('budgets', budget_id)
      if (budget?.extra.customer === id) change.remove('budgets', budget.budget_id)
      change.remove('customers', id)
    }
    return { deleted_customers: ids.length, message: `Deleted ${ids.length} customers.` }
  }
  return await context.directory.change(actorOf(request.principal), 'customer deleted', edit, reads(context, ids))
}

async function block(context: AdminContext, request: AdminRequest, blocked: boolean) {
  const ids = requiredTexts(bodyOf(request), 'user_ids')
  const actor = actorOf(request.principal)
  const edit = (change: Change) =>
    ids.map((id) => {
      // a customer may be blocked before its first call
      const before = change.get('customers', id) ?? newCustomer(id, timestamp(context), actor.user)
      const after = { ...before, blocked, ...touched(context, actor) }
      change.put('customers', id, after)
      return after
    })
  const names = ids.map((id) => ['customers', id] as const)
  const rows = blocked
    ? await context.directory.block(actor, 'customer blocked', names, edit, reads(context, ids), true)
    : await context.directory.change(actor, 'customer unblocked', edit, reads(context, ids))
  return rows ? { blocked_users: rows.map((row) => customerShape(context, row)) } : blockPending()
}
