import type { Actor } from '../keys/collections.js'
import type { CustomerRow, KeyRow, TeamRow, UserRow } from '../store/rows.js'
import { type AdminContext, created } from './context.js'
import { noLimits } from './fields.js'

/** A user without anything. */
export const emptyUser = (context: AdminContext, actor: Actor, id: string): UserRow => ({
  user_id: id,
  user_alias: null,
  user_email: null,
  user_role: null,
  teams: [],
  models: [],
  metadata: {},
  blocked: false,
  extra: {},
  ...noLimits,
  ...created(context, actor),
})

/** A team without members, which may use all models. */
export const emptyTeam = (context: AdminContext, actor: Actor, id: string): TeamRow => ({
  team_id: id,
  team_alias: null,
  organization_id: null,
  members_with_roles: [],
  models: [],
  aliases: {},
  metadata: {},
  blocked: false,
  extra: {},
  ...noLimits,
  ...created(context, actor),
})

/** Fields of a key that belongs to nothing, and may use all models. */
export const emptyKey = {
  key_alias: null,
  user_id: null,
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
} satisfies Partial<KeyRow>

/** Fields of a customer without a budget of its own. */
export const emptyCustomer = {
  alias: null,
  blocked: false,
  budget_id: null,
  allowed_model_region: null,
  default_model: null,
  extra: {},
} satisfies Partial<CustomerRow>
