import type { components } from './openapi.ts'

type Schemas = components['schemas']

export type KeyRow = Schemas['Key']
export type NewKey = Pick<Schemas['GeneratedKey'], 'key' | 'key_name' | 'key_alias' | 'models'>
export type TeamRow = Schemas['Team']
export type TeamMember = TeamRow['members_with_roles'][number]
export type CustomerRow = Schemas['Customer']
export type BudgetRow = Schemas['Budget']
/** A row of `/user/list`. */
export type UserRow = Schemas['User'] & { readonly key_count?: number }
