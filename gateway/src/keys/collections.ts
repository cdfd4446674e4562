import type {
  BudgetRow,
  CustomerRow,
  KeyRow,
  MembershipRow,
  OrganizationRow,
  TagRow,
  TeamRow,
  UserRow,
} from '../store/rows.js'
import type { SqlRunner } from '../store/sql.js'

/** The collections and the type of their rows. */
export interface Collections {
  keys: KeyRow
  teams: TeamRow
  memberships: MembershipRow
  users: UserRow
  customers: CustomerRow
  budgets: BudgetRow
  tags: TagRow
  organizations: OrganizationRow
}

/** Name of a collection. */
export type CollectionName = keyof Collections

/** Collections that may be too large for memory. Their rows are read at their first use, and kept up to a bound. */
export type ManyName = 'keys' | 'customers'

/** Collections whose rows are all in memory. */
export type FewName = Exclude<CollectionName, ManyName>

export const isMany = (name: string): name is ManyName => name === 'keys' || name === 'customers'

/** The author of a change, for the audit. */
export interface Actor {
  /** User id, or `default_user_id` for the master key. */
  readonly user: string
  /** Hash of the key. */
  readonly key: string
}

/** A change in progress. Reads see the newest rows of all processes, and the changes made so far. */
export interface Change {
  get<Name extends CollectionName>(collection: Name, id: string): Collections[Name] | undefined
  put<Name extends CollectionName>(collection: Name, id: string, row: Collections[Name]): void
  remove(collection: CollectionName, id: string): void
  /** A further statement in the same transaction. */
  also(statement: (tx: SqlRunner) => Promise<unknown>): void
  /** Runs once the change is committed, before the caller continues. */
  after(run: () => void): void
}

/** A new row of a collection, or a new document; without a row it is removed. */
export interface Edit {
  readonly collection: string
  readonly id: string
  readonly row: unknown
}
