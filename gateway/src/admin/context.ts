import type { Actor, Change } from '../keys/collections.js'
import type { Directory } from '../keys/directory.js'
import { masterUser } from '../keys/key-ring.js'
import type { Customers } from '../ledger/customers.js'
import type { Ledger } from '../ledger/ledger.js'
import type { SpendBook } from '../ledger/spend-book.js'
import { currentPeriod, currentSpend, effectiveLimits, total } from '../limits/accounts.js'
import { toDollars, toNanos } from '../limits/money.js'
import type { StoredRow, SubjectLimits } from '../store/rows.js'
import { databaseTime, type Sql } from '../store/sql.js'
import { AdminAnswer, type Catalog, type ControlSettings, type Principal } from '../types.js'

/** Everything that the management routes work on. */
export interface AdminContext {
  readonly sql: Sql
  readonly directory: Directory
  readonly book: SpendBook
  readonly ledger: Ledger
  readonly customers: Customers
  readonly catalog: Catalog
  readonly masterKey: string
  settings(): ControlSettings
  now(): number
}

/** The author of a change. */
export const actorOf = ({ userId, keyHash, master }: Principal): Actor => ({
  user: userId ?? (master ? masterUser : keyHash),
  key: keyHash,
})

/** The time of a change, as it is stored. */
export const timestamp = ({ now }: AdminContext): string => new Date(now()).toISOString()

/** Fields of a new row. */
export function created(context: AdminContext, { user }: Actor): StoredRow {
  const at = timestamp(context)
  return { created_at: at, created_by: user, updated_at: at, updated_by: user, spend_epoch: 0 }
}

/** Fields of a changed row. */
export const touched = (context: AdminContext, { user }: Actor) => ({
  updated_at: timestamp(context),
  updated_by: user,
})

/** The answer to a block that the database does not have yet. It holds already. */
export const blockPending = () =>
  new AdminAnswer(
    {
      ...{ blocked: true, pending: true },
      message: 'The block holds. The database does not answer, and gets it as soon as it does.',
    },
    202,
  )

type Limited = Partial<SubjectLimits> & Pick<StoredRow, 'spend_epoch'> & { readonly budget_id?: string | null }

/** Spend of a subject in its current period, and in all, in US dollars. */
export function spendOf({ directory, book, now }: AdminContext, name: string, row: Limited | undefined) {
  const spend = row
    ? currentSpend(book, name, effectiveLimits(directory, row), row.spend_epoch, now())
    : book.get(name, total)
  return { spend: toDollars(spend), total_spend: toDollars(book.get(name, total)) }
}

/**
 * Keeps the spend of a subject through a change of its budget period, or sets it by hand. Returns the epoch of the changed row.
 * @param spend US dollars; undefined keeps the spend
 */
export function carrySpend(
  context: AdminContext,
  change: Change,
  name: string,
  before: Limited | undefined,
  after: Limited,
  spend: number | undefined,
): number {
  const { directory, book, now } = context
  const periodOf = (row: Limited, epoch: number) => currentPeriod(effectiveLimits(directory, row), epoch, now())
  const epoch = spend === undefined ? after.spend_epoch : after.spend_epoch + 1
  const from = before ? periodOf(before, before.spend_epoch) : total
  const to = periodOf(after, epoch)
  if (spend === undefined && (!before || from === to)) return epoch
  const spent = before
    ? currentSpend(book, name, effectiveLimits(directory, before), before.spend_epoch, now())
    : book.get(name, from)
  const nanos = spend === undefined ? spent : BigInt(toNanos(spend))
  // a period that the subject has had before may know of more
  if (spend === undefined && nanos <= book.get(name, to)) return epoch
  setSpend(context, change, name, to, nanos)
  return epoch
}

/** Replaces a sum of the table of spend with the commit of a change. */
export function setSpend(
  { book, sql }: AdminContext,
  change: Change,
  name: string,
  period: string,
  nanos: bigint,
): void {
  change.also((tx) =>
    tx.query(
      `INSERT INTO llmux_spend (subject, period, nanos, updated) VALUES (?, ?, ?, ${databaseTime(sql.engine)})
       ON CONFLICT (subject, period) DO UPDATE SET nanos = excluded.nanos, updated = excluded.updated`,
      [name, period, Number(nanos)],
    ),
  )
  change.after(() => book.set(name, period, nanos))
}
