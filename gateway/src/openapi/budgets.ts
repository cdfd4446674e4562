import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import { embeddedBudget } from './keys.js'
import {
  amount,
  anyObject,
  anyValue,
  boolean,
  component,
  fixed,
  flag,
  increaseFields,
  integer,
  kept,
  keptFields,
  limitFields,
  maybeNumber,
  maybeString,
  number,
  type Operations,
  object,
  open,
  string,
  strings,
  text,
  textParam,
  texts,
  times,
} from './parts.js'
import { teamAnswer } from './subject-answers.js'

const customer = component(
  'Customer',
  z.object({
    user_id: string,
    blocked: boolean,
    alias: maybeString,
    spend: number.describe('US dollars in the current period.'),
    allowed_model_region: maybeString,
    default_model: maybeString,
    models: strings,
    budget_id: maybeString,
    litellm_budget_table: embeddedBudget,
    object_permission_id: fixed.none,
    object_permission: anyValue,
  }),
  'An end user of an application: `user` of its requests.',
)

const customerFields = {
  ...increaseFields,
  user_id: kinds.text,
  alias: text,
  blocked: flag,
  budget_id: text.describe('A shared budget. Limits in the body make a budget of the customer.'),
  allowed_model_region: text.describe('Must be null: regions of customers are not supported.'),
  default_model: text,
  models: texts.describe('Models that calls for the customer may use. Empty: all.'),
  object_permission: kept,
  spend: amount,
  ...limitFields,
}

const customers = 'Customers'
const customersNamed = open({ user_ids: kinds.texts.min(1) })
const customersBlocked = z.object({ blocked_users: z.array(customer) })

const customerRoutes = (base: string): Operations => ({
  [`POST ${base}/new`]: { tag: customers, summary: 'Create a customer', body: open(customerFields), answer: customer },
  [`POST ${base}/update`]: {
    tag: customers,
    summary: 'Change a customer',
    body: open(customerFields),
    answer: customer,
  },
  [`GET ${base}/info`]: {
    tag: customers,
    summary: 'Show a customer',
    query: z.object({ end_user_id: textParam, customer_id: textParam, user_id: textParam }),
    answer: customer,
  },
  [`GET ${base}/list`]: { tag: customers, summary: 'List customers', answer: z.array(customer) },
  [`POST ${base}/delete`]: {
    tag: customers,
    summary: 'Delete customers',
    body: customersNamed,
    answer: z.object({ deleted_customers: integer, message: string }),
  },
  [`POST ${base}/block`]: {
    tag: customers,
    summary: 'Block customers',
    description: 'A customer may be blocked before its first call.',
    body: customersNamed,
    answer: customersBlocked,
  },
  [`POST ${base}/unblock`]: {
    tag: customers,
    summary: 'Unblock customers',
    body: customersNamed,
    answer: customersBlocked,
  },
})

export const customerOperations: Operations = { ...customerRoutes('/customer'), ...customerRoutes('/end_user') }

const budget = component(
  'Budget',
  z.object({
    budget_id: string,
    soft_budget: maybeNumber,
    max_budget: maybeNumber.describe('US dollars.'),
    max_parallel_requests: maybeNumber,
    tpm_limit: maybeNumber,
    rpm_limit: maybeNumber,
    tpd_limit: anyValue,
    model_max_budget: anyObject,
    budget_duration: maybeString,
    allowed_models: z.array(z.unknown()),
    budget_reset_at: maybeString,
    temp_budget_increase: anyValue,
    temp_budget_expiry: anyValue,
    customer: anyValue.optional().describe('The customer that the budget belongs to.'),
    ...times,
  }),
  'Limits that several objects share.',
)

const budgetFields = {
  ...limitFields,
  ...increaseFields,
  ...keptFields(['tpd_limit', 'allowed_models']),
}

const budgets = 'Budgets'

export const budgetOperations: Operations = {
  'POST /budget/new': {
    tag: budgets,
    summary: 'Create a budget',
    body: open({ ...budgetFields, budget_id: text.describe('Default: a random id.') }),
    answer: budget,
  },
  'POST /budget/update': {
    tag: budgets,
    summary: 'Change a budget',
    body: open({ ...budgetFields, budget_id: kinds.text }),
    answer: budget,
  },
  'POST /budget/info': {
    tag: budgets,
    summary: 'Show budgets',
    body: open({ budgets: kinds.texts.min(1) }),
    answer: z.array(budget),
  },
  'GET /budget/list': { tag: budgets, summary: 'List budgets', answer: z.array(budget) },
  'GET /budget/settings': {
    tag: budgets,
    summary: 'Describe the fields of a budget',
    query: z.object({ budget_id: z.string().max(2_000) }),
    answer: z.array(
      z.object({
        field_name: string,
        field_type: string,
        field_description: string,
        field_value: anyValue,
        stored_in_db: boolean,
        field_default_value: fixed.none,
      }),
    ),
  },
  'POST /budget/delete': {
    tag: budgets,
    summary: 'Delete a budget',
    body: open({ id: kinds.text }),
    answer: budget,
  },
}

const tagAnswer = component(
  'Tag',
  z.object({
    name: string,
    description: maybeString,
    models: strings,
    model_info: anyValue,
    spend: number,
    max_budget: maybeNumber,
    budget_duration: maybeString,
    tpm_limit: maybeNumber,
    rpm_limit: maybeNumber,
    budget_id: maybeString,
    created_at: string,
    updated_at: string,
    created_by: string,
  }),
)

const tagFields = {
  name: kinds.text,
  description: text,
  models: texts,
  budget_id: text,
  model_info: kept,
  ...limitFields,
}

const tags = 'Tags'
const tagChanged = z.object({ message: string, tag: tagAnswer })

export const tagOperations: Operations = {
  'POST /tag/new': {
    tag: tags,
    summary: 'Create a tag with models or limits',
    body: open(tagFields),
    answer: tagChanged,
  },
  'POST /tag/update': { tag: tags, summary: 'Change a tag', body: open(tagFields), answer: tagChanged },
  'POST /tag/info': {
    tag: tags,
    summary: 'Show tags',
    body: open({ names: kinds.texts.min(1) }),
    answer: z.record(z.string(), tagAnswer),
  },
  'GET /tag/list': {
    tag: tags,
    summary: 'List tags, also those that only calls name',
    answer: z.array(
      z.union([
        tagAnswer,
        z.object({ name: string, description: string, models: fixed.none, created_at: string, updated_at: string }),
      ]),
    ),
  },
  'POST /tag/delete': {
    tag: tags,
    summary: 'Delete a tag',
    body: open({ name: kinds.text }),
    answer: z.object({ message: string }),
  },
}

const organization = component(
  'Organization',
  z.object({
    organization_id: string,
    organization_alias: maybeString,
    budget_id: maybeString,
    spend: number,
    metadata: anyObject,
    models: strings,
    model_spend: fixed.emptyObject,
    ...times,
    litellm_budget_table: z.union([
      embeddedBudget,
      z.object({
        max_budget: maybeNumber,
        budget_duration: maybeString,
        tpm_limit: maybeNumber,
        rpm_limit: maybeNumber,
      }),
    ]),
    members: fixed.empty,
    teams: z.array(teamAnswer),
  }),
  'A label over teams.',
)

const organizationFields = {
  ...limitFields,
  budget_id: text,
  models: texts.describe('Models that its teams and keys may use. Empty: all.'),
  metadata: object,
  model_rpm_limit: kinds.rates.nullish(),
  model_tpm_limit: kinds.rates.nullish(),
}

const organizations = 'Organizations'

export const organizationOperations: Operations = {
  'POST /organization/new': {
    tag: organizations,
    summary: 'Create an organization',
    body: open({ ...organizationFields, organization_alias: kinds.text, organization_id: text }),
    answer: organization,
  },
  'PATCH /organization/update': {
    tag: organizations,
    summary: 'Change an organization',
    body: open({ ...organizationFields, organization_alias: text, organization_id: kinds.text }),
    answer: organization,
  },
  'GET /organization/info': {
    tag: organizations,
    summary: 'Show an organization',
    query: z.object({ organization_id: z.string().max(2_000) }),
    answer: organization,
  },
  'POST /organization/info': {
    tag: organizations,
    summary: 'Show organizations',
    body: open({ organizations: kinds.texts.min(1) }),
    answer: z.array(organization),
  },
  'GET /organization/list': { tag: organizations, summary: 'List organizations', answer: z.array(organization) },
  'DELETE /organization/delete': {
    tag: organizations,
    summary: 'Delete organizations without teams',
    body: open({ organization_ids: kinds.texts.min(1) }),
    answer: z.array(organization),
  },
}
